"""Trends over waves and the change between two."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.trend import Direction, trend, wave_change


def test_the_trend_matches_the_reference(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("trend")
    expected, tolerance = entry["expected"], entry["tol"]

    found = trend([42, 45, 44, 51, 55, 58])

    assert found.direction is Direction.RISING
    assert [found.tau, found.p_value, found.slope] == pytest.approx(
        [expected["tau"], expected["p"], expected["slope"]], abs=tolerance
    )
    assert found.slope_ci == pytest.approx(expected["slope_ci"], abs=tolerance)


@pytest.mark.parametrize("waves", [4, 5])
def test_the_smallest_possible_p_value_matches_the_reference(
    anchor: Callable[[str], dict[str, Any]], waves: int
) -> None:
    expected = anchor("trend")["expected"]["min_p"][str(waves)]

    assert trend(list(range(waves))).p_value == pytest.approx(expected)


def test_four_waves_in_perfect_order_are_too_few() -> None:
    found = trend([10, 20, 30, 40])

    assert (found.direction, found.reason) == (Direction.TOO_FEW_WAVES, "4 of 5 waves needed")


@pytest.mark.parametrize("values", [[], [3], [None, 3, None]])
def test_one_wave_has_no_slope(values: list[float | None]) -> None:
    found = trend(values)

    assert (found.direction, found.slope, found.p_value) == (Direction.TOO_FEW_WAVES, None, None)


def test_a_missing_wave_keeps_its_place_in_time() -> None:
    assert trend([0, None, 4, 6]).slope == pytest.approx(2)


def test_a_fall_is_called_a_fall() -> None:
    assert trend([9, 7, 6, 4, 2]).direction is Direction.FALLING


@pytest.mark.parametrize("values", [[5, 5, 5, 5, 5], [5, 1, 4, 2, 3, 5]])
def test_no_order_is_no_trend(values: list[float | None]) -> None:
    assert trend(values).direction is Direction.NO_TREND


@given(st.lists(st.one_of(st.none(), st.integers(-100, 100)), max_size=12))
@settings(deadline=None, max_examples=60)
def test_waves_turned_round_turn_the_trend_round(values: list[float | None]) -> None:
    found = trend(values)
    turned = trend([None if value is None else -value for value in values])

    assert turned.waves == found.waves
    if found.slope is not None and found.slope_ci is not None:
        assert turned.slope == pytest.approx(-found.slope)
        assert found.slope_ci[0] <= found.slope <= found.slope_ci[1]


@pytest.mark.parametrize(("after", "expected"), [(0.55, False), (0.56, True), (-0.56, True)])
def test_a_change_is_real_beyond_the_noise_of_both_waves(after: float, expected: bool) -> None:
    found = wave_change(0.0, 0.2, after, 0.2)

    assert found.threshold == pytest.approx(1.96 * 0.08**0.5, abs=0.001)
    assert found.is_real is expected
    assert (found.p_value < 0.05) is expected


@pytest.mark.parametrize("errors", [(0, 0), (-0.1, 0.2)])
def test_a_change_needs_errors(errors: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="standard errors"):
        wave_change(0, errors[0], 1, errors[1])
