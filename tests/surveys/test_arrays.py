"""Whole columns at once give what one account at a time gives."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.cohort_ladder import NO_COHORT, NO_RUNG, ladder_standings
from surveys.evidence import Components, Evidence, EvidenceBatch
from surveys.finite_list import list_nps
from surveys.interval_arrays import beta_intervals, clopper_pearson_intervals, wilson_intervals
from surveys.intervals import beta_interval, clopper_pearson_interval, wilson_interval
from surveys.nps_arrays import (
    confidence_ranks,
    count_classes,
    describe_posteriors,
    list_nps_arrays,
    nps_intervals,
    nps_values,
    shrink_counts,
)
from surveys.rates import Disposition, Participation, shrink_turnout, turnout
from surveys.scoring import NpsCounts, nps_interval
from surveys.shrinkage import Confidence, confidence_label, shrink_nps
from surveys.standing import standing
from surveys.status import Status, judge_status
from surveys.status_arrays import NO_STATUS, STATUSES, judge_statuses
from surveys.strength import StrengthParameters, measure_strengths
from surveys.turnout_arrays import DISPOSITIONS, shrink_turnouts, turnouts

MIX = (16.0, 12.0, 9.0)
triples = st.tuples(*[st.integers(0, 12)] * 3)
shares = st.integers(1, 40).flatmap(
    lambda n: st.tuples(st.integers(0, 2 * n).map(lambda x: x / 2), st.just(n))
)


def column(values: list[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, dtype=float)


def rows_of(counts: list[tuple[int, int, int]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array(counts, dtype=float).reshape(-1, 3)


@given(st.lists(shares, max_size=8))
@settings(max_examples=60, deadline=None)
def test_intervals_of_shares_are_those_of_each(given_: list[tuple[float, int]]) -> None:
    x, n = column([a for a, _ in given_]), column([b for _, b in given_])
    for many, one in (
        (wilson_intervals, wilson_interval),
        (clopper_pearson_intervals, clopper_pearson_interval),
    ):
        found = np.stack(many(x, n), axis=1)
        assert found == pytest.approx(np.array([one(*pair) for pair in given_]).reshape(-1, 2), abs=1e-12)


def test_nobody_has_no_interval() -> None:
    for many in (wilson_intervals, clopper_pearson_intervals):
        assert np.isnan(many([0.0], [0.0])).all()
        with pytest.raises(ValueError, match="between 0 and n"):
            many([3.0], [2.0])


def test_a_posterior_with_an_empty_side_is_pinned_in_a_column_too() -> None:
    pairs = [(0.0, 2.0), (3.0, 0.0), (2.0, 5.0)]
    found = np.stack(beta_intervals([a for a, _ in pairs], [b for _, b in pairs], 0.9), axis=1)

    assert found == pytest.approx(np.array([beta_interval(a, b, 0.9) for a, b in pairs]))


invitations = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from(DISPOSITIONS), st.sampled_from([1.0, 2.0, 3.0]), st.floats(0, 60)
    ),
    max_size=25,
)


@given(invitations, st.one_of(st.none(), st.floats(0, 1)))
@settings(max_examples=100, deadline=None)
def test_engagement_of_groups_is_that_of_each(
    asked: list[tuple[int, Disposition, float, float]], mean: float | None
) -> None:
    found = turnouts(
        np.array([one[0] for one in asked], dtype=np.int64),
        np.array([DISPOSITIONS.index(one[1]) for one in asked], dtype=np.int64),
        column([one[2] for one in asked]),
        column([one[3] for one in asked]),
        groups=4,
    )
    shrunk = shrink_turnouts(found, cohort_mean=math.nan if mean is None else mean)
    for group in range(4):
        own = turnout([Participation(*one[1:]) for one in asked if one[0] == group])
        if own is None:
            assert np.isnan([found.value[group], shrunk.shrunk[group], shrunk.low[group]]).all()
            assert (found.n[group], found.n_eff[group], found.silent[group]) == (0, 0, 0)
            continue
        assert (found.n[group], found.silent[group]) == (own.n, own.silent)
        assert (found.value[group], found.n_eff[group]) == pytest.approx((own.value, own.n_eff), rel=1e-9)
        one = shrink_turnout(own, cohort_mean=mean)
        assert (shrunk.alpha[group], shrunk.beta[group]) == pytest.approx((one.alpha, one.beta), abs=1e-9)
        assert (shrunk.low[group], shrunk.high[group]) == pytest.approx(one.interval, abs=1e-6)
        assert shrunk.shrunk[group] == pytest.approx(one.shrunk, abs=1e-9)


def test_groups_without_weight_or_from_the_future_are_refused() -> None:
    nobody = np.zeros(1, dtype=np.int64)
    for weight, age in ((0.0, 1.0), (1.0, -1.0)):
        with pytest.raises(ValueError, match="positive weight"):
            turnouts(nobody, nobody, column([weight]), column([age]), groups=1)
    everybody = turnouts(nobody, nobody, column([1.0]), column([0.0]), groups=1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        shrink_turnouts(everybody, cohort_mean=1.2)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 10)), max_size=30))
@settings(max_examples=60, deadline=None)
def test_classes_are_counted_per_group(answers: list[tuple[int, int]]) -> None:
    group = np.array([a for a, _ in answers], dtype=np.int64)
    counts = count_classes(group, np.array([b for _, b in answers], dtype=np.int64), groups=4)

    for at in range(4):
        ratings = [b if b >= 0 else None for a, b in answers if a == at]
        assert tuple(counts[at]) == NpsCounts.from_ratings(ratings).as_tuple()


def test_a_rating_off_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 10"):
        count_classes(np.zeros(1, np.int64), np.array([11]), groups=1)


@given(st.lists(triples, max_size=8))
@settings(max_examples=60, deadline=None)
def test_scores_and_posteriors_are_those_of_each(accounts: list[tuple[int, int, int]]) -> None:
    rows = rows_of(accounts)
    values, (low, high) = nps_values(rows), nps_intervals(rows)
    posteriors = describe_posteriors(shrink_counts(rows, MIX))
    for at, account in enumerate(accounts):
        counts = NpsCounts(*account)
        shrunk = shrink_nps(counts, NpsCounts(*MIX))
        if shrunk is None:
            assert np.isnan(
                [values[at], low[at], high[at], posteriors.mean[at], posteriors.negative[at]]
            ).all()
            continue
        assert values[at] == counts.nps
        assert (low[at], high[at]) == nps_interval(counts)
        found = [getattr(posteriors, name)[at] for name in ("mean", "sd", "half_width", "negative")]
        assert found == pytest.approx(
            [shrunk.mean, shrunk.sd, shrunk.half_width, shrunk.probability_negative], abs=1e-9
        )
        assert (posteriors.low[at], posteriors.high[at]) == pytest.approx(shrunk.interval(), abs=1e-9)


def test_a_posterior_without_spread_is_a_point_and_an_empty_class_is_certain() -> None:
    found = describe_posteriors(np.array([[0.0, 3.0, 0.0], [2.0, 1.0, 0.0], [0.0, 1.0, 2.0]]))

    assert (found.low[0], found.high[0]) == (0.0, 0.0)
    assert found.negative.tolist() == [0.0, 0.0, 1.0]


def test_shrinking_columns_towards_nothing_is_refused() -> None:
    for mix, kappa in (((0.0, 0.0, 0.0), 4.0), (MIX, 0.0)):
        with pytest.raises(ValueError, match="kappa above 0"):
            shrink_counts(rows_of([(1, 0, 0)]), mix, kappa=kappa)


@given(st.lists(st.tuples(triples, st.integers(0, 9)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_lists_are_predicted_as_each(lists: list[tuple[tuple[int, int, int], int]]) -> None:
    sizes = [sum(counts) + silent for counts, silent in lists]
    found = list_nps_arrays(rows_of([counts for counts, _ in lists]), sizes)
    for at, (counts, _) in enumerate(lists):
        if not sizes[at]:
            assert np.isnan([found.estimate[at], found.low[at], found.worst[at]]).all()
            continue
        one = list_nps(NpsCounts(*counts), sizes[at])
        assert (found.estimate[at], found.standard_error[at]) == pytest.approx(
            (one.estimate, one.standard_error), abs=1e-12
        )
        assert (found.low[at], found.high[at]) == pytest.approx(one.ci, abs=1e-12)
        assert (found.worst[at], found.best[at]) == pytest.approx(one.bounds, abs=1e-12)


def test_more_answers_than_contacts_are_refused() -> None:
    with pytest.raises(ValueError, match="more answers"):
        list_nps_arrays(rows_of([(2, 0, 0)]), [1])


@given(
    st.lists(
        st.tuples(st.sampled_from([math.nan, 0.1, 0.2, 0.3, 0.4, 0.9]), st.integers(0, 4), st.booleans())
    )
)
@settings(max_examples=60, deadline=None)
def test_confidence_of_columns_is_that_of_each(accounts: list[tuple[float, int, bool]]) -> None:
    ranks = confidence_ranks(
        column([width for width, _, _ in accounts]),
        answers=np.array([answers for _, answers, _ in accounts], dtype=np.int64),
        decision_maker_absent=np.array([absent for _, _, absent in accounts], dtype=bool),
    )

    assert ranks.tolist() == [
        confidence_label(
            None if math.isnan(width) else width, answers=answers, decision_maker_absent=absent
        ).rank
        for width, answers, absent in accounts
    ]


parts = st.one_of(st.none(), st.sampled_from([0.0, 0.2, 0.5, 0.85, 1.0]))
judged = st.tuples(
    st.builds(Components, parts, parts, parts),
    st.sampled_from(Confidence),
    st.integers(0, 3),
    st.one_of(st.none(), st.sampled_from(Status)),
)


@given(st.lists(judged, max_size=6))
@settings(max_examples=60, deadline=None)
def test_statuses_of_columns_are_those_of_each(
    accounts: list[tuple[Components, Confidence, int, Status | None]],
) -> None:
    parameters = StrengthParameters(draws=100)
    batch = EvidenceBatch.of(
        [
            Evidence(f"a{at}", components, (6.0, 2.0), (8.0, 2.0, 1.0), 5)
            for at, (components, *_) in enumerate(accounts)
        ]
    )
    strengths = measure_strengths(batch, parameters)

    found = judge_statuses(
        strengths,
        confidence_rank=np.array([one[1].rank for one in accounts], dtype=np.int64),
        decision_maker_silent_waves=np.array([one[2] for one in accounts], dtype=np.int64),
        previous=np.array([NO_STATUS if one[3] is None else STATUSES.index(one[3]) for one in accounts], int),
        parameters=parameters,
    )

    assert [STATUSES[code] for code in found] == [
        judge_status(
            strengths.account(at),
            confidence=one[1],
            decision_maker_silent_waves=one[2],
            previous=one[3],
            parameters=parameters,
        ).status
        for at, one in enumerate(accounts)
    ]


ladders = st.lists(
    st.tuples(
        st.one_of(st.just(math.nan), st.integers(0, 5).map(float)), st.integers(-1, 2), st.integers(-1, 0)
    ),
    max_size=30,
)


@given(ladders)
@settings(max_examples=100, deadline=None)
def test_the_ladder_places_each_account_as_it_stands_among_its_others(
    accounts: list[tuple[float, int, int]],
) -> None:
    values = column([value for value, _, _ in accounts])
    rungs = [np.array([one[1 + rung] for one in accounts], dtype=np.int64) for rung in (0, 1)]

    found = ladder_standings(values, rungs, minimum_peers=4)

    for own, (value, *cohorts) in enumerate(accounts):
        peers = [
            [
                None if math.isnan(other[0]) else other[0]
                for at, other in enumerate(accounts)
                if at != own and cohort != NO_COHORT and other[1 + rung] == cohort
            ]
            for rung, cohort in enumerate(cohorts)
        ]
        large = [rung for rung, those in enumerate(peers) if sum(p is not None for p in those) >= 4]
        assert found.rung[own] == (large[0] if large else NO_RUNG)
        one = standing(None if math.isnan(value) else value, peers[large[0]]) if large else None
        if one is None:
            assert math.isnan(found.percentile[own])
            continue
        assert (found.n[own], found.without_value[own]) == (one.n, one.without_value)
        assert found.percentile[own] == pytest.approx(one.percentile)
        assert (found.low[own], found.high[own]) == pytest.approx(one.ci, abs=1e-9)


@given(ladders, st.integers(0, 29))
@settings(max_examples=50, deadline=None)
def test_limits_of_some_accounts_are_those_of_all(accounts: list[tuple[float, int, int]], at: int) -> None:
    values = column([value for value, _, _ in accounts])
    rungs = [np.array([one[1 + rung] for one in accounts], dtype=np.int64) for rung in (0, 1)]
    whose = np.array([at] if at < len(accounts) else [], dtype=np.int64)

    whole = ladder_standings(values, rungs, minimum_peers=4)
    some = ladder_standings(values, rungs, minimum_peers=4, whose=whose)

    np.testing.assert_array_equal(some.percentile, whole.percentile)
    np.testing.assert_array_equal(some.low[whose], whole.low[whose])
    np.testing.assert_array_equal(some.high[whose], whole.high[whose])


def test_no_accounts_stand_nowhere() -> None:
    found = ladder_standings(column([]), [np.zeros(0, dtype=np.int64)])

    assert found.percentile.size == 0
