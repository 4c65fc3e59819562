"""Is a difference real, and how many answers would it take to tell?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import special

from surveys.intervals import Interval, z_quantile
from surveys.scoring import NpsCounts, RatingClass, classify_rating

CLAIM_FROM = 5
EXACT_BELOW = 30

_POINTS = {RatingClass.PROMOTER: 1, RatingClass.PASSIVE: 0, RatingClass.DETRACTOR: -1}


class DifferenceTest(StrEnum):
    """How the p-value of a difference was found."""

    ADJUSTED_Z = "adjusted_z"
    PERMUTATION = "permutation"
    SIGN_FLIP = "sign_flip"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class NpsDifference:
    """A difference of two NPS (-2 to 2): `raw` as shown, `adjusted` with its error, z and interval.

    `p_value` is None and `is_claim` False where a side has too few answers; `reason` then says so.
    """

    raw: float | None
    adjusted: float
    standard_error: float
    z: float
    ci: Interval
    p_value: float | None
    method: DifferenceTest
    is_claim: bool
    reason: str


def nps_difference(
    first: NpsCounts,
    second: NpsCounts,
    *,
    confidence: float = 0.95,
    claim_from: int = CLAIM_FROM,
    exact_below: int = EXACT_BELOW,
) -> NpsDifference:
    """Compare the NPS of two different groups of people (docs/method.md §1.3).

    Adjusted z for large groups; the exact permutation test when a side has fewer than `exact_below`
    answers; no claim when one has fewer than `claim_from`.
    """
    one, two = first.adjusted(), second.adjusted()
    # Pseudo-answers make both sides non-empty, so score and error always exist.
    adjusted = (one.nps or 0.0) - (two.nps or 0.0)
    error = math.hypot(one.standard_error or 0.0, two.standard_error or 0.0)
    z = adjusted / error
    half = z_quantile(confidence) * error
    smallest = min(first.total, second.total)
    p_value: float | None
    if smallest < claim_from:
        p_value, method = None, DifferenceTest.NONE
        reason = f"fewer than {claim_from} answers on one side: no claim"
    elif smallest < exact_below:
        p_value, method, reason = permutation_p_value(first, second), DifferenceTest.PERMUTATION, ""
    else:
        p_value, method, reason = math.erfc(abs(z) / math.sqrt(2)), DifferenceTest.ADJUSTED_Z, ""
    return NpsDifference(
        raw=None if first.nps is None or second.nps is None else first.nps - second.nps,
        adjusted=adjusted,
        standard_error=error,
        z=z,
        ci=(max(-2.0, adjusted - half), min(2.0, adjusted + half)),
        p_value=p_value,
        method=method,
        is_claim=p_value is not None and p_value < 1 - confidence,
        reason=reason,
    )


def permutation_p_value(first: NpsCounts, second: NpsCounts) -> float:
    """Return the exact two-sided p-value of a difference in NPS, over every way to deal the answers.

    Counts are whole numbers. Raises ValueError for fractional counts or an empty side.
    """
    # Swapping the sides only turns the difference round, so the smaller hand is dealt: it has fewer ways.
    own, other = sorted((_whole(first), _whole(second)), key=sum)
    size, rest = sum(own), sum(other)
    if size == 0:
        raise ValueError("a permutation test needs answers on both sides")
    pool = [a + b for a, b in zip(own, other, strict=True)]
    promoters = np.arange(min(pool[0], size) + 1)[:, None]
    detractors = np.arange(min(pool[2], size) + 1)[None, :]
    dealt = size - promoters - detractors
    possible = (dealt >= 0) & (dealt <= pool[1])
    held = np.where(possible, dealt, 0)
    log_ways = (
        _log_choose(pool[0], promoters)
        + _log_choose(pool[1], held)
        + _log_choose(pool[2], detractors)
        - _log_choose(size + rest, np.array(size))
    )
    # In whole numbers, so that equal differences compare as equal: (n1+n2)*sum1 - n1*sum.
    net = pool[0] - pool[2]
    distance = np.abs((size + rest) * (promoters - detractors) - size * net)
    observed = abs((size + rest) * (own[0] - own[2]) - size * net)
    return min(1.0, float(np.exp(log_ways[possible & (distance >= observed)]).sum()))


def sign_flip_p_value(changes: Sequence[int]) -> float:
    """Return the exact two-sided p-value of a mean change of the same contacts, by flipping signs.

    `changes` are differences of classes (-2 to 2), one per contact; those who did not change say nothing.
    Returns 1.0 when nobody changed. Raises ValueError outside -2 to 2.
    """
    moved = [abs(change) for change in changes if change]
    if any(step > 2 for step in moved):
        raise ValueError("a change of class lies between -2 and 2")
    if not moved:
        return 1.0
    chances = np.ones(1)
    for step in moved:
        flip = np.zeros(2 * step + 1)
        flip[0] = flip[-1] = 0.5
        chances = np.convolve(chances, flip)
    sums = np.arange(-sum(moved), sum(moved) + 1)
    return min(1.0, float(chances[np.abs(sums) >= abs(sum(changes))].sum()))


def class_changes(pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Return the change of class (-2 to 2) per (earlier, later) rating pair on 0-10. Raises ValueError."""
    return [_POINTS[classify_rating(later)] - _POINTS[classify_rating(earlier)] for earlier, later in pairs]


def sample_size(
    margin: float, *, variance: float = 1.0, list_size: int | None = None, confidence: float = 0.95
) -> float:
    """Return how many answers hold the interval of an NPS to ± `margin` (docs/method.md §1.3).

    `margin` in NPS units (.10 is ten points); `variance` 1 is the worst case; with `list_size` the finite
    list is taken into account. Not rounded: round up to ask people. Raises ValueError for a bad margin.
    """
    if margin <= 0 or not 0 <= variance <= 1 or (list_size is not None and list_size < 1):
        raise ValueError("a sample size needs a margin above 0, a variance from 0 to 1 and a list of people")
    needed = z_quantile(confidence) ** 2 * variance / margin**2
    return needed if list_size is None else needed / (1 + (needed - 1) / list_size)


def _whole(counts: NpsCounts) -> tuple[int, int, int]:
    promoters, passives, detractors = (round(count) for count in counts.as_tuple())
    if (promoters, passives, detractors) != counts.as_tuple():
        raise ValueError("a permutation test needs whole numbers of answers")
    return promoters, passives, detractors


def _log_choose(total: int, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    ways = special.gammaln(total + 1) - special.gammaln(chosen + 1) - special.gammaln(total - chosen + 1)
    return np.asarray(ways, dtype=np.float64)
