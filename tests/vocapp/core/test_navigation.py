"""The way around: entries, the active one, addresses with changed filters."""

import pytest
from flask import Flask

from vocapp.core.navigation import PLACES, Place, _active_endpoint, address_with, toggled_order


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
