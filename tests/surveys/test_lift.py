"""Churn of silent accounts against others: ratios, limits, strata, landmarks."""

import math
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.lift import (
    Group,
    Lift,
    Verdict,
    churn_lift,
    e_value,
    katz_limits,
    koopman_limits,
    odds_ratio,
    risk_ratio,
    walter_limits,
)
from surveys.lift_strata import AccountOutcome, landmarked, mantel_haenszel
from surveys.share_comparison import fisher_p_value

groups = st.integers(0, 30).flatmap(lambda n: st.builds(Group, st.integers(0, n), st.just(n)))
CLOSED = date(2026, 3, 31)


def koopman(x1: int, n1: int, x2: int, n2: int) -> tuple[float, float]:
    found = koopman_limits(Group(x1, n1), Group(x2, n2))
    assert found is not None
    return found.lower, math.inf if found.upper is None else found.upper


@pytest.mark.parametrize(
    ("cells", "ratio", "limits", "p_value"),
    [
        ((10, 75, 12, 225), 2.5, (1.139, 5.401), 0.037),
        ((30, 50, 12, 60), 3.0, (1.767, 5.277), 2.7e-5),
        ((30, 120, 5, 240), 12.0, (4.95, 29.4), 2.2e-11),
        ((7, 25, 1, 50), 14.0, (2.40, 84.6), 0.0015),
        ((198, 902, 3, 98), 7.2, (2.5, 21.1), None),
    ],
)
def test_limits_match_the_worked_examples(
    cells: tuple[int, int, int, int], ratio: float, limits: tuple[float, float], p_value: float | None
) -> None:
    x1, n1, x2, n2 = cells

    assert risk_ratio(Group(x1, n1), Group(x2, n2)) == pytest.approx(ratio, abs=0.05)
    assert koopman(*cells) == pytest.approx(limits, rel=0.015)
    if p_value is not None:
        assert fisher_p_value((x1, n1), (x2, n2)) == pytest.approx(p_value, rel=0.02)


