"""How many points harsher a region rates, read from who renewed rather than from the ratings alone."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surveys.interval_arrays import FloatArray
from surveys.intervals import Interval, z_quantile

Flags = NDArray[np.bool_]

# Fewer lost accounts than this tell nothing about a scale.
CHURNS_NEEDED = 50

_ROUNDS = 50
_DIVERGES = 15.0


@dataclass(frozen=True, slots=True)
class RegionShift:
    """By how many points a region's ratings lie below (negative) others' of accounts as likely to renew.

    `points`, `standard_error` and `ci` are None, and `reason` says why, where the data cannot tell.
    """

    points: float | None
    standard_error: float | None
    ci: Interval | None
    churns: int
    reason: str


def region_shift(
    rating: FloatArray,
    has_renewed: Flags,
    is_in_region: Flags,
    *,
    confidence: float = 0.95,
    churns_needed: int = CHURNS_NEEDED,
) -> RegionShift:
    """Return how a region uses the scale, by logistic regression of renewal on rating and region.

    One element per account with a rating and a known outcome (docs/method.md §4): the region's term over
    the rating's, turned round. For judging risk and only where somebody chose it; its error is that of the
    delta method.
    """
    lost = ~has_renewed
    churns = int(lost.sum())
    if churns < churns_needed or int(has_renewed.sum()) < churns_needed:
        reason = f"{churns} churned accounts; {churns_needed} are needed, and as many that renewed"
        return _nothing(churns, reason)
    if np.ptp(rating) == 0 or is_in_region.all() or not is_in_region.any():
        return _nothing(churns, "there is nothing to compare: one region, or one rating for all")
    columns = np.column_stack([np.ones(len(rating)), rating - rating.mean(), is_in_region.astype(float)])
    fit = _logistic(columns, has_renewed.astype(float))
    if fit is None:
        return _nothing(churns, "one side always renews or never, so no finite shift fits")
    (_, slope, region), covariance = fit
    z = z_quantile(confidence)
    if slope - z * math.sqrt(covariance[1, 1]) <= 0:
        return _nothing(churns, "ratings do not go with renewal clearly enough")
    points = -region / slope
    gradient = np.array([0.0, -points / slope, -1 / slope])
    error = math.sqrt(float(gradient @ covariance @ gradient))
    return RegionShift(points, error, (points - z * error, points + z * error), churns, "")


def _logistic(columns: FloatArray, outcome: FloatArray) -> tuple[list[float], FloatArray] | None:
    """Return coefficients and their covariance by Newton's method, None where they grow without end."""
    beta = np.zeros(columns.shape[1])
    information = np.zeros((len(beta), len(beta)))
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(columns @ beta, -30, 30)))
        information = (columns * (chance * (1 - chance))[:, None]).T @ columns
        if np.linalg.matrix_rank(information, hermitian=True) < len(beta):
            return None
        step = np.linalg.solve(information, columns.T @ (outcome - chance))
        beta = beta + step
        if np.abs(beta).max() > _DIVERGES:
            return None
        if np.abs(step).max() < 1e-10:
            break
    return beta.tolist(), np.asarray(np.linalg.inv(information), dtype=np.float64)


def _nothing(churns: int, reason: str) -> RegionShift:
    return RegionShift(None, None, None, churns, reason)
