"""The macros of templates/parts say what they should, as valid HTML, whatever they are given."""

import re
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import html5lib
import pytest
from flask import Flask
from wtforms import BooleanField, FileField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from surveys.measure import Measure, MeasureState, not_measured, suppressed
from vocapp.core.forms import Form
from vocapp.core.web import Page

LONG_NAME = "The Very Long Company Name of International Consolidated Holdings & Sons Limited Partnership"
ARABIC_NAME = "شركة الأفق للخدمات اللوجستية والنقل الدولي المحدودة"
MARKUP_NAME = '<b>"Tom & Jerry"</b>'
NAMES = (LONG_NAME, ARABIC_NAME, MARKUP_NAME, "")

IMPORTS = """
{% import "parts/measures.html" as measures %}{% import "parts/page.html" as parts %}
{% import "parts/tables.html" as tables %}{% import "parts/forms.html" as forms %}
{% from "parts/empty.html" import empty %}
"""


def measured(value: float = 0.5, n: int = 12, ci: tuple[float, float] | None = (0.3, 0.7)) -> Measure:
    return Measure(value=value, n=n, n_eff=None, ci=ci, state=MeasureState.MEASURED)


def render(app: Flask, source: str, **context: Any) -> str:
    """Render a snippet as part of a page and return it; fails when it is not valid HTML."""
    with app.test_request_context("/accounts?tier=1&sort=name&page=3"):
        html = app.jinja_env.from_string(IMPORTS + source).render(**context)
    parser = html5lib.HTMLParser(strict=False)
    parser.parseFragment(html)
    assert not parser.errors, f"{parser.errors[:3]} in {html}"
    assert " style=" not in html
    return re.sub(r"\s+", " ", html)


