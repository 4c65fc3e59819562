"""A real browser against a real server: fixtures for whoever imports them in a conftest.

`live` serves an application with its own database on a free port; `open_page` opens Chromium pages that are
as wide, dark, scriptless or foreign as a test wants them. A page that asks another host than ours, or logs
an error, fails its test.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from integrations.dns import FixedResolver
from tests.conftest import CheckingClient, make_schema, settings_for
from vocapp.app import create_app
from vocapp.core.db import db
from vocapp.core.gateways import make_gateways
from vocapp.identity.models import User

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ONLY_FINDINGS = {"resultTypes": ["violations"]}
# Patience for a busy machine, in milliseconds; what works is seen at once.
PATIENCE = 45_000
expect.set_options(timeout=PATIENCE)
AXE_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    **ONLY_FINDINGS,
}
AXE_COLOURS = {"runOnly": ["color-contrast"], **ONLY_FINDINGS}


class QuietHandler(WSGIRequestHandler):
    """Serves without writing a log."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Write nothing."""


@dataclass
class Live:
    """A served application."""

    app: Flask
    url: str


@dataclass
class Trouble:
    """What went wrong on the pages of a test.

    `expected` holds parts of the messages a test provokes, `welcome` beginnings of addresses people go to.
    """

    found: list[str] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)
    welcome: set[str] = field(default_factory=set)


@pytest.fixture
def live(new_database: Callable[[], str], tmp_path: Path) -> Iterator[Live]:
    """An application on its own database, with real commits, served on a free port."""
    applications: list[Flask] = []
    server = make_server(
        "127.0.0.1",
        0,
        lambda environ, start: applications[0](environ, start),
        threaded=True,
        request_handler=QuietHandler,
    )
    url = f"http://127.0.0.1:{server.server_port}"
    database_url = new_database()
    app = create_app(
        gateways=make_gateways(settings_for(database_url, tmp_path, base_url=url), dns=FixedResolver())
    )
    app.config.update(RATELIMIT_ENABLED=False)
    make_schema(database_url)
    applications.append(app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Live(app, url)
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@contextlib.contextmanager
def _one_browser() -> Iterator[Browser]:
    """Start Chromium, or share the one that runs: Playwright can be started once in a process."""
    if not _running:
        playwright = sync_playwright().start()
        _running.append((playwright, playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))))
    _users.append(object())
    yield _running[0][1]
    _users.pop()
    if not _users:
        playwright, browser = _running.pop()
        browser.close()
        playwright.stop()


_running: list[tuple[Playwright, Browser]] = []
_users: list[object] = []


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium, started once, however many conftests import this."""
    with _one_browser() as browser:
        yield browser


@pytest.fixture
def trouble() -> Iterator[Trouble]:
    """What the pages complained about: anything that is not expected fails the test."""
    trouble = Trouble()
    yield trouble
    assert not trouble.found, trouble.found


@pytest.fixture
def open_page(chromium: Browser, live: Live, trouble: Trouble) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a blank page: `open_page(width=320, dark=True, javascript=False)`."""
    with contextlib.ExitStack() as contexts:
        yield lambda **options: new_page(chromium, live.url, trouble, contexts, **options)


def new_page(
    chromium: Browser,
    url: str,
    trouble: Trouble,
    contexts: contextlib.ExitStack,
    *,
    width: int = 1280,
    height: int = 800,
    dark: bool = False,
    javascript: bool = True,
    **options: Any,
) -> Page:
    """Open a blank page in a context of its own, which ends with `contexts`; its trouble is noted."""
    context = chromium.new_context(
        base_url=url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        java_script_enabled=javascript,
        locale=options.pop("locale", "en-GB"),
        **options,
    )
    contexts.callback(context.close)
    context.set_default_timeout(PATIENCE)
    # On the context, so that pages which links open in new tabs are watched, too.
    context.on("weberror", lambda error: trouble.found.append(str(error.error)))
    context.on("console", lambda message: _note_message(trouble, message))
    context.on("request", lambda request: _note_request(trouble, request.url, url))
    return context.new_page()


def sign_in(page: Page, live: Live, user: User) -> None:
    """Be this user on every page of the same context from now on."""
    client = CheckingClient(live.app, live.app.response_class)
    client.sign_in(user)
    cookie = client.get_cookie("session")
    assert cookie is not None
    page.context.add_cookies([{"name": "session", "value": cookie.value, "url": live.url}])


def assert_accessible(page: Page, rules: dict[str, Any] | None = None) -> None:
    """Fail with axe's report when it finds anything on a page."""
    results = Axe().run(page, options=rules or AXE_RULES)
    assert not results.violations_count, results.generate_report()


def assert_fits(page: Page) -> None:
    """Fail when a page is wider than its window, so that one would have to scroll sideways."""
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window, f"{page.url} is {wide} pixels wide in a window of {window}"


def _note_message(trouble: Trouble, message: Any) -> None:
    is_expected = any(part in message.text for part in trouble.expected)
    if message.type == "error" and not is_expected:
        trouble.found.append(message.text)


def _note_request(trouble: Trouble, url: str, ours: str) -> None:
    if not url.startswith((ours, *trouble.welcome, "data:", "blob:", "about:")):
        trouble.found.append(f"a page asked {url}")
