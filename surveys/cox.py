"""Does silence go with leaving sooner, while it comes and goes? Cox's proportional hazards."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from surveys.interval_arrays import FloatArray
from surveys.intervals import Interval, z_quantile
from surveys.ranks import normal_p_value

Flags = NDArray[np.bool_]

_ROUNDS = 50
# Where one side never leaves, coefficients grow without end and the information they leave dwindles: what
# of it must remain, and how far a coefficient may be off at most.
_LEFT = 1e-4
_WIDEST = 50.0
# Below this the covariates of those at risk are alike, or say the same as each other.
_ALIKE = 1e-9


class Spell(NamedTuple):
    """A time over which nothing about an account changed: from `start` (excluded) to `stop` (included)."""

    start: float
    stop: float
    is_silent: bool
    has_left: bool


@dataclass(frozen=True, slots=True)
class Hazard:
    """One covariate: its coefficient with standard error, the hazard ratio with its interval, p-value."""

    coefficient: float
    standard_error: float
    ratio: float
    ci: Interval
    p_value: float


@dataclass(frozen=True, slots=True)
class CoxFit:
    """The fit; `hazards` is empty, and `reason` says why, where the data set no finite ratio."""

    hazards: tuple[Hazard, ...]
    spells: int
    events: int
    log_likelihood: float | None
    reason: str


def silent_spells(
    watched_from: float, watched_to: float, waves: Sequence[tuple[float, bool]], *, has_left: bool
) -> list[Spell]:
    """Cut the time of one account at each wave that asked it (docs/method.md §8).

    `waves` holds (close, was the account silent in it). Each spell carries the outcome of the last wave that
    had closed when it began, so silence never counts before it was one; time before the first close is left
    out. Any one unit of time.
    """
    closed = sorted(wave for wave in waves if wave[0] < watched_to)
    cuts = [max(watched_from, close) for close, _ in closed] + [watched_to]
    spells = [
        Spell(start, stop, is_silent, has_left=False)
        for start, stop, (_, is_silent) in zip(cuts, cuts[1:], closed, strict=False)
        if stop > start
    ]
    if spells and has_left:
        last = spells[-1]
        spells[-1] = Spell(last.start, last.stop, last.is_silent, has_left=True)
    return spells


def fit_spells(
    spells: Sequence[Spell],
    covariates: FloatArray | None = None,
    *,
    confidence: float = 0.95,
) -> CoxFit:
    """Fit silence, the first hazard, and further covariates, one row of `covariates` per spell."""
    columns = np.array(spells, dtype=float).reshape(-1, len(Spell._fields))
    start, stop, silent, left = columns.T
    return fit_cox(
        start,
        stop,
        left > 0,
        silent[:, None] if covariates is None else np.column_stack([silent, covariates]),
        confidence=confidence,
    )


def fit_cox(
    start: FloatArray, stop: FloatArray, has_left: Flags, covariates: FloatArray, *, confidence: float = 0.95
) -> CoxFit:
    """Fit proportional hazards by Newton's method, ties after Efron (docs/method.md §8; Cox 1972).

    One row per spell; a spell is at risk from `start` (excluded) to `stop` (included). Raises ValueError for
    a spell that does not run forward or a covariate that is no finite number.
    """
    n, k = covariates.shape
    if not (start < stop).all() or not np.isfinite(covariates).all() or len(stop) != n:
        raise ValueError("a spell runs forward and has finite covariates")
    events = int(has_left.sum())
    spread = covariates.std(axis=0) if n else np.zeros(k)
    if not events:
        return CoxFit((), n, 0, None, "no account has left")
    if (spread <= 1e-12).any():
        return CoxFit((), n, events, None, "all accounts are alike in it")
    # Centred and scaled, one step of Newton is as good for days as for euros.
    z = (covariates - covariates.mean(axis=0)) / spread
    risk = _RiskSets.of(start, stop, has_left, z)
    beta = np.zeros(k)
    likelihood, score, information = risk.at(beta)
    if _least(information) <= _ALIKE * max(1.0, float(np.trace(information))):
        return CoxFit((), n, events, None, "those at risk were too much alike to compare")
    floor = _LEFT * _least(information)
    for _ in range(_ROUNDS):
        if _least(information) <= floor:
            break
        step = np.linalg.solve(information, score)
        tried = risk.at(beta + step)
        while tried[0] < likelihood - 1e-9 and np.abs(step).max() > 1e-12:
            step = step / 2
            tried = risk.at(beta + step)
        beta, (likelihood, score, information) = beta + step, tried
        if np.abs(step).max() < 1e-10:
            break
    errors = np.sqrt(np.diag(np.linalg.inv(information))) / spread if _least(information) > floor else None
    if errors is None or errors.max() * z_quantile(confidence) > _WIDEST:
        return CoxFit((), n, events, None, "one side never leaves, so no finite ratio fits")
    hazards = tuple(
        _hazard(float(b), float(error), confidence) for b, error in zip(beta / spread, errors, strict=True)
    )
    return CoxFit(hazards, n, events, likelihood, "")


def _least(information: FloatArray) -> float:
    """Return the smallest eigenvalue: how much is known in the direction that is known least."""
    return float(np.linalg.eigvalsh(information)[0])


def _hazard(coefficient: float, error: float, confidence: float) -> Hazard:
    half = z_quantile(confidence) * error
    return Hazard(
        coefficient=coefficient,
        standard_error=error,
        ratio=math.exp(coefficient),
        ci=(math.exp(coefficient - half), math.exp(coefficient + half)),
        p_value=normal_p_value(coefficient / error),
    )


@dataclass(frozen=True, slots=True)
class _RiskSets:
    """Who is at risk at each departure, as places in spells sorted by stop and by start.

    `tied` is l / d of the l-th of d departures at one time; `time` the departure's place in the times.
    """

    z: FloatArray
    by_stop: NDArray[np.intp]
    by_start: NDArray[np.intp]
    from_stop: NDArray[np.intp]
    from_start: NDArray[np.intp]
    event: NDArray[np.intp]
    time: NDArray[np.intp]
    tied: FloatArray

    @classmethod
    def of(cls, start: FloatArray, stop: FloatArray, has_left: Flags, z: FloatArray) -> "_RiskSets":
        by_stop, by_start = np.argsort(stop, kind="stable"), np.argsort(start, kind="stable")
        event = np.flatnonzero(has_left)
        event = event[np.argsort(stop[event], kind="stable")]
        times, time, counts = np.unique(stop[event], return_inverse=True, return_counts=True)
        order = np.arange(event.size) - (np.cumsum(counts) - counts)[time]
        return cls(
            z=z,
            by_stop=by_stop,
            by_start=by_start,
            from_stop=np.searchsorted(stop[by_stop], times, side="left"),
            from_start=np.searchsorted(start[by_start], times, side="left"),
            event=event,
            time=time,
            tied=order / counts[time],
        )

    def at(self, beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return log-likelihood, score and information at some coefficients."""
        k = len(beta)
        eta = self.z @ beta
        weight = np.exp(eta - eta.max())
        columns = [np.ones(len(weight))]
        columns += [self.z[:, a] for a in range(k)]
        columns += [self.z[:, a] * self.z[:, b] for a in range(k) for b in range(k)]
        weighed = np.column_stack(columns) * weight[:, None]
        # At risk at t: everybody who stops at t or later, less those who only start at t or later.
        sums = self._after(weighed[self.by_stop], self.from_stop) - self._after(
            weighed[self.by_start], self.from_start
        )
        gone = np.zeros_like(sums)
        np.add.at(gone, self.time, weighed[self.event])
        # Efron: of d who leave together, each finds the ones before it only partly gone.
        left = sums[self.time] - self.tied[:, None] * gone[self.time]
        total, first = left[:, 0], left[:, 1 : 1 + k]
        second = left[:, 1 + k :].reshape(-1, k, k)
        if (total <= 0.5 * (1 - self.tied) * weight[self.event]).any():
            # Somebody who leaves was at risk: with less than that left, rounding ate the sums.
            return -math.inf, np.zeros(k), np.zeros((k, k))
        mean = first / total[:, None]
        likelihood = float((eta[self.event] - eta.max() - np.log(total)).sum())
        score: FloatArray = (self.z[self.event] - mean).sum(axis=0)
        information: FloatArray = (second / total[:, None, None] - mean[:, :, None] * mean[:, None, :]).sum(
            axis=0
        )
        return likelihood, score, information

    @staticmethod
    def _after(rows: FloatArray, places: NDArray[np.intp]) -> FloatArray:
        """Return the sums of the rows from each place on."""
        above = np.concatenate([np.cumsum(rows[::-1], axis=0)[::-1], np.zeros((1, rows.shape[1]))])
        found: FloatArray = above[places]
        return found