def text_of(html: str) -> str:
    """Return what a screen reader would say, roughly."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


@pytest.mark.parametrize("status", ["green", "amber", "red", "grey"])
def test_a_status_has_a_shape_and_a_word(app: Flask, status: str) -> None:
    html = render(app, "{{ measures.status(status) }}", status=status)
    assert "<svg" in html
    assert text_of(html)


def test_a_compact_status_still_says_its_word(app: Flask) -> None:
    assert text_of(render(app, "{{ measures.status('red', compact=true) }}")) == "At risk"


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        (None, "never asked"),
        (not_measured(""), "no answer yet"),
        (not_measured("nobody has been asked yet"), "nobody has been asked yet"),
        (suppressed("fewer than five answers"), "fewer than five answers"),
        (Measure(0.5, 1, None, (0, 1), MeasureState.PROVISIONAL), "one answer: treat as a hint"),
        (measured(), "30 to 70 · 12 answers"),
        (measured(ci=None), "12 answers"),
        (Measure(0.5, 3, None, (0.2, 0.8), MeasureState.PROVISIONAL), "20 to 80 · 3 answers · provisional"),
    ],
)
def test_every_number_says_how_sure_it_is(app: Flask, measure: Measure | None, words: str) -> None:
    said = (
        render(app, "{{ measures.sureness(m, 'nps') }}", m=measure).strip().replace("\N{NO-BREAK SPACE}", " ")
    )
    assert said == words


def test_the_interval_of_a_share_never_leaves_its_scale(app: Flask) -> None:
    said = text_of(render(app, "{{ measures.sureness(m, 'share') }}", m=measured(value=0.0, ci=(0.0, 0.2))))
    assert said == "0 to 20 · 12 answers"


@pytest.mark.parametrize(
    ("filled", "required", "words"),
    [
        (6, 8, "6 of 8 seats are filled"),
        (1, 8, "1 of 8 seats is filled"),
        (0, 8, "0 of 8 seats are filled"),
        (1, 1, "the seat is filled"),
        (0, 1, "the seat is not filled"),
    ],
)
def test_seats_are_counted_in_right_sentences(app: Flask, filled: int, required: int, words: str) -> None:
    assert render(app, f"{{{{ measures.seats_filled({filled}, {required}) }}}}").strip() == words


def test_points_of_what_was_not_measured_are_not_a_zero(app: Flask) -> None:
    causes = [("Footprint", 8.0), ("Engagement", 73.0), ("Sentiment", None)]
    said = text_of(render(app, "{{ measures.points_lost(19.0, causes) }}", causes=causes))
    assert said == "reached 19 Footprint −8 Engagement −73 Sentiment not measured"


def test_a_measure_may_come_as_the_object_of_the_interface(app: Flask) -> None:
    html = render(app, "{{ measures.measure(m, 'NPS', 'nps') }}", m=measured(value=0.19).as_dict())
    assert "+19" in html


def test_nothing_measured_is_never_a_zero(app: Flask) -> None:
    said = text_of(render(app, "{{ measures.strength(m, 'grey', 'none', large=true) }}", m=not_measured("")))
    assert said == "– Not known yet no answer yet"


def test_a_rating_says_its_class(app: Flask) -> None:
    ratings = render(app, "{% for r in (10, 8, 0) %}{{ measures.rating(r) }}{% endfor %}")
    assert text_of(ratings) == "10 promoter 8 passive 0 detractor"


def test_a_missing_rating_is_said_in_words(app: Flask) -> None:
    assert "no answer yet" in render(app, "{{ measures.rating(none) }}")


def test_slots_are_counted_in_words(app: Flask) -> None:
    groups = [SimpleNamespace(name=name, filled=2, doubtful=1, empty=2) for name in NAMES]
    html = render(app, "{{ measures.slots(groups) }}{{ measures.slots(groups, words=true) }}", groups=groups)
    assert f"{ARABIC_NAME}: 2 of 5 confirmed lately, 1 in doubt, 2 empty." in html
    assert html.count("v-dot--empty") == 2 * 2 * len(NAMES)


def test_an_account_without_a_tier_profile_has_no_slots(app: Flask) -> None:
    assert text_of(render(app, "{{ measures.slots([]) }}")) == "no tier profile"


def test_participation_is_counted_in_words(app: Flask) -> None:
    outcomes = ("answered", "silent", "silent", "not_reached", "waiting", "partial", "declined")
    people = [SimpleNamespace(outcome=outcome, name=MARKUP_NAME) for outcome in outcomes]
    said = text_of(render(app, "{{ measures.participation(people) }}", people=people))
    assert "2 silent." in said
    assert "1 answered in part." in said


def test_nobody_asked_is_said(app: Flask) -> None:
    assert text_of(render(app, "{{ measures.participation([]) }}")) == "nobody asked yet"


def test_the_sentiment_bar_fills_its_width(app: Flask) -> None:
    html = render(app, "{{ measures.sentiment_bar(4, 1, 2, 1) }}")
    assert sum(float(width) for width in re.findall(r'width="([\d.]+)"', html)) == pytest.approx(100)
    assert "4 promoters, 1 passive, 2 detractors, 1 silent" in html


def test_a_sentiment_bar_of_nobody_is_words(app: Flask) -> None:
    assert text_of(render(app, "{{ measures.sentiment_bar(0, 0, 0, 0) }}")) == "never asked"


def test_points_lost_are_written_beside_the_bar(app: Flask) -> None:
    source = "{{ measures.points_lost(28, [('Footprint', 12), ('Engagement', 41), ('Sentiment', 19)]) }}"
    assert text_of(render(app, source)) == "reached 28 Footprint −12 Engagement −41 Sentiment −19"


@pytest.mark.parametrize("values", [[41, None, 60, 62], [None, 50], [150, -20], [7]])
def test_a_sparkline_is_drawn_for_any_history(app: Flask, values: list[float | None]) -> None:
    assert "<title>Strength</title>" in render(app, "{{ measures.sparkline(v, 'Strength') }}", v=values)


@pytest.mark.parametrize("values", [[], [None, None]])
def test_no_history_is_said(app: Flask, values: list[None]) -> None:
    assert text_of(render(app, "{{ measures.sparkline(v, 'Strength') }}", v=values)) == "no history yet"


def test_standing_is_drawn_with_and_without_an_own_place(app: Flask) -> None:
    source = "{{ measures.standing(28, [1, none, 99], 'x') }}{{ measures.standing(none, [], 'y') }}"
    assert render(app, source).count("v-standing-own") == 1


def test_share_and_renewal_say_what_is_missing(app: Flask) -> None:
    said = text_of(render(app, "{{ measures.share_bar(none, 'x') }} {{ measures.renewal(none) }}"))
    assert said == "never asked no renewal date"


def test_share_and_renewal_are_drawn(app: Flask) -> None:
    html = render(app, "{{ measures.share_bar(0.62, 'x') }}{{ measures.renewal(d) }}", d=date(2020, 1, 1))
    assert "62%" in html
    assert 'datetime="2020-01-01"' in html


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_of_a_page_take_any_name(app: Flask, name: str) -> None:
    source = """
    {% call parts.card(name, lead=name, id='a', actions=parts.button(name, '/', 'plus', primary=true)) %}
      {{ parts.crumbs([(name, '/')]) }}{{ parts.tabs([(name, '/', true, 3), (name, '/', false)], name) }}
      {{ parts.stepper([(name, '/'), (name, none), (name, '/')], 1) }}
      <dl class="v-facts">{% call parts.fact(name) %}{{ name }}{% endcall %}</dl>
      <ol class="v-timeline">{{ parts.timeline_item(name, when, detail=name, tone='red') }}
      {% call parts.timeline_item(name, none) %}{{ parts.quote(name, name, 'ar') }}{% endcall %}</ol>
      {{ parts.person(name, name, '/') }}{{ parts.notice(name, 'error') }}
      <ol class="v-next">{{ parts.action_item(name, name, name, '/', 'amber') }}</ol>
      {{ parts.gap(name, name, name, '/') }}{{ parts.funnel([(name, 48), (name, 0)]) }}
    {% endcall %}{{ empty(name, name, [(name, '/'), (name, '/')]) }}"""
    assert "<b>" not in render(app, source, name=name, when=datetime(2026, 3, 1, tzinfo=UTC)).replace(
        "<b>&", ""
    )


def test_a_funnel_of_nothing_is_drawn(app: Flask) -> None:
    assert "v-funnel" in render(
        app, "{{ parts.funnel([('Invited', 0), ('Answered', 0)]) }}{{ parts.funnel([]) }}"
    )


def test_a_chart_keeps_its_reading_and_its_table(app: Flask) -> None:
    source = (
        "{% call parts.chart('c', spec, 'Two are silent.') %}<table><tr><td>1</td></tr></table>{% endcall %}"
    )
    html = render(app, source, spec={"title": "</script><b>"})
    assert "Two are silent." in html
    assert "</script><b>" not in html


def test_a_sorted_column_says_so_and_turns_round(app: Flask) -> None:
    html = render(app, "<table><tr>{{ tables.sortable('ARR', 'arr', 'arr', numeric=true) }}</tr></table>")
    assert 'aria-sort="ascending"' in html


def test_a_pager_names_what_it_shows(app: Flask) -> None:
    said = text_of(render(app, "{{ tables.pager(p) }}", p=Page(["x"] * 50, 2, 50, 10_000)))
    assert said.startswith("51 to 100 of 10,000")
    assert "Page 2 of 200" in said


def test_a_pager_of_nothing_is_silent(app: Flask) -> None:
    assert text_of(render(app, "{{ tables.pager(p) }}", p=Page([], 1, 50, 0))) == ""


def test_a_table_without_rows_has_a_designed_state(app: Flask) -> None:
    source = """{% call tables.filter_bar('/x', clear_url='/y', sort='-arr') %}
    {{ tables.filter_text('q', n, n) }}
    {{ tables.filter_select('tier', n, [(1, n), (2, 'b')], '2') }}{% endcall %}
    {% call tables.frame(n, cards=true, id='t') %}<thead><tr>{{ tables.head(n, hidden=true) }}</tr></thead>
    <tbody>{{ tables.empty_row(1, 'No accounts match', 'Clear a filter.') }}</tbody>{% endcall %}"""
    html = render(app, source, n=MARKUP_NAME)
    assert '<option value="2" selected>' in html
    assert "No accounts match" in html


class WaveForm(Form):
    """One field of every kind."""

    name = StringField("Name", [InputRequired("Give it a name.")], description="People never see it.")
    note = TextAreaField("Note")
    tier = SelectField("Tier", choices=[SelectChoice("1", "Tier 1")])
    remind = BooleanField("Remind")
    when = RadioField("When", choices=[SelectChoice("now", "Now"), SelectChoice("later", "Later")])
    file = FileField("File")


FORM = """<form method="post">{{ form.hidden_tag() }}{{ forms.errors(form) }}
{% for f in form if f.type != 'CSRFTokenField' %}{{ forms.field(f, optional=true) }}{% endfor %}
{{ forms.field(form.name, hint='', label='Other', id='other', placeholder='x') }}
{{ forms.submit('Save', cancel_url='/') }}</form>
{{ forms.post_button('Remove', '/x', confirm='Remove "Ana"?', danger=true, icon_name='trash') }}"""


def test_every_kind_of_field_is_labelled(app: Flask) -> None:
    with app.test_request_context("/"):
        html = render(app, FORM, form=WaveForm(formdata=None))
    assert html.count("<label") + html.count("<legend") == 9
    assert 'aria-describedby="name-hint"' in html


def test_an_error_is_text_tied_to_its_field(app: Flask) -> None:
    with app.test_request_context("/"):
        form = WaveForm(formdata=None)
        form.validate()
        html = render(app, FORM, form=form)
    assert 'aria-describedby="name-error name-hint"' in html
    assert '<p class="v-error" id="name-error">' in html
    assert "Give it a name." in html
