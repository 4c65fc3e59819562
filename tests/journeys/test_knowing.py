"""How a CSM and their champion keep the list of people true, each at a browser of their own."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.asking import Somebody, open_mail_to
from tests.journeys.browser import Trouble
from tests.journeys.person import (
    A_GLANCE,
    PHONE_WIDTH,
    card,
    expect_message,
    go_to,
    look_at,
    press,
    row,
    sign_in,
)
from tests.journeys.product import Product, until
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

CHAMPION = "beatriz.silva@northgate.example"


@pytest.mark.needs("chromium")
@pytest.mark.timeout(900)
def test_a_champion_names_who_is_missing_and_the_csm_decides(
    empty_product: Product, somebody: Somebody, trouble: Trouble, tmp_path: Path
) -> None:
    trouble.expected.add("422")
    admin = somebody(at=empty_product.url)
    set_up_the_company(admin, empty_product.setup_link)
    bring_in_accounts(admin, tmp_path)
    bring_in_contacts(admin, tmp_path)
    say_whom_gold_accounts_need(admin)
    add_user(admin, CSM, "Ana Lindqvist", "Customer success manager")
    ana = somebody(at=empty_product.url)
    choose_password(ana, link_of_mail(admin, CSM))
    sign_in(ana, CSM)

    ask_the_champion(ana)
    answer_as_champion(ana, somebody, empty_product)
    decide(ana)
    look_at_the_map(ana)
    confirm_the_roster(ana)
    find_the_newcomer(ana)


def ask_the_champion(page: Page) -> None:
    go_to(page, "Accounts")
    press(page, "Gaps")
    look_at(page, "Gaps")
    northgate = row(page, "Northgate Foods")
    expect(northgate).to_contain_text("Beatriz Silva")
    northgate.get_by_role("link", name="Ask the champion").click()
    look_at(page, "Ask who matters at Northgate Foods")
    press(page, "Send")
    expect_message(page, re.compile("Beatriz"))
    look_at(page, "Ask who matters at Northgate Foods")
    expect(page.get_by_text("You may ask again from")).to_be_visible()


def answer_as_champion(page: Page, somebody: Somebody, product: Product) -> None:
    mail = open_mail_to(page, CHAMPION)
    links = mail.get_by_role("link")
    address = next(
        link
        for link in (links.nth(at).get_attribute("href") or "" for at in range(links.count()))
        if "/r/" in link
    )
    beatriz = somebody(at=product.url, width=PHONE_WIDTH, locale="pt-PT")
    beatriz.goto(address)
    look_at(beatriz, re.compile("."))
    expect(beatriz.get_by_text("ken.mori@northgate.example")).to_have_count(0)
    assert product.count("evidence") == 0, "opening the page must record nothing"
    ken, olga = (beatriz.get_by_role("group").filter(has_text=name) for name in ("Ken Mori", "Olga Petrova"))
    ken.locator("input[value=right]").check()
    olga.locator("input[value=left]").check()
    newcomer = beatriz.locator("input[name^='seat-'][name$='-1-name']").first
    newcomer.fill("Zoë Núñez")
    beatriz.locator("input[name^='seat-'][name$='-1-email']").first.fill("not an address")
    beatriz.locator("button[type=submit]").click()
    expect(beatriz.get_by_role("alert").first).to_be_visible()
    look_at(beatriz, re.compile("."))
    expect(newcomer).to_have_value("Zoë Núñez")
    beatriz.locator("input[name^='seat-'][name$='-1-email']").first.fill("zoe@northgate.example")
    beatriz.wait_for_timeout(A_GLANCE)
    beatriz.locator("button[type=submit]").click()
    expect(beatriz.get_by_role("status")).to_be_visible()
    look_at(beatriz, re.compile("."))
    until(lambda: product.count("suggestions") == 2, "the champion's words do not arrive")


def decide(page: Page) -> None:
    page.goto("/")
    look_at(page, "Board")
    page.goto("/suggestions")
    look_at(page, "Suggestions")
    expect(page.get_by_text("Has Olga Petrova left?")).to_be_visible()
    press(page, "Mark as left")
    expect_message(page, re.compile("Olga"))
    press(page, "Add to people")
    expect_message(page, re.compile("Zoë"))
    look_at(page, "Suggestions")


def look_at_the_map(page: Page) -> None:
    go_to(page, "Board")
    row(page, "Northgate Foods").get_by_role("link").first.click()
    look_at(page, "Northgate Foods")
    expect(card(page, "People")).to_contain_text("Zoë Núñez")
    page.get_by_role("link", name=re.compile("map", re.I)).first.click()
    look_at(page, "People map of Northgate Foods")
    page.get_by_role("link", name=re.compile("Zoë Núñez")).first.click()
    look_at(page, "Zoë Núñez")


def confirm_the_roster(page: Page) -> None:
    page.get_by_role("link", name="Northgate Foods").first.click()
    page.get_by_role("link", name="confirm", exact=True).first.click()
    look_at(page, "Roster of Northgate Foods")
    press(page, "Confirm")
    expect_message(page, re.compile("confirmed"))
    look_at(page, re.compile("Northgate Foods"))


def find_the_newcomer(page: Page) -> None:
    page.goto("/search?q=nunez zoe")
    expect(page.get_by_role("link", name="Zoë Núñez")).to_be_visible()
