"""Where every account stands in the narrowest cohort that is large enough: one sort per rung."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surveys.interval_arrays import FloatArray, clopper_pearson_intervals
from surveys.standing import MINIMUM_PEERS

IntArray = NDArray[np.int64]

NO_COHORT = -1
NO_RUNG = -1


@dataclass(frozen=True, slots=True)
class LadderStandings:
    """One element per account: the rung used (NO_RUNG for none), and how the account stands on it.

    `n` counts the others with a value there, on the fullest rung where none is large enough, and
    `without_value` those without one; `percentile` and its sampling limits `low` and `high` are 0-100, NaN
    without a rung or an own value, and the limits at places nobody asked for.
    """

    rung: IntArray
    n: IntArray
    without_value: IntArray
    percentile: FloatArray
    low: FloatArray
    high: FloatArray


def ladder_standings(
    values: FloatArray,
    rungs: Sequence[IntArray],
    *,
    minimum_peers: int = MINIMUM_PEERS,
    confidence: float = 0.95,
    whose: IntArray | None = None,
) -> LadderStandings:
    """Return each account's mid-rank percentile on the first rung with enough others (docs/method.md §6).

    Limits, the slow part, are worked out for the places in `whose`, or (None) for all.
    `values` has one number per account, NaN for one that cannot be compared; each rung says, narrow to
    wide, which cohort an account is in there (0, 1, …), NO_COHORT where it lacks a trait. An account is
    never its own peer.
    """
    size = len(values)
    rung, n, missing = np.full(size, NO_RUNG), np.zeros(size, np.int64), np.zeros(size, np.int64)
    at = np.full(size, np.nan)
    for number, cohort in enumerate(rungs):
        others, without, place = _on_rung(values, cohort)
        is_first = (rung == NO_RUNG) & (others >= minimum_peers)
        at[is_first], missing[is_first] = place[is_first], without[is_first]
        n = np.where(is_first, others, np.where(rung == NO_RUNG, np.maximum(n, others), n))
        rung[is_first] = number
    is_placed = np.isfinite(at)
    peers = np.where(is_placed, n, 0)
    asked = np.arange(size) if whose is None else whose
    low, high = np.full(size, np.nan), np.full(size, np.nan)
    low[asked], high[asked] = clopper_pearson_intervals(at[asked], peers[asked], confidence)
    percentile = 100 * at / np.where(is_placed, peers, np.nan)
    return LadderStandings(rung.astype(np.int64), n, missing, percentile, 100 * low, 100 * high)


def most_others(values: FloatArray, rungs: Sequence[IntArray]) -> IntArray:
    """Return per account how many others with a value it has on the fullest rung."""
    most = np.zeros(len(values), np.int64)
    for cohort in rungs:
        most = np.maximum(most, _counts_on_rung(values, cohort)[0])
    return most


def _counts_on_rung(values: FloatArray, cohort: IntArray) -> tuple[IntArray, IntArray]:
    """Return per account the others with a value, and the others without."""
    others, without = np.zeros(len(values), np.int64), np.zeros(len(values), np.int64)
    inside, known = cohort != NO_COHORT, np.isfinite(values)
    cohorts = int(cohort.max(initial=NO_COHORT)) + 1
    with_value = np.bincount(cohort[inside & known], minlength=cohorts)
    all_inside = np.bincount(cohort[inside], minlength=cohorts)
    own = known[inside].astype(np.int64)
    others[inside] = with_value[cohort[inside]] - own
    without[inside] = (all_inside - with_value)[cohort[inside]] - (1 - own)
    return others, without


def _on_rung(values: FloatArray, cohort: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return per account the others with a value, the others without, and below plus half of the tied."""
    others, without = _counts_on_rung(values, cohort)
    place = np.full(len(values), np.nan)
    chosen = np.flatnonzero((cohort != NO_COHORT) & np.isfinite(values))
    order = chosen[np.lexsort((values[chosen], cohort[chosen]))]
    if order.size:
        group, level = cohort[order], values[order]
        starts_group = np.append(True, group[1:] != group[:-1])
        starts_run = starts_group | np.append(True, level[1:] != level[:-1])
        run = np.cumsum(starts_run) - 1
        first_of_run = np.flatnonzero(starts_run)
        run_sizes = np.diff(np.append(first_of_run, order.size))
        first_of_group = np.flatnonzero(starts_group)[np.cumsum(starts_group) - 1]
        below = first_of_run[run] - first_of_group
        place[order] = below + (run_sizes[run] - 1) / 2
    return others, without, place
