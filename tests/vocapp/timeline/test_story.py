"""Events in order, pages of them, and what waves and scores come to: pure."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocapp.timeline.story import (
    Asked,
    Event,
    EventKind,
    Place,
    ScoreDay,
    WaveRun,
    changed_names,
    page_of,
    place_from,
    score_on,
)

START = datetime(2026, 1, 5, 9, tzinfo=UTC)

places = st.builds(
    Place,
    st.integers(0, 3).map(lambda hours: START + timedelta(hours=hours)),
    st.integers(0, 3),
    st.integers(1, 30),
)


def an_event(place: Place) -> Event:
    return Event(EventKind.ANSWERED, place)


@given(st.sets(places), st.integers(1, 7))
def test_pages_tell_every_event_once_and_newest_first(known: set[Place], size: int) -> None:
    told: list[Place] = []
    before = None
    while True:
        page = page_of([an_event(place) for place in known], before=before, size=size)
        told += [event.place for event in page.events]
        before = page.older
        if before is None:
            break
    assert told == sorted(known, reverse=True)


@given(places)
def test_a_place_survives_the_address(place: Place) -> None:
    assert place_from(str(place)) == place


@pytest.mark.parametrize(
    "text", ["", "1", "1-2", "a-b-c", "-1-2-3", "9" * 60, "٣-1-1", "1-2-3-4", "9" * 30 + "-1-1"]
)
def test_nonsense_is_no_place(text: str) -> None:
    assert place_from(text) is None


def test_the_first_page_is_the_newest() -> None:
    assert page_of([], before=None, size=3).is_newest


def test_an_event_by_day_has_no_time_of_day() -> None:
    event = Event(EventKind.RENEWAL, Place(START, 0, 1))
    assert event.when == date(2026, 1, 5)


def test_a_wave_counts_who_took_part_in_it() -> None:
    asked = [Asked(1, "Ana", "answered", 9), Asked(2, "Ken", "partial", 3), Asked(3, "Mei", "silent")]
    run = WaveRun(1, "Q1", START, None, False, asked)
    assert (run.answered, run.count("silent"), run.nps) == (2, 1, 0.0)


def test_a_wave_without_a_rating_has_no_nps() -> None:
    assert WaveRun(1, "Q1", START, None, False, [Asked(1, "Ana", "silent")]).nps is None


def test_the_score_of_a_day_is_the_last_one_up_to_it() -> None:
    days = [ScoreDay(date(2026, 1, 1), "red", 20), ScoreDay(date(2026, 2, 1), "green", 80)]
    assert score_on(days, date(2026, 1, 20)) == days[0]


def test_before_the_first_score_there_is_none() -> None:
    assert score_on([ScoreDay(date(2026, 1, 1), "red", 20)], date(2025, 1, 1)) is None


def test_an_act_that_noted_no_fields_changed_nothing_we_can_name() -> None:
    assert changed_names({"count": 3}) == ()
