"""Do two shares, or two means, differ? Intervals that stay open and tests that suit few answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import special

from surveys.comparison import CLAIM_FROM, EXACT_BELOW
from surveys.intervals import Interval, wilson_interval
from surveys.ranks import normal_p_value

# Probabilities this near to the observed one count as equal: the sums of logarithms are only so exact.
_EQUAL = 1 + 1e-7


class ShareTest(StrEnum):
    """How the p-value of two shares was found."""

    FISHER = "fisher"
    Z = "z"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ShareDifference:
    """First share minus second (-1 to 1) with Newcombe's interval.

    `p_value` is None and `is_claim` False where a side has too few answers; `reason` then says so.
    """

    difference: float
    ci: Interval
    p_value: float | None
    method: ShareTest
    is_claim: bool
    reason: str


def share_difference(
    first: tuple[int, int],
    second: tuple[int, int],
    *,
    confidence: float = 0.95,
    claim_from: int = CLAIM_FROM,
    exact_below: int = EXACT_BELOW,
) -> ShareDifference | None:
    """Compare two shares, each (successes, n) (docs/method.md §1.4).

    Fisher's exact test when a side is smaller than `exact_below`, the pooled z otherwise, no claim below
    `claim_from`. None when a side is empty. Raises ValueError for successes outside 0-n.
    """
    (x1, n1), (x2, n2) = _checked(first), _checked(second)
    if not n1 or not n2:
        return None
    smallest = min(n1, n2)
    p_value: float | None
    if smallest < claim_from:
        p_value, method = None, ShareTest.NONE
        reason = f"fewer than {claim_from} answers on one side: no claim"
    elif smallest < exact_below:
        p_value, method, reason = fisher_p_value(first, second), ShareTest.FISHER, ""
    else:
        p_value, method, reason = _pooled_p_value(first, second), ShareTest.Z, ""
    return ShareDifference(
        difference=x1 / n1 - x2 / n2,
        ci=newcombe_interval(first, second, confidence),
        p_value=p_value,
        method=method,
        is_claim=p_value is not None and p_value < 1 - confidence,
        reason=reason,
    )


def newcombe_interval(
    first: tuple[float, float], second: tuple[float, float], confidence: float = 0.95
) -> Interval:
    """Return the interval of a difference of two shares (Newcombe 1998, method 10), within -1 to 1.

    Made of both Wilson intervals, so it stays open when nobody or everybody is on one side. Raises
    ValueError as `wilson_interval`.
    """
    one, two = first[0] / first[1] if first[1] else 0.0, second[0] / second[1] if second[1] else 0.0
    low_one, high_one = wilson_interval(*first, confidence)
    low_two, high_two = wilson_interval(*second, confidence)
    difference = one - two
    lower = difference - math.hypot(one - low_one, high_two - two)
    upper = difference + math.hypot(high_one - one, two - low_two)
    return max(-1.0, lower), min(1.0, upper)


def fisher_p_value(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return Fisher's exact two-sided p-value of two shares, each (successes, n); 1 without information.

    Sums the chances of every table no likelier than the one seen. Raises ValueError for successes outside
    0-n.
    """
    (x1, n1), (x2, n2) = _checked(first), _checked(second)
    successes = x1 + x2
    possible = np.arange(max(0, successes - n2), min(n1, successes) + 1)
    logs = _log_choose(n1, possible) + _log_choose(n2, successes - possible) - _log_choose(n1 + n2, successes)
    chances = np.exp(logs)
    return min(1.0, float(chances[chances <= chances[x1 - possible[0]] * _EQUAL].sum()))


@dataclass(frozen=True, slots=True)
class MeanDifference:
    """First mean minus second, in scale points, with Welch's interval, t, degrees of freedom and p-value."""

    difference: float
    ci: Interval
    t: float
    degrees: float
    p_value: float


def mean_difference(
    first: Sequence[float], second: Sequence[float], *, confidence: float = 0.95
) -> MeanDifference | None:
    """Compare two means without taking their spreads for equal (docs/method.md §1.4; Welch 1947).

    None where a side has fewer than two values, or where nobody's answers differ within either side: a
    spread of zero says nothing about the next answer.
    """
    if min(len(first), len(second)) < 2:
        return None
    one, two = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    parts = [float(side.var(ddof=1)) / side.size if np.ptp(side) else 0.0 for side in (one, two)]
    variance = sum(parts)
    if variance == 0:
        return None
    degrees = variance**2 / sum(
        part**2 / (side.size - 1) for part, side in zip(parts, (one, two), strict=True)
    )
    difference = float(one.mean() - two.mean())
    error = math.sqrt(variance)
    half = float(special.stdtrit(degrees, 0.5 + confidence / 2)) * error
    p_value = 2 * float(special.stdtr(degrees, -abs(difference) / error))
    return MeanDifference(
        difference, (difference - half, difference + half), difference / error, degrees, p_value
    )


def _pooled_p_value(first: tuple[int, int], second: tuple[int, int]) -> float:
    (x1, n1), (x2, n2) = first, second
    share = (x1 + x2) / (n1 + n2)
    variance = share * (1 - share) * (1 / n1 + 1 / n2)
    return 1.0 if variance == 0 else normal_p_value((x1 / n1 - x2 / n2) / math.sqrt(variance))


def _checked(side: tuple[int, int]) -> tuple[int, int]:
    if not 0 <= side[0] <= side[1]:
        raise ValueError("a share needs between 0 and n successes")
    return side


def _log_choose(total: int, chosen: NDArray[np.int64] | int) -> NDArray[np.float64]:
    picked = np.asarray(chosen, dtype=float)
    ways = special.gammaln(total + 1) - special.gammaln(picked + 1) - special.gammaln(total - picked + 1)
    return np.asarray(ways, dtype=np.float64)
