"""Mail that comes in by a mail server's pipe: kept once, whatever it is, or left with the mail server."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.orm import undefer

from tests.builders import NOW
from tests.conftest import make_schema
from vocapp.cli import vocapp
from vocapp.core.db import db, transaction
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import MOST_BYTES, InboundState, Way, mail_key
from vocapp.inbound.service import receive_mail

RAW = b"From: ann@customer.example\r\nSubject: Hello\r\n\r\nBack on Monday.\r\n"


def received(raw: bytes, **envelope: str) -> bool:
    with transaction():
        return receive_mail(raw, via=Way.PIPE, now=NOW, **envelope)


def mails() -> list[InboundMail]:
    db.session.expire_all()
    return list(db.session.query(InboundMail).options(undefer(InboundMail.raw)).order_by(InboundMail.id))


def test_a_mail_is_kept_byte_by_byte_before_anybody_reads_it(app: Flask) -> None:
    assert received(RAW, envelope_from="ann@customer.example", envelope_to="bounce+x@bounce.vendor.example")
    (mail,) = mails()
    assert (mail.raw, mail.state, mail.kind) == (RAW, InboundState.RECEIVED, "")
    assert mail.envelope_from == "ann@customer.example"


def test_the_same_mail_delivered_twice_is_kept_once(app: Flask) -> None:
    assert received(RAW)
    assert not received(RAW)
    assert len(mails()) == 1


def test_one_mail_to_two_recipients_is_kept_for_each(app: Flask) -> None:
    assert received(RAW, envelope_to="one@vendor.example")
    assert received(RAW, envelope_to="two@vendor.example")
    assert len(mails()) == 2


def test_where_one_address_ends_is_part_of_the_key() -> None:
    one = mail_key(RAW, envelope_from="ab", envelope_to="c")
    assert one != mail_key(RAW, envelope_from="a", envelope_to="bc")


def test_what_is_too_large_is_cut_put_aside_and_said_so(app: Flask) -> None:
    assert received(b"x" * (MOST_BYTES + 1))
    (mail,) = mails()
    assert mail.raw is not None
    assert len(mail.raw) == MOST_BYTES
    assert mail.state == InboundState.QUARANTINED
    assert "too large" in mail.note


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(raw=st.binary(max_size=2_000), address=st.text(max_size=400))
def test_any_bytes_from_anybody_are_kept(app: Flask, raw: bytes, address: str) -> None:
    received(raw, envelope_from=address)
    key = mail_key(raw, envelope_from=address, envelope_to="")
    assert [mail.raw for mail in mails() if mail.key == key] == [raw]


@pytest.fixture
def installation(new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment of a command on a database of its own; returns the database's address."""
    url = new_database()
    monkeypatch.setenv("VOCAPP_DATABASE_URL", url)
    monkeypatch.setenv("VOCAPP_SECRET_KEY", "a key for tests only, long enough to pass")
    monkeypatch.setenv("VOCAPP_MAIL_URL", f"mailbox://{tmp_path / 'mailbox'}")
    return url


def run(*arguments: str, raw: bytes = RAW) -> Result:
    return CliRunner().invoke(vocapp, ["mail", "receive", *arguments], input=raw)


def test_a_pipe_is_told_that_its_mail_was_taken(installation: str) -> None:
    make_schema(installation)
    result = run("-", "--from", "ann@customer.example", "--to", "voice@vendor.example")
    assert (result.exit_code, result.output) == (0, "")
    engine = create_engine(installation)
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT via, envelope_from, raw FROM inbound_mails")).one()
    engine.dispose()
    assert (kept.via, kept.envelope_from, bytes(kept.raw)) == ("pipe", "ann@customer.example", RAW)


def test_a_mail_that_cannot_be_kept_stays_with_the_mail_server(installation: str) -> None:
    result = run("-")  # The database has no tables.
    assert result.exit_code == 75
    assert result.stderr == "Error: The database cannot keep this mail now; deliver it again later.\n"


def test_a_wrong_setting_sends_no_mail_back(installation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOCAPP_BASE_URL", "nonsense")
    result = run("-")
    assert result.exit_code == 75
    assert "VOCAPP_BASE_URL" in result.stderr
