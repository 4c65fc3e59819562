"""How long accounts stay, when some have been watched longer than others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from surveys.interval_arrays import FloatArray, wilson_intervals
from surveys.intervals import Interval

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """The share still there (0-1) after each time at which somebody left, with pointwise limits.

    `at_risk` counts those watched just before each time. Before the first time the share is 1.
    """

    times: FloatArray
    at_risk: FloatArray
    events: FloatArray
    share: FloatArray
    low: FloatArray
    high: FloatArray
    n: int

    def at(self, time: float) -> tuple[float, Interval] | None:
        """Return the share still there at a time and its interval, None without anybody watched."""
        if not self.n:
            return None
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        if place < 0:
            low, _ = wilson_intervals([float(self.n)], [float(self.n)])
            return 1.0, (float(low[0]), 1.0)
        return float(self.share[place]), (float(self.low[place]), float(self.high[place]))

    @property
    def median(self) -> float | None:
        """The time by which half had left, None where fewer than half did."""
        gone = np.flatnonzero(self.share <= 0.5 + 1e-12)
        return float(self.times[gone[0]]) if gone.size else None


def kaplan_meier(
    durations: Sequence[float] | FloatArray, has_left: Sequence[bool] | Flags, *, confidence: float = 0.95
) -> SurvivalCurve:
    """Return the share still there over time (docs/method.md §8; Kaplan & Meier 1958).

    One element per account: how long it was watched, and whether it left at the end; the others are
    censored. The interval is Wilson's at the effective number of Greenwood's variance (Rothman 1978),
    so it stays open where nobody, or everybody, has left. Raises ValueError for a negative duration.
    """
    time, left = _checked(durations, has_left)
    times, place = np.unique(time[left], return_inverse=True)
    events = np.bincount(place, minlength=len(times)).astype(float)
    at_risk = len(time) - np.searchsorted(np.sort(time), times, side="left").astype(float)
    share = np.cumprod(1 - events / at_risk)
    remaining = at_risk - events
    terms = np.divide(events, at_risk * remaining, out=np.zeros_like(events), where=remaining > 0)
    variance = share**2 * np.cumsum(terms)
    n_eff = np.where(share > 0, share * (1 - share) / np.where(variance > 0, variance, 1.0), at_risk)
    low, high = wilson_intervals(share * n_eff, n_eff, confidence)
    return SurvivalCurve(times, at_risk, events, share, low, high, len(time))


@dataclass(frozen=True, slots=True)
class LogRank:
    """Whether groups leave at one pace: chi-square with its degrees of freedom, p-value, and per group the
    departures seen and expected."""

    chi_square: float
    degrees: int
    p_value: float
    observed: tuple[float, ...]
    expected: tuple[float, ...]


def log_rank(
    durations: Sequence[float] | FloatArray,
    has_left: Sequence[bool] | Flags,
    group: Sequence[int] | NDArray[np.int64],
) -> LogRank | None:
    """Compare how fast groups leave (docs/method.md §8; Mantel 1966). None with one group or nobody gone."""
    time, left = _checked(durations, has_left)
    codes = np.asarray(group)
    names, place = np.unique(codes, return_inverse=True)
    times = np.unique(time[left])
    if len(names) < 2 or not times.size:
        return None
    risk, events = np.empty((len(names), len(times))), np.empty((len(names), len(times)))
    for at in range(len(names)):
        own = np.sort(time[place == at])
        risk[at] = len(own) - np.searchsorted(own, times, side="left")
        gone = np.sort(time[(place == at) & left])
        events[at] = np.searchsorted(gone, times, side="right") - np.searchsorted(gone, times, side="left")
    total, all_gone = risk.sum(axis=0), events.sum(axis=0)
    shares = risk / total
    expected = (shares * all_gone).sum(axis=1)
    pace = np.where(total > 1, all_gone * (total - all_gone) / np.where(total > 1, total - 1, 1.0), 0.0)
    spread = np.diag((shares * pace).sum(axis=1)) - (shares * pace) @ shares.T
    off = events.sum(axis=1) - expected
    # One group follows from the others; a group that was never watched beside others adds nothing.
    inner = spread[:-1, :-1]
    degrees = int(np.linalg.matrix_rank(inner))
    if not degrees:
        return None
    chi_square = float(off[:-1] @ np.linalg.pinv(inner) @ off[:-1])
    p_value = float(special.chdtrc(degrees, max(0.0, chi_square)))
    seen = tuple(float(count) for count in events.sum(axis=1))
    return LogRank(chi_square, degrees, p_value, seen, tuple(float(one) for one in expected))


def _checked(
    durations: Sequence[float] | FloatArray, has_left: Sequence[bool] | Flags
) -> tuple[FloatArray, Flags]:
    time, left = np.asarray(durations, dtype=float), np.asarray(has_left, dtype=bool)
    if time.shape != left.shape or not np.isfinite(time).all() or (time < 0).any():
        raise ValueError("every account was watched for a time of zero or more, and left or not")
    return time, left
