"""What should be done next, and in which order."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from vocapp.portfolio.rules import (
    MOST_ACTIONS,
    Action,
    ActionKind,
    choose_actions,
    day_ahead,
    drawn_series,
    needs_wave,
    thinned,
    urgency,
)

TODAY = date(2026, 3, 11)
CALL = Action(
    ActionKind.CALL_DETRACTOR, account_id=1, account="Yarrow", person="Ken", rating=4, days_to_renewal=200
)
SILENT = Action(ActionKind.REACH_SILENT, account_id=2, account="Umbra", person="Ana", silent_waves=2)
SEAT = Action(ActionKind.FILL_SEAT, account_id=3, account="Kitano", persona="Admin", missing=1)


def several(action: Action, count: int) -> list[Action]:
    """The same action at so many accounts."""
    return [
        replace(action, account_id=100 + number, account=f"Account {number:02}") for number in range(count)
    ]


def test_a_decision_maker_comes_before_others() -> None:
    assert urgency(replace(SILENT, is_decision_maker=True)) > urgency(CALL)


def test_a_near_renewal_presses_and_one_that_has_passed_does_not() -> None:
    assert urgency(replace(CALL, days_to_renewal=41)) > urgency(CALL)
    assert urgency(replace(CALL, days_to_renewal=-5)) == urgency(CALL)


def test_a_lower_rating_presses_more() -> None:
    assert urgency(replace(CALL, rating=0)) > urgency(CALL)


def test_a_longer_silence_presses_more_up_to_a_point() -> None:
    assert urgency(replace(SILENT, silent_waves=5)) > urgency(SILENT)
    assert urgency(replace(SILENT, silent_waves=50)) == urgency(replace(SILENT, silent_waves=5))


def test_a_higher_tier_presses_more() -> None:
    ranks = [urgency(replace(SEAT, tier_rank=rank)) for rank in (1, 2, 3)]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) == 3


def test_at_most_seven_actions_are_chosen() -> None:
    found = choose_actions(several(CALL, 20) + several(SEAT, 20))
    assert len(found) == MOST_ACTIONS


def test_one_account_gets_at_most_two() -> None:
    calls = [replace(CALL, contact_id=number, person=f"Ken {number}") for number in range(5)]
    assert len(choose_actions(calls)) == 2


def test_a_kind_leaves_room_for_other_kinds() -> None:
    found = choose_actions([*several(CALL, 9), *several(SEAT, 2), SILENT])
    kinds = [action.kind for action in found]
    assert kinds.count(ActionKind.FILL_SEAT) == 2
    assert ActionKind.REACH_SILENT in kinds


def test_a_kind_fills_the_list_when_there_is_nothing_else() -> None:
    assert len(choose_actions(several(CALL, 9))) == MOST_ACTIONS


def test_no_kind_takes_the_whole_morning() -> None:
    press = {"is_decision_maker": True, "days_to_renewal": 10}
    others = [replace(SEAT, kind=kind, account_id=200 + place) for place, kind in enumerate(ActionKind)]
    found = choose_actions(several(replace(CALL, **press), 9) + several(replace(SILENT, **press), 9) + others)
    assert len({action.kind for action in found}) >= 3
    assert max(Counter(action.kind for action in found).values()) <= 3


def test_ways_to_fill_seats_count_as_one_kind() -> None:
    confirm = replace(SEAT, kind=ActionKind.CONFIRM_PERSON, is_decision_maker=True)
    first = replace(SEAT, kind=ActionKind.FIND_FIRST)
    calls = several(CALL, 4)
    found = choose_actions([*several(confirm, 4), *several(first, 4), *calls])
    assert sum(action in calls for action in found) == 4


def test_the_most_pressing_action_stands_first() -> None:
    urgent = replace(CALL, account_id=9, is_decision_maker=True, days_to_renewal=10)
    assert choose_actions([SEAT, SILENT, urgent, CALL])[0] == urgent


def test_the_order_does_not_depend_on_the_order_of_the_candidates() -> None:
    candidates = [*several(CALL, 5), *several(SILENT, 5), *several(SEAT, 5)]
    assert choose_actions(candidates) == choose_actions(list(reversed(candidates)))


def test_nothing_to_do_is_an_empty_list() -> None:
    assert choose_actions([]) == []


def test_a_day_counts_talks_and_gaps_and_names_the_first_wave_to_close() -> None:
    closing = [TODAY + timedelta(days=9), TODAY + timedelta(days=2)]
    ahead = day_ahead([CALL, SILENT, SEAT], suggestions=4, closing=closing, today=TODAY)
    assert (ahead.talks, ahead.gaps, ahead.suggestions) == (2, 1, 4)
    assert (ahead.open_waves, ahead.days_to_close) == (2, 2)


def test_a_day_without_waves_has_no_closing_day() -> None:
    assert day_ahead([], suggestions=0, closing=[], today=TODAY).closes_on is None


@pytest.mark.parametrize(("days", "expected"), [(76, False), (77, True), (400, True)])
def test_a_wave_is_due_eleven_weeks_after_the_last(days: int, expected: bool) -> None:
    assert needs_wave(TODAY - timedelta(days=days), today=TODAY, has_people=True) is expected


def test_a_first_wave_is_due_once_people_are_known() -> None:
    assert needs_wave(None, today=TODAY, has_people=True)
    assert not needs_wave(None, today=TODAY, has_people=False)


def test_a_series_holds_the_value_in_force_on_each_day() -> None:
    scores = [(TODAY - timedelta(days=400), 40.0), (TODAY - timedelta(days=100), 60.0)]
    drawn = drawn_series(scores, today=TODAY, points=5, span=timedelta(days=400))
    assert drawn == [40.0, 40.0, 40.0, 60.0, 60.0]


def test_a_series_begins_with_nothing_before_the_first_score() -> None:
    drawn = drawn_series([(TODAY, 55.0)], today=TODAY, points=3, span=timedelta(days=100))
    assert drawn == [None, None, 55.0]


def test_a_series_shows_where_nothing_was_measured() -> None:
    scores = [(TODAY - timedelta(days=90), 50.0), (TODAY - timedelta(days=40), None)]
    assert drawn_series(scores, today=TODAY, points=3, span=timedelta(days=100)) == [None, 50.0, None]


def test_few_values_are_all_drawn() -> None:
    assert thinned([1.0, 2.0], most=3) == [1.0, 2.0]


def test_of_many_values_both_ends_are_drawn() -> None:
    drawn = thinned([float(value) for value in range(1000)], most=10)
    assert (len(drawn), drawn[0], drawn[-1]) == (10, 0.0, 999.0)
