"""Would other weights tell another story? Strength and rank when the weights move."""

import itertools
from dataclasses import dataclass, replace

import numpy as np

from surveys.evidence import FloatArray
from surveys.ranks import mid_ranks
from surveys.strength import DEFAULT_STRENGTH, StrengthParameters, combine_rows

# By how much each weight is moved, up and down.
SPREAD = 0.25


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """One element per account, NaN where strength is not measured.

    `rank` counts from the strongest (1) among the accounts given, equal ones sharing their middle;
    `rank_low` to `rank_high` and `low` to `high` (strength, 0-100) are what moved weights make of it.
    """

    strength: FloatArray
    low: FloatArray
    high: FloatArray
    rank: FloatArray
    rank_low: FloatArray
    rank_high: FloatArray

    @property
    def widest_move(self) -> float | None:
        """How many places any account moves at most, None without a measured account."""
        moves = np.fmax(self.rank_high - self.rank, self.rank - self.rank_low)
        return None if np.isnan(moves).all() else float(np.nanmax(moves))


def weight_sensitivity(
    components: FloatArray,
    parameters: StrengthParameters = DEFAULT_STRENGTH,
    *,
    spread: float = SPREAD,
) -> Sensitivity:
    """Recompute strength with every weight at 1 - spread, 1 and 1 + spread times its own (docs/method.md §5).

    `components` is n×3, NaN for what was not measured. Moving all weights alike changes nothing, so each
    account's own strength and rank lie in its ranges. Raises ValueError for a spread outside 0-1.
    """
    if not 0 <= spread < 1:
        raise ValueError("a spread of weights lies between 0 and 1, 1 excluded")
    moves = (1 - spread, 1.0, 1 + spread)
    strength = combine_rows(components, parameters)
    low, high, rank = strength, strength, _ranks(strength)
    rank_low, rank_high = rank, rank
    for footprint, engagement, sentiment in itertools.product(moves, repeat=3):
        moved = combine_rows(
            components,
            replace(
                parameters,
                footprint_weight=parameters.footprint_weight * footprint,
                engagement_weight=parameters.engagement_weight * engagement,
                sentiment_weight=parameters.sentiment_weight * sentiment,
                # Whether there is enough to measure at all is not what is tried here.
                minimum_weight=0.0,
            ),
        )
        moved = np.where(np.isnan(strength), np.nan, moved)
        low, high = np.minimum(low, moved), np.maximum(high, moved)
        places = _ranks(moved)
        rank_low, rank_high = np.minimum(rank_low, places), np.maximum(rank_high, places)
    return Sensitivity(strength, low, high, rank, rank_low, rank_high)


def _ranks(strength: FloatArray) -> FloatArray:
    ranks = np.full(strength.shape, np.nan)
    known = np.isfinite(strength)
    # Rounding must not separate accounts that are equal.
    ranks[known] = mid_ranks(-np.round(strength[known], 9))
    return ranks
