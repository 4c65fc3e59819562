"""The house in Chromium: colours, menu, questions, charts; all under the strict policy, all by keyboard."""

from collections.abc import Callable

import pytest
from flask import Blueprint, render_template_string, request
from playwright.sync_api import Page, expect

from surveys.measure import Measure, MeasureState
from tests.journeys.browser import Live, Trouble, assert_accessible, assert_fits
from vocapp.core.db import transaction
from vocapp.identity.guards import staff
from vocapp.identity.rules import RoleName
from vocapp.identity.service import add_user

PASSWORD = "correct horse battery staple"
OpenPage = Callable[..., Page]

GALLERY = """
{% extends "layout/base.html" %}
{% import "parts/page.html" as parts %}{% import "parts/measures.html" as measures %}
{% import "parts/tables.html" as tables %}{% import "parts/forms.html" as forms %}
{% from "parts/empty.html" import empty %}
{% block title %}{{ name }}{% endblock %}
{% block crumbs %}{{ parts.crumbs([(_('Accounts'), '/')]) }}{% endblock %}
{% block content %}<div class="v-stack">
{{ parts.stepper([('Survey', '/'), ('Roster', none), ('Launch', none)], 1) }}
{{ parts.tabs([('All', '/gallery', true, 9), ('Mine', '/', false)], 'Which') }}
{% call parts.card('Next') %}
<ol class="v-next">{{ parts.action_item(name, name, 'Open', '/', 'red', 'phone') }}</ol>
{{ parts.gap('No champion', name, 'Ask', '/') }}{% endcall %}
{% call parts.card('Measures') %}
  {{ measures.strength(strength, 'red', 'medium', large=true) }}
  {{ measures.points_lost(28, [('Footprint', 12), ('Engagement', 41), ('Sentiment', 19)]) }}
  {{ measures.sentiment_bar(1, 1, 2, 3, words=true) }}
  {{ measures.standing(28, [40, 60], 'Strength 28; others 40, 60') }}
  {% for status in ('green', 'amber', 'red', 'grey') %}{{ measures.status(status) }}{% endfor %}
  {% for score in (10, 8, 3, none) %}{{ measures.rating(score) }}{% endfor %}
  {{ measures.mark_legend() }}{{ measures.slot_legend() }}
  {{ parts.funnel([('Asked', 48), ('Answered', 17)]) }}
{% endcall %}
{% call parts.card('Table', flush=true) %}{% call tables.frame('Accounts', cards=true) %}
<thead><tr>{{ tables.sortable('Name', 'name', 'name') }}{{ tables.head('ARR', numeric=true) }}</tr></thead>
<tbody><tr data-href="/gallery?opened=1"><th scope="row">{{ parts.person(name, name, '/') }}</th>
<td class="v-num" data-label="ARR">{{ 1200000|money('EUR') }}</td></tr></tbody>{% endcall %}{% endcall %}
{{ forms.post_button('Remove', '/removed', confirm='Remove it for good?', icon_name='trash', danger=true) }}
{{ empty('Nothing here', 'Do something.', [('Do', '/')]) }}
</div>{% endblock %}
"""

CHART = """
{% extends "layout/base.html" %}
{% import "parts/page.html" as parts %}
{% set wide = true %}
{% block title %}Chart{% endblock %}
{% block content %}
{% call parts.chart('bubbles', spec, 'Two are silent.') %}<table><tr><td>1</td></tr></table>{% endcall %}
{% endblock %}
{% block scripts %}{{ parts.chart_scripts() }}{% endblock %}
"""

SPEC = {
    "width": "container",
    "height": "container",
    "data": {"values": [{"x": 1, "y": 2}, {"x": 3, "y": 1}]},
    "transform": [{"calculate": "datum.x * 2", "as": "double"}],
    "mark": {"type": "point", "tooltip": True},
    "encoding": {
        "x": {"field": "double", "type": "quantitative"},
        "y": {"field": "y", "type": "quantitative"},
    },
}
STRENGTH = Measure(28, 6, None, (20, 36), MeasureState.MEASURED)
LONG_NAME = "The Very Long Company Name of International Consolidated Holdings & Sons Limited Partnership"


