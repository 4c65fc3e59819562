"""Confidence intervals for shares and means, shared by every score."""

import math
from collections.abc import Sequence

from scipy import special

Interval = tuple[float, float]


def z_quantile(confidence: float) -> float:
    """Return the two-sided standard normal quantile: 1.96 for .95. Raises ValueError outside (0, 1)."""
    if not 0 < confidence < 1:
        raise ValueError("confidence lies between 0 and 1, both excluded")
    return float(special.ndtri(0.5 + confidence / 2))


def widen_to(interval: Interval, point: float) -> Interval:
    """Return the interval, stretched to hold `point`: an estimate outside its limits reads as an error."""
    return min(interval[0], point), max(interval[1], point)


def wilson_interval(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Return the Wilson (1927) score interval of a share, within 0-1; stays open for 0 of n and n of n.

    Counts may be fractional (effective counts after weighting). Raises ValueError when n is not positive
    or successes lie outside 0-n.
    """
    if n <= 0 or not 0 <= successes <= n:
        raise ValueError("a share needs n above 0 and between 0 and n successes")
    z2 = z_quantile(confidence) ** 2
    share = successes / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # At the ends of the scale the exact limit is 0 or 1; rounding alone would leave 1e-17.
    lower = 0.0 if successes == 0 else max(0.0, centre - half)
    upper = 1.0 if successes == n else min(1.0, centre + half)
    return lower, upper


def clopper_pearson_interval(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Return the exact Clopper-Pearson (1934) interval of a share, within 0-1.

    Half counts, as mid-ranks give them, are allowed. Raises ValueError as `wilson_interval`.
    """
    if n <= 0 or not 0 <= successes <= n:
        raise ValueError("a share needs n above 0 and between 0 and n successes")
    tail = (1 - confidence) / 2
    lower = 0.0 if successes == 0 else float(special.betaincinv(successes, n - successes + 1, tail))
    upper = 1.0 if successes == n else float(special.betaincinv(successes + 1, n - successes, 1 - tail))
    return lower, upper


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Interval | None:
    """Return Student's t interval of a mean, or None for n < 2 or identical values.

    Identical answers have a standard deviation of zero, which says nothing about the next answer.
    """
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    squares = math.fsum((value - mean) ** 2 for value in values)
    if squares == 0 or min(values) == max(values):
        return None
    half = float(special.stdtrit(n - 1, 0.5 + confidence / 2)) * math.sqrt(squares / (n - 1) / n)
    return mean - half, mean + half


def beta_interval(alpha: float, beta: float, confidence: float) -> Interval:
    """Return the equal-tailed interval of Beta(alpha, beta); a zero parameter pins it to 0 or 1."""
    if alpha <= 0:
        return 0.0, 0.0
    if beta <= 0:
        return 1.0, 1.0
    tail = (1 - confidence) / 2
    return float(special.betaincinv(alpha, beta, tail)), float(special.betaincinv(alpha, beta, 1 - tail))
