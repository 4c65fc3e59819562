"""The champion's page in Chromium: any width, by keyboard, without script or style, right to left."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from tests.builders import a_contact, a_user
from tests.journeys.browser import assert_accessible, assert_fits, sign_in
from tests.journeys.person import A_GLANCE
from tests.vocapp.rosters.champion_builders import (
    a_champion,
    a_doubtful_form,
    a_request,
    an_account_of_acme,
    evidence,
    link_of,
    suggestions,
)
from vocapp.accounts.models import Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.gateways import gateways
from vocapp.identity.rules import RoleName
from vocapp.rosters.champion_queries import request_by_token
from vocapp.worker import run_due_jobs


@pytest.fixture
def link(live):
    """The address of Zenobia's page at Acme, where Ken decides and twelve others are known."""
    with live.app.app_context():
        champion = a_champion(title="Head of Operations")
        for number, (personas, first_name) in enumerate(
            [(("decision_maker", "influencer"), "Ken"), *(((), f"Mia{number}") for number in range(12))]
        ):
            a_contact(
                champion.account, personas=personas, first_name=first_name, email=f"p{number}@acme.example"
            )
        return link_of(a_request(champion, at=utcnow() - timedelta(hours=1)))


@pytest.fixture
def answered_link(live, link):
    with live.app.app_context():
        live.app.test_client().post(link, data={"other-1-name": "Bo Ek", "comment": "Hello"})
    return link


@pytest.mark.parametrize(("width", "dark"), [(320, False), (768, True), (1280, False)])
@pytest.mark.parametrize("language", ["en", "ar", "ja"])
def test_axe_finds_nothing_and_nothing_sticks_out(open_page, trouble, answered_link, width, dark, language):
    trouble.expected.add("status of 422")
    page = open_page(width=width, dark=dark)
    for path in ("", "/thanks"):
        page.goto(f"{answered_link}{path}?lang={language}")
        assert_accessible(page)
        assert_fits(page)
    page.goto(f"{answered_link}?lang={language}")
    for details in page.locator("details").all():
        details.evaluate("one => one.open = true")
    page.locator(".a-person").nth(0).get_by_role("radio").nth(1).check()
    page.locator(".a-person").nth(1).get_by_role("radio").nth(2).check()
    page.locator("[name=other-2-email]").fill("info@acme.example")
    page.locator("button[type=submit]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)


def test_only_what_a_choice_needs_is_asked_for(open_page, link):
    page = open_page(width=360)
    page.goto(link)
    ken = page.get_by_role("group", name="Ken")
    title, follows = ken.get_by_label("New job title"), ken.get_by_label("Who follows? Name")
    expect(title).to_be_hidden()
    ken.get_by_label("Something changed").check()
    expect(title).to_be_visible()
    expect(follows).to_be_hidden()
    ken.get_by_label("No longer here").check()
    expect(title).to_be_hidden()
    expect(follows).to_be_visible()


def test_the_page_is_answered_by_keyboard_alone(open_page, live, link):
    page = open_page(width=1280)
    page.goto(link)
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="Still right").first).to_be_focused()
    page.keyboard.press("Space")
    page.get_by_label("Anything else we should know?").focus()
    page.keyboard.type("All fine")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    with live.app.app_context():
        assert "confirmed" in [kind for _contact, kind in evidence()]


def test_the_page_is_answered_without_script_images_or_style(open_page, live, trouble, link):
    trouble.expected.add("ERR_FAILED")
    page = open_page(width=320, javascript=False)
    page.route(re.compile(r"\.(css|png|svg|woff2)"), lambda route: route.abort())
    page.goto(link)
    ken = page.get_by_role("group", name="Ken")
    ken.get_by_label("No longer here").check()
    ken.get_by_label("Who follows? Name").fill("山田 太郎")
    seat = page.get_by_role("group", name="Sets the product up and looks after it")
    seat.get_by_label("Name", exact=True).fill("Bo Ek")
    seat.get_by_label("E-mail address").fill("bo@acme.example")
    page.get_by_role("button", name="Send").click()
    assert page.get_by_role("status").inner_text() == "Your answer is saved."
    with live.app.app_context():
        kinds = {(one.kind, one.persona_key, one.values.get("first_name")) for one in suggestions()}
    assert kinds == {("left", "", None), ("new_person", "", "山田"), ("new_person", "admin", "Bo")}


