"""Mail out of a mailbox over IMAP: kept first and marked then, once, whatever breaks."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from integrations.errors import Retryable
from integrations.mail.imap import ImapMailbox, parse_imap_url
from tests.conftest import environment_for, make_schema, settings_for
from tests.integrations.mail.builders import make_certificate
from tests.integrations.mail.imap_server import PASSWORD, USER, Box, imap_server
from tests.vocapp.inbound.mailboxes import MARK, a_mail, jobs_run, kept, mailbox, way
from vocapp.cli import vocapp
from vocapp.core.db import db
from vocapp.core.errors import SettingsError
from vocapp.core.inbound_settings import read_inbound
from vocapp.inbound.rules import MOST_BYTES, InboundState
from vocapp.inbound.way_models import MailWay
from vocapp.worker import JOBS, PERIODIC
from vocapp.workflows import poll_mail as polling


def test_every_new_mail_is_kept_as_it_is_and_marked_as_seen(app: Flask) -> None:
    box = Box(a_mail(1), a_mail(2))
    with mailbox(app, box) as account:
        assert polling.take_mail_out(account) == 2
        assert [mail.raw for mail in kept()] == [a_mail(1), a_mail(2)]
        assert {(mail.via, mail.envelope_from, mail.envelope_to) for mail in kept()} == {
            ("imap", "ann@customer.example", MARK)
        }
        assert box.flags() == [{r"\Seen"}, {r"\Seen"}]
        assert polling.take_mail_out(account) == 0
        box.add(a_mail(3))
        assert polling.take_mail_out(account) == 1
    assert len(kept()) == 3


def test_a_mail_somebody_has_read_before_is_taken_all_the_same(app: Flask) -> None:
    box = Box(a_mail(1))
    box.folders["INBOX"][0].flags.add(r"\Seen")
    with mailbox(app, box) as account:
        polling.take_mail_out(account)
    assert len(kept()) == 1


@pytest.mark.parametrize(
    ("capabilities", "left"),
    [("IMAP4rev1 UIDPLUS MOVE", []), ("IMAP4rev1 UIDPLUS", []), ("IMAP4rev1", [{r"\Deleted"}])],
)
def test_mail_is_moved_away_the_way_the_server_can(
    app: Flask, capabilities: str, left: list[set[str]]
) -> None:
    box = Box(a_mail(1))
    box.capabilities = capabilities
    with mailbox(app, box, move_to="Taken by us") as account:
        assert polling.take_mail_out(account) == 1
        assert polling.take_mail_out(account) == 0
    assert [mail.raw for mail in box.folders["Taken by us"]] == [a_mail(1)]
    assert box.flags() == left
    assert len(kept()) == 1


@pytest.mark.parametrize("move_to", ["", "Taken"])
@pytest.mark.parametrize("step", ["UID STORE", "UID MOVE", "UID FETCH 1 (BODY", "UID FETCH 2", "UID SEARCH"])
def test_a_line_that_breaks_loses_nothing_and_doubles_nothing(app: Flask, step: str, move_to: str) -> None:
    box = Box(a_mail(1), a_mail(2))
    box.folders["Taken"] = []
    with mailbox(app, box, move_to=move_to) as account:
        box.dies_at = step
        with suppress(Retryable):
            polling.take_mail_out(account)
        box.dies_at = ""
        polling.take_mail_out(account)
        jobs_run()
        polling.take_mail_out(account)
    assert sorted(mail.raw or b"" for mail in kept()) == [a_mail(1), a_mail(2)]
    if move_to:
        assert sorted(mail.raw for mail in box.folders["Taken"]) == [a_mail(1), a_mail(2)]
        assert box.flags() == []
    else:
        assert box.flags() == [{r"\Seen"}, {r"\Seen"}]


@pytest.mark.parametrize(
    ("said", "sender"),
    [
        ("<ann@customer.example>", "ann@customer.example"),
        ("ann+vip@customer.example (Ann)", "ann+vip@customer.example"),
        ("<>", ""),
        ("(" * 1_900, ""),
        ("(" * 900 + "<ann@customer.example>", "ann@customer.example"),
        ("\\" * 1_900 + '"' * 50, ""),
    ],
)
def test_who_sent_a_mail_is_read_from_any_return_path(app: Flask, said: str, sender: str) -> None:
    raw = f"Return-Path: {said}\r\nDelivered-To: {MARK}\r\nSubject: odd\r\n\r\nx\r\n".encode()
    with mailbox(app, Box(raw, a_mail(2))) as account:
        assert polling.take_mail_out(account) == 2
    first, second = kept()
    assert (first.envelope_from, first.envelope_to) == (sender, MARK)
    assert second.raw == a_mail(2)


def test_nothing_is_marked_that_could_not_be_kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(a_mail(1), a_mail(2))

    def fail(*_: object, **__: object) -> bool:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    with mailbox(app, box) as account:
        monkeypatch.setattr(polling, "receive_mail", fail)
        with pytest.raises(OperationalError):
            polling.take_mail_out(account)
        assert box.flags() == [set(), set()]
        monkeypatch.undo()
        assert polling.take_mail_out(account) == 2
    assert len(kept()) == 2


def test_a_mailbox_that_was_renumbered_is_gone_through_again_and_kept_once(app: Flask) -> None:
    box = Box(a_mail(1), a_mail(2), a_mail(3))
    with mailbox(app, box) as account:
        polling.take_mail_out(account)
        del box.folders["INBOX"][0]
        box.renumber()
        box.add(a_mail(4))
        polling.take_mail_out(account)
    assert [mail.raw for mail in kept()] == [a_mail(number) for number in (1, 2, 3, 4)]


@pytest.mark.parametrize("move_to", ["", "Taken"])
def test_a_mailbox_that_refuses_marks_is_read_all_the_same(app: Flask, move_to: str) -> None:
    box = Box(a_mail(1), a_mail(2))
    box.folders["Taken"] = []
    box.refuses = ("UID STORE", "UID MOVE", "UID COPY")
    with mailbox(app, box, move_to=move_to):
        polling.poll_mail({})
        box.add(a_mail(3))
        polling.poll_mail({})
        assert [mail.raw for mail in kept()] == [a_mail(1), a_mail(2), a_mail(3)]
        assert box.flags() == [set(), set(), set()]
        assert way().trouble.startswith("The mailbox does not do what it was asked (")
        box.refuses = ()
        polling.poll_mail({})
    assert way().trouble == ""
    assert len(kept()) == 3
    assert [mail.raw for mail in box.folders["Taken"]] == [a_mail(1), a_mail(2), a_mail(3)] * bool(move_to)
    assert box.flags() == ([] if move_to else [{r"\Seen"}] * 3)


def test_of_a_large_mail_no_more_is_asked_for_than_is_kept(app: Flask) -> None:
    box = Box(b"Subject: large\r\n\r\n" + b"x" * MOST_BYTES, a_mail(2))
    with mailbox(app, box) as account:
        polling.take_mail_out(account)
    large, small = kept()
    assert large.raw is not None
    assert (len(large.raw), large.state) == (MOST_BYTES, InboundState.QUARANTINED)
    assert small.raw == a_mail(2)
    assert f"UID FETCH 1 (BODY.PEEK[]<0.{MOST_BYTES + 1}>)" in box.asked
    assert box.asked.index("UID FETCH 1 (RFC822.SIZE)") < box.asked.index(
        f"UID FETCH 1 (BODY.PEEK[]<0.{MOST_BYTES + 1}>)"
    )


def test_a_wrong_password_is_said_in_one_sentence_and_written_down(app: Flask) -> None:
    with mailbox(app, Box(a_mail(1)), password="wrong"):
        polling.poll_mail({})
    assert way().trouble == "The mailbox refuses the user name or password of VOCAPP_IMAP_URL."
    assert kept() == []


def test_trouble_is_over_once_it_works(app: Flask) -> None:
    box = Box(a_mail(1))
    with mailbox(app, box, folder="Nowhere"):
        polling.poll_mail({})
    assert way().trouble == "The mailbox has no folder Nowhere."
    with mailbox(app, box):
        polling.poll_mail({})
    assert (way().trouble, way().last_uid) == ("", 1)
    assert way().worked_at is not None


def test_a_server_that_is_away_is_tried_again(app: Flask) -> None:
    with mailbox(app, Box()) as account:
        pass
    with pytest.raises(Retryable, match="cannot be reached"), ImapMailbox(account, seconds=2):
        pass


def test_what_is_no_mailbox_is_told(app: Flask) -> None:
    box = Box()
    box.dies_at = "LOGIN"
    with mailbox(app, box) as account, pytest.raises(Retryable, match="hung up"), ImapMailbox(account):
        pass


def test_a_server_of_a_certificate_nobody_vouches_for_hears_no_password(app: Flask, tmp_path: Path) -> None:
    certificate, context = make_certificate(tmp_path)
    box = Box(a_mail(1))
    with imap_server(box, context) as port:
        url = f"imaps://{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}"
        with (
            pytest.raises(Retryable, match="no valid certificate"),
            ImapMailbox(parse_imap_url(url), seconds=5),
        ):
            pass
        assert not any(line.startswith("LOGIN") for line in box.asked)
        with ImapMailbox(parse_imap_url(f"{url}?ca={certificate}"), seconds=5) as line:
            assert line.waiting(after=0) == [1]
            assert line.fetch(1, most_bytes=1_000) == a_mail(1)
            assert line.fetch(9, most_bytes=1_000) is None


def test_without_a_mailbox_nothing_is_asked(app: Flask) -> None:
    polling.poll_mail({})
    assert db.session.scalars(select(MailWay)).all() == []
    assert "poll_mail" in JOBS
    assert "poll_mail" in PERIODIC


def test_the_command_says_what_it_did(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_database()
    make_schema(url)
    for name, value in environment_for(settings_for(url, tmp_path)).items():
        monkeypatch.setenv(name, value)
    with imap_server(Box(a_mail(1))) as port:
        address = f"imap://{quote(USER, safe='')}:{{}}@127.0.0.1:{port}"
        monkeypatch.setenv("VOCAPP_IMAP_URL", address.format(quote(PASSWORD, safe="")))
        assert CliRunner().invoke(vocapp, ["mail", "poll"]).output == "1 new mail gone through.\n"
        monkeypatch.setenv("VOCAPP_IMAP_URL", address.format("wrong"))
        refused = CliRunner().invoke(vocapp, ["mail", "poll"])
        assert str(refused.exception).startswith("The mailbox refuses the user name or password")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("imaps://me%40x.example:pass%2Fword@imap.example", {"port": 993, "folder": "INBOX", "is_tls": True}),
        ("imap://me:word@imap.example:144/Bounces?starttls=1", {"port": 144, "is_starttls": True}),
        ("imap://me:word@127.0.0.1/a%20b?move=c%20d", {"port": 143, "folder": "a b", "move_to": "c d"}),
    ],
)
def test_a_mailbox_is_named_by_one_address(url: str, expected: dict[str, object]) -> None:
    account = read_inbound({"VOCAPP_IMAP_URL": url}).imap
    assert account is not None
    assert {name: getattr(account, name) for name in expected} == expected
    assert account.password not in repr(account)


@pytest.mark.parametrize(
    "url",
    [
        "imap.example",
        "smtp://me:secret1@imap.example",
        "imaps://imap.example/INBOX",
        "imaps://me@imap.example",
        "imap://me:secret1@imap.example",
        "imaps://me:secret1@imap.example/INBOX?move=INBOX",
        "imaps://me:secret1@imap.example/INBOX?delete=1",
        "imaps://me:secret1@imap.example/INBOX?move=%0D%0AX",
        "imaps://me:secret1@imap.example/?ca=/nowhere/at/all",
        "imaps://me:secret1@[imap",
        "imaps://me:secret1%FF@imap.example",
    ],
)
def test_an_address_that_cannot_work_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match=r"VOCAPP_IMAP_URL .*\.") as refused:
        read_inbound({"VOCAPP_IMAP_URL": url})
    assert "secret1" not in str(refused.value)
