"""The main path as one person after the other walks it: from two files of their own to a report."""

import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.journeys.conftest import PHONE_WIDTH
from tests.journeys.person import (
    PASSWORD,
    card,
    expect_message,
    fact,
    fill_in,
    go_to,
    look_at,
    opened_tab,
    press,
    reload_until,
    row,
    sign_in,
)
from tests.journeys.product import Product

Somebody = Callable[..., Page]

ADMIN = "maren.holt@meridian.example"
CSM = "ana.lindqvist@meridian.example"
EXECUTIVE = "sana.iqbal@meridian.example"

# "Service level" is a column nobody can guess; line 4 has an amount that is none.
CONFIRMED = (date.today() - timedelta(days=20)).isoformat()
RENEWAL = (date.today() + timedelta(days=120)).isoformat()
ACCOUNTS = f"""\
Account ID;Company;Service level;Region;Industry;ARR;Currency;Renewal Date;CSM Email
N-1;Northgate Foods;Gold;EMEA;Retail;240000;EUR;{RENEWAL};{CSM}
N-2;Harbor & Pine Logistics;Gold;EMEA;Logistics;96000;EUR;{RENEWAL};{CSM}
N-3;Ōkubo Optics;Silver;APAC;Manufacturing;lots;EUR;{RENEWAL};{CSM}
N-4;Weststern Energie;Silver;EMEA;Energy;51000;EUR;{RENEWAL};jo.brandt@meridian.example
"""
CONTACTS = f"""\
account_external_id,first_name,last_name,email,role,language,verified_on
N-1,Ken,Mori,ken.mori@northgate.example,decision maker,en,{CONFIRMED}
N-1,Beatriz,Silva,beatriz.silva@northgate.example,champion,pt,{CONFIRMED}
N-1,Olga,Petrova,olga.petrova@northgate.example,power user,en,{CONFIRMED}
N-2,Émile,Garnier,emile.garnier@harborpine.example,champion,fr,{CONFIRMED}
N-2,Nobody,Here,no-address-at-all,admin,en,{CONFIRMED}
N-9,Far,Away,far.away@elsewhere.example,admin,en,{CONFIRMED}
"""
NOTE = "You have worked with our new ordering screens for a month now, {{first_name}}. I read every answer myself."
PLACES = ("Board", "Accounts", "People", "Surveys", "Waves", "Responses", "Portfolio", "Benchmarks", "Reports")
WHY = "Onboarding was quick, and somebody answers when we call."


@pytest.mark.needs("chromium")
@pytest.mark.timeout(400)
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


def set_up_the_company(page: Page, link: str) -> None:
    page.goto(link)
    look_at(page, "Set up your company")
    fill_in(
        page,
        {
            "Your company": "Meridian Software",
            "Your name": "Maren Holt",
            "Your e-mail address": ADMIN,
            "A password": PASSWORD,
        },
    )
    press(page, "Create my account")
    look_at(page, "Sign in")
    sign_in(page, ADMIN)
    look_at(page, "Board")
    expect(page.get_by_text("No accounts yet")).to_be_visible()


def bring_in_accounts(page: Page, folder: Path) -> None:
    press(page, "Import accounts")
    look_at(page, "Import")
    upload(page, folder / "our accounts.csv", ACCOUNTS)
    expect(page.get_by_text("Would not be imported")).to_be_visible()
    refused = page.get_by_role("region", name="Rows that were refused")
    expect(refused.get_by_role("row").nth(1)).to_contain_text(re.compile(r"4.*ARR.*amount", re.S))
    look_at(page, "our accounts.csv")
    expect(page.get_by_label("What CSM Email means")).to_have_value("owner_email")
    expect(page.get_by_label("What Service level means")).to_have_value("")
    page.get_by_label("What Service level means").select_option("tier")
    press(page, "Check again")
    expect(page.get_by_label("What Service level means")).to_have_value("tier")
    expect(page.get_by_role("region", name="Remarks")).to_contain_text("Gold")
    press(page, "Import 3 rows")
    expect(page.get_by_text("What the file did")).to_be_visible()
    expect(fact(page, "New")).to_have_text("3")
    expect(fact(page, "Not imported")).to_have_text("1")
    look_at(page, "our accounts.csv")


def bring_in_contacts(page: Page, folder: Path) -> None:
    press(page, "Import their contacts")
    expect(page.get_by_label("Contacts")).to_be_checked()
    upload(page, folder / "our contacts.csv", CONTACTS)
    refused = page.get_by_role("region", name="Rows that were refused")
    expect(refused.get_by_role("row").nth(1)).to_contain_text(re.compile(r"6.*email", re.S))
    expect(refused.get_by_role("row").nth(2)).to_contain_text(re.compile(r"7.*account_external_id", re.S))
    expect(page.get_by_label("What role means")).to_have_value("personas")
    look_at(page, "our contacts.csv")
    go_to(page, "People")
    look_at(page, "People")
    expect(page.get_by_text("ken.mori@northgate.example")).to_have_count(0)
    page.go_back()
    press(page, "Import 4 rows")
    expect(page.get_by_text("What the file did")).to_be_visible()
    press(page, "See people")
    look_at(page, "People")
    expect(page.get_by_text("Ken Mori")).to_be_visible()


