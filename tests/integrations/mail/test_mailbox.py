"""The built-in mailbox."""

import multiprocessing
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.errors import Rejected
from integrations.mail.mailbox import Mailbox
from integrations.mail.message import build
from integrations.mail.reading import read_message
from integrations.mail.smtp import SmtpTransport
from integrations.mail.transport import make_transport
from tests.integrations.mail.builders import a_mail


def deliver(mailbox: Mailbox, **changes: object) -> None:
    mailbox.send("bounce@vendor.example", "ken@customer.example", build(a_mail(**changes)))


def test_a_mail_is_read_as_it_was_written(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    deliver(mailbox, to_name="山田 太郎", subject="Größe?", text="täglich\n", html="<p>täglich</p>\n")
    stored = mailbox.read_mail(mailbox.list_mail().mails[0].key)
    assert stored is not None
    content = stored.content
    assert (content.recipient, content.subject) == ("山田 太郎 <ken@customer.example>", "Größe?")
    assert (content.text, content.html) == ("täglich\n", "<p>täglich</p>\n")
    assert content.date == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_the_stored_file_is_the_envelope_and_the_bytes_sent(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    deliver(mailbox)
    stored = mailbox.read_mail(mailbox.list_mail().mails[0].key)
    assert stored is not None
    envelope = b"Return-Path: <bounce@vendor.example>\r\nDelivered-To: ken@customer.example\r\n"
    assert stored.raw == envelope + build(a_mail())


def test_the_list_shows_the_newest_first_and_pages(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    for number in range(7):
        deliver(mailbox, subject=f"mail {number}")
    page = mailbox.list_mail(page=2, per_page=3)
    assert [mail.subject for mail in page.mails] == ["mail 3", "mail 2", "mail 1"]
    assert page.total == 7


def test_the_search_looks_in_decoded_names_and_subjects(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    deliver(mailbox, subject="Größe", to_name="Ann")
    deliver(mailbox, subject="other", to_name="Jürgen")
    assert [mail.subject for mail in mailbox.list_mail(search="GRÖSSE").mails] == ["Größe"]
    assert mailbox.list_mail(search="jürgen").total == 1
    assert mailbox.list_mail(search="nobody").total == 0


def test_an_empty_mailbox_has_an_empty_page(tmp_path: Path) -> None:
    assert Mailbox(tmp_path / "never used").list_mail().mails == []


def test_a_page_beyond_the_last_is_empty(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    deliver(mailbox)
    assert mailbox.list_mail(page=9).mails == []


@pytest.mark.parametrize("key", ["", "..", "../other/x", "/etc/passwd", "1-2", f"{'٣' * 20}-{'a' * 16}"])
def test_a_key_that_is_none_of_ours_finds_nothing(tmp_path: Path, key: str) -> None:
    assert Mailbox(tmp_path).read_mail(key) is None


def test_a_key_with_a_line_end_finds_nothing(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    deliver(mailbox)
    assert mailbox.read_mail(mailbox.list_mail().mails[0].key + "\n") is None


def test_clearing_removes_every_mail(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    deliver(mailbox)
    deliver(mailbox)
    assert mailbox.clear() == 2
    assert mailbox.list_mail().total == 0


def test_other_files_in_the_directory_are_left_alone(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    deliver(mailbox)
    (tmp_path / "new" / "notes.txt").write_text("mine")
    assert mailbox.clear() == 1
    assert (tmp_path / "new" / "notes.txt").exists()


def test_an_address_that_mail_cannot_carry_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(Rejected):
        Mailbox(tmp_path).send("", "a@b.example\r\nX-Evil: 1", b"")


def fill(directory: Path, writer: int) -> None:
    mailbox = Mailbox(directory)
    for number in range(100):
        mailbox.send("", "ken@customer.example", build(a_mail(subject=f"{writer}-{number}")))


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=fill, args=(tmp_path, number)) for number in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    subjects = {mail.subject for mail in Mailbox(tmp_path).list_mail(per_page=500).mails}
    assert subjects == {f"{writer}-{number}" for writer in range(2) for number in range(100)}


def test_ten_thousand_mails_page_fast(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    deliver(mailbox)
    key = mailbox.list_mail().mails[0].key
    for number in range(10_000):
        (tmp_path / "new" / f"{number:020d}-{key[-16:]}").hardlink_to(tmp_path / "new" / key)
    started = process_time()
    mailbox.list_mail(page=200, per_page=50)
    assert process_time() - started < 0.5


def test_no_url_means_the_built_in_mailbox(tmp_path: Path) -> None:
    assert isinstance(make_transport(None, tmp_path), Mailbox)
    assert isinstance(make_transport("", tmp_path), Mailbox)


def test_a_url_means_that_server(tmp_path: Path) -> None:
    assert isinstance(make_transport("smtps://mail.example", tmp_path), SmtpTransport)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"Subject: =?x-unknown?b?4pyT?=\r\n\r\nx",
        b"Subject: =?utf-8?b?!!!?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=x-unknown\r\n\r\n\xff\xfe",
        b"Content-Type: text/plain; charset*=utf-8'en'x%00\r\n\r\nx",
        b"Content-Transfer-Encoding: base64\r\n\r\n@@@",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: text/html\r\n\r\nunfinished",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n\r\nx",
        b"Date: Thu, 01 Jan 0001 00:00:00 +1400\r\n\r\nx",
        b"From: " + b"a" * 1_000_000,
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2_000)
        ),
    ],
)
def test_broken_mail_is_shown_and_never_raises(raw: bytes) -> None:
    assert read_message(raw).headers is not None


@settings(deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes_can_be_read(raw: bytes) -> None:
    assert read_message(raw).headers is not None


@pytest.mark.parametrize(
    "piece", ["=?a?b?", "=?utf-8?q?", "\n ", "\r\n\t", "a:b\n", '"(', "<", "\0", "--a\n"]
)
def test_hostile_repetition_is_read_in_no_time(piece: str) -> None:
    raw = f"Subject: {piece * (50_000 // len(piece))}\r\nTo: x\r\n\r\n".encode()
    started = process_time()
    read_message(raw)
    assert process_time() - started < 1


def test_undecodable_text_is_shown_with_replacement_characters() -> None:
    raw = b"Content-Type: text/plain; charset=utf-8\r\n\r\ncaf\xe9"
    assert read_message(raw).text == "caf\ufffd"
