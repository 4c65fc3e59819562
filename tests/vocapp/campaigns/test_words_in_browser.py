"""The editors of what mails say in Chromium, and the mails themselves: long names, light and dark."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.builders import NOW, a_company, a_contact, a_user, an_account
from tests.journeys.browser import (
    Live,
    Trouble,
    assert_accessible,
    assert_fits,
    chromium,
    live,
    open_page,
    sign_in,
    trouble,
)
from tests.vocapp.campaigns.builders import a_draft
from vocapp.campaigns.letters import wording_of
from vocapp.campaigns.models import Wave
from vocapp.campaigns.preview import mail_to
from vocapp.campaigns.rules import Letter
from vocapp.core.db import db, transaction
from vocapp.identity.models import Company
from vocapp.identity.rules import RoleName

__all__ = ["chromium", "live", "open_page", "trouble"]

LONG = "Wolfeschlegelsteinhausenbergerdorff Hubert Blaine The First Of A Very Long Line Of Names AG"


def a_worded_draft(live: Live, page: Page) -> int:
    """A draft with two long-named people, whose words lack a language; its administrator is signed in."""
    with live.app.app_context():
        a_company(name=LONG)
        admin = a_user(RoleName.ADMIN, name=LONG)
        account = an_account(owner_id=admin.id, name=LONG)
        a_contact(account, first_name="Ana", last_name=LONG, language="pt")
        a_contact(account, first_name="علي", last_name="حسن", language="ar")
        wave = a_draft(account, owner=admin)
        with transaction():
            wave.mail_words = {"invitation": {"subject": {"de": "Hallo"}}}
        sign_in(page, live, admin)
        return wave.id


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_the_editors_fit_and_are_accessible(
    live: Live, open_page: Callable[..., Page], width: int, dark: bool
) -> None:
    page = open_page(width=width, dark=dark)
    wave_id = a_worded_draft(live, page)
    for address, sight in (
        (f"/waves/{wave_id}/words?step=reminder&language=ar", "What each mail says"),
        (f"/waves/{wave_id}/words?step=every&language=de", "What each mail says"),
        (f"/waves/{wave_id}/message", "What do you want to say?"),
        ("/settings/mail-words?step=last_reminder&language=ja", "What our mails say"),
    ):
        page.goto(address)
        expect(page.get_by_role("heading", name=sight, level=1)).to_be_visible()
        if "/words?" in address:
            expect(page.frame_locator("iframe[name=mail]").get_by_role("link").last).to_be_attached()
        assert_fits(page)
        assert_accessible(page)
        keep_picture(page, f"editor-{width}-{address.strip('/').replace('/', '-')}")


def test_the_mail_follows_what_is_typed_and_fields_are_written_by_a_button(
    live: Live, open_page: Callable[..., Page], trouble: Trouble
) -> None:
    # Keeping leaves the page, which breaks a preview off that is still on its way.
    trouble.expected |= {"htmx:sendAbort", "htmx:afterRequest"}
    page = open_page()
    wave_id = a_worded_draft(live, page)
    page.goto(f"/waves/{wave_id}/words?step=invitation&language=pt")
    page.get_by_label("Subject", exact=True).fill("Para ")
    page.get_by_role("button", name="First name").click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Para Ana")
    page.get_by_role("button", name="See it on a phone").click()
    frame = page.frame_locator("iframe[name=mail]")
    expect(frame.get_by_role("link", name="10")).to_be_visible()
    page.locator("iframe[name=mail]").scroll_into_view_if_needed()
    keep_picture(page, "on-a-phone", is_whole=False)
    with live.app.app_context():
        assert "pt" not in db.session.get_one(Wave, wave_id).mail_words["invitation"]["subject"]
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept. The launch sends these words.")).to_be_visible()


def test_words_are_looked_at_and_kept_without_scripts(live: Live, open_page: Callable[..., Page]) -> None:
    page = open_page(javascript=False, width=360)
    wave_id = a_worded_draft(live, page)
    page.goto(f"/waves/{wave_id}/words?step=invitation&language=pt")
    expect(page.get_by_role("button", name="First name")).to_be_hidden()
    page.get_by_label("Subject", exact=True).fill("Para {{first_name}}")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview")).to_contain_text("Para Ana")
    page.get_by_role("button", name="See it on a phone").click()
    expect(page.frame_locator("iframe[name=mail]").get_by_role("link", name="10")).to_be_visible()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept. The launch sends these words.")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 700])
def test_every_mail_fits_a_phone_and_a_desktop(
    live: Live, open_page: Callable[..., Page], width: int, dark: bool
) -> None:
    page = open_page(width=width, dark=dark)
    mails: dict[str, str] = {}
    with live.app.app_context():
        ours = a_company(name=LONG)
        account = an_account(name=LONG)
        wave = a_draft(account, owner=a_user(name=LONG, title=LONG))
        people = {code: a_contact(account, first_name=LONG, language=code) for code in ("ar", "de", "ja")}
        with transaction():
            db.session.get_one(Company, ours.id).mail_words = {
                "every": {"legal": dict.fromkeys(people, f"{LONG}\n{'x' * 90}")}
            }
            wave.we_did = f"{LONG}\n\n{'y' * 120}"
        for code, person in people.items():
            for letter in Letter:
                shown = mail_to(wave, person.id, now=NOW, kind=letter, wording=wording_of(wave))
                assert shown is not None
                mails[f"{code}-{letter}"] = shown.mail.html
    for name, html in mails.items():
        page.set_content(html)
        assert_fits(page)
        assert page.evaluate("document.images.length") == 0
        keep_picture(page, f"mail-{width}-{'dark' if dark else 'light'}-{name}")


def keep_picture(page: Page, name: str, *, is_whole: bool = True) -> None:
    """Keep a picture where VOCAPP_PICTURES says, to be looked at by somebody; nowhere without it."""
    folder = os.environ.get("VOCAPP_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{re.sub(r'[^a-z0-9-]+', '_', name)}.png", full_page=is_whole)
