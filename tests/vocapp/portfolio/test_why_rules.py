"""What changed and what people say, as pure judgements; what was split adds up."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.parameters import DEFAULT_METHOD
from surveys.strength import combine_rows
from surveys.trend import Direction
from vocapp.method.rules import AS_DELIVERED, Method
from vocapp.portfolio.why_rules import (
    RatedPerson,
    ScoredDay,
    change_between,
    sentiment_of,
    silence_of,
    trend_of,
)

MONDAY = date(2026, 3, 9)
SHARES = st.floats(0.0, 1.0)
STEEPER = replace(DEFAULT_METHOD, engagement_weight=0.9, floor=20.0)
METHODS = {1: AS_DELIVERED, 2: Method(2, STEEPER, MONDAY + timedelta(3))}


def day(number: int, f: float | None = 0.6, e: float | None = 0.5, s: float | None = 0.9, version: int = 1):
    """A score as it would be stored so many days after the first."""
    row = ScoredDay(MONDAY + timedelta(days=number), None, f, e, s, "amber", version)
    strength = float(combine_rows(row.components.as_row(), METHODS[version].parameters.strength())[0])
    return row._replace(strength=None if strength != strength else strength)


def changed(days, since=None, until=None):
    return change_between(days, since, until, METHODS)


def test_the_newest_score_is_compared_with_the_one_before():
    found = changed([day(0, e=0.1), day(5, e=0.8, s=0.75), day(9)])
    assert (found.earlier.as_of, found.later.as_of) == (MONDAY + timedelta(5), MONDAY + timedelta(9))
    assert found.difference == pytest.approx(63.00 - 71.98, abs=0.01)
    assert (found.points.engagement, found.points.sentiment) == (
        pytest.approx(-12.67, abs=0.01),
        pytest.approx(3.69, abs=0.01),
    )


def test_between_two_days_the_scores_in_force_are_compared_whichever_way_round():
    days = [day(0, e=0.1), day(5, e=0.8), day(9)]
    found = changed(days, since=MONDAY + timedelta(7), until=MONDAY + timedelta(2))
    assert (found.earlier, found.later) == (days[0], days[1])


def test_a_day_before_the_first_score_means_the_first():
    days = [day(0), day(5, e=0.8)]
    assert changed(days, since=MONDAY - timedelta(400)).earlier == days[0]


def test_scores_of_two_definitions_do_not_compare():
    found = changed([day(0), day(5, e=0.8, version=2)])
    assert (found.redefined_on, found.difference, found.points) == (MONDAY + timedelta(3), None, None)


def test_when_other_parts_were_measured_the_change_is_not_split():
    found = changed([day(0, s=None), day(5)])
    assert found.points is None
    assert found.difference is not None


def test_one_score_has_changed_from_nothing():
    assert changed([]) is None
    assert changed([day(0)]) is None


@given(st.lists(st.tuples(SHARES, SHARES, SHARES), min_size=2, max_size=6), st.sampled_from([1, 2]))
def test_the_parts_of_any_change_add_up_to_it_by_the_definition_of_its_days(rows, version):
    found = changed([day(number, *row, version) for number, row in enumerate(rows)], since=MONDAY)
    assert found.points.total == pytest.approx(found.difference, abs=1e-9)


def test_the_same_answers_are_summed_up_in_several_ways_and_for_the_whole_list():
    people = [RatedPerson(10, 3.0, True), RatedPerson(3, 1.0, False), RatedPerson(7, 1.0, False)]
    found = sentiment_of(people, list_size=6)
    assert found.ways.all_responses.value == 0
    assert found.ways.persona_weighted.value == pytest.approx(0.4)
    assert (found.whole_list.answered, found.whole_list.list_size) == (3, 6)
    assert found.whole_list.bounds == (-0.5, 0.5)


def test_without_answers_nothing_is_said():
    assert sentiment_of([], list_size=4) == sentiment_of([], list_size=0)
    assert sentiment_of([], list_size=4).ways is None


def test_a_list_that_has_shrunk_since_still_holds_whoever_answered():
    people = [RatedPerson(10, 1.0, False), RatedPerson(9, 1.0, False)]
    assert sentiment_of(people, list_size=1).whole_list.list_size == 2


def test_waves_of_an_older_definition_are_no_part_of_the_trend():
    rising = [(42.0, 2), (45.0, 2), (44.0, 2), (51.0, 2), (55.0, 2), (58.0, 2)]
    assert trend_of([(99.0, 1), *rising]).direction is Direction.RISING
    assert trend_of(rising[:4]).direction is Direction.TOO_FEW_WAVES
    assert trend_of([]).direction is Direction.TOO_FEW_WAVES


def test_silence_is_judged_where_everybody_is_silent():
    assert silence_of(asked=5, answered=1, response_rate=0.8) is None
    assert silence_of(asked=0, answered=0, response_rate=0.8) is None
    assert silence_of(asked=5, answered=0, response_rate=0.8).is_telling
    assert not silence_of(asked=5, answered=0, response_rate=0.3).is_telling
