"""The respondent's pages in Chromium: any width, by keyboard, without script, in the dark, right to left."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from surveys.translation import phrase
from tests.builders import a_response, a_user
from tests.journeys.browser import assert_accessible, assert_fits, sign_in
from tests.vocapp.responses.builders import a_link
from vocapp.campaigns.models import Wave
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.responses.models import Referral, Response

EXTRA = phrase("extra_page", "en")


@pytest.fixture
def link(live):
    """The address of an open answer page."""
    with live.app.app_context():
        return "/s/" + a_link(wave={"closes_at": utcnow() + timedelta(days=9)})[1]


@pytest.fixture
def answered_link(live):
    """The address of the page of somebody who has answered."""
    with live.app.app_context():
        invitation, token = a_link(wave={"closes_at": utcnow() + timedelta(days=9)})
        answers = {"rating": 3, "why": "Slow reports", "may_contact": True}
        a_response(invitation, rating=3, answers=answers, comment="Slow reports", may_contact=True)
        return f"/s/{token}"


def recorded(live):
    with live.app.app_context():
        response = db.session.scalars(select(Response)).one()
        return response.rating, response.comment, response.may_contact


@pytest.mark.parametrize(("width", "dark"), [(320, False), (768, False), (1280, True)])
def test_axe_finds_nothing_on_any_page(open_page, trouble, link, answered_link, width, dark):
    trouble.expected |= {"status of 404", "status of 422"}
    page = open_page(width=width, dark=dark)
    paths = [
        f"{link}?score=8",
        f"{link}?lang=ar",
        f"{link}/not-me",
        f"{link}/somebody-else",
        link.replace("/s/", "/u/"),
        answered_link,
        f"{answered_link}/thanks",
        "/s/unknown",
    ]
    for path in paths:
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)
    for path in (link, f"{link}/not-me", f"{link}/somebody-else"):
        page.goto(path)
        page.locator("button[type=submit]").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert_accessible(page)
        assert_fits(page)


def test_the_page_is_answered_by_keyboard_alone(open_page, live, link):
    page = open_page(width=1280)
    page.goto(link)
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="0, Not at all likely")).to_be_focused()
    for _step in range(8):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="8", exact=True)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("Quick help")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(EXTRA)).to_be_visible()
    assert recorded(live) == (8, "Quick help", True)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _step in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.href || ''").endswith("thanks?lang=en"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def test_the_focus_can_be_seen_on_every_control(open_page, link):
    page = open_page(width=360)
    page.goto(f"{link}?score=5")
    for _step in range(12):
        page.keyboard.press("Tab")
        is_marked = page.evaluate(
            """() => {
                const focused = document.activeElement;
                const shown = focused.nextElementSibling && focused.name === "score"
                    ? focused.nextElementSibling : focused;
                const style = getComputedStyle(shown);
                return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
            }"""
        )
        assert is_marked, page.evaluate("document.activeElement.outerHTML")


def test_the_page_is_answered_without_script_images_or_style(open_page, live, trouble, link):
    trouble.expected.add("ERR_FAILED")
    page = open_page(width=320, javascript=False)
    page.route(re.compile(r"\.(css|png|svg|woff2)"), lambda route: route.abort())
    page.goto(f"{link}?score=7")
    page.get_by_label("10, Extremely likely").check()
    page.get_by_label("Why did you choose this number?").fill("Trustworthy")
    page.get_by_role("button", name="Send").click()
    assert page.get_by_role("status").inner_text().endswith(EXTRA)
    page.get_by_role("link", name="No, thank you").click()
    assert page.get_by_role("status").inner_text() == "Your answer is saved."
    assert recorded(live) == (10, "Trustworthy", None)


@pytest.mark.parametrize("width", [320, 360])
def test_a_phone_shows_six_numbers_over_five_big_enough_to_touch(open_page, link, width):
    page = open_page(width=width, height=740)
    page.goto(link)
    boxes = [label.bounding_box() for label in page.locator(".a-scale label").all()]
    rows = [round(box["y"]) for box in boxes]
    assert len(set(rows)) == 2
    assert rows.count(rows[0]) == 6
    assert min(min(box["width"], box["height"]) for box in boxes) >= 44


def test_a_wide_page_shows_all_numbers_in_one_row(open_page, link):
    page = open_page(width=768)
    page.goto(link)
    assert len({round(label.bounding_box()["y"]) for label in page.locator(".a-scale label").all()}) == 1


def test_everything_needed_to_answer_is_on_one_screen_of_a_desk(open_page, link):
    page = open_page(width=1280, height=800)
    page.goto(link)
    assert page.get_by_role("button", name="Send").bounding_box()["y"] < 760


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_chosen_number_is_marked_by_more_than_colour(open_page, link, dark):
    page = open_page(dark=dark)
    page.goto(f"{link}?score=8")
    mark = 'getComputedStyle(document.querySelector("input:checked + span"), "::after").content'
    assert "✓" in page.evaluate(mark)


def test_arabic_reads_from_the_right_and_its_nine_is_a_nine(open_page, live, link):
    page = open_page(width=360)
    page.goto(f"{link}?lang=ar")
    zero, five = (page.locator(f"[id='q-rating.{rating}']").bounding_box()["x"] for rating in (0, 5))
    assert zero > five
    page.get_by_label("9", exact=True).check()
    page.get_by_role("textbox").first.fill("الدعم ممتاز")
    page.locator("button[type=submit]").click()
    page.get_by_role("link", name="لا، شكرًا").click()
    expect(page.locator("h1")).to_have_text("شكرًا لك")
    assert recorded(live) == (9, "الدعم ممتاز", None)


def test_the_language_can_be_changed_on_the_page(open_page, link):
    page = open_page()
    page.goto(link)
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_role("link", name="Français").click()
    expect(page.get_by_role("button", name="Envoyer")).to_be_visible()


def test_an_error_is_told_beside_its_control_and_typed_words_stay(open_page, trouble, link):
    trouble.expected.add("status of 422")
    page = open_page(width=360)
    page.goto(link)
    page.get_by_label("Why did you choose this number?").fill("Because")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("alert").get_by_role("link", name="Please choose a number.").click()
    expect(page.get_by_role("radio", name="0, Not at all likely")).to_be_focused()
    expect(page.get_by_role("group", name="How likely")).to_have_accessible_description(
        "Please choose a number."
    )
    expect(page.get_by_label("Why did you choose this number?")).to_have_value("Because")


def test_a_second_device_is_asked_before_it_replaces_the_answer(open_page, live, answered_link):
    page = open_page(width=360)
    page.goto(f"{answered_link}?score=9")
    expect(page.get_by_role("status")).to_contain_text("Your answer so far: 3")
    page.get_by_role("link", name="Keep my first answer").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert recorded(live)[0] == 3
    page.get_by_role("link", name="Change my answer").click()
    page.get_by_label("9", exact=True).check()
    page.get_by_role("button", name="Replace my answer").click()
    expect(page.get_by_text(EXTRA)).to_be_visible()
    assert recorded(live)[0] == 9


def test_a_wave_that_closes_under_an_open_page_says_so(open_page, live, trouble, link):
    trouble.expected.add("status of 410")
    page = open_page(width=360)
    page.goto(link)
    with live.app.app_context(), transaction():
        db.session.scalars(select(Wave)).one().closes_at = utcnow()
    page.get_by_label("9", exact=True).check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="This question is closed")).to_be_visible()
    assert_accessible(page)


def test_somebody_else_is_named_in_two_fields(open_page, live, link):
    page = open_page(width=360, javascript=False)
    page.goto(link)
    page.get_by_role("link", name="Ask somebody else").click()
    page.get_by_label("Name").fill("Ken Ito")
    page.get_by_label("E-mail address").fill("ken@customer.example")
    # Nobody fills in two fields faster: whoever does is asked to press again.
    page.wait_for_timeout(1600)
    page.get_by_role("button", name="Suggest this person").click()
    assert "We will check before we write to anybody." in page.get_by_role("status").inner_text()
    with live.app.app_context():
        assert db.session.scalars(select(Referral.named_person)).all() == ["Ken Ito"]


def test_very_long_names_and_unbroken_words_fit_a_small_phone(open_page, live):
    with live.app.app_context():
        invitation, token = a_link(wave={"closes_at": utcnow() + timedelta(days=9)})
        with transaction():
            invitation.wave.owner.name = "Wolfeschlegelsteinhausenbergerdorff-" * 4
            invitation.account.name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbau" * 2
    page = open_page(width=320)
    for path in ("", "/not-me", "?lang=ja"):
        page.goto(f"/s/{token}{path}")
        assert_fits(page)


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_on_the_pages_of_those_who_look_after_the_accounts(open_page, live, width):
    page = open_page(width=width, dark=width == 360)
    with live.app.app_context():
        answered, _ = a_link()
        a_response(answered, rating=3, comment="Slow " * 200, may_contact=True)
        _, token = a_link(wave={"closes_at": utcnow() + timedelta(days=9)})
        _, other = a_link(wave={"closes_at": utcnow() + timedelta(days=9)})
        client = live.app.test_client()
        client.post(f"/s/{token}", data={"score": "2", "website": "x"})
        client.post(f"/s/{other}/somebody-else", data={"name": "Ken", "email": "ken@customer.example"})
        sign_in(page, live, a_user(RoleName.LEADER))
    for path in ("/responses", "/responses/quarantine"):
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)
    page.get_by_role("button", name="Release").click()
    page.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(page.get_by_text("The answer counts now.")).to_be_visible()