@pytest.fixture
def house(live: Live) -> Live:
    """The application with pages that show every part, and somebody to sign in as."""
    pages = Blueprint("gallery", __name__)

    @pages.route("/gallery")
    def gallery() -> str:
        name = request.args.get("name", "Halden Robotics")
        return render_template_string(GALLERY, name=name, strength=STRENGTH)

    @pages.route("/removed", methods=["POST"])
    def removed() -> str:
        return render_template_string(GALLERY, name="It is removed", strength=STRENGTH)

    @pages.route("/chart")
    def chart() -> str:
        return render_template_string(CHART, spec=SPEC if "whole" in request.args else {"mark": "unheard of"})

    pages.before_request(staff)
    live.app.register_blueprint(pages)
    with live.app.app_context(), transaction():
        add_user("ana@vendor.example", role=RoleName.CSM, name="Ana Brandão", password=PASSWORD)
    return live


@pytest.fixture
def enter(house: Live, open_page: OpenPage) -> OpenPage:
    """Return a function that opens a page as somebody who is signed in."""

    def open_signed_in(path: str, **options: object) -> Page:
        page = open_page(**options)
        page.goto(f"/login?next={path}")
        page.get_by_label("E-mail address").fill("ana@vendor.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**{path}")
        return page

    return open_signed_in


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)])
def test_every_part_is_accessible(enter: OpenPage, width: int, dark: bool) -> None:
    assert_accessible(enter("/gallery", width=width, dark=dark))


def test_every_part_fits_every_window(enter: OpenPage) -> None:
    page = enter("/gallery")
    page.goto(f"/gallery?name={LONG_NAME.replace('&', '%26')}")
    for width in (320, 360, 600, 768, 992, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        assert_fits(page)


def test_signing_in_fits_and_is_accessible(house: Live, open_page: OpenPage) -> None:
    page = open_page(width=320)
    page.goto("/login")
    assert_fits(page)
    assert_accessible(page)


def test_chosen_colours_are_kept(enter: OpenPage) -> None:
    page = enter("/gallery")
    page.get_by_role("button", name="Dark colours").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 22, 25)"


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(enter: OpenPage) -> None:
    page = enter("/gallery", width=360)
    menu = page.get_by_role("button", name="Menu")
    menu.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(menu).to_be_focused()


def test_a_slash_leads_to_the_search(enter: OpenPage) -> None:
    page = enter("/gallery")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search accounts and people")).to_be_focused()


def test_a_question_answered_no_changes_nothing(enter: OpenPage) -> None:
    page = enter("/gallery")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.url.endswith("/gallery")


def test_a_question_answered_yes_sends_the_form(enter: OpenPage) -> None:
    page = enter("/gallery")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("It is removed")


def test_a_row_opens_on_a_click(enter: OpenPage) -> None:
    page = enter("/gallery")
    page.get_by_text("€1,200,000").click()
    page.wait_for_url("**/gallery?opened=1")


def test_a_chart_is_drawn_without_inline_code_and_follows_the_colours(enter: OpenPage) -> None:
    page = enter("/chart?whole")
    label = page.locator(".v-chart svg text").first
    expect(label).to_be_attached()
    expect(page.locator(".v-chart-table")).not_to_have_attribute("open", "")
    light = label.get_attribute("fill")
    page.get_by_role("button", name="Dark colours").click()
    expect(label).not_to_have_attribute("fill", str(light))


def test_a_chart_that_fails_leaves_its_table(enter: OpenPage, trouble: Trouble) -> None:
    page = enter("/chart")
    with page.expect_console_message(lambda message: message.type == "error"):
        page.reload()
    expect(page.locator(".v-chart-table")).to_have_attribute("open", "")
    trouble.found.clear()


def test_without_scripts_every_page_can_be_reached(enter: OpenPage) -> None:
    page = enter("/gallery", width=360, javascript=False)
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
