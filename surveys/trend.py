"""Is a relationship rising or falling over its waves, or is it noise?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy import special

from surveys.intervals import Interval, widen_to, z_quantile

# With four waves even a perfect order has p = .083, so fewer than five can never show a trend.
WAVES_NEEDED = 5


class Direction(StrEnum):
    """What the waves say."""

    RISING = "rising"
    FALLING = "falling"
    NO_TREND = "no_trend"
    TOO_FEW_WAVES = "too_few_waves"


@dataclass(frozen=True, slots=True)
class Trend:
    """Kendall's tau with its p-value, and the Theil-Sen slope per wave with its interval.

    With fewer than two waves tau, p and slope are None; with fewer than five they support no claim.
    """

    direction: Direction
    waves: int
    tau: float | None
    p_value: float | None
    slope: float | None
    slope_ci: Interval | None
    reason: str


def trend(values: Sequence[float | None], *, confidence: float = 0.95) -> Trend:
    """Test one value per wave, oldest first, for a trend (docs/method.md §5; Mann-Kendall, Theil-Sen).

    A wave without a value (None) is left out but keeps its place in time. The p-value is exact without ties.
    """
    points = [(wave, value) for wave, value in enumerate(values) if value is not None]
    if len(points) < 2:
        reason = f"{len(points)} of {WAVES_NEEDED} waves needed"
        return Trend(Direction.TOO_FEW_WAVES, len(points), None, None, None, None, reason)
    times = [float(wave) for wave, _ in points]
    levels = [value for _, value in points]
    if min(levels) == max(levels):
        tau, p_value, slope, slope_ci = 0.0, 1.0, 0.0, (0.0, 0.0)
    else:
        # Imported here: it takes a second, and only reports look at trends.
        from scipy import stats

        kendall = stats.kendalltau(times, levels)
        tau, p_value = float(kendall.statistic), float(kendall.pvalue)
        line = stats.theilslopes(levels, times, alpha=confidence)
        slope = float(line.slope)
        slope_ci = widen_to((float(line.low_slope), float(line.high_slope)), slope)
    if len(points) < WAVES_NEEDED:
        direction, reason = Direction.TOO_FEW_WAVES, f"{len(points)} of {WAVES_NEEDED} waves needed"
    elif p_value >= 1 - confidence:
        direction, reason = Direction.NO_TREND, "no more order than chance would make"
    else:
        direction, reason = (Direction.RISING if tau > 0 else Direction.FALLING), ""
    return Trend(direction, len(points), tau, p_value, slope, slope_ci, reason)


@dataclass(frozen=True, slots=True)
class WaveChange:
    """The change between two waves, what it would have to exceed, and whether it does."""

    change: float
    threshold: float
    p_value: float
    is_real: bool


def wave_change(
    before: float,
    before_error: float,
    after: float,
    after_error: float,
    *,
    confidence: float = 0.95,
) -> WaveChange:
    """Compare two waves by their standard errors (docs/method.md §5): real beyond z √(SE₁² + SE₂²).

    Any one unit for all four numbers; for two NPS use surveys.comparison.nps_difference, which knows how few
    answers are too few. Raises ValueError for a negative error, or for two errors of zero,
    which no sample has.
    """
    error = math.hypot(before_error, after_error)
    if min(before_error, after_error) < 0 or error == 0:
        raise ValueError(
            "a change between waves needs standard errors that are not negative and not both zero"
        )
    change = after - before
    threshold = z_quantile(confidence) * error
    p_value = 2 * float(special.ndtr(-abs(change) / error))
    return WaveChange(change, threshold, p_value, abs(change) > threshold)
