"""The page about our sender in Chromium: long names, phone and desktop, light and dark."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.builders import a_company, a_contact, a_user
from tests.journeys.browser import (
    Live,
    assert_accessible,
    assert_fits,
    chromium,
    live,
    open_page,
    sign_in,
    trouble,
)
from tests.vocapp.campaigns.builders import a_draft
from tests.vocapp.outbox.senders import a_sender, mail_settings
from vocapp.identity.rules import RoleName

__all__ = ["chromium", "live", "open_page", "trouble"]

LONG = "a-relay-with-a-very-long-name.in-a-department.of-a-region.of-a-large-company.vendor.example"


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, False), (360, True), (1280, True)])
def test_everything_that_can_be_wrong_fits_and_is_accessible(
    live: Live, open_page: Callable[..., Page], width: int, dark: bool
) -> None:
    page = open_page(width=width, dark=dark)
    faults = {
        "dns": {"_dmarc.vendor.example": {}, f"{LONG}": {"address": ["192.0.2.9"]}},
        "mail_url": f"smtp://{LONG}",
        "mail": mail_settings(bounce_domain=f"bounce.{LONG}"),
    }
    with a_sender(live.app, **faults):
        with live.app.app_context():
            a_company()
            sign_in(page, live, a_user(RoleName.ADMIN))
            csm = a_user()
            wave_id = a_draft(a_contact().account, owner=csm).id
        page.goto("/settings/sender")
        expect(page.get_by_text("Waves cannot be launched until")).to_be_visible()
        assert_fits(page)
        assert_accessible(page)
        page.get_by_role("button", name="Check again").click()
        expect(page.get_by_text("Checked just now.")).to_be_visible()
        page.goto(f"/waves/{wave_id}/check")
        expect(page.get_by_text("Mail cannot go out yet")).to_be_visible()
        assert_fits(page)
        assert_accessible(page)