def test_fourteen_times_matches_the_reference(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("lift14_small")

    found = churn_lift(Group(7, 25), Group(1, 50))

    assert found.ratio == pytest.approx(entry["expected"]["rr"])
    assert koopman(7, 25, 1, 50) == pytest.approx(tuple(entry["expected"]["koopman"]), abs=entry["tol"])
    assert found.p_value == pytest.approx(entry["expected"]["fisher_p"], abs=1e-9)
    assert (found.e_value, found.e_value_limit) == pytest.approx((27.5, 4.24), abs=0.02)
    assert found.verdict is Verdict.LIFT


def test_the_published_katz_limits_are_met(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("katz_scipy")

    found = katz_limits(Group(10, 75), Group(12, 225))

    assert found is not None
    assert (found.lower, found.upper) == pytest.approx(tuple(entry["expected"]["katz"]), abs=entry["tol"])


def test_a_published_pair_of_renewal_rates_gives_its_ratio(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("lift_waypoint")

    assert risk_ratio(Group(22, 100), Group(3, 100)) == pytest.approx(
        entry["expected"]["rr"], abs=entry["tol"]
    )


def test_katz_is_not_offered_for_small_cells() -> None:
    assert katz_limits(Group(7, 25), Group(1, 50)) is None


def test_walters_limits_match_the_worked_example() -> None:
    found = walter_limits(Group(6, 30), Group(0, 60))

    assert found is not None
    assert (found.lower, found.upper) == pytest.approx((1.50, 443), rel=5e-3)
    assert walter_limits(Group(0, 0), Group(1, 2)) is None


def test_no_churn_among_the_others_leaves_a_lower_limit_only() -> None:
    found = churn_lift(Group(6, 30), Group(0, 60))

    assert found.ratio is None
    assert found.limits is not None
    assert (found.limits.lower, found.limits.upper) == (pytest.approx(3.2522, abs=5e-5), None)
    assert "at least 3.2 times" in found.reason
    assert found.p_value == pytest.approx(0.00095, abs=5e-6)


def test_no_churn_among_the_silent_is_a_ratio_of_zero() -> None:
    found = churn_lift(Group(0, 30), Group(6, 60))

    assert (found.ratio, found.e_value) == (0.0, None)
    assert found.limits is not None
    assert found.limits.lower == 0
    assert found.limits.upper is not None
    assert found.limits.upper > 0.5


@pytest.mark.parametrize(
    ("exposed", "others"),
    [
        (Group(0, 0), Group(0, 0)),
        (Group(1, 1), Group(3, 40)),
        (Group(3, 40), Group(0, 1)),
        (Group(0, 9), Group(0, 9)),
    ],
)
def test_too_few_accounts_give_no_number(exposed: Group, others: Group) -> None:
    found = churn_lift(exposed, others)

    assert found.verdict is Verdict.TOO_FEW
    assert (found.ratio, found.limits, found.p_value, found.e_value) == (None, None, None, None)
    assert found.reason


def test_everybody_churned_is_a_ratio_of_one_with_limits() -> None:
    assert koopman(8, 8, 5, 5) == pytest.approx((1 / (1 + 3.8415 / 8), 1 + 3.8415 / 5), abs=1e-4)
    assert churn_lift(Group(8, 8), Group(5, 5)).verdict is Verdict.NOTHING


def test_data_that_show_nothing_say_so() -> None:
    found = churn_lift(Group(3, 30), Group(6, 60))

    assert found.verdict is Verdict.NOTHING
    assert "no difference" in found.reason
    assert found.e_value_limit == 1


def test_odds_are_not_risks() -> None:
    assert odds_ratio(Group(30, 120), Group(5, 240)) == pytest.approx(15.67, abs=5e-3)
    assert odds_ratio(Group(3, 3), Group(1, 3)) is None


def test_more_churn_than_accounts_is_refused() -> None:
    with pytest.raises(ValueError, match="more accounts churn"):
        Group(3, 2)


def known(lift: Lift) -> bool:
    return lift.verdict is not Verdict.TOO_FEW


@given(groups, groups)
@settings(max_examples=150, deadline=None)
def test_limits_hold_the_ratio_and_never_close(exposed: Group, others: Group) -> None:
    found = churn_lift(exposed, others)
    if not known(found):
        return
    assert found.limits is not None
    upper = math.inf if found.limits.upper is None else found.limits.upper
    assert 0 <= found.limits.lower < upper
    assert found.ratio is None or found.limits.lower <= found.ratio * (1 + 1e-9)
    assert found.ratio is None or found.ratio <= upper * (1 + 1e-9)
    assert (found.ratio is None) == (others.churned == 0)


@given(groups.filter(lambda group: group.churned > 0), groups.filter(lambda group: group.churned > 0))
@settings(max_examples=80, deadline=None)
def test_turning_the_groups_round_turns_the_limits_round(exposed: Group, others: Group) -> None:
    low, high = koopman(exposed.churned, exposed.n, others.churned, others.n)
    turned = koopman(others.churned, others.n, exposed.churned, exposed.n)

    assert turned == pytest.approx((1 / high, 1 / low), rel=1e-6)


def test_limits_cover_the_truth_as_often_as_promised() -> None:
    random = np.random.default_rng(11)
    draws = zip(random.binomial(40, 0.3, 600), random.binomial(60, 0.1, 600), strict=True)
    limits = [koopman(int(a), 40, int(b), 60) for a, b in draws if a + b]

    assert np.mean([low <= 3.0 <= high for low, high in limits]) == pytest.approx(0.95, abs=0.03)


def test_strata_take_the_risk_of_a_tier_out_of_the_ratio() -> None:
    strata = {"high": (Group(18, 60), Group(3, 30)), "low": (Group(3, 30), Group(4, 120))}

    found = mantel_haenszel(strata)

    assert found.crude == pytest.approx(5.0)
    assert found.strata == pytest.approx({"high": 3.0, "low": 3.0})
    assert found.ratio == pytest.approx(3.0)
    assert found.limits is not None
    assert found.limits.lower < 3 < (found.limits.upper or 0)
    assert found.e_value == e_value(found.ratio or 0)


def test_one_stratum_is_its_own_ratio_with_the_limits_of_its_logarithm() -> None:
    pair = Group(10, 75), Group(12, 225)
    found, katz = mantel_haenszel({"all": pair}), katz_limits(*pair)

    assert found.ratio == pytest.approx(2.5)
    assert found.limits is not None
    assert katz is not None
    assert found.limits.lower == pytest.approx(katz.lower)


@pytest.mark.parametrize("strata", [{}, {"a": (Group(3, 9), Group(0, 0))}, {"a": (Group(3, 9), Group(0, 9))}])
def test_strata_without_both_kinds_have_no_ratio(strata: dict[str, tuple[Group, Group]]) -> None:
    found = mantel_haenszel(strata)

    assert (found.ratio, found.limits) == (None, None)
    assert found.reason


@given(st.dictionaries(st.sampled_from("abc"), st.tuples(groups, groups)))
@settings(max_examples=100, deadline=None)
def test_a_pooled_ratio_lies_among_those_of_its_strata(strata: dict[str, tuple[Group, Group]]) -> None:
    found = mantel_haenszel(strata)
    if found.ratio is None:
        return
    ratios = [
        math.inf if (ratio := found.strata[name]) is None else ratio
        for name, (a, b) in strata.items()
        if a.n and b.n and a.churned + b.churned
    ]
    assert min(ratios) - 1e-9 <= found.ratio <= max(ratios) + 1e-9
    if found.limits is not None and found.limits.upper is not None:
        assert found.limits.lower < found.ratio < found.limits.upper


def outcome(answered: int, *, churned: int | None = None, known_for: int | None = 400) -> AccountOutcome:
    return AccountOutcome(
        "1",
        delivered=2,
        answered=answered,
        churned_on=None if churned is None else CLOSED + timedelta(churned),
        known_to=None if known_for is None else CLOSED + timedelta(known_for),
    )


def test_churn_counts_after_the_close_among_those_who_were_customers() -> None:
    found = landmarked(
        [
            outcome(0, churned=30),
            outcome(0),
            outcome(1),
            outcome(2, churned=500),
            outcome(0, churned=0),
            outcome(0, known_for=100),
            outcome(0, known_for=None),
            AccountOutcome("1", 0, 0, None, CLOSED + timedelta(400)),
        ],
        CLOSED,
    )

    assert found.strata == {"1": (Group(1, 2), Group(0, 2))}
    assert (found.gone_before, found.unknown, found.not_asked) == (1, 2, 1)


def test_nobody_leaves_empty_groups() -> None:
    found = landmarked([], CLOSED)

    assert (found.exposed, found.others) == (Group(0, 0), Group(0, 0))


def test_counting_from_the_close_takes_out_the_time_in_which_nobody_can_answer() -> None:
    random = np.random.default_rng(4)
    churn = random.exponential(700, 4000)
    answers = np.where(random.random(4000) < 0.6, random.uniform(0, 365, 4000), math.inf)
    answered = answers < churn
    accounts = [
        AccountOutcome("1", 1, int(a), CLOSED + timedelta(int(day) - 365), CLOSED + timedelta(9999))
        for a, day in zip(answered, churn, strict=True)
    ]
    in_one_window = risk_ratio(
        Group(int((~answered & (churn < 365)).sum()), int((~answered).sum())),
        Group(int((answered & (churn < 365)).sum()), int(answered.sum())),
    )

    from_the_close = landmarked(accounts, CLOSED)

    assert in_one_window is not None
    assert in_one_window > 1.8
    assert risk_ratio(from_the_close.exposed, from_the_close.others) == pytest.approx(1.0, abs=0.12)
