"""How a rating stands among those of its own region, where people use the scale in their own way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from surveys.interval_arrays import FloatArray

RATINGS = 11
ANSWERS_NEEDED = 30
ACCOUNTS_NEEDED = 10
# A region of so many answers speaks for itself as much as everybody else speaks for it.
HALF_TRUSTED_AT = 50

NO_REGION = "too few earlier answers from this region and the one around it: the raw score stands alone"


@dataclass(frozen=True, slots=True)
class RegionHistory:
    """Earlier answers of a region: how many gave each rating from 0 to 10, and from how many accounts.

    Take what was said before the wave that is judged, or a wave would be its own measure. Raises ValueError
    unless there are eleven counts, none negative.
    """

    name: str
    counts: tuple[int, ...]
    accounts: int

    def __post_init__(self) -> None:
        if len(self.counts) != RATINGS or min(self.counts) < 0:
            raise ValueError("a history counts the answers at each of the eleven ratings")

    @property
    def n(self) -> int:
        """All answers."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class RegionTable:
    """Where each rating from 0 to 10 stands in a region, one element per rating.

    `mid_rank` (0-1) is the share below plus half of the equal, kept off 0 and 1; `z` its normal quantile;
    `shrunk` the mid-rank drawn towards that among everybody by n / (n + 50): for judging risk. A standing
    makes all regions equal, so it must never compare regions or pay a bonus: the raw score stands first.
    """

    region: str
    n: int
    accounts: int
    mid_rank: FloatArray
    z: FloatArray
    shrunk: FloatArray

    def of(self, ratings: Sequence[int]) -> float | None:
        """Return the mean shrunk standing (0-1) of some ratings of 0-10, None without any."""
        return float(self.shrunk[list(ratings)].mean()) if ratings else None


def region_table(
    ladder: Sequence[RegionHistory],
    everybody: RegionHistory,
    *,
    answers_needed: int = ANSWERS_NEEDED,
    accounts_needed: int = ACCOUNTS_NEEDED,
    half_trusted_at: float = HALF_TRUSTED_AT,
) -> RegionTable | None:
    """Return the standings of the first history in `ladder` that is large enough (docs/method.md §4).

    The ladder runs from the region to what lies around it; None where no rung has enough answers and
    accounts, and then only the raw score may be shown.
    """
    for rung in ladder:
        if rung.n >= max(1, answers_needed) and rung.accounts >= accounts_needed:
            place = mid_ranks_of(rung)
            trust = rung.n / (rung.n + half_trusted_at)
            overall = mid_ranks_of(everybody) if everybody.n else place
            shrunk = trust * place + (1 - trust) * overall
            return RegionTable(rung.name, rung.n, rung.accounts, place, special.ndtri(place), shrunk)
    return None


def mid_ranks_of(history: RegionHistory) -> FloatArray:
    """Return (below + half of the equal) / n for each rating 0-10, kept within ½/n and 1 - ½/n.

    Raises ValueError without answers.
    """
    if not history.n:
        raise ValueError("without answers nothing has a rank")
    counts = np.array(history.counts, dtype=float)
    place = (np.cumsum(counts) - counts / 2) / history.n
    kept: FloatArray = np.clip(place, 0.5 / history.n, 1 - 0.5 / history.n)
    return kept


def equivalent_rating(rating: int, own: RegionHistory, reference: RegionHistory) -> float:
    """Return the rating of `reference` that stands where `rating` stands in `own` (equipercentile).

    Between two ratings that were given in the reference it is interpolated. Raises ValueError without
    answers.
    """
    given = np.flatnonzero(np.array(reference.counts))
    return float(np.interp(mid_ranks_of(own)[rating], mid_ranks_of(reference)[given], given))
