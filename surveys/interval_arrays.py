"""The intervals of surveys.intervals for whole columns: a recompute asks for tens of thousands at once."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from surveys.intervals import z_quantile

FloatArray = NDArray[np.float64]
Limits = tuple[FloatArray, FloatArray]


def wilson_intervals(successes: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Limits:
    """Return (lower, upper) as `wilson_interval` row by row; NaN where n is not positive."""
    x, size = _columns(successes, n)
    z2 = z_quantile(confidence) ** 2
    share = x / size
    centre = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = np.sqrt(z2 * (share * (1 - share) / size + z2 / (4 * size * size))) / (1 + z2 / size)
    lower = np.where(x == 0, 0.0 * size, np.maximum(centre - half, 0.0))
    return lower, np.where(x == size, share, np.minimum(centre + half, 1.0))


def clopper_pearson_intervals(successes: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Limits:
    """Return (lower, upper) as `clopper_pearson_interval` row by row; NaN where n is not positive."""
    x, size = _columns(successes, n)
    tail = (1 - confidence) / 2
    lower = np.where(x == 0, 0.0 * size, special.betaincinv(np.maximum(x, 0.5), size - x + 1, tail))
    upper = special.betaincinv(x + 1, np.maximum(size - x, 0.5), 1 - tail)
    return lower, np.where(x == size, 1.0, upper)


def beta_intervals(alpha: ArrayLike, beta: ArrayLike, confidence: float) -> Limits:
    """Return (lower, upper) as `beta_interval` row by row; NaN where a parameter is NaN."""
    a, b = np.asarray(alpha, dtype=float), np.asarray(beta, dtype=float)
    tail = (1 - confidence) / 2
    is_zero, is_one = a <= 0, (b <= 0) & (a > 0)
    safe_a, safe_b = np.where(is_zero | is_one, 1.0, a), np.where(is_zero | is_one, 1.0, b)
    pinned = np.where(is_zero, 0.0, 1.0)
    limits = [
        np.where(is_zero | is_one, pinned, special.betaincinv(safe_a, safe_b, at)) for at in (tail, 1 - tail)
    ]
    return limits[0], limits[1]


def _columns(successes: ArrayLike, n: ArrayLike) -> Limits:
    x, size = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    if (np.isfinite(x) & (size > 0) & ((x < 0) | (x > size))).any():
        raise ValueError("a share needs between 0 and n successes")
    missing = ~(size > 0)
    return np.where(missing, np.nan, x), np.where(missing, np.nan, size)
