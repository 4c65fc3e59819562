"""Trends of many accounts at once: Mann-Kendall and Theil-Sen on one row of waves each."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from surveys.interval_arrays import FloatArray
from surveys.intervals import z_quantile

IntArray = NDArray[np.int64]
Flags = NDArray[np.bool_]

# With four waves even a perfect order has p = .083, so fewer than five can never show a trend.
WAVES_NEEDED = 5
# Beyond so many waves the exact chances are those of the normal distribution.
_EXACT_TO = 33


@dataclass(frozen=True, slots=True)
class Trends:
    """One element per account: waves with a value, Kendall's tau, its p-value, slope per wave and limits.

    All but `waves` are NaN with fewer than two. `is_rising` and `is_falling` are claims: both False where
    waves are too few or chance explains the order.
    """

    waves: IntArray
    tau: FloatArray
    p_value: FloatArray
    slope: FloatArray
    low: FloatArray
    high: FloatArray
    is_rising: Flags
    is_falling: Flags


def trends(levels: FloatArray, *, confidence: float = 0.95, waves_needed: int = WAVES_NEEDED) -> Trends:
    """Test each row of n×waves levels, oldest first, for a trend (docs/method.md §5).

    NaN is a wave without a value, which keeps its place in time. The p-value is exact without ties (up to 33
    waves), normal otherwise. Levels that are all equal have no trend: p is 1 and the slope 0. Where all
    slopes are one, as with two waves, they tell nothing about the next: limits are NaN.
    """
    count, waves = levels.shape
    earlier, later = np.triu_indices(waves, k=1)
    change = levels[:, later] - levels[:, earlier]
    known = np.isfinite(change)
    pairs = known.sum(axis=1).astype(float)
    n = np.isfinite(levels).sum(axis=1)
    enough = n >= 2
    signs = np.where(known, np.sign(np.where(known, change, 0.0)), 0.0)
    concordance = signs.sum(axis=1)
    untied = np.abs(signs).sum(axis=1)
    flat = enough & (untied == 0)
    moving = enough & ~flat
    tau = np.where(flat, 0.0, concordance / np.sqrt(np.where(moving, pairs * untied, np.nan)))
    tie_terms = _tie_terms(levels)
    spread = (n * (n - 1) * (2.0 * n + 5) - tie_terms) / 18
    p_value = np.where(flat, 1.0, _p_values(n, concordance, spread, has_ties=untied < pairs, moving=moving))
    slopes = np.sort(np.where(known, change / (later - earlier), np.nan), axis=1)
    slope = _middle(slopes, pairs)
    low, high = _limits(slopes, pairs, np.sqrt(np.maximum(0.0, spread)), confidence)
    low, high = np.fmin(low, slope), np.fmax(high, slope)
    is_open = high > low
    is_shown = (n >= waves_needed) & (p_value < 1 - confidence)
    return Trends(
        waves=n.astype(np.int64).reshape(count),
        tau=tau,
        p_value=p_value,
        slope=slope,
        low=np.where(is_open, low, np.nan),
        high=np.where(is_open, high, np.nan),
        is_rising=is_shown & (concordance > 0),
        is_falling=is_shown & (concordance < 0),
    )


def _tie_terms(levels: FloatArray) -> FloatArray:
    """Return Σ t (t - 1)(2t + 5) over the groups of t equal levels of each row."""
    equal = (levels[:, :, None] == levels[:, None, :]).sum(axis=2).astype(float)
    # Each group of t is met t times.
    terms: FloatArray = ((equal - 1) * (2 * equal + 5) * (equal > 0)).sum(axis=1)
    return terms


def _p_values(
    n: IntArray, concordance: FloatArray, spread: FloatArray, *, has_ties: Flags, moving: Flags
) -> FloatArray:
    is_exact = moving & ~has_ties & (n <= _EXACT_TO)
    z = np.divide(
        concordance, np.sqrt(np.where(moving, spread, 1.0)), where=moving, out=np.zeros_like(spread)
    )
    found = np.where(moving, 2 * special.ndtr(-np.abs(z)), np.nan)
    for size in np.unique(n[is_exact]):
        rows = is_exact & (n == size)
        # Inversions of an order: pairs that run against the larger part.
        against = (size * (size - 1) // 2 - np.abs(concordance[rows]).astype(np.int64)) // 2
        found[rows] = np.minimum(1.0, 2 * _chances(int(size))[against])
    return found


@cache
def _chances(size: int) -> FloatArray:
    """Return P(at most 0, 1, … inversions) in a random order of `size`."""
    ways = [1]
    for length in range(2, size + 1):
        sums = np.cumsum(np.array([*ways, *[0] * (length - 1)], dtype=object))
        ways = [total - (sums[at - length] if at >= length else 0) for at, total in enumerate(sums)]
    total = math.factorial(size)
    return np.array([int(below) / total for below in np.cumsum(np.array(ways, dtype=object))])


def _middle(slopes: FloatArray, pairs: FloatArray) -> FloatArray:
    if not slopes.shape[1]:
        return np.full(len(slopes), np.nan)
    last = np.maximum(pairs.astype(np.int64) - 1, 0)
    row = np.arange(len(slopes))
    # NaN sorts last, so the known slopes of a row stand first.
    middle: FloatArray = (slopes[row, last // 2] + slopes[row, (last + 1) // 2]) / 2
    return middle


def _limits(
    slopes: FloatArray, pairs: FloatArray, spread: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return the slopes at the ranks that Kendall's spread allows (Sen 1968)."""
    if not slopes.shape[1]:
        return np.full(len(slopes), np.nan), np.full(len(slopes), np.nan)
    reach = z_quantile(confidence) * spread
    last = np.maximum(pairs.astype(np.int64) - 1, 0)
    upper = np.minimum(np.round((pairs + reach) / 2).astype(np.int64), last)
    lower = np.maximum(np.round((pairs - reach) / 2).astype(np.int64) - 1, 0)
    row = np.arange(len(slopes))
    return slopes[row, np.minimum(lower, last)], slopes[row, upper]
