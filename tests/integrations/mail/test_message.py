"""Messages as they go over the wire."""

import re
from contextlib import suppress
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.errors import Rejected
from integrations.mail.headers import clean_text, wire_address
from integrations.mail.message import build, unsubscribe_headers
from tests.integrations.mail.builders import MAIL, a_mail

LONG_URL = "https://voc.vendor.example/u/" + "aB3_-" * 150 + "?wave=1&kind=invitation%20a"
NAMES = [
    "Zoë Müller-Lüdenscheidt",
    "山田 太郎",
    "Дмитрий Иванович",
    "محمد بن سلمان",
    "דוד כהן",
    "김민준",
    "สมชาย ใจดี",
    "अमित शर्मा",
    "Nguyễn Thị Minh Khai",
    'O\'Brien, Pat (Ops) "the boss" \\ <x@y.example>',
    "👩‍💻 Ada",
    "=?utf-8?q?trick?=",
    "名" * 300,
    "plain " * 200,
]


def header_names(raw: bytes) -> list[str]:
    head = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
    return [line.split(":", 1)[0] for line in head.split("\r\n") if not line.startswith(" ")]


def decoded(value: str) -> str:
    return str(make_header(decode_header(value)))


def unfolded(raw: bytes, name: str) -> str:
    return re.sub(r"\r\n ", " ", message_from_bytes(raw)[name])


def test_text_comes_before_html_in_one_alternative() -> None:
    message = message_from_bytes(build(a_mail()), policy=policy.default)
    parts = [part.get_content_type() for part in message.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]


def test_a_mail_without_html_is_plain_text() -> None:
    message = message_from_bytes(build(a_mail(html=None)), policy=policy.default)
    assert message.get_content_type() == "text/plain"


@pytest.mark.parametrize("name", ["Message-ID", "Date", "Subject", "From", "To", "Reply-To", "MIME-Version"])
def test_every_identity_header_stands_exactly_once(name: str) -> None:
    assert header_names(build(a_mail())).count(name) == 1


def test_the_mail_says_it_was_written_by_a_program() -> None:
    message = message_from_bytes(build(a_mail()))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] is None
    assert message["X-Auto-Response-Suppress"] is None


def test_a_long_opt_out_url_arrives_byte_for_byte() -> None:
    raw = build(a_mail(headers=unsubscribe_headers(LONG_URL, mailto="out@vendor.example")))
    assert f"List-Unsubscribe: <{LONG_URL}>, <mailto:out@vendor.example>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_two_targets_too_long_for_one_line_are_folded_between_them() -> None:
    url = "https://voc.vendor.example/u/" + "a" * 900
    raw = build(a_mail(headers=unsubscribe_headers(url, mailto="out+" + "b" * 60 + "@vendor.example")))
    assert f"<{url}>,\r\n <mailto:".encode() in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_header_longer_than_a_line_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than a line"):
        build(a_mail(headers=unsubscribe_headers("https://voc.vendor.example/" + "a" * 1000)))


@pytest.mark.parametrize("value", ["a\r\nBcc: all@customer.example", "a\nb", "naïve", "", "a\0b"])
def test_a_further_header_that_is_not_one_ascii_line_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        build(a_mail(headers={"List-Id": value}))


@pytest.mark.parametrize("name", ["subject", "From", "Content-Type", "Auto-Submitted"])
def test_a_further_header_cannot_repeat_one_of_ours(name: str) -> None:
    with pytest.raises(ValueError, match="already written"):
        build(a_mail(headers={name: "x"}))


@pytest.mark.parametrize("name", NAMES)
def test_names_of_every_script_arrive_as_written(name: str) -> None:
    raw = build(a_mail(from_name=name, to_name=name, subject=name))
    to_name, to_address = parseaddr(unfolded(raw, "To"))
    assert (decoded(to_name), to_address) == (clean_text(name), "ken@customer.example")
    assert decoded(unfolded(raw, "Subject")) == clean_text(name)


@pytest.mark.parametrize("name", NAMES)
def test_encoded_words_keep_to_75_characters(name: str) -> None:
    raw = build(a_mail(from_name=name, to_name=name, subject=name))
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^ \r\n]*\?=", raw))


def test_bidi_and_invisible_characters_are_taken_out_of_names() -> None:
    raw = build(a_mail(to_name="\u202eanA\u200b\u2066x\ufeff", subject="a\u202eb"))
    assert message_from_bytes(raw)["To"] == "anAx <ken@customer.example>"
    assert message_from_bytes(raw)["Subject"] == "ab"


def test_joiners_that_scripts_and_emoji_need_stay() -> None:
    assert clean_text("می\u200cخواهم 👩\u200d💻") == "می\u200cخواهم 👩\u200d💻"


@settings(deadline=None)
@given(st.text(), st.text(), st.text())
def test_no_text_in_a_name_or_subject_adds_a_header(from_name: str, to_name: str, subject: str) -> None:
    raw = build(a_mail(from_name=from_name, to_name=to_name, subject=subject))
    assert header_names(raw) == header_names(build(a_mail()))
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_both_bodies_arrive_as_written(text: str, html: str) -> None:
    message = message_from_bytes(build(a_mail(text=text, html=html)))
    parts = [part.get_payload(decode=True).decode().replace("\r\n", "\n") for part in message.get_payload()]
    assert parts == [one_ending(text), one_ending(html)]


def one_ending(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines if lines.endswith("\n") else lines + "\n"


def test_a_body_line_of_any_length_fits_the_wire() -> None:
    raw = build(a_mail(html="<p>" + "x" * 20_000 + "</p>", text="日本語" * 5_000))
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_the_same_mail_gives_the_same_bytes() -> None:
    assert build(a_mail()) == build(a_mail())


def test_an_international_domain_is_sent_in_its_ascii_form() -> None:
    message = message_from_bytes(build(a_mail(to_address="ken@bücher.example")))
    assert message["To"] == "Ken Ito <ken@xn--bcher-kva.example>"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ken",
        "ken@",
        "@x.example",
        "a b@x.example",
        "ken@x.example\r\nBcc: a@b.example",
        "kén@x.example",
        "a\u200bna@x.example",
        "ken@x..example",
        "a@b@c.example",
        "<ken@x.example>",
        "ken@-x.example",
    ],
)
def test_an_address_that_mail_cannot_carry_is_rejected(address: str) -> None:
    with pytest.raises(Rejected, match="address"):
        build(a_mail(to_address=address))


@pytest.mark.parametrize("piece", ["a", "a.", "a-", "-", ".", "a@", '"', "=?", "\r\n", "\u202e", "é"])
def test_hostile_repetition_is_refused_or_written_in_no_time(piece: str) -> None:
    text = piece * (50_000 // len(piece))
    started = process_time()
    build(a_mail(to_name=text, from_name=f"{text}!", subject=text))
    for address in (text, f"{text}@x.example", f"ken@{text}", f"ken@{text}!"):
        with suppress(Rejected):
            wire_address(address)
    assert process_time() - started < 1


@pytest.mark.parametrize("message_id", ["", "x", "<a b@c>", "<a@b>\r\nX: y", "<ä@b>", "<a@b@c>"])
def test_a_message_id_of_another_form_is_refused(message_id: str) -> None:
    with pytest.raises(ValueError, match="Message-ID"):
        build(a_mail(message_id=message_id))


def test_a_date_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        build(a_mail(date=MAIL.date.replace(tzinfo=None)))
