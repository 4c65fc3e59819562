"""Percentiles among peers, and what survives many comparisons."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.measure import MeasureState
from surveys.scoring import NpsCounts
from surveys.shrinkage import shrink_nps
from surveys.standing import (
    Standing,
    false_discovery_rejections,
    standing,
    standing_measure,
    standing_range,
)

ELEVEN = [35, 41, 48, 48, 52, 55, 61, 67, 70, 74, 80]
values = st.lists(st.integers(0, 20).map(float), min_size=1, max_size=30)


def stand(value: float, peers: list[Any]) -> Standing:
    result = standing(value, peers)
    assert result is not None
    return result


def test_a_tied_value_stands_in_the_middle_of_its_ties() -> None:
    assert stand(9, [3, 5, 5, 8, 9, 9, 9, 12]).percentile == 68.75


def test_the_percentile_and_its_interval_match_the_worked_example() -> None:
    found = stand(60, ELEVEN)

    assert found.percentile == pytest.approx(54.5, abs=0.05)
    assert found.ci == pytest.approx((23.4, 83.3), abs=0.05)


def test_the_interval_is_about_that_of_the_bootstrap() -> None:
    random = np.random.default_rng(3)
    resampled = random.choice(ELEVEN, (4000, len(ELEVEN)))

    drawn = np.quantile(100 * (resampled < 60).mean(axis=1), [0.025, 0.975])

    assert tuple(drawn) == pytest.approx((27.3, 81.8), abs=0.1)


def test_among_equals_everybody_stands_in_the_middle() -> None:
    assert stand(5, [5] * 12).percentile == 50


def test_peers_without_a_value_are_left_out_and_counted() -> None:
    found = stand(60, [*ELEVEN, None, None])

    assert (found.percentile, found.n, found.without_value) == (stand(60, ELEVEN).percentile, 11, 2)
    assert standing_measure(60, [*ELEVEN, None]).reason == "1 peers without a value"


@pytest.mark.parametrize(("value", "peers"), [(None, ELEVEN), (60, []), (60, [None] * 20), (60, ELEVEN[:9])])
def test_without_a_value_or_ten_peers_there_is_no_percentile(
    value: float | None, peers: list[float | None]
) -> None:
    assert standing_measure(value, peers).state is MeasureState.NOT_MEASURED


def test_ten_peers_are_enough() -> None:
    assert standing_measure(60, ELEVEN[:10]).is_known


def test_the_noise_of_an_account_is_carried_into_its_percentile() -> None:
    """Four promoters: the reference has the median at 100 and the range from 57, give or take one peer."""
    mix = NpsCounts(16, 12, 9)
    others = [(1, 0, 0), (2, 1, 0), (0, 1, 3), (5, 3, 2), (1, 3, 1), (0, 0, 2), (3, 4, 1)]
    shrunk = [shrink_nps(NpsCounts(*counts), mix) for counts in others]
    own = shrink_nps(NpsCounts(4, 0, 0), mix)
    assert own is not None

    found = standing_range(
        own.draws(4000, key="four promoters"), [peer.mean if peer else None for peer in shrunk]
    )

    assert found is not None
    assert (found.median, found.high) == (100, 100)
    assert 57 <= found.low <= 72


def test_a_range_without_peers_is_nothing() -> None:
    assert standing_range(np.array([0.1]), [None]) is None


@given(values, st.floats(0, 20), st.randoms())
@settings(deadline=None, max_examples=100)
def test_the_order_of_peers_does_not_matter(peers: list[float], value: float, shuffler: Any) -> None:
    shuffled = list(peers)
    shuffler.shuffle(shuffled)

    assert stand(value, shuffled) == stand(value, peers)


@given(values, st.integers(0, 20))
@settings(deadline=None, max_examples=100)
def test_a_percentile_lies_in_its_interval_and_turns_with_the_scale(peers: list[float], value: int) -> None:
    found = stand(value, peers)

    assert 0 <= found.ci[0] <= found.percentile <= found.ci[1] <= 100
    assert stand(-value, [-peer for peer in peers]).percentile == pytest.approx(100 - found.percentile)


@given(values)
@settings(deadline=None, max_examples=50)
def test_an_exact_value_has_a_range_of_one_point(peers: list[float]) -> None:
    found = standing_range(np.full(5, 7.0), peers)

    assert found is not None
    assert found.low == found.median == found.high == pytest.approx(stand(7.0, peers).percentile)


def test_benjamini_and_hochberg_reject_four_of_their_fifteen(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("bh")
    p_values = [float(text) for text in entry["inputs"].split()]

    found = false_discovery_rejections(p_values, rate=0.05)

    assert sum(found) == entry["expected"]["rejected_q05"]
    assert sum(p <= 0.05 / len(p_values) for p in p_values) == entry["expected"]["bonferroni"]
    assert found[:4] == [True] * 4


def test_an_untested_pair_is_never_a_finding_and_costs_nothing() -> None:
    assert false_discovery_rejections([0.04, None, None]) == [True, False, False]
    assert false_discovery_rejections([]) == []


def test_an_impossible_p_value_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        false_discovery_rejections([1.2])


@given(st.lists(st.floats(0, 1), max_size=20))
@settings(deadline=None, max_examples=100)
def test_rejections_are_the_smallest_p_values(p_values: list[float]) -> None:
    found = false_discovery_rejections(p_values)

    kept = [p for p, rejected in zip(p_values, found, strict=True) if rejected]
    rest = [p for p, rejected in zip(p_values, found, strict=True) if not rejected]
    assert not kept or not rest or max(kept) <= min(rest)
    assert all(p <= 0.05 for p in kept)