def upload(page: Page, path: Path, content: str) -> None:
    path.write_text(content)
    page.get_by_label("File", exact=False).locator("visible=true").last.set_input_files(path)
    press(page, "Upload and check")
    expect(page.get_by_text("What the file would do")).to_be_visible()


def say_whom_gold_accounts_need(page: Page) -> None:
    go_to(page, "Settings")
    look_at(page, "Settings")
    press(page, "Tier profiles")
    for persona, seats in {"Decision maker": 1, "Champion": 1, "Admin": 1, "Power user": 2}.items():
        page.get_by_label(f"Gold, {persona}").fill(str(seats))
    look_at(page, "Tier profiles")
    press(page, "Save")
    expect_message(page, "One tier changed.")


def add_user(page: Page, email: str, name: str, role: str) -> None:
    go_to(page, "Settings")
    press(page, "Add a user")
    look_at(page, "Add a user")
    fill_in(page, {"E-mail": email, "Name": name})
    role_field = page.get_by_label("Role")
    role_field.select_option(label=role_field.locator("option", has_text=role).inner_text())
    press(page, "Add")
    expect_message(page, f"{name} was added")


def link_of_mail(page: Page, email: str) -> str:
    reload_until_mail(page, email)
    row(page, "Choose").first.get_by_role("link").click()
    press(page, "Text")
    look_at(page, re.compile("password"))
    return page.get_by_role("link", name=re.compile("http")).first.get_attribute("href") or ""


def reload_until_mail(page: Page, email: str) -> None:
    page.goto(f"/mailbox?q={email}")
    reload_until(page, lambda: page.get_by_role("row").filter(has_text=email).count() > 0, f"no mail to {email}")


def choose_password(page: Page, link: str) -> None:
    page.goto(link)
    look_at(page, "Choose a new password")
    fill_in(page, {"New password": PASSWORD, "The same once more": PASSWORD})
    press(page, "Save the password")
    expect(page).to_have_url(re.compile("/login"))


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
    mail = page.frame_locator("iframe")
    page.locator("iframe").scroll_into_view_if_needed()
    look_at(page, "What do you want to say?")
    press(page, "Next: check")
    look_at(page, "Ready to ask?")
    go_back_and_find_everything(page)
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
    press(ken, "Send")
    look_at(ken, re.compile("Thank you"))
    assert product.count("responses") == 1
    press(ken, "Change my answer")
    look_at(ken, re.compile("recommend"))
    expect(ken.get_by_role("textbox").first).to_have_value(WHY)
    ken.get_by_role("radio", name="10, ").check()
    press(ken, re.compile("Replace"))
    look_at(ken, re.compile("Thank you"))
    assert product.count("responses") == 1


def answer_without_javascript(page: Page, somebody: Somebody, product: Product) -> None:
    mail = open_mail_to(page, "olga.petrova@northgate.example")
    link = mail.get_by_role("link", name="8", exact=True).get_attribute("href") or ""
    olga = somebody(at=product.url, width=PHONE_WIDTH, javascript=False)
    olga.goto(link)
    expect(olga.get_by_role("radio", name="8", exact=True)).to_be_checked()
    olga.get_by_role("radio", name="7", exact=True).check()
    press(olga, "Send")
    expect(olga.get_by_role("heading", level=1)).to_have_text(re.compile("Thank you"))
    assert product.count("responses") == 2


def opt_out(page: Page, somebody: Somebody, product: Product) -> None:
    mail = open_mail_to(page, "emile.garnier@harborpine.example")
    link = mail.get_by_role("link").last.get_attribute("href") or ""
    assert "/u/" in link
    emile = somebody(at=product.url, width=PHONE_WIDTH, locale="fr-FR")
    emile.goto(link)
    look_at(emile, re.compile("."))
    emile.get_by_role("button").click()
    expect(emile.get_by_role("status")).to_be_visible()
    look_at(emile, re.compile("."))
    go_to(page, "People")
    row(page, "Émile Garnier").get_by_role("link").first.click()
    look_at(page, "Émile Garnier")
    expect(page.get_by_text("Opted out", exact=False).first).to_be_visible()


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
        look_at(page, place)
        assert_nothing_to_change(page)
    go_to(page, "Mailbox", "More")
    look_at(page, "Mailbox")
    assert_nothing_to_change(page)
    go_to(page, "Accounts")
    row(page, "Northgate Foods").get_by_role("link").first.click()
    look_at(page, "Northgate Foods")
    assert_nothing_to_change(page)
    go_to(page, "Waves")
    row(page, "First question").get_by_role("link").first.click()
    look_at(page, "First question")
    assert_nothing_to_change(page)
    expect(page.get_by_role("link", name="Settings")).to_have_count(0)


def assert_nothing_to_change(page: Page) -> None:
    assert page.locator("main form[method=post]").count() == 0, f"{page.url} has a form that changes something"
    for offer in ("Start a wave", "Import", "Edit", "Add a person", "Launch a wave", "Import accounts"):
        assert page.locator("main").get_by_role("link", name=offer).count() == 0, f"{page.url} offers: {offer}"
