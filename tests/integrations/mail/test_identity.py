"""What domains publish, read from a table instead of the DNS."""

import pytest

from integrations.dns import FixedResolver
from integrations.errors import Retryable
from integrations.mail.identity import (
    DmarcReading,
    is_aligned,
    read_dkim,
    read_dmarc,
    read_published,
    read_spf,
    tags_of,
)


def txt(records: dict[str, str | list[str]]) -> FixedResolver:
    """A DNS of text records."""
    return FixedResolver(
        {name: {"txt": [text] if isinstance(text, str) else text} for name, text in records.items()}
    )


@pytest.mark.parametrize(
    ("one", "other", "relaxed", "strict"),
    [
        ("vendor.example", "vendor.example", True, True),
        ("Vendor.Example.", "vendor.example", True, True),
        ("mail.vendor.example", "vendor.example", True, False),
        ("vendor.example", "mail.vendor.example", True, False),
        ("othervendor.example", "vendor.example", False, False),
        ("a.vendor.example", "b.vendor.example", False, False),
    ],
)
def test_domains_align_when_one_is_above_the_other(one: str, other: str, relaxed: bool, strict: bool) -> None:
    assert is_aligned(one, other) is relaxed
    assert is_aligned(one, other, is_strict=True) is strict


def test_tags_are_read_with_blanks_and_doubles() -> None:
    assert tags_of(" v=DMARC1 ; P = none; p=reject;; rua=mailto:a@b.example?x=1") == {
        "v": "DMARC1",
        "p": "none",
        "rua": "mailto:a@b.example?x=1",
    }


def test_the_keys_of_a_selector_are_found_whatever_stands_beside_them() -> None:
    name = "voice1._domainkey.vendor.example"
    dns = FixedResolver({name: {"txt": ["v=DKIM1; k=rsa; p=AB CD", "verification=17", "v=DKIM2; p=x", "p="]}})
    assert read_dkim(dns, "vendor.example", "voice1").keys == ("ABCD", "")
    assert read_dkim(dns, "other.example", "voice1").keys == ()


def test_the_policy_of_a_domain_is_its_own_or_the_nearest_above() -> None:
    dns = FixedResolver(
        {
            "_dmarc.vendor.example": {"txt": ["v=DMARC1; p=reject; sp=quarantine; adkim=s; aspf=s"]},
            "_dmarc.own.vendor.example": {"txt": ["v=DMARC1;p=NONE"]},
        }
    )
    assert read_dmarc(dns, "own.vendor.example").policy == "none"
    assert read_dmarc(dns, "own.vendor.example").is_dkim_strict is False
    below = read_dmarc(dns, "a.b.vendor.example")
    assert (below.domain, below.policy, below.is_dkim_strict, below.is_spf_strict) == (
        "vendor.example",
        "quarantine",
        True,
        True,
    )
    assert read_dmarc(dns, "other.example") == DmarcReading()


def test_the_top_of_all_names_is_not_asked_for_a_policy() -> None:
    dns = FixedResolver()
    read_dmarc(dns, "a.vendor.example")
    assert [name for name, _ in dns.asked] == ["_dmarc.a.vendor.example", "_dmarc.vendor.example"]


def test_other_texts_are_no_policy() -> None:
    dns = FixedResolver({"_dmarc.vendor.example": {"txt": ["v=DMARC10; p=none", "hello", "p=none"]}})
    assert read_dmarc(dns, "vendor.example").domain is None


def test_a_record_of_spf_is_told_from_its_like() -> None:
    dns = txt({"vendor.example": ["v=spf10 -all", "google-site-verification=x", "V=SPF1 -ALL"]})
    assert read_spf(dns, "vendor.example").records == ("V=SPF1 -ALL",)
    assert read_spf(dns, "vendor.example").everybody == "-"


def test_two_records_are_not_looked_into() -> None:
    reading = read_spf(txt({"vendor.example": ["v=spf1 -all", "v=spf1 ~all"]}), "vendor.example")
    assert (len(reading.records), reading.lookups, reading.everybody) == (2, 0, None)


