"""NPS of many accounts at once: scores, intervals, whole lists, shrinkage; one row of counts per account."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from surveys.interval_arrays import FloatArray, Limits, beta_intervals
from surveys.intervals import z_quantile
from surveys.scoring import PSEUDO_COUNTS, SCORE_INTERVAL_BELOW, NpsCounts, nps_interval
from surveys.shrinkage import DEFAULT_KAPPA, Confidence

IntArray = NDArray[np.int64]


def count_classes(group: IntArray, rating: IntArray, *, groups: int) -> FloatArray:
    """Return promoters, passives and detractors per group 0 … `groups` - 1, groups×3.

    One element per answer in any order; a rating below 0 is missing and dropped. Raises ValueError above 10.
    """
    if (rating > 10).any():
        raise ValueError("an NPS rating is a whole number from 0 to 10")
    given = rating >= 0
    kind = np.where(rating >= 9, 0, np.where(rating >= 7, 1, 2))[given]
    counts = np.bincount(group[given] * 3 + kind, minlength=groups * 3)
    return counts.reshape(groups, 3).astype(np.float64)


def nps_values(counts: FloatArray) -> FloatArray:
    """Return the NPS (-1 to 1) per row of n×3 counts, NaN without answers."""
    total = counts.sum(axis=1)
    nets: FloatArray = (counts[:, 0] - counts[:, 2]) / np.where(total > 0, total, np.nan)
    return nets


def nps_intervals(
    counts: FloatArray, confidence: float = 0.95, *, score_below: float = SCORE_INTERVAL_BELOW
) -> Limits:
    """Return (lower, upper) as `nps_interval` row by row, NaN without answers.

    Small counts repeat from account to account, so each different row is computed once.
    """
    rows, place = np.unique(counts, axis=0, return_inverse=True)
    limits = np.full((len(rows), 2), np.nan)
    for at in np.flatnonzero(rows.sum(axis=1) > 0):
        limits[at] = nps_interval(NpsCounts(*rows[at].tolist()), confidence, score_below=score_below)
    found = limits[place.reshape(-1)]
    return found[:, 0], found[:, 1]


@dataclass(frozen=True, slots=True)
class ListNpsArrays:
    """`ListNps` of many lists, one element each; `worst` and `best` are the bounds. NaN for an empty list."""

    estimate: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    worst: FloatArray
    best: FloatArray


def list_nps_arrays(
    counts: FloatArray,
    list_sizes: ArrayLike,
    *,
    prior: ArrayLike = PSEUDO_COUNTS,
    confidence: float = 0.95,
) -> ListNpsArrays:
    """Predict the census NPS of many lists, as `list_nps` row by row (docs/method.md §1.2).

    `prior` is three numbers or one row per list. Raises ValueError for more answers than contacts.
    """
    sizes = np.asarray(list_sizes, dtype=float)
    answered = counts.sum(axis=1)
    if (answered > sizes).any():
        raise ValueError("more answers than contacts on the list")
    people = np.where(sizes > 0, sizes, np.nan)
    added = np.broadcast_to(np.asarray(prior, dtype=float), counts.shape)
    silent = people - answered
    net = counts[:, 0] - counts[:, 2]
    filled = counts + added
    size = filled.sum(axis=1)
    promoters, detractors = filled[:, 0] / size, filled[:, 2] / size
    mean = promoters - detractors
    variance = np.maximum(0.0, promoters + detractors - mean**2)
    estimate = (net + silent * mean) / people
    error = np.sqrt(silent * variance * (size + silent) / (size + 1)) / people
    worst, best = (net - silent) / people, (net + silent) / people
    half = z_quantile(confidence) * error
    low = np.fmin(np.fmax(worst, estimate - half), estimate)
    high = np.fmax(np.fmin(best, estimate + half), estimate)
    return ListNpsArrays(estimate, error, low, high, worst, best)


def shrink_counts(counts: FloatArray, mix: ArrayLike, *, kappa: ArrayLike = DEFAULT_KAPPA) -> FloatArray:
    """Return the Dirichlet posterior alpha of each account, n×3, NaN rows without answers.

    As `shrink_nps` row by row: `mix` is three pooled counts or one row per account, `kappa` one number or
    one per account. Raises ValueError for kappa <= 0 or an empty mix.
    """
    cohort = np.broadcast_to(np.asarray(mix, dtype=float), counts.shape)
    pull = np.broadcast_to(np.asarray(kappa, dtype=float), counts.shape[:1])
    total = cohort.sum(axis=1)
    if (pull <= 0).any() or (total <= 0).any():
        raise ValueError("shrinkage needs a kappa above 0 and a cohort with answers")
    alpha = counts + pull[:, None] * cohort / total[:, None]
    answered = counts.sum(axis=1, keepdims=True) > 0
    posterior: FloatArray = np.where(answered, alpha, np.nan)
    return posterior


@dataclass(frozen=True, slots=True)
class Posteriors:
    """`ShrunkNps` of many accounts, one element each, NaN without answers; `half_width` is of 90 %."""

    mean: FloatArray
    sd: FloatArray
    low: FloatArray
    high: FloatArray
    half_width: FloatArray
    negative: FloatArray


def describe_posteriors(alpha: FloatArray, *, confidence: float = 0.95) -> Posteriors:
    """Return mean, spread, interval and P(NPS < 0) of n×3 Dirichlet posteriors, as `ShrunkNps` row by row."""
    rows, place = np.unique(alpha, axis=0, return_inverse=True, equal_nan=False)
    total = rows.sum(axis=1)
    mean = (rows[:, 0] - rows[:, 2]) / total
    sd = np.sqrt(np.maximum(0.0, (rows[:, 0] + rows[:, 2]) / total - mean**2) / (total + 1))
    low, high = _scaled_beta(mean, sd, confidence)
    narrow_low, narrow_high = _scaled_beta(mean, sd, 0.90)
    columns = (mean, sd, low, high, (narrow_high - narrow_low) / 2, _negative(rows))
    back = place.reshape(-1)
    return Posteriors(*(column[back] for column in columns))


def confidence_ranks(
    half_width: FloatArray,
    *,
    answers: IntArray,
    decision_maker_absent: NDArray[np.bool_],
    high_to: float = 0.20,
    medium_to: float = 0.40,
) -> IntArray:
    """Return the rank of each `confidence_label` (0 none, 1 low, 2 medium, 3 high), NaN width giving none."""
    none, low, medium, high = (
        one.rank for one in (Confidence.NONE, Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)
    )
    best = np.where(decision_maker_absent, medium, high)
    wide = np.where(half_width <= medium_to, medium, low)
    label = np.where(answers <= 1, low, np.where(half_width <= high_to, best, wide))
    return np.where(np.isnan(half_width), none, label).astype(np.int64)


def _scaled_beta(mean: FloatArray, sd: FloatArray, confidence: float) -> Limits:
    share, variance = (mean + 1) / 2, sd**2 / 4
    is_point = variance == 0
    size = share * (1 - share) / np.where(is_point, 1.0, variance) - 1
    low, high = beta_intervals(share * size, (1 - share) * size, confidence)
    return np.where(is_point, mean, 2 * low - 1), np.where(is_point, mean, 2 * high - 1)


def _negative(alpha: FloatArray) -> FloatArray:
    promoters, detractors = alpha[:, 0], alpha[:, 2]
    pinned = (promoters == 0) | (detractors == 0)
    chance = special.betainc(np.where(pinned, 1.0, promoters), np.where(pinned, 1.0, detractors), 0.5)
    found: FloatArray = np.where(pinned, ((promoters == 0) & (detractors > 0)).astype(float), chance)
    return found
