"""Is a relationship rising or falling over its waves, or is it noise?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import special

from surveys.intervals import Interval, z_quantile
from surveys.trend_arrays import WAVES_NEEDED, trends


class Direction(StrEnum):
    """What the waves say."""

    RISING = "rising"
    FALLING = "falling"
    NO_TREND = "no_trend"
    TOO_FEW_WAVES = "too_few_waves"


@dataclass(frozen=True, slots=True)
class Trend:
    """Kendall's tau with its p-value, and the Theil-Sen slope per wave with its interval.

    With fewer than two waves tau, p and slope are None; with fewer than five they support no claim. The
    interval is None where all slopes are one: two waves, or waves that are all the same.
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
    levels = np.array([[math.nan if value is None else value for value in values]], dtype=float)
    found = trends(levels, confidence=confidence)
    waves = int(found.waves[0])
    few = f"{waves} of {WAVES_NEEDED} waves needed"
    if waves < 2:
        return Trend(Direction.TOO_FEW_WAVES, waves, None, None, None, None, few)
    tau, p_value, slope = float(found.tau[0]), float(found.p_value[0]), float(found.slope[0])
    if waves < WAVES_NEEDED:
        direction, reason = Direction.TOO_FEW_WAVES, few
    elif not (found.is_rising[0] or found.is_falling[0]):
        direction, reason = Direction.NO_TREND, "no more order than chance would make"
    else:
        direction, reason = (Direction.RISING if found.is_rising[0] else Direction.FALLING), ""
    low, high = float(found.low[0]), float(found.high[0])
    return Trend(direction, waves, tau, p_value, slope, None if math.isnan(low) else (low, high), reason)


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