@pytest.mark.parametrize(
    ("term", "everybody"),
    [
        ("v=spf1 -all", "-"),
        ("v=spf1 ~all", "~"),
        ("v=spf1 all", "+"),
        ("v=spf1 +all", "+"),
        ("v=spf1 a", None),
    ],
)
def test_what_is_said_of_everybody_else(term: str, everybody: str | None) -> None:
    assert read_spf(txt({"vendor.example": f"v=spf1 {term}"}), "vendor.example").everybody == everybody


def test_lookups_are_counted_through_includes_and_redirects() -> None:
    dns = txt(
        {
            "vendor.example": "v=spf1 a mx include:one.example exists:%{i}.x.example redirect=two.example",
            "one.example": "v=spf1 include:three.example ip4:192.0.2.1 ptr ?all",
            "two.example": "v=spf1 a:host.example -all",
            "three.example": "v=spf1 ip6:2001:db8::/32 -all",
        }
    )
    reading = read_spf(dns, "vendor.example")
    assert reading.lookups == 8
    assert reading.everybody == "-"


def test_an_include_that_lets_everybody_send_does_so_for_all() -> None:
    dns = txt({"vendor.example": "v=spf1 include:one.example -all", "one.example": "v=spf1 +all"})
    assert read_spf(dns, "vendor.example").everybody == "+"


def test_a_record_that_includes_itself_is_counted_and_ends() -> None:
    reading = read_spf(txt({"vendor.example": "v=spf1 include:vendor.example -all"}), "vendor.example")
    assert reading.lookups > 10


@pytest.mark.parametrize(
    ("record", "address", "is_permitted"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.7", True),
        ("v=spf1 ip4:192.0.2.0/24 -all", "198.51.100.7", False),
        ("v=spf1 -ip4:192.0.2.0/24 -all", "192.0.2.7", False),
        ("v=spf1 ip4:nonsense -all", "192.0.2.7", False),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::7", True),
        ("v=spf1 a:mail.vendor.example -all", "192.0.2.7", True),
        ("v=spf1 a:mail.vendor.example/28 -all", "192.0.2.9", True),
        ("v=spf1 mx -all", "192.0.2.7", True),
        ("v=spf1 include:one.example -all", "203.0.113.9", True),
        ("v=spf1 redirect=one.example", "203.0.113.9", True),
    ],
)
def test_whether_a_sender_is_named(record: str, address: str, is_permitted: bool) -> None:
    dns = FixedResolver(
        {
            "vendor.example": {"txt": [record], "mx": ["mail.vendor.example"]},
            "mail.vendor.example": {"address": ["192.0.2.7"]},
            "one.example": {"txt": ["v=spf1 ip4:203.0.113.9 -all"]},
        }
    )
    assert read_spf(dns, "vendor.example", [address]).is_permitted is is_permitted


def test_everything_is_read_in_one_go_and_silence_is_an_error() -> None:
    dns = FixedResolver(
        {
            "bounce.vendor.example": {"txt": ["v=spf1 a:relay.example -all"], "address": ["192.0.2.1"]},
            "relay.example": {"address": ["192.0.2.7", "192.0.2.8"]},
            "192.0.2.7": {"pointer": ["relay.example"]},
        }
    )
    wanted = {
        "from_domain": "vendor.example",
        "return_domain": "bounce.vendor.example",
        "dkim": None,
        "relay_host": "relay.example",
    }
    published = read_published(dns, **wanted)
    assert published.spf.is_permitted is True
    assert published.return_hosts == ("192.0.2.1",)
    assert published.relay_names == (("192.0.2.7", ("relay.example",)), ("192.0.2.8", ()))
    assert read_published(dns, **{**wanted, "relay_host": None}).spf.is_permitted is None
    with pytest.raises(Retryable):
        read_published(FixedResolver(is_silent=True), **wanted)
