"""The main path as one person after the other walks it: from two files of their own to a report."""

import re
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Page, expect

from tests.journeys.asking import (
    WHY,
    Somebody,
    answer_by_mail,
    answer_without_javascript,
    launch_a_wave,
    opt_out,
)
from tests.journeys.person import (
    arrive_at,
    card,
    go_to,
    look_at,
    press,
    reload_until,
    row,
    sign_in,
)
from tests.journeys.product import Product
from tests.journeys.setting_up import (
    CSM,
    add_user,
    bring_in_accounts,
    bring_in_contacts,
    choose_password,
    link_of_mail,
    say_whom_gold_accounts_need,
    set_up_the_company,
)

EXECUTIVE = "sana.iqbal@meridian.example"
PLACES = (
    "Board",
    "Accounts",
    "People",
    "Surveys",
    "Waves",
    "Responses",
    "Portfolio",
    "Benchmarks",
    "Reports",
)


@pytest.mark.needs("chromium")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("width", [1280, 360], ids=["desktop", "phone"])
def test_a_newcomer_gets_from_two_files_to_a_report(
    empty_product: Product, somebody: Somebody, tmp_path: Path, width: int
) -> None:
    admin = somebody(at=empty_product.url, width=width)
    set_up_the_company(admin, empty_product.setup_link)
    bring_in_accounts(admin, tmp_path)
    bring_in_contacts(admin, tmp_path)
    say_whom_gold_accounts_need(admin)
    add_user(admin, CSM, "Ana Lindqvist", "Customer success manager")

    ana = somebody(at=empty_product.url, width=width)
    choose_password(ana, link_of_mail(admin, CSM))
    sign_in(ana, CSM)
    see_who_is_missing(ana)
    launch_a_wave(ana)

    answer_by_mail(ana, somebody, empty_product)
    answer_without_javascript(ana, somebody, empty_product)
    opt_out(ana, somebody, empty_product)
    see_the_account_move(ana)
    see_how_the_wave_does(ana)
    take_the_report_home(ana, "Northgate Foods")

    add_user(admin, EXECUTIVE, "Sana Iqbal", "Executive")
    sana = somebody(at=empty_product.url, width=width)
    choose_password(sana, link_of_mail(admin, EXECUTIVE))
    sign_in(sana, EXECUTIVE)
    read_without_changing(sana)


def see_who_is_missing(page: Page) -> None:
    look_at(page, "Board")
    expect(row(page, "Northgate Foods")).to_contain_text("never asked")
    expect(row(page, "Harbor & Pine Logistics")).to_be_visible()
    expect(page.get_by_text("Weststern Energie")).to_have_count(0)
    row(page, "Northgate Foods").get_by_role("link").first.click()
    look_at(page, "Northgate Foods")
    expect(card(page, "People")).to_contain_text("3 of 5 seats are filled")
    admin_seat = page.locator(".v-persona").filter(has=page.get_by_role("heading", name=re.compile("^Admin")))
    expect(admin_seat).to_contain_text(re.compile("1 empty seat.*Beatriz", re.S))
    expect(admin_seat.get_by_role("link", name="Add a person")).to_be_visible()


def see_the_account_move(page: Page) -> None:
    go_to(page, "Board")
    northgate = row(page, "Northgate Foods")
    reload_until(page, lambda: "never asked" not in northgate.inner_text(), "the board does not move")
    look_at(page, "Board")
    northgate.get_by_role("link").first.click()
    look_at(page, "Northgate Foods")
    expect(card(page, "People")).to_contain_text(WHY)
    for name, value in {"Engagement": "%", "NPS of the answers": "+"}.items():
        measure = page.locator(".v-measure").filter(has=page.get_by_text(name, exact=True))
        expect(measure.locator(".v-measure-value")).to_contain_text(value)
    expect(page.locator(".v-standing-figure")).to_contain_text(re.compile(r"\d"))
    go_to(page, "Portfolio")
    expect(page.locator(".v-chart-canvas svg")).to_be_visible()
    expect(page.locator("#bubble-list")).to_contain_text("Northgate Foods")
    look_at(page, "Portfolio")


def see_how_the_wave_does(page: Page) -> None:
    go_to(page, "Waves")
    look_at(page, "Waves")
    row(page, "First question").get_by_role("link").first.click()
    look_at(page, "First question")
    funnel = card(page, "How far people got")
    for step, people in {"Planned": 4, "Delivered": 4, "Answered": 2}.items():
        expect(funnel).to_contain_text(re.compile(rf"{step}\s*{people}"))
    expect(funnel).to_contain_text("one declined, referred or opted out")
    expect(row(page, "Beatriz Silva")).to_be_visible()
    go_to(page, "Responses")
    look_at(page, "Responses")
    expect(page.get_by_text(WHY)).to_be_visible()


def take_the_report_home(page: Page, account: str) -> None:
    go_to(page, "Board")
    row(page, account).get_by_role("link").first.click()
    press(page, "Benchmark report")
    look_at(page, f"Report: {account}")
    expect(page.get_by_text("The report is ready")).to_be_visible(timeout=60_000)
    look_at(page, f"Report: {account}")
    with page.expect_download() as download:
        press(page, "Download the PDF")
    with pikepdf.open(download.value.path()) as paper:
        assert len(paper.pages) == 2
        assert account in str(paper.docinfo.get("/Title"))
    go_to(page, "Reports")
    look_at(page, "Reports")
    expect(row(page, account)).to_contain_text("ready")


def read_without_changing(page: Page) -> None:
    for place in PLACES:
        go_to(page, place)
        arrive_at(page, place)
        assert_nothing_to_change(page)
    go_to(page, "Mailbox", "More")
    look_at(page, "Mailbox")
    assert_nothing_to_change(page)
    go_to(page, "Accounts")
    row(page, "Northgate Foods").get_by_role("link").first.click()
    arrive_at(page, "Northgate Foods")
    assert_nothing_to_change(page)
    go_to(page, "Waves")
    row(page, "First question").get_by_role("link").first.click()
    arrive_at(page, "First question")
    assert_nothing_to_change(page)
    expect(page.get_by_role("link", name="Settings")).to_have_count(0)


def assert_nothing_to_change(page: Page) -> None:
    assert page.locator("main form[method=post]").count() == 0, (
        f"{page.url} has a form that changes something"
    )
    for offer in ("Start a wave", "Import", "Edit", "Add a person", "Launch a wave", "Import accounts"):
        assert page.locator("main").get_by_role("link", name=offer).count() == 0, (
            f"{page.url} offers: {offer}"
        )
