"""The score of a whole contact list of which some are silent."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.finite_list import list_nps
from surveys.measure import MeasureState
from surveys.scoring import NpsCounts

small_counts = st.builds(NpsCounts, st.integers(0, 12), st.integers(0, 12), st.integers(0, 12))


@pytest.mark.parametrize("name", ["fp_2_1_0_N6", "fp_15_13_8_N40", "fp_0_0_0_N5"])
def test_the_prediction_matches_the_reference(anchor: Callable[[str], dict[str, Any]], name: str) -> None:
    entry = anchor(name)
    inputs, expected = entry["inputs"], entry["expected"]

    found = list_nps(NpsCounts(*inputs["counts"]), inputs["N"], prior=tuple(inputs["prior"]))

    assert found.estimate == pytest.approx(expected["est"], abs=entry["tol"])
    assert found.standard_error == pytest.approx(expected["se"], abs=entry["tol"])
    assert found.ci == pytest.approx(expected["ci"], abs=entry["tol"])
    assert found.bounds == pytest.approx(expected["worst_best"], abs=entry["tol"])


def test_a_complete_list_is_a_census_with_the_raw_score() -> None:
    found = list_nps(NpsCounts(3, 2, 1), 6)

    assert found.is_census
    assert (found.estimate, found.ci) == (pytest.approx(1 / 3), pytest.approx((1 / 3, 1 / 3)))


def test_a_list_nobody_answered_is_not_measured() -> None:
    assert list_nps(NpsCounts(0, 0, 0), 5).measure().state is MeasureState.NOT_MEASURED


def test_the_measure_of_a_list_tells_the_worst_case() -> None:
    assert "worst case -17" in list_nps(NpsCounts(2, 1, 0), 6).measure().reason


def test_one_answer_of_a_list_is_provisional() -> None:
    assert list_nps(NpsCounts(1, 0, 0), 6).measure().state is MeasureState.PROVISIONAL


def test_the_single_answer_of_a_list_of_one_is_a_fact() -> None:
    assert list_nps(NpsCounts(1, 0, 0), 1).measure().state is MeasureState.MEASURED


@pytest.mark.parametrize(("counts", "size"), [(NpsCounts(0, 0, 0), 0), (NpsCounts(2, 1, 0), 2)])
def test_an_impossible_list_is_refused(counts: NpsCounts, size: int) -> None:
    with pytest.raises(ValueError, match="contact"):
        list_nps(counts, size)


@given(small_counts, st.integers(0, 30))
@settings(deadline=None, max_examples=200)
def test_the_prediction_lies_between_worst_and_best(counts: NpsCounts, silent: int) -> None:
    size = int(counts.total) + silent
    if size == 0:
        return

    found = list_nps(counts, size)

    assert found.bounds[0] - 1e-12 <= found.ci[0] <= found.estimate <= found.ci[1] <= found.bounds[1] + 1e-12


@given(small_counts.filter(lambda counts: counts.total > 0))
@settings(deadline=None, max_examples=100)
def test_when_everybody_answered_the_prediction_is_the_census(counts: NpsCounts) -> None:
    found = list_nps(counts, int(counts.total))

    assert found.estimate == pytest.approx(counts.nps)
    assert found.standard_error == 0


@given(small_counts.filter(lambda counts: counts.total > 0), st.integers(1, 20))
@settings(deadline=None, max_examples=100)
def test_identical_answers_do_not_close_the_interval_while_somebody_is_silent(
    counts: NpsCounts, silent: int
) -> None:
    found = list_nps(NpsCounts(counts.total, 0, 0), int(counts.total) + silent)

    assert found.ci[0] < found.ci[1]
