"""A look around the demo company, as its leader and its administrator, in light and dark, wide and narrow."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.person import (
    PHONE_WIDTH,
    card,
    expect_message,
    go_to,
    look_at,
    look_at_both,
    press,
    row,
)
from tests.journeys.product import Product, show_what_it_printed, start_product, wait_until_ready
from tests.journeys.setting_up import set_up_the_company

Somebody = Callable[..., Page]

SILENT_ACCOUNT = "Meridian Harbour Logistics"


@pytest.fixture(scope="module")
def running(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One demo company for the tests of this file, which only read it or add to it."""
    product = start_product(new_database(), tmp_path_factory.mktemp("product"))
    yield product
    product.stop()


@pytest.fixture
def demo(running: Product) -> Iterator[Product]:
    """The ready demo company; what it printed is shown when a test fails."""
    yield wait_until_ready(running)
    show_what_it_printed(running)


@pytest.fixture(params=[1280, PHONE_WIDTH], ids=["desktop", "phone"])
def visitor(request: pytest.FixtureRequest, somebody: Somebody, demo: Product) -> Page:
    """Somebody who has just found the sign-in page."""
    page = somebody(at=demo.url, width=request.param)
    page.goto("/")
    look_at_both(page, "Sign in")
    return page


@pytest.mark.needs("chromium")
@pytest.mark.timeout(900)
def test_the_leader_sees_the_portfolio_and_its_stories(visitor: Page) -> None:
    press(visitor, re.compile("Leader"))
    look_at_both(visitor, "Board")
    press(visitor, "By CSM")
    look_at_both(visitor, "Board")
    explore_the_chart(visitor)
    go_to(visitor, "Benchmarks")
    look_at_both(visitor, "Benchmarks")
    go_to(visitor, "Accounts")
    look_at_both(visitor, "Accounts")
    visitor.get_by_role("searchbox").last.fill(SILENT_ACCOUNT)
    visitor.keyboard.press("Enter")
    row(visitor, SILENT_ACCOUNT).get_by_role("link").first.click()
    look_at_both(visitor, SILENT_ACCOUNT)
    expect(card(visitor, "Story").get_by_role("listitem").first).to_be_visible()
    expect(card(visitor, "Against others")).to_contain_text("others")
    press(visitor, "Benchmark report")
    expect(visitor.get_by_text("The report is ready")).to_be_visible(timeout=60_000)
    look_at_both(visitor, f"Report: {SILENT_ACCOUNT}")


@pytest.mark.needs("chromium")
@pytest.mark.timeout(900)
def test_the_administrator_finds_everything_else(visitor: Page) -> None:
    press(visitor, re.compile("Administrator"))
    for place in ("People", "Surveys", "Waves", "Responses", "Reports", "Settings"):
        go_to(visitor, place)
        look_at_both(visitor, place)
    press(visitor, "Tier profiles")
    look_at_both(visitor, "Tier profiles")
    for place in ("Mailbox", "Mail going out"):
        go_to(visitor, place, "More")
        look_at_both(visitor, place)
    go_to(visitor, "Waves")
    visitor.get_by_role("row").nth(1).get_by_role("link").first.click()
    look_at_both(visitor, re.compile("."))


@pytest.mark.needs("chromium")
@pytest.mark.timeout(900)
def test_the_demo_company_goes_and_comes_back(start: Callable[..., Product], somebody: Somebody) -> None:
    product = wait_until_ready(start())
    page = somebody(at=product.url)
    page.goto("/")
    press(page, re.compile("Administrator"))
    remove_the_demo_company(page)
    expect(page).to_have_url(re.compile("/setup/"))
    set_up_the_company(page, page.url)
    assert product.count("accounts") == 0
    press(page, "Load the demo company")
    expect_message(page, "The demo company is here.")
    expect(row(page, SILENT_ACCOUNT)).to_be_visible()
    remove_the_demo_company(page)
    expect_message(page, "The demo company is gone")
    assert product.count("accounts") == 0


def remove_the_demo_company(page: Page) -> None:
    go_to(page, "Settings")
    press(page, "Remove the demo company")
    look_at(page, "Settings")
    page.get_by_role("dialog").get_by_role("button", name="Remove the demo company").click()


def explore_the_chart(page: Page) -> None:
    """Choose with the mouse, change an axis, filter; the address remembers, and the list follows."""
    go_to(page, "Portfolio")
    expect(page.locator(".v-chart-canvas svg")).to_be_visible()
    look_at_both(page, "Portfolio")
    listed = page.locator("#bubble-list li:visible")
    everybody = listed.count()
    drag_over_the_right_half(page)
    expect(page.locator("[data-brush-count]")).to_contain_text("chosen")
    assert 0 < listed.count() < everybody
    press(page, "Show all")
    expect(listed).to_have_count(everybody)
    page.get_by_role("combobox", name="Across").select_option(label="Footprint")
    expect(page).to_have_url(re.compile("x=footprint"))
    page.get_by_role("combobox", name="Status").select_option(label="At risk")
    expect(page).to_have_url(re.compile("x=footprint.*status=red|status=red.*x=footprint"))
    expect(page.locator(".v-chart-canvas svg")).to_be_visible()
    assert listed.count() < everybody
    page.reload()
    expect(page.get_by_role("combobox", name="Status")).to_have_value("red")


def drag_over_the_right_half(page: Page) -> None:
    plot = page.locator(".v-chart-canvas svg .background").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4, steps=5)
    page.mouse.up()
