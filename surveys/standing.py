"""Where one value stands among others, and which of many differences survive being many."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surveys.intervals import Interval, clopper_pearson_interval
from surveys.measure import Measure, MeasureState, not_measured

# Fewer others than this are no cohort to stand in.
MINIMUM_PEERS = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """Mid-rank percentile (0-100) among `n` peers; `without_value` counts peers with nothing to compare.

    `ci` is the sampling interval: how far another draw of peers might move the percentile.
    """

    percentile: float
    n: int
    ci: Interval
    without_value: int


def standing(
    value: float | None, peers: Sequence[float | None], *, confidence: float = 0.95
) -> Standing | None:
    """Return 100 (below + half of the tied) / n among peers, own value left out of `peers` by the caller.

    docs/method.md §6; the interval is Clopper-Pearson. Peers without a value (None) are excluded and counted.
    None without an own value or without any peer.
    """
    known = [peer for peer in peers if peer is not None]
    if value is None or not known:
        return None
    at = sum(1.0 for peer in known if peer < value) + 0.5 * known.count(value)
    low, high = clopper_pearson_interval(at, len(known), confidence)
    return Standing(100 * at / len(known), len(known), (100 * low, 100 * high), len(peers) - len(known))


def standing_measure(
    value: float | None, peers: Sequence[float | None], *, minimum_peers: int = MINIMUM_PEERS
) -> Measure:
    """Return the percentile (0-100) as a measure, not measured below `minimum_peers` peers with a value."""
    if value is None:
        return not_measured("this account has no value to compare")
    result = standing(value, peers)
    n = 0 if result is None else result.n
    if result is None or n < minimum_peers:
        return not_measured(f"{n} others like it; {minimum_peers} are needed", n=n)
    reason = f"{result.without_value} peers without a value" if result.without_value else ""
    return Measure(result.percentile, result.n, None, result.ci, MeasureState.MEASURED, reason)


@dataclass(frozen=True, slots=True)
class StandingRange:
    """Where an account stands once its own noise is counted: the middle percentile and a range (0-100)."""

    median: float
    low: float
    high: float


def standing_range(
    draws: NDArray[np.float64], peers: Sequence[float | None], *, confidence: float = 0.80
) -> StandingRange | None:
    """Carry the draws of an account's own value through the percentile (docs/method.md §6).

    The range holds `confidence` of the draws. None without peers.
    """
    known = np.sort(np.array([peer for peer in peers if peer is not None], dtype=float))
    if not known.size or not draws.size:
        return None
    below = np.searchsorted(known, draws, side="left")
    up_to = np.searchsorted(known, draws, side="right")
    percentiles = 100 * (below + up_to) / 2 / known.size
    tail = (1 - confidence) / 2
    low, median, high = np.quantile(percentiles, [tail, 0.5, 1 - tail], method="inverted_cdf")
    return StandingRange(median=float(median), low=float(low), high=float(high))


def false_discovery_rejections(p_values: Sequence[float | None], *, rate: float = 0.05) -> list[bool]:
    """Return, per p-value, whether it survives Benjamini-Hochberg (1995) at false discovery rate `rate`.

    Hand over every p-value of one screen together. None (no test made) is never a rejection and does not
    count as a test. Raises ValueError for a p-value outside 0-1.
    """
    tested = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    if any(not 0 <= p <= 1 for p, _ in tested):
        raise ValueError("a p-value lies between 0 and 1")
    passing = [rank for rank, (p, _) in enumerate(tested, start=1) if p <= rate * rank / len(tested)]
    kept = {index for _, index in tested[: max(passing, default=0)]}
    return [index in kept for index in range(len(p_values))]
