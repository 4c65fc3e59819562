"""Relationship strength, its losses, its changes and its chances."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.evidence import Components, Evidence, EvidenceBatch, gather_evidence
from surveys.measure import MeasureState
from surveys.rates import Disposition, Participation, engagement
from surveys.scoring import NpsCounts
from surveys.shrinkage import shrink_nps
from surveys.strength import (
    StrengthParameters,
    combine,
    measure_strength,
    measure_strengths,
    points_lost,
    strength_bounds,
    strength_change,
)

parts = st.floats(0, 1)
complete = st.builds(Components, parts, parts, parts)
incomplete = st.builds(
    Components, st.one_of(st.none(), parts), st.one_of(st.none(), parts), st.one_of(st.none(), parts)
)
positive = st.floats(0.1, 30)
evidence = st.builds(
    Evidence,
    st.text(min_size=1, max_size=5),
    incomplete,
    st.one_of(st.none(), st.tuples(positive, positive)),
    st.one_of(st.none(), st.tuples(positive, positive, positive)),
    st.integers(0, 9),
)


def account(key: str = "acme", *, answers: int = 6) -> Evidence:
    return Evidence(key, Components(0.9, 0.8, 0.85), (12.0, 3.0), (9.0, 2.0, 1.0), answers)


def test_strength_is_the_geometric_mean_of_the_worked_example() -> None:
    assert combine(Components(0.60, 0.50, 0.90)) == pytest.approx(63.00, abs=0.01)


def test_strength_elsewhere_cannot_buy_off_silence() -> None:
    assert combine(Components(0.90, 0.0, 0.85)) == pytest.approx(27.8, abs=0.05)


def test_lost_points_match_the_worked_example() -> None:
    lost = points_lost(Components(0.60, 0.50, 0.90))

    assert lost is not None
    assert [lost.footprint, lost.engagement, lost.sentiment] == pytest.approx([12.27, 22.20, 2.53], abs=0.006)
    assert lost.total == pytest.approx(37.00, abs=0.01)


def test_the_change_matches_the_worked_example() -> None:
    change = strength_change(Components(0.60, 0.80, 0.75), Components(0.60, 0.50, 0.90))

    assert change is not None
    assert combine(Components(0.60, 0.80, 0.75)) == pytest.approx(71.98, abs=0.01)
    assert [change.footprint, change.engagement, change.sentiment] == pytest.approx(
        [0, -12.67, 3.69], abs=0.006
    )
    assert change.total == pytest.approx(-8.98, abs=0.006)


def test_missing_sentiment_gives_its_weight_away_and_shows_bounds() -> None:
    components = Components(0.60, 0.50, None)

    assert combine(components) == pytest.approx(54.1, abs=0.05)
    assert strength_bounds(components) == pytest.approx((26.5, 65.0), abs=0.05)


def test_missing_sentiment_is_provisional_and_never_read_as_zero() -> None:
    found = measure_strength(Evidence("acme", Components(0.60, 0.50, None), (5, 5), None, 0))

    assert found.measure.state is MeasureState.PROVISIONAL
    assert found.measure.value == pytest.approx(54.1, abs=0.05)
    assert found.measure.ci == pytest.approx((26.5, 65.0), abs=0.05)
    assert found.lost is not None
    assert found.lost.sentiment == 0


@pytest.mark.parametrize(
    "components",
    [
        Components(None, None, None),
        Components(None, 0.9, 0.9),
        Components(0.9, None, None),
    ],
)
def test_too_little_evidence_has_no_strength(components: Components) -> None:
    found = measure_strength(Evidence("acme", components, None, None, 0))

    assert found.measure.state is MeasureState.NOT_MEASURED
    assert (combine(components), points_lost(components), strength_bounds(components)) == (None, None, None)
    assert (found.lost, found.green, found.red) == (None, 0.0, 0.0)


def test_one_answer_is_provisional() -> None:
    assert measure_strength(account(answers=1)).measure.state is MeasureState.PROVISIONAL


def test_several_answers_are_measured() -> None:
    assert measure_strength(account()).measure.state is MeasureState.MEASURED


def test_unasked_contacts_with_answers_leave_strength_provisional() -> None:
    found = measure_strength(Evidence("acme", Components(0.5, None, 0.5), None, (3, 3, 3), 6))

    assert (found.measure.state, found.measure.value) == (MeasureState.PROVISIONAL, pytest.approx(50))


def test_perfection_is_a_hundred_and_lost_nothing() -> None:
    lost = points_lost(Components(1, 1, 1))

    assert combine(Components(1, 1, 1)) == 100
    assert lost is not None
    assert (lost.footprint, lost.engagement, lost.sentiment) == (0, 0, 0)


def test_nothing_changed_is_no_change() -> None:
    change = strength_change(Components(0.4, 0.5, 0.6), Components(0.4, 0.5, 0.6))

    assert change is not None
    assert (change.footprint, change.engagement, change.sentiment) == (0, 0, 0)


def test_moves_that_cancel_are_still_told() -> None:
    before, after = Components(0.5, 0.8, 0.4), Components(0.5, 0.8, 0.4 * 2)
    lower = 0.8 / 2 ** (0.3 / 0.4)
    change = strength_change(before, Components(after.footprint, lower, after.sentiment))

    assert change is not None
    assert change.total == pytest.approx(0, abs=1e-9)
    assert change.sentiment == pytest.approx(-change.engagement)
    assert change.sentiment > 5


@pytest.mark.parametrize("after", [Components(0.4, 0.5, None), Components(None, 0.5, 0.6)])
def test_a_change_of_what_was_measured_is_not_a_change_of_the_relationship(after: Components) -> None:
    assert strength_change(Components(0.4, 0.5, 0.6), after) is None


@pytest.mark.parametrize("value", [-0.01, 1.01, math.nan])
def test_a_component_off_the_scale_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Components(value, 0.5, 0.5)


@pytest.mark.parametrize("change", [{"floor": 0.0}, {"footprint_weight": 0.0}, {"draws": 10}])
def test_impossible_parameters_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="strength needs"):
        StrengthParameters(**change)


@given(complete)
@settings(deadline=None, max_examples=200)
def test_losses_sum_to_what_is_missing(components: Components) -> None:
    lost, strength = points_lost(components), combine(components)

    assert lost is not None
    assert strength is not None
    assert 5 - 1e-9 <= strength <= 100
    assert lost.total == pytest.approx(100 - strength, abs=1e-9)
    assert min(lost.footprint, lost.engagement, lost.sentiment) >= 0


@given(complete, complete)
@settings(deadline=None, max_examples=200)
def test_changes_sum_to_the_change(before: Components, after: Components) -> None:
    change, start, end = strength_change(before, after), combine(before), combine(after)

    assert change is not None
    assert start is not None
    assert end is not None
    assert change.total == pytest.approx(end - start, abs=1e-9)


@given(incomplete)
@settings(deadline=None, max_examples=200)
def test_strength_lies_within_its_bounds(components: Components) -> None:
    strength, bounds = combine(components), strength_bounds(components)

    assert (strength is None) == (bounds is None)
    if strength is not None and bounds is not None:
        assert bounds[0] - 1e-9 <= strength <= bounds[1] + 1e-9


@given(st.lists(evidence, max_size=6))
@settings(deadline=None, max_examples=60)
def test_an_account_gets_the_same_alone_and_in_a_batch(accounts: list[Evidence]) -> None:
    parameters = StrengthParameters(draws=100)

    together = measure_strengths(EvidenceBatch.of(accounts), parameters)

    assert [together.account(row) for row in range(len(accounts))] == [
        measure_strength(one, parameters) for one in accounts
    ]


@given(evidence)
@settings(deadline=None, max_examples=60)
def test_the_interval_holds_the_strength(one: Evidence) -> None:
    found = measure_strength(one, StrengthParameters(draws=100))

    assert 0 <= found.red <= found.red_kept <= 1
    assert 0 <= found.green <= found.green_kept <= 1
    if found.measure.value is not None:
        assert found.measure.ci is not None
        assert found.measure.ci[0] <= found.measure.value <= found.measure.ci[1]


def test_others_in_the_batch_never_move_an_account() -> None:
    crowd = [account(f"other {number}") for number in range(700)]

    alone = measure_strength(account())

    assert measure_strengths(EvidenceBatch.of([*crowd, account()])).account(700) == alone
    assert measure_strengths(EvidenceBatch.of([account(), *crowd])).account(0) == alone


def test_chances_agree_with_an_independent_calculation() -> None:
    random = np.random.default_rng(11)
    engaged = random.beta(12, 3, 40_000)
    shares = random.dirichlet([9, 2, 1], 40_000)
    felt = (shares[:, 0] - shares[:, 2] + 1) / 2
    drawn = 100 * 0.9**0.3 * np.maximum(engaged, 0.05) ** 0.4 * np.maximum(felt, 0.05) ** 0.3

    found = measure_strength(account(), StrengthParameters(draws=20_000))

    assert [found.green, found.green_kept] == pytest.approx(
        [(drawn >= 70).mean(), (drawn >= 65).mean()], abs=0.015
    )
    assert found.measure.ci == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=1)


def test_a_known_component_without_posterior_is_taken_as_exact() -> None:
    found = measure_strength(Evidence("acme", Components(0.9, 0.9, 0.9), None, None, 3))

    assert (found.green, found.red) == (1.0, 0.0)
    assert found.measure.ci == pytest.approx((90, 90))


def test_an_empty_batch_is_fine() -> None:
    assert measure_strengths(EvidenceBatch.of([])).value.shape == (0,)


def test_a_crooked_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="one row per account"):
        EvidenceBatch(
            ["a"], np.zeros((2, 3)), np.zeros((1, 2)), np.zeros((1, 3)), np.zeros(1, dtype=np.int64)
        )


def test_results_become_evidence_without_losing_silence() -> None:
    silent = engagement([Participation(Disposition.SILENT)] * 3, cohort_mean=0.5)

    found = gather_evidence("acme", 0.5, silent, None, answers=0)

    assert found.components == Components(0.5, 0.0, None)
    assert found.engagement_posterior == (2.0, 5.0)


def test_sentiment_is_the_shrunk_score_moved_to_zero_and_one() -> None:
    sentiment = shrink_nps(NpsCounts(4, 0, 0), NpsCounts(16, 12, 9))

    found = gather_evidence("acme", None, None, sentiment, answers=4)

    assert found.components.sentiment == pytest.approx((0.594594 + 1) / 2, abs=1e-5)


def test_a_thousand_accounts_take_far_less_than_a_second_of_computing() -> None:
    crowd = EvidenceBatch.of([account(f"account {number}") for number in range(1000)])

    start = time.process_time()
    measure_strengths(crowd)

    assert time.process_time() - start < 1.5