def test_an_error_is_told_beside_its_field_and_a_link_leads_there(open_page, trouble, link):
    trouble.expected.add("status of 422")
    page = open_page(width=360)
    page.goto(link)
    page.get_by_role("group", name="Ken").get_by_label("Something changed").check()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("alert").get_by_role("link").click()
    field = page.get_by_role("group", name="Ken").get_by_label("New job title")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description("Please write the new job title or the new address.")


def test_choices_are_big_enough_to_touch(open_page, link):
    page = open_page(width=320)
    page.goto(link)
    boxes = [label.bounding_box() for label in page.locator(".a-choices label:visible").all()]
    assert min(min(box["width"], box["height"]) for box in boxes) >= 44


def test_very_long_names_and_unbroken_words_fit_a_small_phone(open_page, live, link):
    with live.app.app_context(), transaction():
        request = request_by_token(link.removeprefix("/r/"))
        request.account.name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbau" * 2
        request.contact.last_name = "Wolfeschlegelsteinhausenbergerdorff" * 3
        request.contact.title = "x" * 200
    page = open_page(width=320)
    for language in ("en", "ar", "de"):
        page.goto(f"{link}?lang={language}")
        assert_fits(page)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_csm_asks_with_a_living_preview(open_page, live, width):
    page = open_page(width=width, dark=width == 360)
    with live.app.app_context():
        csm = a_user(RoleName.CSM, name="Ana Silva")
        champion = a_champion(an_account_of_acme(csm))
        account_id = champion.account_id
        sign_in(page, live, csm)
    page.goto(f"/accounts/{account_id}/ask-champion")
    assert_accessible(page)
    assert_fits(page)
    page.get_by_label("Your note").fill("Dear {{first_name}}, we meet on Monday.")
    expect(page.locator("#preview")).to_contain_text("Dear Zenobia, we meet on Monday.")
    expect(page.get_by_label("Your note")).to_be_focused()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Zenobia Quist gets your mail.")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("The link does not work any more")).to_be_visible()


def test_a_doubtful_form_is_released_by_a_click(open_page, live):
    page = open_page(width=360)
    with live.app.app_context():
        csm = a_user(RoleName.CSM, name="Ana Silva")
        request = a_request(a_champion(an_account_of_acme(csm)), at=utcnow())
        a_doubtful_form(request)
        account_id = request.account_id
        sign_in(page, live, db.session.merge(csm))
    page.goto(f"/accounts/{account_id}/ask-champion")
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("button", name="Release").click()
    page.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(page.get_by_text("Released.")).to_be_visible()


def test_from_an_empty_seat_on_the_board_to_a_filled_one(open_page, live):
    desk, phone = open_page(width=1280), open_page(width=360, javascript=False)
    with live.app.app_context():
        csm = a_user(RoleName.CSM, name="Ana Silva")
        a_champion(an_account_of_acme(csm))
        sign_in(desk, live, csm)
    desk.goto("/")
    desk.get_by_role("link", name="Ask by mail").first.click()
    desk.get_by_role("button", name="Send").click()
    expect(desk.get_by_text("Zenobia Quist gets your mail.")).to_be_visible()
    with live.app.app_context():
        run_due_jobs()
        mailbox = gateways().mailbox
        text = mailbox.read_mail(mailbox.list_mail(1, 1, "").mails[0].key).content.text
    phone.goto(re.search(r"http\S+/r/\S+", text)[0])
    seat = phone.get_by_role("group", name="Sets the product up and looks after it")
    seat.get_by_label("Name", exact=True).fill("Bo Ek")
    seat.get_by_label("E-mail address").fill("bo@acme.example")
    phone.wait_for_timeout(A_GLANCE)
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    desk.reload()
    desk.get_by_role("link", name="Look at the suggestions").click()
    desk.get_by_role("button", name="Add to people").click()
    expect(desk.get_by_role("button", name="Add to people")).to_have_count(0)
    with live.app.app_context():
        bo = db.session.scalars(select(Contact).where(Contact.email_key == "bo@acme.example")).one()
        assert ([persona.key for persona in bo.personas], bo.is_role_address) == (["admin"], False)
        assert bo.verified_on is not None
