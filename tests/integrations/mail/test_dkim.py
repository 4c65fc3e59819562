"""Signatures, checked by another implementation (dkimpy) against a stub of the DNS."""

import re
from collections.abc import Callable

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.mail.dkim import Signer, new_private_key, read_private_key, record_name
from integrations.mail.identity import tags_of
from integrations.mail.message import BULK_MARKS, build, unsubscribe_headers
from tests.integrations.mail.builders import a_mail

URL = "https://voc.vendor.example/u/" + "aB3_-" * 40
SIGNER = Signer("vendor.example", "voice1", read_private_key(new_private_key()))
HEADERS = unsubscribe_headers(URL, mailto="unsubscribe+x@bounce.vendor.example")


def published(signer: Signer = SIGNER) -> Callable[..., bytes | None]:
    """Return a DNS that knows the signer's record and nothing else."""
    records = {f"{signer.record_name}.".encode(): signer.record.encode()}
    return lambda name, timeout=5: records.get(name)


def is_valid(raw: bytes) -> bool:
    return dkim.verify(raw, dnsfunc=published(), minkey=2048)


def signed(**changes: object) -> bytes:
    return SIGNER.sign(build(a_mail(**{"headers": HEADERS, **changes})))


def signed_names(raw: bytes) -> list[str]:
    head = re.sub(rb"\r\n[ \t]+", b"", raw.split(b"\r\n\r\n")[0])
    return tags_of(head.split(b"\r\n")[0].partition(b":")[2].decode())["h"].split(":")


def test_a_signed_mail_is_valid() -> None:
    assert is_valid(signed())


def test_everything_that_says_who_and_what_is_signed() -> None:
    names = set(signed_names(signed(headers={**HEADERS, **BULK_MARKS})))
    assert names >= {
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "reply-to",
        "mime-version",
        "content-type",
        "list-unsubscribe",
        "list-unsubscribe-post",
    }


def test_the_signature_is_rsa_sha256_relaxed_on_both_sides() -> None:
    head = re.sub(rb"\r\n[ \t]+", b" ", signed())
    tags = tags_of(head.split(b"\r\n")[0].partition(b":")[2].decode())
    assert (tags["a"], tags["c"], tags["d"], tags["s"]) == (
        "rsa-sha256",
        "relaxed/relaxed",
        "vendor.example",
        "voice1",
    )
    assert "l" not in tags  # A length would let anybody add to the body.


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"vendor.example/u/aB3", b"vendor.example/u/aB4"),
        (b"unsubscribe+x@", b"unsubscribe+y@"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=One-Klick"),
        (b"ana@vendor.example", b"eva@vendor.example"),
        (b"ken@customer.example", b"kim@customer.example"),
        (b"ana.silva@vendor.example", b"ana.salva@vendor.example"),
        (b"<wave-1.contact-7@", b"<wave-1.contact-8@"),
        (b"One question", b"Two questions"),
        (b"2026 09:30:00", b"2026 09:30:01"),
        (b"multipart/alternative", b"multipart/mixed"),
        (b"how likely are you", b"how likely were you"),
    ],
)
def test_a_change_on_the_way_breaks_it(before: bytes, after: bytes) -> None:
    raw = signed()
    assert raw.count(before) >= 1
    assert not is_valid(raw.replace(before, after))


@pytest.mark.parametrize("header", [b"From: a@b.example", b"Subject: Win", b"Reply-To: a@b.example"])
def test_a_second_header_of_a_kind_breaks_it(header: bytes) -> None:
    raw = signed()
    assert not is_valid(header + b"\r\n" + raw)


@pytest.mark.parametrize("name", ["Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post"])
def test_a_header_taken_out_breaks_it(name: str) -> None:
    without = re.sub(rf"\r\n{name}: [^\r]*(\r\n [^\r]*)*".encode(), b"", signed())
    assert not is_valid(without)


def test_a_relay_may_fold_lines_anew_and_change_case_and_blanks_around() -> None:
    raw = signed()
    head, _, body = raw.partition(b"\r\n\r\n")
    folded = head.replace(b">, <mailto:", b">,\r\n\t <mailto:").replace(b"\r\nTo: ", b"\r\nTO:\t ")
    folded = folded.replace(b"One question about", b"One question\r\n about")
    assert folded != head
    assert is_valid(folded + b"\r\n\r\n" + body + b"\r\n\r\n")


def test_a_relay_may_add_headers_of_its_own() -> None:
    assert is_valid(b"Received: from a by b; Mon, 2 Mar 2026 09:30:01 +0000\r\n" + signed())


def test_a_mail_without_an_opt_out_is_valid_too() -> None:
    raw = SIGNER.sign(build(a_mail(html=None, reply_to=None)))
    assert is_valid(raw)
    assert not is_valid(b"Reply-To: a@b.example\r\n" + raw)


@pytest.mark.parametrize("name", ["Zoë Müller-Lüdenscheidt", "山田 太郎" * 40, "محمد بن سلمان"])
def test_names_of_every_script_are_signed(name: str) -> None:
    assert is_valid(signed(from_name=name, to_name=name, subject=name))


@given(st.text(st.characters(codec="utf-8")))
def test_any_body_is_signed_as_it_leaves(text: str) -> None:
    assert is_valid(SIGNER.sign(build(a_mail(text=text))))


def test_lines_of_the_signature_are_short() -> None:
    raw = signed()
    assert max(len(line) for line in raw[: raw.index(b"\r\nMessage-ID")].split(b"\r\n")) <= 80


def test_another_key_under_the_name_makes_it_invalid() -> None:
    other = Signer("vendor.example", "voice1", read_private_key(new_private_key()))
    assert not dkim.verify(signed(), dnsfunc=published(other))


def test_the_time_of_signing_can_be_given() -> None:
    assert b" t=1772443800;" in SIGNER.sign(build(a_mail()), at=1772443800.9)


def test_a_signer_keeps_its_key_out_of_print() -> None:
    assert "RSAPrivateKey" not in repr(SIGNER)
    assert record_name("vendor.example", "voice1") == SIGNER.record_name == "voice1._domainkey.vendor.example"
