"""Who is asked first, and when the others may follow by themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocapp.campaigns.pilot import MOST_PERCENT, PilotResult, asked_first, may_release

BEGAN = datetime(2026, 3, 11, 9, tzinfo=UTC)


def a_result(**values: int) -> PilotResult:
    defaults = {"asked": 20, "sent": 20, "answered": 3, "bounced": 0, "complained": 0, "opted_out": 0}
    return PilotResult(**{**defaults, **values})


def released(result: PilotResult, *, after: int | None = 3, days: float = 3) -> bool:
    return may_release(result, launched_at=BEGAN, after_days=after, now=BEGAN + timedelta(days=days))


@given(st.sets(st.integers(1, 10_000), min_size=1), st.integers(1, MOST_PERCENT))
def test_a_pilot_is_a_share_of_at_least_one_and_always_the_same(people: set[int], percent: int) -> None:
    first = asked_first(people, percent=percent, wave_id=7)
    assert first <= people
    assert len(people) * percent / 100 <= len(first) < len(people) * percent / 100 + 1
    assert first == asked_first(sorted(people, reverse=True), percent=percent, wave_id=7)


@given(st.sets(st.integers(1, 1000)))
def test_without_a_pilot_all_are_asked_at_once(people: set[int]) -> None:
    assert asked_first(people, percent=0, wave_id=7) == people


def test_two_waves_draw_different_lots() -> None:
    people = range(1, 1001)
    one, other = (asked_first(people, percent=10, wave_id=wave) for wave in (1, 2))
    assert one != other


def test_the_others_follow_when_the_time_is_over_and_nothing_went_wrong() -> None:
    assert released(a_result())
    assert not released(a_result(), days=2.9)
    assert not released(a_result(), after=None, days=300)


@pytest.mark.parametrize("wrong", [{"bounced": 2, "sent": 18}, {"complained": 1}, {"sent": 0}])
def test_a_person_looks_when_something_went_wrong(wrong: dict[str, int]) -> None:
    assert not released(a_result(**wrong), days=30)


def test_one_mail_in_twenty_may_come_back() -> None:
    assert released(a_result(sent=19, bounced=1))
