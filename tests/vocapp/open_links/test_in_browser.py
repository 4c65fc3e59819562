"""Open links in Chromium: on a phone, and in a sandboxed frame of another site's page."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.builders import a_company, a_user
from tests.journeys.browser import assert_accessible, assert_fits, sign_in
from tests.vocapp.open_links.builders import address_of, an_open_link, open_answers
from vocapp.identity.rules import RoleName
from vocapp.open_links.rules import OpenLinkKind

HEAD = '<!DOCTYPE html><html lang="en"><title>Site</title><link rel="icon" href="data:,">'


class Site:
    """Somebody else's web server, with one page."""

    def __init__(self) -> None:
        site = self
        self.body = ""

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(f"{HEAD}{site.body}".encode())

            def log_message(self, *_args: object) -> None:
                """Write nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.origin = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


def as_leader(page, live):
    with live.app.app_context():
        a_company()
        sign_in(page, live, a_user(RoleName.LEADER))


def shown_on(site, page, live):
    """Let a site's page show a survey by what the page of its link says to copy."""
    with live.app.app_context():
        link_id = an_open_link(OpenLinkKind.EMBED, origins=(site.origin,)).id
    as_leader(page, live)
    page.goto(f"/open-links/{link_id}")
    site.body = page.locator("#snippet").input_value()


def test_a_survey_stands_in_a_sandboxed_frame_of_another_site(open_page, trouble, live, site):
    trouble.welcome.add(site.origin)
    shown_on(site, open_page(), live)
    assert 'sandbox="allow-forms allow-scripts"' in site.body
    visitor = open_page(width=800)
    visitor.goto(site.origin)
    frame = visitor.frame_locator("iframe[data-survey]")
    expect(frame.get_by_role("heading", level=1)).to_be_visible()
    for _attempt in range(20):
        # Fonts arrive late and change the height; the frame follows a moment later.
        high = int(visitor.locator("iframe[data-survey]").get_attribute("height") or 0)
        needed = frame.locator("html").evaluate("html => Math.ceil(html.getBoundingClientRect().height)")
        if high == needed:
            break
        visitor.wait_for_timeout(100)
    assert high == needed
    assert high != 480
    frame.locator("input[name=score][value='9']").check(force=True)
    frame.get_by_role("button").click()
    expect(frame.locator(".a-notice--done")).to_be_visible()
    frame.get_by_role("link", name="No, thank you").click()
    expect(frame.get_by_text("Your answer is saved.")).to_be_visible()
    assert visitor.context.cookies() == []
    with live.app.app_context():
        assert [(one.rating, one.state) for one in open_answers()] == [(9, "complete")]


def test_a_page_that_is_not_named_shows_no_survey(open_page, trouble, live, site):
    unnamed = site.origin.replace("localhost", "127.0.0.1")
    trouble.welcome |= {unnamed, "chrome-error:"}
    trouble.expected |= {"frame-ancestors", "Framing", "ERR_BLOCKED"}
    shown_on(site, open_page(), live)
    visitor = open_page()
    visitor.goto(unnamed)
    expect(visitor.frame_locator("iframe[data-survey]").get_by_role("heading", level=1)).to_have_count(0)


@pytest.mark.parametrize(("width", "javascript"), [(320, True), (360, False), (1280, True)])
def test_anybody_answers_at_an_event(open_page, live, width, javascript):
    with live.app.app_context():
        address = address_of(an_open_link())
    page = open_page(width=width, javascript=javascript)
    page.goto(address)
    assert_fits(page)
    if javascript:
        assert_accessible(page)
    page.locator("input[name=score][value='3']").check(force=True)
    page.get_by_role("button").click()
    expect(page.get_by_text(re.compile("Saved|saved")).first).to_be_visible()
    assert_fits(page)
    if javascript:
        assert_accessible(page)
    with live.app.app_context():
        assert [one.rating for one in open_answers()] == [3]


@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_on_the_pages_of_those_who_make_links(open_page, live, width):
    with live.app.app_context():
        event, embed = an_open_link().id, an_open_link(OpenLinkKind.EMBED).id
    page = open_page(width=width)
    as_leader(page, live)
    for path in ("/open-links", "/open-links/new", f"/open-links/{event}", f"/open-links/{embed}"):
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)
