"""The portfolio pages in Chromium: charts under the policy, the brush, axe, narrow and dark windows."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.builders import a_contact, a_user
from tests.journeys.browser import assert_accessible, assert_fits, sign_in
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.identity.rules import RoleName

from .builders import a_customer, a_past_wave, answered, scored, stayed_silent


@pytest.fixture
def world(live):
    """A leader, and accounts of every kind; returns (the leader, an account's id)."""
    with live.app.app_context():
        now = utcnow()
        owner, leader = a_user(name="Ana Ferreira"), a_user(RoleName.LEADER)
        dates = {"launched_at": now - timedelta(weeks=10), "closes_at": now - timedelta(weeks=7)}
        wave = a_past_wave(owner, closed_at=dates["closes_at"], launch_at=dates["launched_at"], **dates)
        names = ("Yarrow", "شركة النور للتجارة", "W" * 90, "髙橋システム", "Umbra & Sons", "Kitano")
        for number, name in enumerate(names):
            account = a_customer(
                owner, name=name, region="DACH", renewal_date=(now + timedelta(days=40 * number)).date()
            )
            ana = a_contact(account, personas=("decision_maker",), last_name="Silva")
            answered(wave, ana, min(10, number * 2), comment="Slow reports.", may_contact=True)
            stayed_silent(wave, a_contact(account))
        stayed_silent(wave, a_contact(a_customer(owner, name="Meridian"), personas=("decision_maker",)))
        scored(now)
        account_id = account.id
        # Read once more and let go: the test uses it outside this session.
        db.session.refresh(leader)
        db.session.expunge(leader)
        return leader, account_id


@pytest.fixture
def paths(world):
    return [
        "/",
        "/?by=csm",
        f"/accounts/{world[1]}",
        "/portfolio",
        "/portfolio?x=footprint&y=nps",
        "/portfolio?from_x=20&to_y=90",
        "/portfolio/distribution",
        "/portfolio/tiers-by-region",
        "/portfolio/silent",
        "/portfolio/accounts",
        "/search?q=a",
    ]


@pytest.mark.parametrize(("width", "dark"), [(360, False), (768, True), (1280, False), (1280, True)])
def test_axe_finds_nothing_and_every_page_fits(live, open_page, world, paths, width, dark):
    page = open_page(width=width, dark=dark)
    sign_in(page, live, world[0])
    for path in paths:
        page.goto(path)
        if path.partition("?")[0] == "/portfolio":
            expect(page.locator("figure.is-drawn")).to_be_visible()
        assert_accessible(page)
        assert_fits(page)


def test_the_chart_is_drawn_under_the_content_security_policy(live, open_page, world):
    page = open_page()
    sign_in(page, live, world[0])
    page.goto("/portfolio")
    expect(page.locator("figure.is-drawn svg")).to_be_visible()
    expect(page.locator("figure svg")).to_contain_text("silent risk")


def test_dragging_over_the_chart_chooses_in_the_list(live, open_page, world):
    page = open_page(height=1000)
    sign_in(page, live, world[0])
    page.goto("/portfolio")
    chart = page.locator("figure.is-drawn svg")
    expect(chart).to_be_visible()
    rows = page.locator("#bubble-list li:visible")
    whole = rows.count()
    box = chart.bounding_box()
    middle, foot = box["y"] + box["height"] * 0.6, box["y"] + box["height"] * 0.88
    page.mouse.move(box["x"] + box["width"] * 0.2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.95, foot, steps=8)
    page.mouse.up()
    expect(page.locator("[data-brush-count]")).to_contain_text(f"of {whole} chosen")
    assert 0 < rows.count() < whole
    page.get_by_role("button", name="Show all").click()
    expect(rows).to_have_count(whole)


def test_what_was_chosen_with_the_mouse_becomes_a_list(live, open_page, world):
    page = open_page(height=1000)
    sign_in(page, live, world[0])
    page.goto("/portfolio")
    chart = page.locator("figure.is-drawn svg")
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.6)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + box["height"] * 0.88, steps=8)
    page.mouse.up()
    expect(page.locator("[data-brush-count]")).to_contain_text("chosen")
    expect(page.get_by_role("link", name="Zoom in")).to_be_visible()
    names = page.locator("#bubble-list li:visible a").all_inner_texts()
    page.get_by_role("link", name="As a list").click()
    expect(page.locator("h1")).to_have_text("Accounts of the portfolio")
    assert sorted(page.locator("tbody th a").all_inner_texts()) == sorted(names)


def test_without_a_script_a_part_of_the_map_is_chosen_by_form_and_becomes_a_list(live, open_page, world):
    page = open_page(javascript=False)
    sign_in(page, live, world[0])
    page.goto("/portfolio")
    page.get_by_text("Zoom to a part").click()
    page.get_by_label("Sentiment to").fill("50")
    page.get_by_role("button", name="Zoom in").click()
    names = page.locator("#bubble-list li a").all_inner_texts()
    assert names
    page.get_by_role("link", name="As a list").click()
    assert sorted(page.locator("tbody th a").all_inner_texts()) == sorted(names)


def test_without_a_script_the_list_and_the_table_are_there(live, open_page, world):
    page = open_page(javascript=False)
    sign_in(page, live, world[0])
    page.goto("/portfolio")
    expect(page.locator("#bubble-list").get_by_role("link", name="Yarrow")).to_be_visible()
    expect(page.locator("#numbers").get_by_role("link", name="Meridian")).to_be_visible()


def test_a_filter_is_sent_when_it_is_changed_and_stays_in_the_address(live, open_page, world):
    page = open_page()
    sign_in(page, live, world[0])
    page.goto("/portfolio")
    page.get_by_label("Status").select_option("red")
    page.wait_for_url("**/portfolio?**status=red**")
    expect(page.get_by_label("Status")).to_have_value("red")


def test_the_button_of_an_action_leads_to_the_person(live, open_page, world):
    page = open_page()
    sign_in(page, live, world[0])
    page.goto("/")
    page.locator(".v-next .btn").first.click()
    page.wait_for_url("**/people/**")
    expect(page.locator("h1")).to_be_visible()


def test_six_regions_need_no_scrolling_and_amounts_are_readable_on_a_phone(live, open_page, world):
    with live.app.app_context():
        owner = a_user()
        for number in range(4):
            for currency in ("EUR", "USD", "JPY"):
                a_customer(owner, name="W" * 90, region=f"Region{'y' * 30} {number}", currency=currency)
        scored(utcnow())
    page = open_page(width=1280)
    sign_in(page, live, world[0])
    sideways = "() => [...document.querySelectorAll('main .v-table-box, main .v-scroll')]"
    sideways += ".filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.ariaLabel)"
    for path in ("/portfolio/tiers-by-region", "/portfolio/distribution"):
        page.goto(path)
        assert page.evaluate(sideways) == []
    page.goto("/portfolio/tiers-by-region")
    # The tier, the six regions and all of them together.
    expect(page.locator(".v-heat-map thead th")).to_have_count(8)
    page.set_viewport_size({"width": 360, "height": 900})
    page.goto("/portfolio/distribution")
    assert page.evaluate(sideways) == []
    assert_fits(page)
