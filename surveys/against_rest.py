"""Which accounts differ from all the others, when every account and every measure of a screen is asked."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from surveys.comparison import CLAIM_FROM, EXACT_BELOW, permutation_p_value
from surveys.interval_arrays import FloatArray, wilson_intervals
from surveys.intervals import z_quantile
from surveys.nps_arrays import nps_values
from surveys.scoring import PSEUDO_COUNTS, PSEUDO_TOTAL, NpsCounts
from surveys.share_comparison import fisher_p_value

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class AgainstRest:
    """One element per account: its value minus that of all others together, with interval and p-value.

    `p_value` is NaN where a side has too few answers for a claim, the rest also where a side has none.
    """

    difference: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray


def nps_against_rest(
    counts: FloatArray,
    *,
    confidence: float = 0.95,
    claim_from: int = CLAIM_FROM,
    exact_below: int = EXACT_BELOW,
) -> AgainstRest:
    """Compare the NPS of each account with that of all others (docs/method.md §1.3, §6), -2 to 2.

    `counts` is n×3 in whole answers. The tests are those of `nps_difference`.
    """
    rest = counts.sum(axis=0) - counts
    own, others = _adjusted(counts), _adjusted(rest)
    difference = nps_values(counts) - nps_values(rest)
    error = np.hypot(own[1], others[1])
    middle = own[0] - others[0]
    half = z_quantile(confidence) * error
    smallest = np.minimum(counts.sum(axis=1), rest.sum(axis=1))
    p_value = np.where(smallest >= claim_from, 2 * special.ndtr(-np.abs(middle / error)), np.nan)
    exact = np.flatnonzero((smallest >= claim_from) & (smallest < exact_below))
    rows, place = np.unique(counts[exact], axis=0, return_inverse=True)
    whole = NpsCounts(*counts.sum(axis=0).tolist()) if exact.size else NpsCounts(0, 0, 0)
    found = np.array([permutation_p_value(NpsCounts(*row), _without(whole, row)) for row in rows.tolist()])
    p_value[exact] = found[place.reshape(-1)] if exact.size else p_value[exact]
    missing = np.isnan(difference)
    low = np.where(missing, np.nan, np.fmin(np.maximum(-2.0, middle - half), difference))
    high = np.where(missing, np.nan, np.fmax(np.minimum(2.0, middle + half), difference))
    return AgainstRest(difference, low, high, p_value)


def shares_against_rest(
    successes: ArrayLike,
    n: ArrayLike,
    *,
    confidence: float = 0.95,
    claim_from: int = CLAIM_FROM,
    exact_below: int = EXACT_BELOW,
) -> AgainstRest:
    """Compare a share of each account (answered of asked, say) with that of all others, -1 to 1.

    The interval is Newcombe's, the tests those of `share_difference`. Raises ValueError for successes
    outside 0-n.
    """
    x, size = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    others, rest = x.sum() - x, size.sum() - size
    lows, highs = wilson_intervals(np.stack([x, others]), np.stack([size, rest]), confidence)
    own, theirs = (_shares(*side) for side in ((x, size), (others, rest)))
    difference = own - theirs
    low = difference - np.hypot(own - lows[0], highs[1] - theirs)
    high = difference + np.hypot(highs[0] - own, theirs - lows[1])
    smallest = np.minimum(size, rest)
    share = x.sum() / size.sum() if size.sum() else np.nan
    spread = share * (1 - share) * (size + rest) / np.where(smallest > 0, size * rest, np.nan)
    z = np.divide(difference, np.sqrt(spread), out=np.zeros_like(difference), where=spread > 0)
    p_value = np.where(smallest >= claim_from, 2 * special.ndtr(-np.abs(z)), np.nan)
    exact = np.flatnonzero((smallest >= claim_from) & (smallest < exact_below))
    rows, place = np.unique(np.stack([x, size], axis=1)[exact], axis=0, return_inverse=True)
    total = round(float(x.sum())), round(float(size.sum()))
    found = [
        fisher_p_value((int(a), int(b)), (total[0] - int(a), total[1] - int(b))) for a, b in rows.tolist()
    ]
    p_value[exact] = np.array(found, dtype=float)[place.reshape(-1)] if exact.size else p_value[exact]
    return AgainstRest(difference, np.maximum(-1.0, low), np.minimum(1.0, high), p_value)


def q_values(p_values: FloatArray) -> FloatArray:
    """Return the smallest false discovery rate at which each p-value is kept (Benjamini & Hochberg 1995).

    NaN (no test made) stays NaN and counts for nothing. Raises ValueError for a p-value outside 0-1.
    """
    found = np.full(p_values.shape, np.nan)
    tested = np.flatnonzero(np.isfinite(p_values))
    given = p_values[tested]
    if ((given < 0) | (given > 1)).any():
        raise ValueError("a p-value lies between 0 and 1")
    order = np.argsort(given, kind="stable")
    scaled = given[order] * len(given) / np.arange(1, len(given) + 1)
    found[tested[order]] = np.minimum.accumulate(scaled[::-1])[::-1]
    return found


def findings(screen: Mapping[str, AgainstRest], *, rate: float = 0.05) -> dict[str, Flags]:
    """Return, per measure, which accounts differ from the rest at false discovery rate `rate`.

    Hand over all measures of one screen: every account and every measure counts as a test.
    """
    together = q_values(np.concatenate([np.empty(0), *(one.p_value for one in screen.values())]))
    kept = together <= rate
    ends = np.cumsum([one.p_value.size for one in screen.values()])
    return dict(zip(screen, np.split(kept, ends[:-1]), strict=True)) if screen else {}


def _adjusted(counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    filled = counts + np.array(PSEUDO_COUNTS)
    size = counts.sum(axis=1) + PSEUDO_TOTAL
    centre = (filled[:, 0] - filled[:, 2]) / size
    variance = np.maximum(0.0, (filled[:, 0] + filled[:, 2]) / size - centre**2)
    return centre, np.sqrt(variance / size)


def _without(whole: NpsCounts, row: list[float]) -> NpsCounts:
    return NpsCounts(*(total - own for total, own in zip(whole.as_tuple(), row, strict=True)))


def _shares(x: FloatArray, size: FloatArray) -> FloatArray:
    share: FloatArray = x / np.where(size > 0, size, np.nan)
    return share
