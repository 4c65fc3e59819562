"""Addresses that mail comes back to: each for one message, and none that anybody could make up."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.vocapp.outbox.builders import a_message, settings_changed
from vocapp.core.db import db, transaction
from vocapp.core.mail_settings import MailSettings
from vocapp.outbox.models import Message
from vocapp.outbox.return_path import (
    is_forged_address,
    message_of_opt_out_address,
    message_of_return_path,
    opt_out_address_of,
    return_path_of,
)

DOMAIN = "bounce.vendor.example"
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


@pytest.fixture
def bounce_domain(app: Flask) -> Iterator[None]:
    with settings_changed(app, mail=MailSettings(bounce_domain=DOMAIN)):
        yield


def test_without_a_bounce_domain_mail_comes_back_to_the_sender(app: Flask) -> None:
    message = a_message()
    assert return_path_of(message) == "voice@vendor.example"
    assert opt_out_address_of(message) is None
    assert message_of_return_path("voice@vendor.example") is None


@pytest.mark.usefixtures("bounce_domain")
def test_an_address_leads_back_to_its_message() -> None:
    first, second = a_message(), a_message()
    for message in (first, second):
        assert message_of_return_path(return_path_of(message)) is message
        assert message_of_opt_out_address(opt_out_address_of(message) or "") is message


@pytest.mark.usefixtures("bounce_domain")
def test_an_address_survives_what_mail_servers_do_to_it() -> None:
    message = a_message()
    address = return_path_of(message)
    for seen in (address.upper(), address.title(), f"<{address}>", f" {address}\r\n"):
        assert message_of_return_path(seen) is message


@pytest.mark.usefixtures("bounce_domain")
def test_an_address_is_one_mail_can_carry_and_hides_the_number() -> None:
    addresses = [return_path_of(a_message()) for _ in range(2)]
    for address in addresses:
        local, _, domain = address.partition("@")
        assert len(local) <= 64
        assert domain == DOMAIN
        assert address == address.lower()
    numbers = [address.partition(".")[0] for address in addresses]
    assert sum(one != other for one, other in zip(*numbers, strict=True)) > 6


@pytest.mark.usefixtures("bounce_domain")
def test_any_character_changed_leads_nowhere() -> None:
    address = return_path_of(a_message())
    a_message()
    local = address.partition("@")[0]
    for place, was in enumerate(local):
        for other in {*LETTERS, "+", "."} - {was}:
            changed = f"{local[:place]}{other}{local[place + 1 :]}@{DOMAIN}"
            assert message_of_return_path(changed) is None, changed


@pytest.mark.usefixtures("bounce_domain")
def test_parts_of_two_addresses_do_not_make_a_third() -> None:
    one, other = return_path_of(a_message()), return_path_of(a_message())
    number, _, rest = one.partition(".")
    other_number, _, other_rest = other.partition(".")
    assert message_of_return_path(f"{number}.{other_rest}") is None
    assert message_of_return_path(f"{other_number}.{rest}") is None


@pytest.mark.usefixtures("bounce_domain")
def test_a_bounce_address_takes_nobody_off_the_list_and_the_other_way_round() -> None:
    message = a_message()
    bounce, opt_out = return_path_of(message), opt_out_address_of(message) or ""
    assert message_of_opt_out_address(bounce) is None
    assert message_of_return_path(opt_out) is None
    assert message_of_opt_out_address(bounce.replace("bounce+", "unsubscribe+", 1)) is None


@pytest.mark.usefixtures("bounce_domain")
@pytest.mark.parametrize(
    "address",
    ["", "@", "<>", "bounce+@", f"bounce+a.b@{DOMAIN}", "ünïcode@x", "\0", "a" * 10_000],
)
def test_any_other_address_leads_nowhere(address: str) -> None:
    assert message_of_return_path(address) is None


@pytest.mark.usefixtures("bounce_domain")
def test_another_domain_or_key_leads_nowhere(app: Flask) -> None:
    message = a_message()
    address = return_path_of(message)
    assert message_of_return_path(address.replace(DOMAIN, "bounce.other.example")) is None
    with settings_changed(app, secret_key="another key of the same length or so"):
        assert message_of_return_path(address) is None


@pytest.mark.usefixtures("bounce_domain")
def test_the_address_of_a_message_that_is_gone_leads_nowhere(app: Flask) -> None:
    message = Message(id=2**31 - 1)
    assert message_of_return_path(return_path_of(message)) is None


@pytest.mark.usefixtures("bounce_domain")
def test_an_address_that_only_looks_like_ours_is_forged() -> None:
    address = return_path_of(a_message())
    local = address.partition("@")[0]
    assert is_forged_address(f"<{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{DOMAIN}>")
    assert is_forged_address(f"Bounce+17@{DOMAIN}")
    assert is_forged_address(f"unsubscribe+{local.partition('+')[2]}@{DOMAIN}")
    for other in (address, address.upper(), f"postmaster@{DOMAIN}", f"{local}@elsewhere.example", ""):
        assert not is_forged_address(other), other


@pytest.mark.usefixtures("bounce_domain")
def test_an_address_of_a_message_that_is_no_more_is_not_forged() -> None:
    message = a_message()
    address = return_path_of(message)
    with transaction():
        db.session.delete(message)
    assert message_of_return_path(address) is None
    assert not is_forged_address(address)
