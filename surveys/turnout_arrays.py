"""Engagement of many accounts, personas, owners or segments at once, as surveys.rates has it for one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surveys.interval_arrays import beta_intervals
from surveys.rates import (
    DEFAULT_ENGAGEMENT,
    NO_COHORT_MEAN,
    Disposition,
    EngagementParameters,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DISPOSITIONS: Sequence[Disposition] = tuple(Disposition)
_SILENT = DISPOSITIONS.index(Disposition.SILENT)


@dataclass(frozen=True, slots=True)
class Turnouts:
    """`Turnout` of many groups, an element each; `value` is NaN, the rest 0, where nothing was delivered."""

    value: FloatArray
    n: IntArray
    n_eff: FloatArray
    silent: IntArray


@dataclass(frozen=True, slots=True)
class Engagements:
    """`Engagement` of many groups, one element each; NaN where nothing was delivered."""

    turnouts: Turnouts
    shrunk: FloatArray
    alpha: FloatArray
    beta: FloatArray
    low: FloatArray
    high: FloatArray


def turnouts(
    group: IntArray,
    disposition: IntArray,
    weight: FloatArray,
    age_months: FloatArray,
    *,
    groups: int,
    parameters: EngagementParameters = DEFAULT_ENGAGEMENT,
) -> Turnouts:
    """Return the weighted, decayed share per group 0 … `groups` - 1 (docs/method.md §2.2).

    One element per invitation in any order: its group, its outcome as a place in DISPOSITIONS, the weight
    of the person, months since launch. Outcomes that tell nothing are left out, as in `turnout`. Raises
    ValueError for a negative age or a weight that is not positive.
    """
    if (weight <= 0).any() or (age_months < 0).any():
        raise ValueError("a participation has a positive weight and an age of zero or more months")
    worth = np.array([np.nan if (w := parameters.worth(one)) is None else w for one in DISPOSITIONS])
    worths: FloatArray = worth[disposition]
    counted = np.isfinite(worths)
    at, given = group[counted], worths[counted]
    decayed = weight[counted] * 2.0 ** (-age_months[counted] / parameters.half_life_months)
    total, squares = _sums(at, decayed, groups), _sums(at, decayed**2, groups)
    some = total > 0
    divisor = np.where(some, total, 1.0)
    value = np.where(some, np.minimum(1.0, _sums(at, decayed * given, groups) / divisor), np.nan)
    n_eff = np.where(some, total**2 / np.where(some, squares, 1.0), 0.0)
    silent = np.bincount(at[disposition[counted] == _SILENT], minlength=groups)
    return Turnouts(value, np.bincount(at, minlength=groups), n_eff, silent)


def shrink_turnouts(
    own: Turnouts,
    *,
    cohort_mean: ArrayLike,
    kappa: ArrayLike | None = None,
    parameters: EngagementParameters = DEFAULT_ENGAGEMENT,
) -> Engagements:
    """Pull each group's turnout towards its cohort's mean (0-1), NaN for a cohort that does not exist yet.

    `cohort_mean` and `kappa` (the parameters' own unless given) are one number or one per group. As
    `shrink_turnout` row by row. Raises ValueError for a mean outside 0-1.
    """
    given = np.broadcast_to(np.asarray(cohort_mean, dtype=float), own.value.shape)
    mean = np.where(np.isnan(given), NO_COHORT_MEAN, given)
    if ((mean < 0) | (mean > 1)).any():
        raise ValueError("a cohort's mean engagement lies between 0 and 1")
    pull = np.asarray(parameters.kappa if kappa is None else kappa, dtype=float)
    alpha = own.value * own.n_eff + pull * mean
    beta = (1 - own.value) * own.n_eff + pull * (1 - mean)
    low, high = beta_intervals(alpha, beta, parameters.confidence)
    return Engagements(own, alpha / (alpha + beta), alpha, beta, low, high)


def _sums(group: IntArray, values: FloatArray, groups: int) -> FloatArray:
    return np.bincount(group, weights=values, minlength=groups).astype(np.float64)
