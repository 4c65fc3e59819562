"""Comparisons of shares, means and ranks."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.ranks import mid_ranks, rank_sum, spearman
from surveys.share_comparison import (
    ShareTest,
    fisher_p_value,
    mean_difference,
    newcombe_interval,
    share_difference,
)

sides = st.integers(1, 20).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_the_lady_tasting_tea_proves_nothing(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("tea")

    assert fisher_p_value((3, 4), (1, 4)) == pytest.approx(entry["expected"]["p"], abs=entry["tol"])


def test_fisher_agrees_with_scipy() -> None:
    from scipy import stats

    for x1, n1, x2, n2 in itertools.product(range(4), (3, 5), range(6), (5, 9)):
        if x1 <= n1:
            expected = stats.fisher_exact([[x1, n1 - x1], [x2, n2 - x2]]).pvalue
            assert fisher_p_value((x1, n1), (x2, n2)) == pytest.approx(expected, abs=1e-9)


def test_newcombe_matches_its_published_example() -> None:
    # Newcombe 1998, table II, (a): 56/70 against 48/80.
    assert newcombe_interval((56, 70), (48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@given(sides, sides)
@settings(max_examples=80, deadline=None)
def test_the_difference_lies_in_an_interval_that_never_closes(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    found = share_difference(first, second)

    assert found is not None
    assert found.ci[0] <= found.difference <= found.ci[1]
    assert found.ci[1] - found.ci[0] > 0.05
    assert found.p_value is None or 0 <= found.p_value <= 1


def test_few_answers_take_fishers_test_many_the_normal_one_and_too_few_none() -> None:
    methods = [share_difference((n // 2, n), (n, n)) for n in (4, 10, 40)]

    assert [found.method for found in methods if found] == [ShareTest.NONE, ShareTest.FISHER, ShareTest.Z]
    assert [found.is_claim for found in methods if found] == [False, True, True]


def test_shares_that_are_both_all_or_nothing_are_no_difference() -> None:
    found = share_difference((40, 40), (50, 50))

    assert found is not None
    assert (found.difference, found.p_value) == (0.0, 1.0)


def test_an_empty_side_is_no_comparison() -> None:
    assert share_difference((0, 0), (3, 5)) is None
    assert rank_sum([], [1.0]) is None


@pytest.mark.parametrize("side", [(-1, 4), (5, 4)])
def test_impossible_shares_are_refused(side: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="between 0 and n"):
        fisher_p_value(side, (1, 4))


def test_welch_agrees_with_scipy() -> None:
    from scipy import stats

    first, second = [5, 4, 4, 3, 5, 2], [3, 3, 2, 4]
    expected = stats.ttest_ind(first, second, equal_var=False)

    found = mean_difference(first, second)

    assert found is not None
    assert (found.t, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.ci == pytest.approx(tuple(expected.confidence_interval()))


@pytest.mark.parametrize("values", [([5], [4, 3]), ([5, 5], [3, 3]), ([], [])])
def test_means_without_spread_have_no_test(values: tuple[list[float], list[float]]) -> None:
    assert mean_difference(*values) is None


def test_ranks_of_early_and_late_answers_match_the_worked_example() -> None:
    found = rank_sum([10, 9, 9, 8, 10, 9, 7, 8, 10], [8, 7, 9, 6, 8, 7, 5, 9, 6])

    assert found is not None
    assert (found.u, found.p_value) == pytest.approx((67, 0.0191), abs=5e-5)


def test_equal_answers_everywhere_are_no_difference_in_ranks() -> None:
    found = rank_sum([7] * 9, [7] * 12)

    assert found is not None
    assert found.p_value == 1


def test_equal_values_share_their_middle_rank() -> None:
    assert mid_ranks([3, 1, 3, 2]).tolist() == [3.5, 1, 3.5, 2]


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=2, max_size=30))
@settings(max_examples=60, deadline=None)
def test_rank_correlation_agrees_with_scipy(pairs: list[tuple[int, int]]) -> None:
    from scipy import stats

    first, second = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    found = spearman(first, second)

    if len(set(first)) == 1 or len(set(second)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(float(stats.spearmanr(first, second).statistic), abs=1e-12)


def test_huge_numbers_correlate_without_overflow() -> None:
    assert spearman(np.array([1e300, 2e300, math.inf]), np.array([1.0, 2.0, 3.0])) == pytest.approx(1.0)
