"""Would other weights tell another story? Strength, rank and status when the weights move."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from surveys.evidence import Evidence, FloatArray
from surveys.ranks import mid_ranks
from surveys.status import Status
from surveys.strength import DEFAULT_STRENGTH, Strength, StrengthParameters, combine_rows, measure_strength

# By how much each weight is moved, up and down.
SPREAD = 0.25
WORST_FIRST = (Status.RED, Status.AMBER, Status.GREEN, Status.GREY)


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
    _check_spread(spread)
    strength = combine_rows(components, parameters)
    low, high, rank = strength, strength, _ranks(strength)
    rank_low, rank_high = rank, rank
    for _factors, other in _moved(parameters, spread):
        moved = np.where(np.isnan(strength), np.nan, combine_rows(components, other))
        low, high = np.minimum(low, moved), np.maximum(high, moved)
        places = _ranks(moved)
        rank_low, rank_high = np.minimum(rank_low, places), np.maximum(rank_high, places)
    return Sensitivity(strength, low, high, rank, rank_low, rank_high)


@dataclass(frozen=True, slots=True)
class OtherWeights:
    """Strength (0-100) and status of one account with each weight at `factors` times its own."""

    factors: tuple[float, float, float]
    strength: float
    status: Status


@dataclass(frozen=True, slots=True)
class AccountSensitivity:
    """What moved weights make of one account.

    `low` to `high` are the strengths and `statuses` the statuses of all combinations, the worst status first;
    `single` are those that move one weight: footprint less, footprint more, engagement less and so on.
    """

    low: float
    high: float
    statuses: Sequence[Status]
    single: Sequence[OtherWeights]


def account_sensitivity(
    evidence: Evidence,
    judge: Callable[[Strength, StrengthParameters], Status],
    parameters: StrengthParameters = DEFAULT_STRENGTH,
    *,
    spread: float = SPREAD,
) -> AccountSensitivity | None:
    """Measure and judge one account with every combination of moved weights (docs/method.md §5).

    None where strength is not measured. `judge` says what status a strength has. Raises ValueError for a
    spread outside 0-1.
    """
    _check_spread(spread)
    if not measure_strength(evidence, parameters).measure.is_known:
        return None
    tried = []
    for factors, other in _moved(parameters, spread):
        strength = measure_strength(evidence, other)
        assert strength.measure.value is not None, "moved weights measure what the own ones did"
        tried.append(OtherWeights(factors, strength.measure.value, judge(strength, other)))
    found = {one.status for one in tried}
    return AccountSensitivity(
        low=min(one.strength for one in tried),
        high=max(one.strength for one in tried),
        statuses=[status for status in WORST_FIRST if status in found],
        single=sorted(
            (one for one in tried if one.factors.count(1.0) == 2),
            key=lambda one: next((at, factor) for at, factor in enumerate(one.factors) if factor != 1.0),
        ),
    )


def _moved(
    parameters: StrengthParameters, spread: float
) -> Iterator[tuple[tuple[float, float, float], StrengthParameters]]:
    """Yield every combination of weights at 1 - spread, 1 and 1 + spread times their own."""
    for footprint, engagement, sentiment in itertools.product((1 - spread, 1.0, 1 + spread), repeat=3):
        yield (
            (footprint, engagement, sentiment),
            replace(
                parameters,
                footprint_weight=parameters.footprint_weight * footprint,
                engagement_weight=parameters.engagement_weight * engagement,
                sentiment_weight=parameters.sentiment_weight * sentiment,
                # Whether there is enough to measure at all is not what is tried here.
                minimum_weight=0.0,
            ),
        )


def _check_spread(spread: float) -> None:
    if not 0 <= spread < 1:
        raise ValueError("a spread of weights lies between 0 and 1, 1 excluded")


def _ranks(strength: FloatArray) -> FloatArray:
    ranks = np.full(strength.shape, np.nan)
    known = np.isfinite(strength)
    # Rounding must not separate accounts that are equal.
    ranks[known] = mid_ranks(-np.round(strength[known], 9))
    return ranks
