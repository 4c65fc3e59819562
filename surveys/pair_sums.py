"""Correlations taken pair by pair, so that a missing item costs its pairs only, and their bootstrap."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surveys.interval_arrays import FloatArray

IntArray = NDArray[np.int64]

# Accounts beyond so many are drawn in blocks: the spread is then known well enough.
_BLOCKS = 1000


@dataclass(frozen=True, slots=True)
class PairSums:
    """Per block and pair of columns: n, sums, sums of squares and of products over rows that have both.

    `sums` is blocks×6×k×k in the order n, first, second, first², second², product.
    """

    sums: FloatArray

    @property
    def blocks(self) -> int:
        """How many accounts, or blocks of accounts, can be drawn."""
        return len(self.sums)

    def moments(self) -> "Moments":
        """Return the moments of all rows."""
        return Moments(self.sums.sum(axis=0))

    def resampled(self, weights: FloatArray) -> "Moments":
        """Return the moments with each block counted as often as each row of draws×blocks weights says.

        They are those of all draws, one after the other along the first axis.
        """
        flat = self.sums.reshape(self.blocks, -1)
        totals = (weights @ flat).reshape(len(weights), *self.sums.shape[1:])
        return Moments(np.moveaxis(totals, 1, 0))


@dataclass(frozen=True, slots=True)
class Moments:
    """What a table of sums comes to: 6×k×k, or 6×draws×k×k for many at once."""

    total: FloatArray

    @property
    def n(self) -> FloatArray:
        """k×k: rows that have both columns; on the diagonal, rows that have one."""
        rows: FloatArray = self.total[0]
        return rows

    @property
    def means(self) -> FloatArray:
        """Mean per column, NaN without rows."""
        diagonal = np.arange(self.total.shape[-1])
        n = self.total[0][..., diagonal, diagonal]
        means: FloatArray = self.total[1][..., diagonal, diagonal] / np.where(n > 0, n, np.nan)
        return means

    @property
    def correlations(self) -> FloatArray:
        """k×k correlations, NaN where fewer than two rows or a constant side leave none."""
        n, first, second, first2, second2, product = self.total
        size = np.where(n > 1, n, np.nan)
        spread = (first2 - first**2 / size) * (second2 - second**2 / size)
        scale = np.maximum(first2, 1e-300) * np.maximum(second2, 1e-300)
        # A constant column leaves rounding errors rather than zero.
        spread = np.where(spread > 1e-18 * scale, spread, np.nan)
        found: FloatArray = np.clip((product - first * second / size) / np.sqrt(spread), -1.0, 1.0)
        return found


def pair_sums(columns: FloatArray, account: IntArray, *, seed: int = 0) -> PairSums:
    """Return the sums of n×k columns (NaN is missing) per account, or per block of accounts where many.

    Columns are centred first, which no correlation notices and rounding does.
    """
    _, place = np.unique(account, return_inverse=True)
    accounts = int(place.max(initial=-1)) + 1
    if accounts > _BLOCKS:
        place = np.random.default_rng(seed).permutation(accounts)[place] % _BLOCKS
        accounts = _BLOCKS
    k = columns.shape[1]
    sums = np.empty((accounts, 6, k, k))
    if not accounts:
        return PairSums(sums)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(accounts))
    known = np.isfinite(columns[order])
    filled, told = np.where(known, columns[order], 0.0), known.astype(float)
    for one in range(k):
        own, has_own = filled[:, one : one + 1], told[:, one : one + 1]
        parts = (
            has_own * told,
            own * told,
            filled * has_own,
            own**2 * told,
            filled**2 * has_own,
            own * filled,
        )
        for at, part in enumerate(parts):
            sums[:, at, one] = np.add.reduceat(part, starts, axis=0)
    return PairSums(sums)


def bootstrap_weights(blocks: int, *, draws: int, seed: int = 0) -> FloatArray:
    """Return draws×blocks: how often each account comes up when accounts are drawn with replacement."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(blocks, np.full(blocks, 1 / blocks), size=draws).astype(np.float64)
