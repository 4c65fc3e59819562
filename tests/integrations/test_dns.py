"""Asking the DNS, tried against a name server on loopback."""

import pytest

from integrations.dns import FixedResolver, SystemResolver
from integrations.errors import Retryable
from tests.name_server import a_name_server

ZONE = {
    ("customer.example.", "MX"): ["20 backup.customer.example.", "10 Mail.Customer.Example."],
    ("null.example.", "MX"): ["0 ."],
    ("vendor.example.", "TXT"): ['"v=spf1 " "-all"', '"v=DMARC1"'],
    ("mail.customer.example.", "A"): ["192.0.2.7"],
    ("mail.customer.example.", "AAAA"): ["2001:db8::7"],
    ("7.2.0.192.in-addr.arpa.", "PTR"): ["mail.customer.example."],
}


def test_mail_hosts_come_by_preference_in_lower_case() -> None:
    with a_name_server(ZONE) as (address, _):
        hosts = SystemResolver(address).mx("Customer.Example.")
    assert hosts == ("mail.customer.example", "backup.customer.example")


def test_the_pieces_of_a_text_record_are_joined() -> None:
    with a_name_server(ZONE) as (address, _):
        assert set(SystemResolver(address).txt("vendor.example")) == {"v=spf1 -all", "v=DMARC1"}


def test_addresses_of_both_kinds_and_their_names() -> None:
    with a_name_server(ZONE) as (address, _):
        resolver = SystemResolver(address)
        assert resolver.address("mail.customer.example") == ("192.0.2.7", "2001:db8::7")
        assert resolver.pointer("192.0.2.7") == ("mail.customer.example",)
        assert resolver.pointer("no address") == ()


@pytest.mark.parametrize(
    "name", ["unknown.example", "mail.customer.example", "null.example", "", "a..b", "x" * 70 + ".example"]
)
def test_a_name_without_mail_hosts_has_none(name: str) -> None:
    with a_name_server(ZONE) as (address, _):
        assert SystemResolver(address).mx(name) == ()


def test_what_was_answered_is_not_asked_again_until_forgotten() -> None:
    with a_name_server(ZONE) as (address, asked):
        resolver = SystemResolver(address)
        for _ in range(3):
            resolver.mx("customer.example")
            resolver.mx("unknown.example")
        assert asked == ["customer.example. MX", "unknown.example. MX"]
        resolver.forget()
        resolver.mx("customer.example")
        assert len(asked) == 3


def test_a_name_server_in_trouble_is_no_answer() -> None:
    with a_name_server(ZONE) as (address, asked):
        resolver = SystemResolver(address)
        for _ in range(2):
            with pytest.raises(Retryable, match=r"does not answer about broken\.example"):
                resolver.txt("broken.example")
        assert len(set(asked)) == 1


def test_silence_is_no_answer() -> None:
    with (
        a_name_server(ZONE, answers=False) as (address, _),
        pytest.raises(Retryable, match="does not answer"),
    ):
        SystemResolver(address, seconds=0.2).mx("customer.example")


def test_the_fixed_resolver_answers_from_its_table() -> None:
    fixed = FixedResolver({"Customer.Example": {"mx": ["mail.customer.example"]}})
    assert fixed.mx("customer.example.") == ("mail.customer.example",)
    assert fixed.txt("customer.example") == fixed.address("x.example") == ()
    assert fixed.asked[0] == ("customer.example", "mx")
    with pytest.raises(Retryable):
        FixedResolver(is_silent=True).txt("customer.example")
