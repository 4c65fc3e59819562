"""The way around the staff pages: the left navigation, the search box and addresses with changed filters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import current_app, request, url_for
from flask_babel import lazy_gettext
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from vocapp.core.gateways import gateways


@dataclass(frozen=True)
class Place:
    """An entry of the navigation table; `roles` None means every signed-in user.

    `is_open` says whether this installation has the place at all.
    """

    label: Any
    endpoint: str
    icon: str
    roles: frozenset[str] | None = None
    is_open: Callable[[], bool] = lambda: True


@dataclass(frozen=True)
class Entry:
    """A navigation entry as a page shows it."""

    label: str
    url: str
    icon: str
    active: bool


PLACES = (
    Place(lazy_gettext("Board"), "portfolio.board", "layout-dashboard"),
    Place(lazy_gettext("Accounts"), "accounts.index", "building"),
    Place(lazy_gettext("People"), "accounts.people", "users"),
    Place(lazy_gettext("Surveys"), "questionnaires.index", "clipboard-list"),
    Place(lazy_gettext("Waves"), "campaigns.index", "send"),
    Place(lazy_gettext("Responses"), "responses.index", "message-2"),
    Place(lazy_gettext("Comments"), "comments.index", "quote"),
    Place(lazy_gettext("Portfolio"), "portfolio.chart", "chart-bubble"),
    Place(lazy_gettext("Benchmarks"), "benchmarks.index", "scale"),
    Place(lazy_gettext("Reports"), "reports.index", "file-text"),
    Place(lazy_gettext("Settings"), "admin.index", "settings", frozenset({"admin"})),
)
ASIDE = (
    Place(lazy_gettext("How numbers are made"), "method.how", "info-circle"),
    Place(
        lazy_gettext("Mailbox"), "outbox.mailbox", "mailbox", is_open=lambda: gateways().mailbox is not None
    ),
    Place(lazy_gettext("Mail going out"), "deliveries.index", "mail", frozenset({"admin"})),
    Place(lazy_gettext("Mail coming in"), "incoming.index", "mail-opened", frozenset({"admin"})),
)
SEARCH_ENDPOINTS = ("portfolio.search", "accounts.index")


def navigation(place: str | None = None) -> list[Entry]:
    """Return the entries this user may open; `place` names the active one if it is not the page's own."""
    return _entries(PLACES, place)


def navigation_aside(place: str | None = None) -> list[Entry]:
    """Return the entries that stand apart, at the foot of the navigation."""
    return _entries(ASIDE, place)


def search_url() -> str | None:
    """Return the address that answers `?q=`, or None while no page does."""
    return next((url_for(endpoint) for endpoint in SEARCH_ENDPOINTS if is_known(endpoint)), None)


def is_known(endpoint: str) -> bool:
    """Whether a page is registered in this application."""
    return endpoint in current_app.view_functions


def address_with(**changes: Any) -> str:
    """Return this page's address with query values changed, relative to the page; None removes one.

    Any change but that of the page number leads back to the first page.
    """
    arguments = MultiDict(request.args)
    if "page" not in changes:
        arguments.poplist("page")
    for name, value in changes.items():
        arguments.poplist(name)
        if value is not None:
            arguments.add(name, str(value))
    return "?" + urlencode(list(arguments.items(multi=True)))


def toggled_order(key: str, order: str) -> str:
    """Return the sort value a click on a column asks for: up first, then down."""
    return f"-{key}" if order == key else key


def _entries(places: tuple[Place, ...], place: str | None) -> list[Entry]:
    shown = [candidate for candidate in places if is_known(candidate.endpoint) and _may_open(candidate)]
    active = _active_endpoint(shown, place or request.endpoint or "")
    return [
        Entry(str(one.label), url_for(one.endpoint), one.icon, active=one.endpoint == active) for one in shown
    ]


def _may_open(place: Place) -> bool:
    may_read = place.roles is None or getattr(current_user, "role", None) in place.roles
    return may_read and place.is_open()


def _active_endpoint(shown: list[Place], endpoint: str) -> str | None:
    """Return the entry a page belongs to: its own, else the first of its blueprint."""
    known = [entry.endpoint for entry in shown]
    if endpoint in known:
        return endpoint
    blueprint = endpoint.partition(".")[0]
    return next((candidate for candidate in known if candidate.partition(".")[0] == blueprint), None)
