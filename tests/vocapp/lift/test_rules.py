"""Silence and leaving: whose history counts how, and what a lift rests on."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.lift import Group, Verdict
from vocapp.lift.rules import (
    AccountHistory,
    Choice,
    Quarter,
    WaveOfAccount,
    choose,
    known_until,
    quarter_of,
    read_lift,
    spells_of,
)

CLOSE = date(2025, 2, 10)
TODAY = date(2026, 6, 1)
FIRST = Quarter(2025, 1)


def history(*, silent: bool = False, gone: int | None = None, known: date | None = TODAY, **values):
    """An account asked in one wave, gone so many days after its close or not."""
    wave = WaveOfAccount(CLOSE, 3, 0 if silent else 2)
    ended = [] if gone is None else [(CLOSE + timedelta(days=gone), "churned")]
    return AccountHistory(**{"stratum": "", "waves": [wave], "outcomes": ended, "known_to": known, **values})


def read(histories, months: int = 12):
    return read_lift(histories, Choice(FIRST, months, [FIRST]))


def test_silent_accounts_that_leave_three_times_as_often_show_a_lift():
    silent = [history(silent=True, gone=100) for _ in range(30)] + [history(silent=True) for _ in range(20)]
    others = [history(gone=100) for _ in range(12)] + [history() for _ in range(48)]
    found = read(silent + others)
    assert (found.lift.exposed, found.lift.others) == (Group(30, 50), Group(12, 60))
    assert found.lift.ratio == pytest.approx(3.0)
    assert found.lift.verdict is Verdict.LIFT


def test_leaving_before_the_close_is_nobodys_silence_and_later_than_the_span_is_staying():
    found = read([history(silent=True, gone=-3), history(silent=True, gone=400)])
    assert found.landmark.gone_before == 1
    assert found.lift.exposed == Group(0, 1)


def test_what_nobody_knows_is_not_taken_for_renewed():
    found = read([history(silent=True, known=CLOSE + timedelta(days=30)), history(known=None)])
    assert found.landmark.unknown == 2
    assert (found.lift.exposed.n, found.lift.others.n) == (0, 0)


def test_a_wave_that_reached_nobody_makes_nobody_silent():
    found = read([history(waves=[WaveOfAccount(CLOSE, 0, 0)])])
    assert found.landmark.not_asked == 1


def test_the_first_wave_of_the_quarter_is_the_one_that_counts():
    waves = [WaveOfAccount(CLOSE + timedelta(days=20), 1, 1), WaveOfAccount(CLOSE, 1, 0)]
    assert read([history(waves=waves, gone=30)]).lift.exposed == Group(1, 1)


def test_tiers_are_compared_with_themselves():
    risky = [history(silent=True, gone=9, stratum="T3")] * 18 + [history(silent=True, stratum="T3")] * 42
    risky += [history(gone=9, stratum="T3")] * 3 + [history(stratum="T3")] * 27
    calm = [history(silent=True, gone=9, stratum="T1")] * 3 + [history(silent=True, stratum="T1")] * 27
    calm += [history(gone=9, stratum="T1")] * 4 + [history(stratum="T1")] * 116
    found = read(risky + calm)
    assert found.lift.ratio == pytest.approx(5.0)
    assert found.stratified.ratio == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("outcomes", "is_customer", "renewal", "known"),
    [
        ([], True, TODAY + timedelta(days=9), TODAY),
        ([], True, TODAY - timedelta(days=9), TODAY - timedelta(days=9)),
        ([(date(2025, 5, 1), "renewed")], True, date(2026, 5, 1), date(2026, 5, 1)),
        ([(date(2026, 5, 1), "renewed")], True, date(2026, 5, 1), TODAY),
        ([(date(2025, 5, 1), "churned")], False, None, date(2025, 5, 1)),
        ([(date(2025, 5, 1), "renewed")], True, None, TODAY),
        ([], True, None, None),
        ([], False, None, None),
        ([], False, date(2026, 5, 1), None),
    ],
)
def test_a_renewal_that_passed_without_a_word_ends_what_is_known(outcomes, is_customer, renewal, known):
    assert known_until(outcomes, is_customer=is_customer, renewal_date=renewal, today=TODAY) == known


def test_whoever_left_and_came_back_later_has_left_all_the_same():
    back = [(CLOSE + timedelta(days=60), "churned"), (CLOSE + timedelta(days=300), "renewed")]
    found = read([history(silent=True, outcomes=back), history(silent=True)])
    assert found.lift.exposed == Group(1, 2)


def test_whoever_had_come_back_before_the_wave_is_a_customer_in_it():
    back = [(CLOSE - timedelta(days=300), "churned"), (CLOSE - timedelta(days=60), "renewed")]
    found = read([history(silent=True, outcomes=back), history(silent=True, gone=-5)])
    assert (found.lift.exposed, found.landmark.gone_before) == (Group(0, 1), 1)


def test_the_newest_quarter_with_a_year_behind_it_is_looked_at():
    old, new = WaveOfAccount(CLOSE, 1, 1), WaveOfAccount(date(2026, 2, 1), 1, 1)
    known = [history(waves=[old, new])]
    choice = choose(known, quarter="", months=None, today=TODAY)
    assert choice == Choice(FIRST, 12, [Quarter(2026, 1), FIRST])
    assert choose(known, quarter="2026-1", months=None, today=TODAY) == Choice(
        Quarter(2026, 1), 3, [Quarter(2026, 1), FIRST]
    )
    early = choose(known, quarter="2026-1", months=12, today=TODAY)
    assert early.ready_on == date(2027, 2, 1)
    assert choose(known, quarter="nonsense", months=5, today=TODAY) == choice


def test_before_its_months_are_over_nothing_is_counted_of_a_quarter():
    known = [history(gone=5), history(silent=True, gone=5), history(silent=True)]
    choice = choose(known, quarter="", months=None, today=CLOSE + timedelta(days=20))
    assert choice.ready_on is not None
    found = read_lift(known, choice)
    assert (found.lift.exposed, found.lift.others) == (Group(0, 0), Group(0, 0))
    assert found.lift.verdict is Verdict.TOO_FEW


def test_without_a_closed_wave_there_is_nothing_to_look_at():
    assert choose([history(waves=[])], quarter="", months=None, today=TODAY) is None


def test_quarters_begin_in_january_april_july_and_october():
    assert [quarter_of(date(2025, month, 1)).number for month in (1, 3, 4, 12)] == [1, 1, 2, 4]


DAYS = st.integers(-400, 900)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.integers(0, 3), st.integers(0, 3), st.none() | DAYS, st.none() | DAYS
        )
    )
)
def test_any_history_at_all_can_be_read(rows):
    histories = [
        AccountHistory(
            stratum,
            [WaveOfAccount(CLOSE, delivered, min(answered, delivered))],
            [] if left is None else [(CLOSE + timedelta(days=left), "churned")],
            None if known is None else CLOSE + timedelta(days=known),
        )
        for stratum, delivered, answered, left, known in rows
    ]
    with np.errstate(all="raise"):
        found = read(histories)
    counted = found.landmark
    left_out = counted.not_asked + counted.gone_before + counted.unknown
    assert counted.exposed.n + counted.others.n + left_out == len(rows)
    for one in found.staying:
        for value, (low, high) in (one.silent, one.others):
            assert 0 <= low <= value <= high <= 1
    assert all(spell.stop > spell.start for one in histories for spell in spells_of(one))
