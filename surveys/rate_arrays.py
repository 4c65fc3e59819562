"""Answer rates of many groups at once: by day, reminder, language, sender or persona, as surveys.rates."""

from dataclasses import dataclass

import numpy as np

from surveys.interval_arrays import FloatArray, wilson_intervals
from surveys.rates import Disposition, Dispositions
from surveys.turnout_arrays import DISPOSITIONS, IntArray


@dataclass(frozen=True, slots=True)
class GroupRates:
    """One element per group: answered (rating given) of `asked`, with Wilson's limits, both rates named.

    `rr1` counts complete answers of everybody asked, bounces too; `rr6` everybody who gave a rating, bounces
    left out, with limits `low` and `high`. NaN where nobody was asked.
    """

    answered: IntArray
    asked: IntArray
    rr1: FloatArray
    rr6: FloatArray
    low: FloatArray
    high: FloatArray


def count_dispositions(group: IntArray, disposition: IntArray, *, groups: int) -> IntArray:
    """Return groups×len(DISPOSITIONS): how many invitations of each group ended in each way.

    One element per invitation in any order; `disposition` is a place in DISPOSITIONS.
    """
    ways = len(DISPOSITIONS)
    counts = np.bincount(group * ways + disposition, minlength=groups * ways)
    return counts.reshape(groups, ways).astype(np.int64)


def dispositions_of(counts: IntArray) -> Dispositions:
    """Return one row of `count_dispositions` as `response_rates` takes it; pending ones are left out."""
    by_way = dict(zip(DISPOSITIONS, counts.tolist(), strict=True))
    return Dispositions(
        complete=by_way[Disposition.COMPLETE],
        partial=by_way[Disposition.PARTIAL],
        declined=by_way[Disposition.DECLINED],
        silent=by_way[Disposition.SILENT],
        bounced=by_way[Disposition.BOUNCED],
        ineligible=by_way[Disposition.INELIGIBLE],
    )


def group_rates(counts: IntArray, confidence: float = 0.95) -> GroupRates:
    """Return the rates of rows of `count_dispositions`, as `response_rates` does of one."""
    complete, partial, declined, silent, bounced = (
        counts[:, DISPOSITIONS.index(way)]
        for way in (
            Disposition.COMPLETE,
            Disposition.PARTIAL,
            Disposition.DECLINED,
            Disposition.SILENT,
            Disposition.BOUNCED,
        )
    )
    answered = complete + partial
    asked = answered + declined + silent
    low, high = wilson_intervals(answered, asked, confidence)
    return GroupRates(
        answered=answered,
        asked=asked,
        rr1=_share(complete, asked + bounced),
        rr6=_share(answered, asked),
        low=low,
        high=high,
    )


def answered_by_day(day: IntArray, asked: int, *, days: int) -> FloatArray:
    """Return the share of `asked` people that had answered by the end of each day 0 … `days` - 1.

    `day` has one element per answer: whole days since the person was asked; later ones count on no day shown.
    NaN where nobody was asked. Raises ValueError for a negative day or more answers than people.
    """
    if (day < 0).any() or len(day) > asked:
        raise ValueError("answers come on day 0 or later, one at most from each person asked")
    counts = np.bincount(day[day < days], minlength=days)
    return _share(np.cumsum(counts), np.full(days, asked))


def _share(successes: IntArray, n: IntArray) -> FloatArray:
    shares: FloatArray = successes / np.where(n > 0, n, np.nan)
    return shares
