"""Differences between groups and over time, and the size of samples."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.comparison import (
    DifferenceTest,
    class_changes,
    nps_difference,
    permutation_p_value,
    sample_size,
    sign_flip_p_value,
)
from surveys.scoring import NpsCounts


def test_the_difference_matches_the_reference(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("nps_diff")
    expected, tolerance = entry["expected"], entry["tol"]
    first, second = NpsCounts(*entry["inputs"]["a"]), NpsCounts(*entry["inputs"]["b"])

    found = nps_difference(first, second)

    assert found.method is DifferenceTest.ADJUSTED_Z
    assert [found.adjusted, found.standard_error, found.z, found.p_value] == pytest.approx(
        [expected["diff"], expected["se"], expected["z"], expected["p"]], abs=tolerance
    )
    assert found.ci == pytest.approx(expected["ci"], abs=tolerance)
    assert found.raw == pytest.approx(0.20)
    assert permutation_p_value(first, second) == pytest.approx(expected["exact_permutation_p"], abs=tolerance)


def test_small_groups_take_the_exact_test() -> None:
    found = nps_difference(NpsCounts(9, 1, 0), NpsCounts(20, 20, 20))

    assert found.method is DifferenceTest.PERMUTATION
    assert found.p_value == pytest.approx(permutation_p_value(NpsCounts(9, 1, 0), NpsCounts(20, 20, 20)))


def test_below_five_answers_a_side_nothing_is_claimed() -> None:
    found = nps_difference(NpsCounts(4, 0, 0), NpsCounts(0, 0, 400))

    assert (found.p_value, found.is_claim, found.method) == (None, False, DifferenceTest.NONE)
    assert "fewer than 5" in found.reason


def test_an_empty_side_has_no_raw_difference() -> None:
    assert nps_difference(NpsCounts(0, 0, 0), NpsCounts(5, 0, 0)).raw is None


def test_a_clear_difference_is_a_claim() -> None:
    assert nps_difference(NpsCounts(40, 0, 0), NpsCounts(0, 0, 40)).is_claim


def test_the_exact_test_agrees_with_dealing_every_hand() -> None:
    first, second = [1, 1, 0, -1], [0, -1, -1]
    pool = first + second
    observed = abs(sum(first) / 4 - sum(second) / 3)
    hands = list(itertools.combinations(range(7), 4))
    as_far = sum(
        abs(sum(pool[i] for i in hand) / 4 - (sum(pool) - sum(pool[i] for i in hand)) / 3) >= observed - 1e-12
        for hand in hands
    )

    found = permutation_p_value(NpsCounts(2, 1, 1), NpsCounts(0, 1, 2))

    assert found == pytest.approx(as_far / len(hands))


@pytest.mark.parametrize("counts", [NpsCounts(0, 0, 0), NpsCounts(1.5, 0, 0)])
def test_the_exact_test_needs_whole_answers(counts: NpsCounts) -> None:
    with pytest.raises(ValueError, match="permutation test"):
        permutation_p_value(counts, NpsCounts(1, 1, 1))


def test_three_changes_in_one_direction_among_ten_prove_nothing() -> None:
    assert sign_flip_p_value([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]) == pytest.approx(0.25)


def test_nobody_changed_is_no_evidence() -> None:
    assert sign_flip_p_value([0, 0]) == 1.0


def test_a_change_beyond_the_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="between -2 and 2"):
        sign_flip_p_value([3])


def test_changes_are_counted_in_classes() -> None:
    assert class_changes([(10, 0), (0, 10), (7, 8), (6, 7)]) == [-2, 2, 0, 1]


@pytest.mark.parametrize(("size", "expected"), [(None, 384.1), (50, 44.3), (200, 131.7)])
def test_sample_sizes_match_the_worked_examples(size: int | None, expected: float) -> None:
    assert sample_size(0.10, list_size=size) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("margin", [0, -0.1])
def test_a_margin_of_nothing_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        sample_size(margin)


@given(st.lists(st.integers(-2, 2), max_size=10))
@settings(deadline=None, max_examples=60)
def test_flipping_signs_agrees_with_trying_every_flip(changes: list[int]) -> None:
    flips = list(itertools.product((1, -1), repeat=len(changes)))
    as_far = sum(
        abs(sum(sign * change for sign, change in zip(flip, changes, strict=True))) >= abs(sum(changes))
        for flip in flips
    )

    assert sign_flip_p_value(changes) == pytest.approx(as_far / len(flips))


@given(st.tuples(*[st.integers(0, 25)] * 6).filter(lambda n: sum(n[:3]) > 4 and sum(n[3:]) > 4))
@settings(deadline=None, max_examples=60)
def test_swapping_the_sides_turns_the_difference_and_keeps_the_p_value(n: tuple[int, ...]) -> None:
    first, second = NpsCounts(*n[:3]), NpsCounts(*n[3:])

    there, back = nps_difference(first, second), nps_difference(second, first)

    assert there.adjusted == pytest.approx(-back.adjusted)
    assert there.p_value == pytest.approx(back.p_value)
    assert there.p_value is not None
    assert 0 < there.p_value <= 1
    assert math.isfinite(there.z)


def test_a_few_answers_are_compared_exactly_with_fifty_thousand() -> None:
    few, many = NpsCounts(1, 2, 7), NpsCounts(25_000, 15_000, 10_000)

    assert permutation_p_value(few, many) == pytest.approx(permutation_p_value(many, few), rel=1e-9)
    # Among so many it is as if each of the ten were drawn anew.
    assert permutation_p_value(few, many) == pytest.approx(drawn_anew(few, (0.5, 0.3, 0.2)), rel=0.01)


def drawn_anew(counts: NpsCounts, shares: tuple[float, float, float]) -> float:
    chances = np.array([1.0])
    for _ in range(round(counts.total)):
        chances = np.convolve(chances, shares[::-1])
    nets = np.arange(-round(counts.total), round(counts.total) + 1)
    expected = counts.total * (shares[0] - shares[2])
    distance = abs(counts.promoters - counts.detractors - expected)
    return float(chances[np.abs(nets - expected) >= distance - 1e-9].sum())
