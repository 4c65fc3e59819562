"""How a CSM asks, and what the people at the account do with the mail."""

import re
from collections.abc import Callable

from playwright.sync_api import FrameLocator, Page, expect

from tests.journeys.person import (
    A_GLANCE,
    PHONE_WIDTH,
    expect_message,
    fill_in,
    go_to,
    look_at,
    opened_tab,
    press,
    row,
)
from tests.journeys.product import Product
from tests.journeys.setting_up import reload_until_mail

Somebody = Callable[..., Page]

NOTE = (
    "You have worked with our new ordering screens for a month now, {{first_name}}. "
    "I read every answer myself."
)
WHY = "Onboarding was quick, and somebody answers when we call."


def launch_a_wave(page: Page) -> None:
    go_to(page, "Board")
    press(page, "Start a wave")
    look_at(page, "What do you want to ask?")
    fill_in(page, {"Name of the wave": "First question"})
    press(page, "Next: accounts")
    look_at(page, "Whom do you want to ask?")
    for name in ("Northgate Foods", "Harbor & Pine Logistics"):
        page.get_by_label(name).check()
    expect(page.locator("#summary")).to_contain_text("4 people asked")
    press(page, "Next: people")
    look_at(page, "Whom do you want to ask?")
    expect(row(page, "Olga Petrova")).to_be_visible()
    press(page, "Next: message")
    fill_in(page, {"Your note": NOTE})
    press(page, "Keep and look")
    look_at(page, "What do you want to say?")
    page.get_by_role("combobox", name="Person", exact=True).select_option(label="Ken Mori, Northgate Foods")
    page.locator("iframe").scroll_into_view_if_needed()
    expect(page.frame_locator("iframe").get_by_text("for a month now, Ken.")).to_be_visible()
    look_at(page, "What do you want to say?")
    press(page, "Next: check")
    look_at(page, "Ready to ask?")
    go_back_and_find_everything(page)
    # Tests run at night and on Sundays, too.
    page.get_by_label("Send at any hour").check()
    press(page, "Ask 4 people")
    expect_message(page, "The wave is on its way.")
    look_at(page, "First question")


def go_back_and_find_everything(page: Page) -> None:
    page.get_by_role("link", name="Accounts and people").click()
    expect(page.get_by_label("Northgate Foods")).to_be_checked()
    page.get_by_role("link", name="Message").click()
    expect(page.get_by_label("Your note")).to_have_value(NOTE)
    page.get_by_role("link", name="Check and launch").click()


def open_mail_to(page: Page, email: str) -> FrameLocator:
    reload_until_mail(page, email)
    page.get_by_role("row").filter(has_text=email).first.get_by_role("link").first.click()
    look_at(page, re.compile("Ana Lindqvist"))
    return page.frame_locator("iframe")


def answer_by_mail(page: Page, somebody: Somebody, product: Product) -> None:
    mail = open_mail_to(page, "ken.mori@northgate.example")
    expect(mail.get_by_text("for a month now, Ken.")).to_be_visible()
    press(page, "Headers")
    look_at(page, re.compile("Ana Lindqvist"))
    expect(row(page, "List-Unsubscribe-Post")).to_contain_text("List-Unsubscribe=One-Click")
    press(page, "Text")
    look_at(page, re.compile("Ana Lindqvist"))
    expect(page.locator(".v-plain-text")).to_contain_text("for a month now, Ken.")
    press(page, "As it looks")
    tab = opened_tab(page, mail.get_by_role("link", name="9", exact=True).click)
    expect(tab.get_by_role("radio", name="9", exact=True)).to_be_checked()
    ken = somebody(at=product.url, width=PHONE_WIDTH)
    ken.goto(tab.url)
    tab.close()
    look_at(ken, re.compile("recommend"))
    expect(ken.get_by_role("radio", name="9", exact=True)).to_be_checked()
    assert product.count("responses") == 0, "opening the page must record nothing"
    ken.get_by_role("textbox").first.fill(WHY)
    ken.get_by_label("Yes").check()
    ken.wait_for_timeout(A_GLANCE)
    press(ken, "Send")
    look_at(ken, re.compile("well"))
    press(ken, "No, thank you")
    look_at(ken, re.compile("Thank you"))
    assert product.count("responses") == 1
    press(ken, "Change my answer")
    look_at(ken, re.compile("recommend"))
    expect(ken.get_by_role("textbox").first).to_have_value(WHY)
    ken.get_by_role("radio", name="10, ").check()
    ken.wait_for_timeout(A_GLANCE)
    press(ken, re.compile("Replace"))
    press(ken, "No, thank you")
    look_at(ken, re.compile("Thank you"))
    assert product.count("responses") == 1


def answer_without_javascript(page: Page, somebody: Somebody, product: Product) -> None:
    mail = open_mail_to(page, "olga.petrova@northgate.example")
    link = mail.get_by_role("link", name="8", exact=True).get_attribute("href") or ""
    olga = somebody(at=product.url, width=PHONE_WIDTH, javascript=False)
    olga.goto(link)
    expect(olga.get_by_role("radio", name="8", exact=True)).to_be_checked()
    olga.get_by_role("radio", name="7", exact=True).check()
    olga.wait_for_timeout(A_GLANCE)
    press(olga, "Send")
    press(olga, "No, thank you")
    expect(olga.get_by_role("heading", level=1)).to_have_text(re.compile("Thank you"))
    assert product.count("responses") == 2


def opt_out(page: Page, somebody: Somebody, product: Product) -> None:
    mail = open_mail_to(page, "emile.garnier@harborpine.example")
    link = mail.get_by_role("link").last.get_attribute("href") or ""
    assert "/u/" in link
    emile = somebody(at=product.url, width=PHONE_WIDTH, locale="fr-FR")
    emile.goto(link)
    look_at(emile, re.compile("."))
    emile.wait_for_timeout(A_GLANCE)
    emile.get_by_role("button").click()
    expect(emile.get_by_role("status")).to_be_visible()
    look_at(emile, re.compile("."))
    go_to(page, "People")
    row(page, "Émile Garnier").get_by_role("link").first.click()
    look_at(page, "Émile Garnier")
    expect(page.get_by_text("Opted out", exact=False).first).to_be_visible()
