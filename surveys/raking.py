"""Weights that make answers agree with a list in several respects at once, by persona and region say."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from surveys.response_bias import TRIM_ABOVE

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_ROUNDS = 1000
_NEAR = 1e-10


def rake(table: FloatArray, margins: Sequence[FloatArray]) -> FloatArray:
    """Return a table with the given margins, one per axis, and the odds of `table` (docs/method.md §2.4).

    Iterative proportional fitting; margins must have one sum. A line nobody stands in cannot be filled.
    Raises ValueError for margins that do not fit.
    """
    found = np.array(table, dtype=float)
    if len(margins) != found.ndim or [len(one) for one in margins] != list(found.shape):
        raise ValueError("raking needs one margin per axis, of its length")
    totals = [float(np.sum(margin)) for margin in margins]
    if min(totals) <= 0 or max(totals) - min(totals) > 1e-9 * max(totals):
        raise ValueError("the margins of a table have one sum above 0")
    for axis, margin in enumerate(margins):
        if ((_line_sums(found, axis) == 0) & (np.asarray(margin) > 0)).any():
            raise ValueError(
                "a line of the table is empty, so nothing can stand for it: join it with another"
            )
    for _ in range(_ROUNDS):
        for axis, margin in enumerate(margins):
            sums = _line_sums(found, axis)
            factor = np.asarray(margin, dtype=float) / np.where(sums > 0, sums, 1.0)
            found = found * factor.reshape([-1 if one == axis else 1 for one in range(found.ndim)])
        off = max(float(np.abs(_line_sums(found, axis) - one).max()) for axis, one in enumerate(margins))
        if off <= _NEAR * totals[0]:
            break
    return found


def raked_weights(
    codes: Sequence[IntArray], margins: Sequence[FloatArray], *, trim_above: float = TRIM_ABOVE
) -> FloatArray:
    """Return a weight per answer, 1 on average before trimming, by which answers match all margins.

    `codes` has one array per respect, in which each answer stands in class 0, 1, …; `margins` how many people
    of the list stand in each class. Raises ValueError as `rake`.
    """
    shape = tuple(len(margin) for margin in margins)
    table = np.zeros(shape)
    np.add.at(table, tuple(codes), 1.0)
    answers = float(table.sum())
    shares = [np.asarray(margin, dtype=float) / float(np.sum(margin)) * answers for margin in margins]
    weights = rake(table, shares) / np.where(table > 0, table, 1.0)
    found: FloatArray = np.minimum(trim_above, weights[tuple(codes)])
    return found


def _line_sums(table: FloatArray, axis: int) -> FloatArray:
    sums: FloatArray = table.sum(axis=tuple(one for one in range(table.ndim) if one != axis))
    return sums
