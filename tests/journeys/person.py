"""What a person does at a browser: goes somewhere, looks, reads, fills in, clicks."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.journeys.browser import AXE_COLOURS, assert_accessible, assert_fits
from tests.journeys.product import until

PHONE_WIDTH = 360
# A form that is sent sooner after its page opened is taken for a machine's.
A_GLANCE = 1_800
# How long what is to be clicked is waited for before a look at whether the page has changed.
A_MOMENT = 3_000
PASSWORD = "a few words in a row are good"
# With PICTURES=folder every page somebody looks at is kept there as a picture.
PICTURES = os.environ.get("PICTURES")


def arrive_at(page: Page, title: str | re.Pattern[str]) -> None:
    """Wait for the page with a heading."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.wait_for_load_state("load")


def look_at(page: Page, title: str | re.Pattern[str]) -> None:
    """Look a page over: it has the heading, nothing keeps anybody out, and nothing sticks out sideways."""
    arrive_at(page, title)
    keep_picture(page)
    assert_fits(page)
    assert_accessible(page)


def look_at_both(page: Page, title: str | re.Pattern[str]) -> None:
    """Look a page over in light colours, and whether it can be read in dark ones."""
    page.emulate_media(color_scheme="light")
    look_at(page, title)
    page.emulate_media(color_scheme="dark")
    keep_picture(page)
    assert_accessible(page, AXE_COLOURS)


def keep_picture(page: Page) -> None:
    """Keep a picture of a page for people, when asked to."""
    if PICTURES:
        window = page.viewport_size or {"width": 0}
        number = len(list(Path(PICTURES).glob("*.png")))
        name = re.sub(r"\W+", "-", urlsplit(page.url).path).strip("-")[:40] or "board"
        page.screenshot(path=f"{PICTURES}/{number:03}-{window['width']}-{name}.png", full_page=True)


def go_to(page: Page, place: str, navigation: str = "Main") -> None:
    """Choose a place of the navigation, behind the menu button where the window is narrow."""
    menu = page.get_by_role("button", name="Menu")
    link = page.get_by_role("navigation", name=navigation).get_by_role("link", name=place, exact=True)

    def is_chosen() -> bool:
        # The click before may still be on its way to another page, and a new page's menu is shut.
        if not link.is_visible() and menu.is_visible():
            menu.click()
        try:
            link.click(timeout=A_MOMENT)
        except TimeoutError:
            return False
        return True

    until(is_chosen, f"{place} is not to be found")


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """Press a button, or what looks like one."""
    what = {"name": name, "exact": isinstance(name, str)}
    button = page.get_by_role("button", **what).or_(page.get_by_role("link", **what))
    button.locator("visible=true").first.click()


def fill_in(page: Page, entries: Mapping[str, str]) -> None:
    """Write into, or choose from, the fields whose labels begin so."""
    for label, entry in entries.items():
        field = page.get_by_label(re.compile(rf"^{re.escape(label)}"))
        if field.evaluate("control => control.tagName") == "SELECT":
            field.select_option(label=entry)
        else:
            field.fill(entry)


def expect_message(page: Page, words: str | re.Pattern[str]) -> None:
    """Be told something at the top of the page."""
    expect(page.locator(".v-notice").filter(has_text=words).first).to_be_visible()


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Sign in by name and password."""
    page.goto("/login")
    fill_in(page, {"E-mail address": email, "Password": password})
    press(page, "Sign in")
    expect(page).not_to_have_url(re.compile("/login"))


def card(page: Page, title: str) -> Locator:
    """Find a card by its title."""
    return page.locator(".v-card").filter(has=page.get_by_role("heading", name=title, exact=True))


def row(page: Page, name: str) -> Locator:
    """Find the row of a table that is about somebody or something."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=re.compile(re.escape(name))))


def fact(page: Page, name: str) -> Locator:
    """Find what a list of facts says under a name."""
    return page.locator(".v-facts > div").filter(has=page.get_by_text(name, exact=True)).locator("dd")


def reload_until(page: Page, is_so: Callable[[], bool], complaint: str) -> None:
    """Load a page again and again until it shows something."""

    def is_so_now() -> bool:
        page.reload()
        return is_so()

    until(is_so_now, complaint)


def opened_tab(page: Page, click: Callable[[], None]) -> Page:
    """Click something that opens a new tab, and go there."""
    with page.context.expect_page() as opened:
        click()
    opened.value.wait_for_load_state()
    return opened.value
