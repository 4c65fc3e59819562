"""A leader asks which tier-1 accounts in EMEA went silent and what they are worth: in under six clicks."""

import csv
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.builders import a_contact, a_tier, a_user
from tests.journeys.browser import Live, assert_accessible, assert_fits, sign_in
from tests.journeys.person import PHONE_WIDTH, keep_picture, row
from tests.vocapp.portfolio.builders import a_customer, a_past_wave, answered, scored, stayed_silent
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName

MOST_CLICKS = 5
# (name, tier, region, ARR, currency, whether somebody answered the latest wave)
COMPANY = (
    ("Meridian Harbour Logistics", "Tier 1", "EMEA", 1_200_000, "EUR", False),
    ("شركة النور للتجارة", "Tier 1", "EMEA", 300_000, "USD", False),
    ("Sundial", "Tier 1", "EMEA", None, "EUR", False),
    ("Yarrow", "Tier 1", "EMEA", 900_000, "EUR", True),
    ("W" * 90, "Tier 2", "EMEA", 40_000, "EUR", False),
    ("Kitano", "Tier 1", "Americas", 700_000, "USD", False),
    ("Umbra & Sons", "Tier 2", "Americas", 50_000, "USD", True),
)


class Clicks:
    """Counts what somebody clicks; choosing from a list is one click."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def follow(self, name: str) -> None:
        self.count += 1
        self.page.get_by_role("link", name=name, exact=True).locator("visible=true").first.click()

    def choose(self, label: str, option: str) -> None:
        self.count += 1
        self.page.get_by_role("combobox", name=label, exact=True).select_option(label=option)

    def press(self, name: str) -> None:
        self.count += 1
        self.page.get_by_role("button", name=name, exact=True).locator("visible=true").first.click()


@pytest.fixture
def leader(live: Live) -> User:
    """A leader of a company in which some went silent after a first wave that all answered."""
    with live.app.app_context():
        now = utcnow()
        owner, leader = a_user(name="Ana Ferreira"), a_user(RoleName.LEADER)
        first, latest = (
            a_past_wave(
                owner,
                launch_at=now - timedelta(weeks=weeks),
                launched_at=now - timedelta(weeks=weeks),
                closes_at=now - timedelta(weeks=weeks - 3),
                closed_at=now - timedelta(weeks=weeks - 3),
            )
            for weeks in (30, 8)
        )
        for name, tier, region, arr, currency, is_heard in COMPANY:
            tier_id = a_tier(tier, int(tier[-1])).id
            account = a_customer(owner, name=name, tier_id=tier_id, region=region, arr=arr, currency=currency)
            for person in (a_contact(account, personas=("decision_maker",)), a_contact(account)):
                answered(first, person, 8)
                if is_heard:
                    answered(latest, person, 9)
                else:
                    stayed_silent(latest, person)
        scored(now)
        db.session.refresh(leader)
        db.session.expunge(leader)
        return leader


def is_answered(page: Page) -> None:
    """The question is answered on this page: which accounts, and what they are worth."""
    expect(page.locator("h1")).to_have_text("Silent accounts")
    expect(page.locator(".v-worth")).to_have_text("3 accounts: €1.2M + $300K a year")
    expect(page.get_by_text("ARR is not known at 1 account")).to_be_visible()
    for name in ("Meridian Harbour Logistics", "شركة النور للتجارة", "Sundial"):
        expect(row(page, name)).to_be_visible()
    for name in ("Yarrow", "Kitano"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("width", [1280, PHONE_WIDTH])
def test_from_the_board_by_filters(
    live: Live, open_page: Callable[..., Page], leader: User, tmp_path: Path, width: int
) -> None:
    page = open_page(width=width)
    sign_in(page, live, leader)
    page.goto("/")
    clicks = Clicks(page)
    clicks.follow("Silent")
    expect(page.locator("h1")).to_have_text("Silent accounts")
    clicks.choose("Tier", "Tier 1")
    page.wait_for_url("**tier=**")
    clicks.choose("Region", "EMEA")
    page.wait_for_url("**region=EMEA**")
    is_answered(page)
    assert clicks.count <= MOST_CLICKS
    keep_picture(page)
    assert_fits(page)
    assert_accessible(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "silent.csv")
    with (tmp_path / "silent.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 3


@pytest.mark.needs("chromium")
def test_from_the_board_without_a_script(live: Live, open_page: Callable[..., Page], leader: User) -> None:
    page = open_page(javascript=False)
    sign_in(page, live, leader)
    page.goto("/")
    clicks = Clicks(page)
    clicks.follow("Silent")
    clicks.choose("Tier", "Tier 1")
    clicks.choose("Region", "EMEA")
    clicks.press("Filter")
    is_answered(page)
    assert clicks.count <= MOST_CLICKS


@pytest.mark.needs("chromium")
def test_from_the_board_over_tier_by_region(live: Live, open_page: Callable[..., Page], leader: User) -> None:
    page = open_page()
    sign_in(page, live, leader)
    page.goto("/")
    clicks = Clicks(page)
    clicks.follow("Portfolio")
    clicks.follow("Tier by region")
    expect(page.locator("h1")).to_have_text("Tier by region")
    clicks.follow("3 of 4 silent")
    is_answered(page)
    assert clicks.count <= MOST_CLICKS
