"""What an administrator does first: the company, two files, tiers, colleagues, passwords."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.person import (
    PASSWORD,
    expect_message,
    fact,
    fill_in,
    go_to,
    look_at,
    press,
    reload_until,
    row,
)

ADMIN = "maren.holt@meridian.example"
CSM = "ana.lindqvist@meridian.example"
# "Service level" is a column nobody can guess; line 4 has an amount that is none.
TODAY = datetime.now(UTC).date()
CONFIRMED = (TODAY - timedelta(days=20)).isoformat()
RENEWAL = (TODAY + timedelta(days=120)).isoformat()
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
    row(page, "added you").first.get_by_role("link").click()
    press(page, "Text")
    look_at(page, re.compile("password"))
    return page.get_by_role("link", name=re.compile("http")).first.get_attribute("href") or ""


def reload_until_mail(page: Page, email: str) -> None:
    page.goto(f"/mailbox?q={email}")
    reload_until(
        page, lambda: page.get_by_role("row").filter(has_text=email).count() > 0, f"no mail to {email}"
    )


def choose_password(page: Page, link: str) -> None:
    page.goto(link)
    look_at(page, "Choose a new password")
    fill_in(page, {"New password": PASSWORD, "The same once more": PASSWORD})
    press(page, "Save the password")
    expect(page).to_have_url(re.compile("/login"))
