"""Surveys of every shape in Chromium: each kind of question, questions that appear, what saves itself."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from surveys.catalog import library_keys
from surveys.translation import phrase
from tests.journeys.browser import assert_accessible, assert_fits
from tests.vocapp.responses.builders import a_link
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.responses.models import Response, ResponseRevision
from vocapp.responses.rules import ResponseState

# An autosave waits for 1.5 seconds of rest.
LONGER_THAN_A_REST = 2500

EXTRA = phrase("extra_page", "en")


@pytest.fixture
def link_to(live):
    """Return a function that gives the address of an open page of a survey."""

    def make(survey, **contact):
        with live.app.app_context():
            # Long ago, or a machine would be suspected.
            sent = utcnow() - timedelta(hours=2)
            wave = {"closes_at": utcnow() + timedelta(days=9)}
            return "/s/" + a_link(survey=survey, wave=wave, contact=contact, sent_at=sent)[1]

    return make


def recorded(live):
    with live.app.app_context():
        return [(one.answers, one.state) for one in db.session.scalars(select(Response))]


def number_of_revisions(live):
    with live.app.app_context():
        return db.session.scalar(select(func.count()).select_from(ResponseRevision))


@pytest.mark.parametrize(
    ("width", "dark", "is_scripted"),
    [(320, False, True), (320, True, False), (768, True, True), (1280, False, True)],
)
def test_axe_finds_nothing_wrong_with_any_kind_of_question(
    open_page, trouble, link_to, width, dark, is_scripted
):
    trouble.expected |= {"status of 422", "ERR_FAILED"}
    page = open_page(width=width, dark=dark)
    if not is_scripted:
        # Axe itself is a script: where scripts are off it would never come to an end.
        page.route("**/answer.js*", lambda route: route.abort())
    everything, conditional, paged = link_to("everything"), link_to("conditional"), link_to("paged")
    for path in (f"{everything}?lang=ar", f"{conditional}?score=2", f"{paged}?score=9", everything):
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)
    page.get_by_label("Name", exact=True).fill("Ken")
    page.locator("button[type=submit]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    page.goto(f"{paged}?score=9")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)


def test_every_library_survey_reads_well_on_a_small_phone_in_arabic(open_page, link_to):
    page = open_page(width=320)
    for key in library_keys():
        page.goto(f"{link_to(key)}?lang=ar&score=2")
        assert_accessible(page)
        assert_fits(page)
        page.locator("button[type=submit]").click()
        assert_accessible(page)
        assert_fits(page)


def test_a_survey_fits_at_400_percent(open_page, link_to):
    # 1280 pixels at 400 % are 320 CSS pixels, in a window a quarter as high.
    page = open_page(width=320, height=200)
    page.goto(link_to("everything"))
    assert_fits(page)
    page.get_by_role("button", name="Send").scroll_into_view_if_needed()
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_whatever_is_to_be_touched_is_big_enough(open_page, link_to, width):
    page = open_page(width=width)
    page.goto(link_to("everything"))
    controls = page.locator(".a-scale label, .a-choice, textarea, .a-input, form button, .a-send a").all()
    boxes = [box for box in (control.bounding_box() for control in controls) if box]
    assert len(boxes) > 60
    assert min(min(box["width"], box["height"]) for box in boxes) >= (44 if width < 1280 else 40)


def test_every_kind_is_answered_by_keyboard_alone(open_page, live, link_to):
    page = open_page()
    page.goto(link_to("everything"))
    keys = {
        "score": "ArrowRight",
        "csat": "Space",
        "ces": "Space",
        "stars": "ArrowRight",
        "drivers.price": "Space",
        "drivers.support": "ArrowRight",
        "drivers.product": "ArrowRight",
        "one": "ArrowRight",
        "line": "Atlas",
        "why": "Well",
        "again": "Space",
        "contact": "Space",
        "colleague.name": "Ken Ito",
        "colleague.email": "ken@customer.example",
    }
    for _step in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || document.activeElement.type")
        if name == "submit":
            break
        action = keys.get(name)
        if action in {"Space", "ArrowRight"}:
            page.keyboard.press(action)
        elif action:
            page.keyboard.type(action)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    (answers, state) = recorded(live)[0]
    assert state == ResponseState.COMPLETE
    assert answers == {
        "rating": 1,
        "csat": 1,
        "ces": 1,
        "stars": 2,
        "drivers": {"price": 1, "support": 2, "product": 2},
        "one": "support",
        "line": "Atlas",
        "why": "Well",
        "again": True,
        "contact": "email",
        "colleague": {"name": "Ken Ito", "email": "ken@customer.example"},
    }


def test_questions_have_names_that_can_be_heard(open_page, link_to):
    page = open_page()
    page.goto(link_to("everything"))
    drivers = page.get_by_role("group", name="How good are these?")
    support = drivers.get_by_role("group", name="Support")
    expect(support.get_by_role("radio", name="7, Very satisfied")).to_have_count(1)
    expect(page.get_by_role("group", name="Which matter?").get_by_role("checkbox")).to_have_count(4)
    expect(page.get_by_role("textbox", name="Which product do you use?")).to_have_accessible_description(
        "Its name is enough."
    )


def test_questions_appear_and_go_as_answers_change(open_page, live, link_to):
    page = open_page(width=360)
    page.goto(link_to("conditional", personas=["champion"]))
    expect(page.get_by_text("What went wrong?")).to_be_hidden()
    page.get_by_label("3", exact=True).check()
    expect(page.get_by_text("What went wrong?")).to_be_visible()
    page.get_by_role("checkbox", name="Price").check()
    expect(page.get_by_label("What about the price?")).to_be_visible()
    page.get_by_label("What about the price?").fill("Too high")
    page.get_by_label("8", exact=True).check()
    expect(page.get_by_label("What about the price?")).to_be_hidden()
    page.get_by_label("2", exact=True).check()
    expect(page.get_by_label("What about the price?")).to_have_value("Too high")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert recorded(live) == [({"rating": 2, "low": ["price"], "which": "Too high"}, ResponseState.COMPLETE)]


def test_without_script_what_came_up_is_asked_next(open_page, live, link_to):
    page = open_page(width=360, javascript=False)
    page.goto(link_to("conditional", personas=["admin"]))
    page.get_by_label("3", exact=True).check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="What went wrong?")).to_be_visible()
    expect(page.locator("[name=score]")).to_have_count(0)
    page.get_by_label("Other").check()
    page.get_by_label("What else?").fill("The wait")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert recorded(live)[0][0] == {"rating": 3, "low": ["other"], "low.other": "The wait"}


def test_a_page_is_taken_up_on_another_device(open_page, live, link_to):
    link = link_to("paged")
    desk = open_page()
    desk.goto(f"{link}?score=9")
    desk.get_by_role("button", name="Next").click()
    phone = open_page(width=360)
    phone.goto(link)
    expect(phone.get_by_text("Welcome back: we kept what you had filled in.")).to_be_visible()
    phone.get_by_label("4", exact=True).check()
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_text(EXTRA)).to_be_visible()
    assert recorded(live) == [({"rating": 9, "how": 4}, ResponseState.COMPLETE)]


def test_what_hands_did_is_saved_after_a_rest(open_page, live, link_to):
    page = open_page()
    page.goto(link_to("nps"))
    with page.expect_response(lambda response: response.request.method == "POST") as saved:
        page.locator("label", has_text="9").click()
    assert saved.value.status == 204
    assert recorded(live) == [({"rating": 9}, ResponseState.PARTIAL)]
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.get_by_label("Why did you choose this number?").press_sequentially("Quick")
    assert recorded(live) == [({"rating": 9, "why": "Quick"}, ResponseState.PARTIAL)]
    assert number_of_revisions(live) == 1


def test_neither_time_nor_a_script_saves_anything(open_page, live, link_to):
    page = open_page()
    posts = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.goto(f"{link_to('nps')}?score=9")
    page.wait_for_timeout(LONGER_THAN_A_REST)
    page.evaluate(
        """() => {
            document.querySelector("[name=score][value='3']").click();
            const why = document.querySelector("textarea");
            why.value = "A machine";
            why.dispatchEvent(new PointerEvent("pointerdown", {bubbles: true}));
            why.dispatchEvent(new KeyboardEvent("keydown", {bubbles: true}));
            why.dispatchEvent(new Event("input", {bubbles: true}));
            why.dispatchEvent(new Event("change", {bubbles: true}));
        }"""
    )
    page.wait_for_timeout(LONGER_THAN_A_REST)
    assert posts == []
    assert recorded(live) == []


def test_leaving_and_sending_do_not_save_twice(open_page, live, link_to):
    page = open_page()
    page.goto(link_to("nps"))
    page.locator("label", has_text="9").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text(EXTRA)).to_be_visible()
    page.wait_for_timeout(LONGER_THAN_A_REST)
    assert number_of_revisions(live) == 1


def test_a_server_that_is_away_troubles_nobody(open_page, trouble, link_to):
    trouble.expected.add("ERR_FAILED")
    page = open_page()
    page.goto(link_to("nps"))
    page.route("**/s/*", lambda route: route.abort())
    page.locator("label", has_text="9").click()
    page.wait_for_timeout(LONGER_THAN_A_REST)
    expect(page.get_by_label("9", exact=True)).to_be_checked()
