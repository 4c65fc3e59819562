"""The way around: entries, the active one, addresses with changed filters."""

import pytest
from flask import Flask

from tests.builders import a_user
from tests.conftest import CheckingClient
from vocapp.core.navigation import PLACES, Place, _active_endpoint, address_with, toggled_order
from vocapp.identity.rules import RoleName


def test_an_order_starts_upwards_and_turns_round() -> None:
    assert [toggled_order("arr", order) for order in ("name", "arr", "-arr")] == ["arr", "-arr", "arr"]


def test_a_changed_filter_keeps_the_others_and_starts_at_the_first_page(app: Flask) -> None:
    with app.test_request_context("/accounts?tier=1&tier=2&q=a b&page=4"):
        assert address_with(q="x", sort="-arr") == "?tier=1&tier=2&q=x&sort=-arr"
        assert address_with(page=5) == "?tier=1&tier=2&q=a+b&page=5"
        assert address_with(tier=None, q=None) == "?"


@pytest.mark.parametrize(
    ("endpoint", "active"),
    [
        ("accounts.people", "accounts.people"),
        ("accounts.show", "accounts.index"),
        ("outbox.message", None),
        ("", None),
    ],
)
def test_a_page_lights_its_own_entry_or_the_first_of_its_feature(endpoint: str, active: str | None) -> None:
    shown = [place for place in PLACES if isinstance(place, Place)]
    assert _active_endpoint(shown, endpoint) == active


def test_sign_in_pages_are_whole(app: Flask, client: CheckingClient) -> None:
    pages = [client.get(path) for path in ("/login", "/login?next=/accounts", "/reset")]
    assert {page.status_code for page in pages} == {200}


def test_a_signed_in_person_changes_their_password_inside_the_house(
    app: Flask, client: CheckingClient
) -> None:
    client.sign_in(a_user(RoleName.ADMIN, name="Ana <b>Brandão</b>"))
    page = client.get("/change").get_data(as_text=True)
    assert "Ana &lt;b&gt;Brandão&lt;/b&gt;" in page
    assert "Administrator" in page


def test_the_second_factor_shows_a_picture_and_a_key(app: Flask, client: CheckingClient) -> None:
    client.sign_in(a_user())
    assert "It is off." in client.get("/tf-setup").get_data(as_text=True)
    page = client.post("/tf-setup", data={"setup": "authenticator"}).get_data(as_text=True)
    assert "v-qr" in page
    assert 'autocomplete="one-time-code"' in page


def test_an_address_that_does_not_exist_says_so(app: Flask, client: CheckingClient) -> None:
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert "This page does not exist" in answer.get_data(as_text=True)
