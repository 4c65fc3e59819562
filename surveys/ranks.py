"""Mid-ranks and what is computed from them: do two groups differ, do two measures go together?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]


def mid_ranks(values: Sequence[float] | FloatArray) -> FloatArray:
    """Return the rank of each value among all, 1 for the smallest; equal values share their middle rank."""
    _, place, counts = np.unique(np.asarray(values, dtype=float), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: FloatArray = (last - (counts - 1) / 2)[place]
    return ranks


@dataclass(frozen=True, slots=True)
class RankSum:
    """Mann-Whitney: `u` counts pairs in which the first group is higher (ties half); `p_value` two-sided."""

    u: float
    p_value: float


def rank_sum(first: Sequence[float], second: Sequence[float]) -> RankSum | None:
    """Compare two groups by ranks (docs/method.md §1.4; Mann & Whitney 1947).

    The p-value is the normal one, corrected for ties and continuity: right from about eight values a side
    on. None where a side is empty; 1 where all values are equal.
    """
    one, two = len(first), len(second)
    if not one or not two:
        return None
    pooled = np.concatenate([np.asarray(first, dtype=float), np.asarray(second, dtype=float)])
    u = float(mid_ranks(pooled)[:one].sum()) - one * (one + 1) / 2
    total = one + two
    ties = np.unique(pooled, return_counts=True)[1].astype(float)
    spread = one * two / 12 * (total + 1 - float((ties**3 - ties).sum()) / (total * (total - 1)))
    if spread <= 0:
        return RankSum(u, 1.0)
    distance = max(0.0, abs(u - one * two / 2) - 0.5)
    return RankSum(u, min(1.0, math.erfc(distance / math.sqrt(2 * spread))))


def spearman(first: Sequence[float] | FloatArray, second: Sequence[float] | FloatArray) -> float | None:
    """Return Spearman's rank correlation, -1 to 1; None for fewer than two pairs or a constant side.

    Raises ValueError for sides of unequal length.
    """
    if len(first) != len(second):
        raise ValueError("a correlation takes pairs")
    if len(first) < 2:
        return None
    return pearson(mid_ranks(first), mid_ranks(second))


def pearson(first: FloatArray, second: FloatArray) -> float | None:
    """Return the correlation of two arrays of one length, -1 to 1; None where a side is constant."""
    if first.size < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    one, two = first - first.mean(), second - second.mean()
    # The scales leave first, so that neither huge nor tiny numbers overflow when they are squared.
    one, two = one / np.abs(one).max(), two / np.abs(two).max()
    value = float(one @ two) / math.sqrt(float(one @ one) * float(two @ two))
    return min(1.0, max(-1.0, value))


def normal_p_value(z: float) -> float:
    """Return the two-sided p-value of a standard normal statistic."""
    return float(2 * special.ndtr(-abs(z)))
