"""`vocapp mail serve`: mail over LMTP into the database, by a process that can be stopped."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import create_engine, text

from tests.conftest import environment_for, make_schema, settings_for
from tests.integrations.mail.lmtp_client import Client
from tests.vocapp.test_worker_processes import free_port, wait_until
from vocapp.cli import vocapp
from vocapp.commands.mail_serve import door_of
from vocapp.core.db import db
from vocapp.core.errors import SettingsError
from vocapp.core.inbound_settings import LmtpSettings, read_inbound
from vocapp.core.mail_settings import MailSettings
from vocapp.inbound.addresses import accepts_recipient
from vocapp.inbound.models import InboundMail

RAW = b"From: ann@customer.example\r\nSubject: Hello\r\n\r\nBack on Monday.\r\n"
ONE, TWO = "bounce+one@bounce.vendor.example", "unsubscribe+two@bounce.vendor.example"


def codes(replies) -> list[str]:
    return [reply[:3] for reply in replies]


def run_on(database_url: str, statement: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


@contextmanager
def serving(database_url: str, folder: Path, *command: str) -> Iterator[Path]:
    """A process that takes mail in at a socket, and ends well when it is told to."""
    settings = settings_for(
        database_url, folder, mail=MailSettings(bounce_domain="bounce.vendor.example", has_dns=False)
    )
    path = folder / "lmtp.sock"
    process = subprocess.Popen(
        [sys.executable, "-m", "vocapp.cli", *(command or ("mail", "serve"))],
        env={**environment_for(settings), "VOCAPP_LMTP": f"unix:{path}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: path.exists() or process.poll() is not None, "listening")
        yield path
        process.send_signal(signal.SIGTERM)
        _out, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        assert "customer.example" not in said
        assert "Traceback" not in said
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a short name, because a socket's name has a length limit."""
    return tmp_path_factory.mktemp("in")


def test_mail_is_kept_for_each_recipient_and_once_however_often_it_comes(
    new_database: Callable[[], str], folder: Path
) -> None:
    url = new_database()
    make_schema(url)
    with serving(url, folder) as path:
        with Client(path) as client:
            assert codes(client.deliver(RAW, ONE, TWO)) == ["250", "250"]
            assert codes(client.open("ceo@vendor.example")) == ["550"]
        with Client(path) as client:
            assert codes(client.deliver(RAW, ONE, TWO)) == ["250", "250"]
        engine = create_engine(url)
        with engine.connect() as connection:
            kept = connection.execute(
                text("SELECT via, envelope_from, envelope_to, raw FROM inbound_mails ORDER BY envelope_to")
            ).all()
            parts = connection.execute(text("SELECT name FROM running_parts")).scalars().all()
        engine.dispose()
    assert [(row.via, row.envelope_from, row.envelope_to) for row in kept] == [
        ("lmtp", "ann@customer.example", ONE),
        ("lmtp", "ann@customer.example", TWO),
    ]
    assert bytes(kept[0].raw) == RAW + b"\r\n"
    assert parts == ["mail_in"]
    assert not path.exists()


def test_while_the_database_cannot_keep_it_mail_stays_with_the_mail_server(
    new_database: Callable[[], str], folder: Path
) -> None:
    url = new_database()
    make_schema(url)
    run_on(url, "ALTER TABLE inbound_mails RENAME TO mails_away")
    with serving(url, folder) as path, Client(path) as client:
        assert codes(client.deliver(RAW, ONE, TWO)) == ["451", "451"]
        run_on(url, "ALTER TABLE mails_away RENAME TO inbound_mails")
        assert codes(client.deliver(RAW, ONE, TWO)) == ["250", "250"]


def test_the_whole_program_takes_mail_in_as_well(new_database: Callable[[], str], folder: Path) -> None:
    url = new_database()
    with (
        serving(url, folder, "up", "--empty", "--port", str(free_port())) as path,
        Client(path) as client,
    ):
        assert codes(client.deliver(RAW, ONE)) == ["250"]


def test_what_is_said_to_be_kept_is_committed(separate_app: Flask) -> None:
    door_of(separate_app).keep(RAW, "", ONE)
    with separate_app.app_context():
        assert [mail.envelope_to for mail in db.session.query(InboundMail)] == [ONE]


def test_without_a_place_to_listen_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOCAPP_LMTP", raising=False)
    result = CliRunner().invoke(vocapp, ["mail", "serve"])
    assert "VOCAPP_LMTP does not say where to listen" in str(result.exception)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("127.0.0.1:2424", LmtpSettings(host="127.0.0.1", port=2424)),
        ("[::1]:2424", LmtpSettings(host="::1", port=2424)),
        ("unix:/run/lmtp.sock", LmtpSettings(socket=Path("/run/lmtp.sock"))),
    ],
)
def test_a_place_of_this_machine_can_be_listened_at(value: str, place: LmtpSettings) -> None:
    assert read_inbound({"VOCAPP_LMTP": value}).lmtp == place


@pytest.mark.parametrize(
    "value",
    [
        "2424",
        "0.0.0.0:24",
        "192.0.2.7:24",
        "mail.example.com:24",
        "127.0.0.1",
        "127.0.0.1:0",
        "127.0.0.1:99999",
        "[::1:24",
        "me@127.0.0.1:24",
        "127.0.0.1:24/x",
        "unix:lmtp.sock",
        "unix:/" + "x" * 200,
        "unix:/etc/passwd",
    ],
)
def test_any_other_place_is_refused_by_name(value: str) -> None:
    with pytest.raises(SettingsError, match="VOCAPP_LMTP"):
        read_inbound({"VOCAPP_LMTP": value})


@pytest.mark.parametrize(
    ("address", "is_ours"),
    [
        ("bounce+x.y@bounce.vendor.example", True),
        ("Bounce+X.Y@BOUNCE.vendor.example", True),
        ("voice@vendor.example", True),
        ("ceo@vendor.example", False),
        ("x@sub.bounce.vendor.example", False),
        ("@bounce.vendor.example", False),
        ("x@", False),
        ("", False),
    ],
)
def test_mail_is_taken_for_addresses_of_ours_alone(address: str, is_ours: bool) -> None:
    ours = {"bounce_domain": "bounce.vendor.example", "mail_from": "voice@vendor.example"}
    assert accepts_recipient(address, **ours) is is_ours


def test_without_a_bounce_domain_only_the_address_we_write_from_is_ours() -> None:
    ours = {"bounce_domain": None, "mail_from": "voice@vendor.example"}
    assert accepts_recipient("voice@vendor.example", **ours)
    assert not accepts_recipient("x@none", **ours)
