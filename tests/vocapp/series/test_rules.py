"""When the runs of a campaign begin."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocapp.series.rules import (
    ASKING_DAYS,
    LEAST_DAYS,
    MONTHS,
    Cadence,
    CampaignOrder,
    Plan,
    Unconfirmed,
    due_turn,
    launch_day,
    next_turn,
    reminder_day,
    renewals_asked,
    what_is_wrong,
)

FIRST = date(2026, 1, 31)
DATES = st.dates(date(2020, 1, 1), date(2040, 12, 31))
REPEATING = st.sampled_from([*MONTHS, Cadence.RENEWAL])


def test_a_quarter_later_is_the_same_day_or_the_last_of_a_shorter_month() -> None:
    plan = Plan(Cadence.QUARTERLY, FIRST)
    launches = [launch_day(plan, number) for number in range(4)]
    assert launches == [FIRST, date(2026, 4, 30), date(2026, 7, 31), date(2026, 10, 31)]


def test_a_leap_day_is_the_28th_in_other_years() -> None:
    plan = Plan(Cadence.YEARLY, date(2028, 2, 29))
    assert [launch_day(plan, number) for number in (1, 4)] == [date(2029, 2, 28), date(2032, 2, 29)]


def test_renewals_are_asked_about_on_mondays() -> None:
    plan = Plan(Cadence.RENEWAL, date(2026, 3, 11))
    assert [launch_day(plan, number) for number in (0, 1)] == [date(2026, 3, 16), date(2026, 3, 23)]


def test_a_run_opens_two_weeks_before_its_rosters_are_due() -> None:
    plan = Plan(Cadence.QUARTERLY, date(2026, 6, 1), confirm_days=4)
    opens = date(2026, 5, 28) - timedelta(days=ASKING_DAYS)
    assert due_turn(plan, today=opens - timedelta(days=1), last_on=None) is None
    turn = due_turn(plan, today=opens, last_on=None)
    assert turn is not None
    assert (turn.launch_on, turn.confirm_by) == (date(2026, 6, 1), date(2026, 5, 28))


def test_of_several_missed_runs_only_the_newest_is_made_up_for() -> None:
    plan = Plan(Cadence.QUARTERLY, date(2025, 1, 1))
    turn = due_turn(plan, today=date(2026, 3, 1), last_on=date(2025, 1, 1))
    assert turn is not None
    assert turn.launch_on == date(2026, 1, 1)


def test_a_run_that_opens_too_late_leaves_csms_some_days() -> None:
    plan = Plan(Cadence.ONCE, date(2026, 6, 1), confirm_days=4)
    turn = due_turn(plan, today=date(2026, 6, 20), last_on=None)
    assert turn is not None
    assert turn.confirm_by == date(2026, 6, 20) + timedelta(days=LEAST_DAYS)
    assert turn.launch_on == turn.confirm_by + timedelta(days=4)
    assert turn.period == "2026-06-01"


@given(REPEATING, DATES, st.one_of(st.none(), st.integers(1, 60)), st.lists(DATES, max_size=30))
def test_whatever_the_clock_does_runs_begin_in_order_and_once(
    cadence: Cadence, first_on: date, confirm_days: int | None, clock: list[date]
) -> None:
    plan, opened = Plan(cadence, first_on, confirm_days), []
    last_on = None
    for today in clock:
        turn = due_turn(plan, today=today, last_on=last_on)
        if turn is not None:
            assert last_on is None or turn.launch_on > last_on
            opened.append(turn.period)
            last_on = turn.launch_on
            assert due_turn(plan, today=today, last_on=last_on) is None
    assert len(opened) == len(set(opened))


@given(REPEATING, DATES, st.integers(0, 400))
def test_day_by_day_no_run_is_skipped(cadence: Cadence, first_on: date, length: int) -> None:
    plan, opened, last_on = Plan(cadence, first_on), [], None
    for number in range(length):
        turn = due_turn(plan, today=first_on + timedelta(days=number), last_on=last_on)
        if turn is not None:
            last_on = turn.launch_on
            opened.append(turn.launch_on)
    until = first_on + timedelta(days=length)
    planned = [day for number in range(length + 1) if (day := launch_day(plan, number)) and day < until]
    assert opened == planned


@given(REPEATING, DATES, DATES)
def test_the_next_run_is_the_one_that_opens_next(cadence: Cadence, first_on: date, today: date) -> None:
    plan = Plan(cadence, first_on)
    coming = next_turn(plan, today=today, last_on=None)
    assert coming is not None
    assert coming.launch_on >= max(today, first_on)
    assert (coming.launch_on - max(today, first_on)).days <= 366


def test_what_happens_once_has_no_next_run_afterwards() -> None:
    plan = Plan(Cadence.ONCE, FIRST)
    assert next_turn(plan, today=FIRST, last_on=FIRST) is None
    assert due_turn(plan, today=FIRST + timedelta(days=400), last_on=FIRST) is None


def test_every_renewal_date_belongs_to_the_week_that_is_so_many_days_before() -> None:
    first, last = renewals_asked(date(2026, 3, 16), days_before=60)
    assert last == date(2026, 5, 21)
    assert renewals_asked(date(2026, 3, 23), days_before=60)[1] == last + timedelta(days=7)
    assert first < last - timedelta(days=6)


def test_nobody_is_asked_about_a_renewal_that_is_over() -> None:
    first, _last = renewals_asked(date(2026, 3, 16), days_before=5)
    assert first == date(2026, 3, 17)


def test_csms_are_reminded_two_working_days_before() -> None:
    assert reminder_day(date(2026, 3, 13)) == date(2026, 3, 11)
    assert reminder_day(date(2026, 3, 16)) == date(2026, 3, 12)


def wrong(**changes: object) -> str:
    values = {
        "name": "Spring",
        "survey_key": "nps",
        "cadence": Cadence.ONCE,
        "launch_on": date(2026, 6, 1),
        "confirm_by": date(2026, 5, 28),
    }
    order = CampaignOrder(**{**values, **changes})
    return what_is_wrong(order, today=date(2026, 5, 1), most_pilot_percent=50, most_pilot_days=30)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, ""),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "at most 100"),
        ({"launch_on": date(2026, 4, 30)}, "past"),
        ({"confirm_by": date(2026, 6, 1)}, "before the launch"),
        ({"confirm_by": date(2026, 4, 30)}, "not before today"),
        ({"launch_on": date(2026, 9, 1)}, "at most 60 days"),
        ({"confirm_by": None, "unconfirmed": Unconfirmed.LEAVE_OUT}, "until when"),
        ({"renewal_days": 0}, "before the renewal"),
        ({"length_days": 91}, "1 to 90"),
        ({"pilot_percent": 51}, "at most 50 percent"),
        ({"pilot_percent": 10, "pilot_days": 0}, "1 to 30"),
        ({"pilot_percent": 10, "pilot_days": 21}, "over already"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(changes: dict[str, object], sentence: str) -> None:
    said = wrong(**changes)
    assert sentence in said
    assert bool(said) == bool(changes)
