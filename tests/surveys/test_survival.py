"""Unequal follow-up: curves, paces, and silence that comes and goes."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.cox import CoxFit, Spell, fit_cox, fit_spells, silent_spells
from surveys.survival import SurvivalCurve, kaplan_meier, log_rank

# Remission in weeks of two groups of 21 children (Freireich 1963), in every textbook of survival.
TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
TREATED_LEFT = [True] * 9 + [False] * 12
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

watched = st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=25)


def children() -> tuple[Any, Any, Any]:
    time = np.array([*TREATED, *PLACEBO], dtype=float)
    left = np.array([*TREATED_LEFT, *[True] * 21])
    return time, left, np.array([1.0] * 21 + [0.0] * 21)


def share_at(curve: SurvivalCurve, time: float) -> float:
    found = curve.at(time)
    assert found is not None
    return found[0]


def test_the_curve_matches_the_textbook() -> None:
    curve = kaplan_meier(TREATED, TREATED_LEFT)

    assert [share_at(curve, time) for time in (6, 7, 10, 13, 16, 22, 23)] == pytest.approx(
        [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4
    )
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.median == 23
    assert kaplan_meier(PLACEBO, [True] * 21).median == 8


def test_before_anybody_left_everybody_is_there_within_an_open_interval() -> None:
    found = kaplan_meier([5, 6, 7], [False, False, False]).at(4)

    assert found is not None
    assert found[0] == 1
    assert found[1][0] < 0.7


def test_nobody_watched_is_no_curve() -> None:
    curve = kaplan_meier([], [])

    assert (curve.at(3), curve.median) == (None, None)


@given(watched)
@settings(max_examples=100, deadline=None)
def test_a_curve_falls_and_lies_in_an_interval_that_stays_open(accounts: list[tuple[int, bool]]) -> None:
    curve = kaplan_meier([time for time, _ in accounts], [left for _, left in accounts])

    assert (np.diff(np.append(1.0, curve.share)) < 0).all()
    assert (curve.low <= curve.share + 1e-9).all()
    assert (curve.share <= curve.high + 1e-9).all()
    assert (curve.high - curve.low > 0.05).all()


@given(st.lists(st.integers(0, 12), min_size=1, max_size=25))
@settings(max_examples=60, deadline=None)
def test_where_all_leave_the_curve_is_the_share_not_yet_gone(times: list[int]) -> None:
    curve = kaplan_meier([float(time) for time in times], [True] * len(times))

    for time in range(13):
        assert share_at(curve, time) == pytest.approx(np.mean(np.array(times) > time), abs=1e-12)


def test_time_that_runs_backwards_is_refused() -> None:
    for times, left in (([-1.0], [True]), ([math.inf], [True]), ([1.0], [])):
        with pytest.raises(ValueError, match="zero or more"):
            kaplan_meier(times, left)


def test_two_paces_are_told_apart_as_in_the_textbook() -> None:
    time, left, group = children()

    found = log_rank(time, left, group.astype(int))

    assert found is not None
    assert found.chi_square == pytest.approx(16.79, abs=5e-3)
    assert found.observed == (21, 9)
    assert found.expected == pytest.approx((10.75, 19.25), abs=5e-3)


@pytest.mark.parametrize(
    ("times", "left", "groups"),
    [([], [], []), ([1, 2], [True, True], [0, 0]), ([1, 2], [False, False], [0, 1])],
)
def test_without_two_groups_or_anybody_gone_there_is_no_test(
    times: list[float], left: list[bool], groups: list[int]
) -> None:
    assert log_rank(times, left, groups) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.integers(0, 3)), max_size=30))
@settings(max_examples=80, deadline=None)
def test_departures_seen_and_expected_are_as_many(accounts: list[tuple[int, bool, int]]) -> None:
    found = log_rank(*([account[part] for account in accounts] for part in range(3)))

    if found is not None:
        assert sum(found.observed) == pytest.approx(sum(found.expected))
        assert 0 <= found.p_value <= 1


def hazard_of(fit: CoxFit) -> tuple[float, float]:
    assert fit.reason == ""
    return fit.hazards[0].coefficient, fit.hazards[0].standard_error


def test_the_ratio_of_hazards_matches_the_textbook() -> None:
    time, left, group = children()

    fit = fit_cox(np.zeros(42), time, left, group[:, None])

    assert hazard_of(fit) == pytest.approx((-1.5721, 0.4124), abs=5e-4)
    assert fit.events == 30


def test_cutting_time_into_spells_changes_nothing() -> None:
    time, left, group = children()
    half = time / 2
    whole = fit_cox(np.zeros(42), time, left, group[:, None])

    cut = fit_cox(
        np.concatenate([np.zeros(42), half]),
        np.concatenate([half, time]),
        np.concatenate([np.zeros(42, bool), left]),
        np.concatenate([group, group])[:, None],
    )

    assert hazard_of(cut) == pytest.approx(hazard_of(whole), abs=1e-8)


def test_a_covariate_in_other_units_has_the_same_ratio_per_unit() -> None:
    time, left, group = children()
    size = np.random.default_rng(3).normal(5, 2, 42)
    one = fit_cox(np.zeros(42), time, left, np.column_stack([group, size]))
    thousand = fit_cox(np.zeros(42), time, left, np.column_stack([group, size * 1000]))

    assert thousand.hazards[1].coefficient * 1000 == pytest.approx(one.hazards[1].coefficient, rel=1e-6)
    assert hazard_of(one) == pytest.approx(hazard_of(thousand), rel=1e-6)


def test_the_score_at_no_effect_is_the_log_rank_test() -> None:
    random = np.random.default_rng(6)
    time, group = random.exponential(1, 60), np.repeat([0.0, 1.0], 30)
    left = random.random(60) < 0.7
    ranked = log_rank(time, left, group.astype(int))

    fit = fit_cox(np.zeros(60), time, left, group[:, None])

    assert ranked is not None
    # Without ties and near no effect, Wald and score tests agree.
    assert fit.hazards[0].p_value == pytest.approx(ranked.p_value, abs=0.03)


def test_where_one_side_never_leaves_no_ratio_is_given() -> None:
    time = np.arange(1.0, 21)
    silent = np.repeat([1.0, 0.0], 10)

    fit = fit_cox(np.zeros(20), time, silent == 1, silent[:, None])

    assert fit.hazards == ()
    assert "never leaves" in fit.reason


@pytest.mark.parametrize(
    ("left", "silent", "reason"),
    [([False] * 4, [0, 1, 0, 1], "no account has left"), ([True] * 4, [1, 1, 1, 1], "alike")],
)
def test_data_that_cannot_tell_say_why(left: list[bool], silent: list[float], reason: str) -> None:
    fit = fit_cox(np.zeros(4), np.arange(1.0, 5), np.array(left), np.array(silent, float)[:, None])

    assert fit.hazards == ()
    assert reason in fit.reason


def test_covariates_that_say_the_same_or_never_meet_cannot_be_told_apart() -> None:
    time, left, group = children()
    twins = fit_cox(np.zeros(42), time, left, np.column_stack([group, 2 * group]))
    apart = fit_spells(
        [Spell(0, 1, is_silent=True, has_left=True), Spell(1, 2, is_silent=False, has_left=True)]
    )

    assert ["alike" in fit.reason for fit in (twins, apart)] == [True, True]


def test_nobody_is_no_fit_and_a_spell_that_stands_still_is_refused() -> None:
    assert fit_spells([]).reason == "no account has left"
    with pytest.raises(ValueError, match="runs forward"):
        fit_spells([Spell(2, 2, is_silent=True, has_left=True)])


def test_silence_counts_from_the_close_of_its_wave_until_the_next() -> None:
    spells = silent_spells(0, 40, [(10, True), (25, False), (50, True)], has_left=True)

    assert spells == [
        Spell(10, 25, is_silent=True, has_left=False),
        Spell(25, 40, is_silent=False, has_left=True),
    ]


def test_an_account_watched_later_keeps_the_last_wave_before() -> None:
    assert silent_spells(20, 30, [(5, False), (10, True)], has_left=False) == [
        Spell(20, 30, is_silent=True, has_left=False)
    ]
    assert silent_spells(0, 30, [], has_left=True) == []


def test_a_known_effect_of_silence_that_comes_and_goes_is_found_again() -> None:
    random = np.random.default_rng(8)
    spells: list[Spell] = []
    for _ in range(3000):
        waves = [(float(close), bool(random.random() < 0.5)) for close in (0, 3, 6, 9)]
        gone: float | None = None
        for (close, is_silent), end in zip(waves, (3, 6, 9, 12), strict=True):
            wait = random.exponential(1 / (0.04 * (3.0 if is_silent else 1.0)))
            if close + wait < end:
                gone = close + wait
                break
        spells += silent_spells(0, 12.0 if gone is None else gone, waves, has_left=gone is not None)

    fit = fit_spells(spells)

    assert fit.hazards[0].ratio == pytest.approx(3.0, rel=0.12)
    assert fit.hazards[0].ci[0] < 3.0 < fit.hazards[0].ci[1]


@pytest.mark.parametrize(
    "leavers",
    [
        [(1, True)],
        [(1, True), (2, False), (3, False)],
    ],
)
def test_a_handful_of_accounts_never_gives_a_ratio_without_end(leavers: list[tuple[int, bool]]) -> None:
    stay = [Spell(0, stop, is_silent=False, has_left=False) for stop in (1, 1, 1, 1, 2, 2, 2)]
    gone = [Spell(0, stop, is_silent=silent, has_left=True) for stop, silent in leavers]
    lone = Spell(0, 1, is_silent=True, has_left=False)

    for fit in (fit_spells([*stay, *gone]), fit_spells([*stay, Spell(0, 1, False, True), lone])):
        assert "never leaves" in fit.reason


@given(st.lists(st.tuples(st.integers(1, 8), st.booleans(), st.booleans()), max_size=20))
@settings(max_examples=300, deadline=None)
def test_any_accounts_give_a_ratio_in_its_interval_or_a_reason(
    accounts: list[tuple[int, bool, bool]],
) -> None:
    fit = fit_spells([Spell(0, stop, is_silent=silent, has_left=left) for stop, silent, left in accounts])

    assert bool(fit.hazards) != bool(fit.reason)
    for hazard in fit.hazards:
        assert hazard.ci[0] < hazard.ratio < hazard.ci[1]


def test_the_fit_is_the_most_likely_one_with_ties_and_late_entries() -> None:
    random = np.random.default_rng(0)
    for _ in range(10):
        start = random.integers(0, 4, 40).astype(float)
        stop = start + random.integers(1, 6, 40)
        left, z = random.random(40) < 0.6, random.normal(size=(40, 2))

        fit = fit_cox(start, stop, left, z)

        beta = np.array([hazard.coefficient for hazard in fit.hazards])
        best = efron(beta, start, stop, left, z)
        assert fit.log_likelihood is not None
        for move in ([0.02, 0], [-0.02, 0], [0, 0.02], [0, -0.02]):
            assert efron(beta + np.array(move), start, stop, left, z) < best


def efron(beta: Any, start: Any, stop: Any, left: Any, z: Any) -> float:
    total = 0.0
    for time in np.unique(stop[left]):
        at_risk, gone = (start < time) & (stop >= time), left & (stop == time)
        weight, tied = np.exp(z @ beta), int(gone.sum())
        total += float((z[gone] @ beta).sum())
        total -= sum(
            math.log(weight[at_risk].sum() - place / tied * weight[gone].sum()) for place in range(tied)
        )
    return total
