"""What a paper says, judged without a database."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.trend import Direction
from tests.builders import NOW
from vocapp.reports.account.rules import (
    Comment,
    Place,
    Step,
    StepKind,
    choose_quotes,
    costliest,
    drawn_values,
    judge_movement,
    judge_place,
    order_steps,
    swarm,
)
from vocapp.reports.rules import (
    file_name,
    snapshot_id,
    takes_long,
)
from vocapp.reports.texts import (
    shortened,
)


def a_comment(
    person: int = 1, rating: int = 9, text: str = "", written: str = "2026-01-01", **values
) -> Comment:
    text = text or f"Said by {person}."
    return Comment(
        person=person, text=text, rating=rating, persona="Champion", language="en", written=written, **values
    )


def test_a_snapshot_is_named_after_its_content_and_not_its_order():
    assert snapshot_id({"a": 1, "b": [2.5, "é"]}) == snapshot_id({"b": [2.5, "é"], "a": 1})
    assert snapshot_id({"a": 1}) != snapshot_id({"a": 2})


def test_a_snapshot_keeps_its_name_through_storage():
    snapshot = {"value": 0.1 + 0.2, "name": "髙橋"}
    assert snapshot_id(json.loads(json.dumps(snapshot))) == snapshot_id(snapshot)


@pytest.mark.parametrize(
    ("ci", "place"),
    [((55, 90), Place.ABOVE), ((5, 45), Place.BELOW), ((40, 70), Place.LEVEL), (None, Place.UNKNOWN)],
)
def test_a_place_counts_only_when_chance_cannot_explain_it(ci, place):
    assert judge_place(ci) is place


def test_what_cost_most_is_named():
    assert costliest({"footprint": 4.0, "engagement": 22.0, "sentiment": 2.0}) == "engagement"


def test_a_few_points_are_not_worth_a_word():
    assert costliest({"footprint": 1.0, "engagement": 0.0, "sentiment": 2.0}) is None


def test_nothing_lost_is_nothing_named():
    assert costliest(None) is None


def test_quotes_show_the_range_lowest_first():
    comments = [a_comment(1, 9), a_comment(2, 9), a_comment(3, 3), a_comment(4, 8)]
    assert [quote.rating for quote in choose_quotes(comments)] == [3, 8, 9]


def test_nobody_is_quoted_twice():
    comments = [a_comment(1, 9, f"Words {number}") for number in range(5)]
    assert len(choose_quotes(comments)) == 1


def test_the_same_words_are_quoted_once():
    assert len(choose_quotes([a_comment(1, 9, "Fine."), a_comment(2, 9, "Fine.")])) == 1


def test_the_decision_maker_speaks_before_newer_comments():
    chosen = choose_quotes(
        [a_comment(1, 9, written="2026-02-01"), a_comment(2, 9, is_decision_maker=True)], most=1
    )
    assert chosen[0].is_decision_maker


def test_newer_comments_speak_before_older_ones():
    chosen = choose_quotes([a_comment(1, 9), a_comment(2, 9, written="2026-02-01")], most=1)
    assert chosen[0].person == 2


def test_nobody_is_quoted_with_what_they_no_longer_think():
    before = a_comment(1, 3, "Slow.", written="2025-06-01")
    since = a_comment(1, 9, " ", written="2026-01-01")
    assert choose_quotes([before, since]) == []


def test_older_words_still_count_beside_a_newer_rating_of_the_same_class():
    before = a_comment(1, 3, "Slow.", written="2025-06-01")
    since = a_comment(1, 4, " ", written="2026-01-01")
    assert choose_quotes([before, since]) == [before]


def test_blank_comments_are_not_quoted():
    assert choose_quotes([a_comment(text="  \n")]) == []


def test_a_short_text_stays_as_it_is():
    assert shortened("Fine  for\nus.", 40) == "Fine for us."


def test_a_long_text_is_cut_after_a_word():
    assert shortened("one two three four", 12) == "one two…"


def test_a_script_without_spaces_is_cut_by_width():
    assert shortened("髙" * 30, 20) == "髙" * 9 + "…"


@given(st.text(max_size=80), st.integers(4, 60))
def test_no_text_becomes_longer_than_its_limit(text, limit):
    assert len(shortened(text, limit)) <= max(limit, 1)


def test_an_unhappy_decision_maker_comes_before_everything():
    steps = [
        Step(StepKind.CONFIRM, "Champion", "Bo", weight=2.0),
        Step(StepKind.TALK, "Decision maker", "Ana", rating=3, weight=3.0, is_decision_maker=True),
        Step(StepKind.REACH, "Decision maker", "Cy", weight=3.0, is_decision_maker=True),
    ]
    assert [step.person for step in order_steps(steps)] == ["Ana", "Cy", "Bo"]


def test_silent_people_of_a_persona_are_one_step():
    steps = [Step(StepKind.REACH, "Power user", f"P{number}", silent_waves=number) for number in (2, 4)]
    (merged,) = order_steps(steps)
    assert (merged.count, merged.person, merged.silent_waves) == (2, "", 4)


def test_whoever_is_talked_to_need_not_be_confirmed():
    steps = [Step(StepKind.TALK, "Admin", "Ana", rating=2), Step(StepKind.CONFIRM, "Admin", "Ana")]
    assert [step.kind for step in order_steps(steps)] == [StepKind.TALK]


def test_five_rising_waves_are_a_trend():
    movement = judge_movement([(40.0 + 5 * wave, (36.0 + 5 * wave, 44.0 + 5 * wave)) for wave in range(5)])
    assert movement.direction is Direction.RISING
    assert movement.slope == pytest.approx(5.0)


def test_four_waves_are_too_few_for_a_trend():
    movement = judge_movement([(40.0 + wave, (30.0, 50.0)) for wave in range(4)])
    assert movement.direction is Direction.TOO_FEW_WAVES


def test_a_small_change_may_be_chance():
    movement = judge_movement([(50.0, (40.0, 60.0)), (55.0, (45.0, 65.0))])
    assert movement.change is not None
    assert not movement.change.is_real


def test_a_large_change_is_real():
    movement = judge_movement([(40.0, (36.0, 44.0)), (70.0, (66.0, 74.0))])
    assert movement.change is not None
    assert movement.change.is_real


def test_a_change_from_a_provisional_strength_is_not_judged():
    assert judge_movement([(40.0, None), (70.0, (66.0, 74.0))]).change is None


def test_one_wave_has_no_change():
    assert judge_movement([None, (40.0, (30.0, 50.0))]).change is None


def test_few_values_are_all_drawn():
    assert drawn_values([3.0, 1.0, 2.0]) == [1.0, 2.0, 3.0]


def test_many_values_are_drawn_as_quantiles():
    drawn = drawn_values([float(number) for number in range(1000)], most=5)
    assert drawn == [0.0, 250.0, 500.0, 749.0, 999.0]


@given(st.lists(st.floats(0, 100), max_size=12))
def test_dots_that_fit_do_not_touch(places):
    drawn = swarm(sorted(places), size=1.0, rows=15)
    assert all(
        abs(x - other_x) >= 0.98 or abs(y - other_y) >= 0.98
        for index, (x, y) in enumerate(drawn)
        for other_x, other_y in drawn[index + 1 :]
    )


def test_dots_keep_their_place_on_the_line():
    assert [x for x, _y in swarm([1.0, 1.0, 5.0], size=2.0)] == [1.0, 1.0, 5.0]


def test_a_report_that_waits_minutes_takes_long():
    assert takes_long(NOW - timedelta(minutes=3), now=NOW)
    assert not takes_long(NOW - timedelta(seconds=20), now=NOW)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Juniper & Rowe / Bank", "Juniper-Rowe-Bank-2026-03-11.pdf"),
        ("../../etc/passwd", "etc-passwd-2026-03-11.pdf"),
        ("شركة الخطيب", "شركة-الخطيب-2026-03-11.pdf"),
        ("***", "report-2026-03-11.pdf"),
    ],
)
def test_a_file_is_named_after_the_account(name, expected):
    assert file_name(name, date(2026, 3, 11)) == expected
