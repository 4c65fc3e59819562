"""A report on its way to a customer: asked for, approved by hand, opened by a link, made again by itself."""

import re
from collections.abc import Callable

import pikepdf
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.person import (
    PHONE_WIDTH,
    arrive_at,
    expect_message,
    fill_in,
    go_to,
    look_at,
    press,
    reload_until,
    row,
)
from tests.journeys.product import Product, wait_until_ready

Somebody = Callable[..., Page]

ACCOUNT = "Meridian Harbour Logistics"
NOTE = "As we said on Tuesday, {{first_name}}: this is where we stand."
PROMISE = "Exports in under a minute"
DESKTOP_WIDTH = 1280
MOST_STOPS = 60


@pytest.mark.needs("chromium")
@pytest.mark.timeout(900)
def test_a_report_reaches_a_customer_once_it_was_read(
    start: Callable[..., Product], somebody: Somebody
) -> None:
    product = wait_until_ready(start())
    ana = somebody(at=product.url)
    ana.goto("/")
    press(ana, re.compile("Ana Ferreira"))
    promise_something(ana)
    ask_for_the_customers_edition(ana)
    report = ana.url
    person = share_it(ana)
    approve_by_keyboard(ana, person)
    link = link_in_the_mail(ana)
    open_the_link(somebody(at=product.url), link, product)
    ana.goto(f"{report}/share")
    expect(row(ana, person)).to_contain_text("1 time,")
    look_at_both_widths(ana, f"Share: {ACCOUNT}")
    schedule_it(ana)
    look_at_the_rest(ana)


def promise_something(page: Page) -> None:
    go_to(page, "Accounts")
    row(page, ACCOUNT).get_by_role("link").first.click()
    arrive_at(page, ACCOUNT)
    press(page, re.compile("^Commitments"))
    look_at_both_widths(page, f"Commitments to {ACCOUNT}")
    fill_in(page, {"What we promise": PROMISE, "Until": "2031-03-01"})
    press(page, "Note it")
    expect(row(page, PROMISE)).to_contain_text("open")
    look_at_both_widths(page, f"Commitments to {ACCOUNT}")


def ask_for_the_customers_edition(page: Page) -> None:
    go_to(page, "Reports")
    look_at_both_widths(page, "Reports")
    press(page, "New report")
    look_at_both_widths(page, "New report")
    page.get_by_label(re.compile("^Account benchmark")).check()
    page.get_by_label("Account", exact=True).fill(ACCOUNT)
    page.get_by_label(re.compile("^The customer, too")).check()
    page.get_by_label("Language").select_option("de")
    press(page, "Draw the report")
    arrive_at(page, f"Report: {ACCOUNT}")
    expect(page.get_by_text("The report is ready")).to_be_visible()


def share_it(page: Page) -> str:
    """Share the report with the first person at the customer, and return their name."""
    press(page, "Share or schedule")
    arrive_at(page, f"Share: {ACCOUNT}")
    readers = page.get_by_role("group", name="People at the customer").first
    words = readers.locator("label").first.inner_text()
    readers.get_by_label(words, exact=True).check()
    # Beside the name stand part and address.
    person = words.split(" · ")[0]
    page.get_by_label("Personal note").fill(NOTE)
    press(page, "Send")
    expect(row(page, person)).to_contain_text("waits for approval")
    return person


def approve_by_keyboard(page: Page, person: str) -> None:
    """Read, reword and send without a mouse; nothing is in the mailbox before."""
    page.goto("/mailbox?q=der+Bericht")
    expect(mails_about_the_report(page)).to_have_count(0)
    go_to(page, "Reports")
    press(page, "Waits for approval")
    look_at_both_widths(page, "Reports to approve")
    expect(page.get_by_text(re.compile(rf"^For {re.escape(person)}, "))).to_be_visible()
    go_by_keyboard(page, page.get_by_role("link", name="Read the PDF"))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    with pikepdf.open(download.value.path()) as paper:
        assert len(paper.pages) == 2
        assert str(paper.Root.Lang) == "de"
    note = page.get_by_label("Personal note")
    expect(note).to_have_value(NOTE)
    go_by_keyboard(page, note)
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.type(" Call me about page 2.")
    go_by_keyboard(page, page.get_by_role("button", name="Send it"))
    page.keyboard.press("Enter")
    expect_message(page, f"On its way to {person}.")
    look_at_both_widths(page, "Reports to approve")


def link_in_the_mail(page: Page) -> str:
    page.goto("/mailbox?q=der+Bericht")
    mails = mails_about_the_report(page)
    reload_until(page, lambda: mails.count() > 0, "the report is not in the mailbox")
    mails.first.get_by_role("link").first.click()
    press(page, "Text")
    text = page.locator(".v-plain-text")
    expect(text).to_contain_text("this is where we stand. Call me about page 2.")
    link = text.get_by_role("link", name="/shared/").get_attribute("href")
    assert link, "the mail brings no link"
    return link


def mails_about_the_report(page: Page) -> Locator:
    return page.get_by_role("row").filter(has_text=re.compile(f"{ACCOUNT}.*der Bericht"))


def open_the_link(page: Page, link: str, product: Product) -> None:
    """Without signing in: looking records nothing, the button brings the PDF and is counted."""
    page.goto(link)
    look_at_both_widths(page, "Ein Bericht für Sie")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert product.count("report_share_openings") == 0, "looking must record nothing"
    with page.expect_download() as download:
        page.get_by_role("button", name="Bericht öffnen").click()
    with pikepdf.open(download.value.path()) as paper:
        assert ACCOUNT in str(paper.docinfo.get("/Title"))
    assert product.count("report_share_openings") == 1


def schedule_it(page: Page) -> None:
    page.get_by_label("Every month").check()
    page.get_by_label("Which day").fill("31")
    press(page, "Schedule it")
    look_at_both_widths(page, "Scheduled reports")
    expect(row(page, ACCOUNT)).to_contain_text("on day 31 of every month")
    expect(row(page, ACCOUNT)).to_contain_text("Ana Ferreira")


def look_at_the_rest(page: Page) -> None:
    go_to(page, "Reports")
    expect(row(page, ACCOUNT)).to_contain_text("for customers")
    look_at_both_widths(page, "Reports")
    press(page, "A whole tier")
    look_at_both_widths(page, "Reports of a whole tier")


def look_at_both_widths(page: Page, title: str) -> None:
    """Look a page over on a desk and on a phone."""
    for width in (PHONE_WIDTH, DESKTOP_WIDTH):
        page.set_viewport_size({"width": width, "height": 800})
        look_at(page, title)


def go_by_keyboard(page: Page, target: Locator) -> None:
    """Move on by the tab key until something has the focus."""
    for _stop in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if target.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{target} is not reached by the tab key")
