"""When a scheduled report is due."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocapp.sharing.rules import CATCH_UP, Rhythm, Timing, due_on

LONG_AGO = date(2020, 1, 1)


@pytest.mark.parametrize(
    ("day", "today", "expected"),
    [
        (1, date(2026, 3, 1), date(2026, 3, 1)),
        (1, date(2026, 3, 5), date(2026, 3, 1)),
        (31, date(2026, 2, 28), date(2026, 2, 28)),
        (30, date(2028, 2, 29), date(2028, 2, 29)),
        (31, date(2026, 3, 3), date(2026, 2, 28)),
        (10, date(2026, 3, 9), None),
        (1, date(2026, 3, 20), None),
    ],
)
def test_a_month_without_such_a_day_takes_its_last_one_and_a_missed_one_is_made_up(day, today, expected):
    assert due_on(Timing(Rhythm.MONTHLY, day, LONG_AGO), today=today) == expected


def test_nothing_before_the_schedule_was_made_is_made_up():
    assert due_on(Timing(Rhythm.MONTHLY, 1, date(2026, 3, 2)), today=date(2026, 3, 3)) is None


def test_before_a_renewal_before_a_review_and_after_a_wave():
    renewal = date(2026, 6, 30)
    before = Timing(Rhythm.BEFORE_RENEWAL, 30, LONG_AGO)
    assert due_on(before, today=date(2026, 5, 31), renewal=renewal) == date(2026, 5, 31)
    assert due_on(before, today=date(2026, 5, 30), renewal=renewal) is None
    assert due_on(before, today=date(2026, 5, 31)) is None
    talk = Timing(Rhythm.BEFORE_REVIEW, 7, LONG_AGO)
    assert due_on(talk, today=date(2026, 6, 23), review=renewal, renewal=date(2026, 7, 1)) == date(
        2026, 6, 23
    )
    assert due_on(talk, today=date(2026, 6, 23), renewal=renewal) is None
    after = Timing(Rhythm.AFTER_WAVE, 1, LONG_AGO)
    assert due_on(after, today=date(2026, 5, 31), closed_on=date(2026, 5, 30)) == date(2026, 5, 30)
    assert due_on(after, today=date(2026, 5, 31)) is None


@given(st.integers(1, 31), st.dates(date(2024, 1, 1), date(2032, 1, 1)))
def test_every_month_comes_due_exactly_once_whatever_the_day(day, start):
    timing = Timing(Rhythm.MONTHLY, day, LONG_AGO)
    found = {due_on(timing, today=start + timedelta(days=step)) for step in range(366)} - {None}
    months = {(one.year, one.month) for one in found}
    assert len(months) == len(found)
    assert len(found) in (12, 13)
    assert all(due <= start + timedelta(days=365) and due >= start - CATCH_UP for due in found)
