"""Trends over waves and the change between two."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.trend import Direction, trend, wave_change
from surveys.trend_arrays import trends


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


@given(st.lists(st.one_of(st.none(), st.integers(0, 8)), max_size=10))
@settings(max_examples=150, deadline=None)
def test_the_trend_agrees_with_scipy(values: list[float | None]) -> None:
    from scipy import stats

    found = trend(values)
    points = [(wave, value) for wave, value in enumerate(values) if value is not None]
    if len(points) < 2 or len({value for _, value in points}) == 1:
        assert found.p_value == (None if len(points) < 2 else 1.0)
        return
    times, levels = [float(wave) for wave, _ in points], [float(value) for _, value in points]
    kendall = stats.kendalltau(times, levels)
    line = stats.theilslopes(levels, times, alpha=0.95)
    assert (found.tau, found.p_value) == pytest.approx((kendall.statistic, kendall.pvalue), abs=1e-9)
    assert found.slope == pytest.approx(line.slope)
    low, high = min(line.low_slope, line.slope), max(line.high_slope, line.slope)
    assert found.slope_ci == (None if low == high else pytest.approx((low, high)))


def test_more_waves_than_can_be_counted_out_take_the_normal_distribution() -> None:
    from scipy import stats

    levels = np.random.default_rng(2).normal(size=40)
    kendall = stats.kendalltau(np.arange(40.0), levels)

    assert trends(levels[None, :]).p_value[0] == pytest.approx(kendall.pvalue)


def test_rows_of_waves_do_not_meet() -> None:
    rows = np.array([[42, 45, 44, 51, 55, 58], [58, 55, 51, 44, 45, 42], [1, np.nan, np.nan, np.nan, 2, 3]])

    found = trends(rows)

    assert found.is_rising.tolist() == [True, False, False]
    assert found.is_falling.tolist() == [False, True, False]
    assert found.waves.tolist() == [6, 6, 3]


@pytest.mark.parametrize("shape", [(0, 6), (3, 0), (3, 1)])
def test_no_accounts_or_no_waves_have_no_trend(shape: tuple[int, int]) -> None:
    found = trends(np.full(shape, 7.0))

    assert np.isnan(found.slope).all()
    assert not found.is_rising.any()
