"""Against accounts like it, is that good? Cohorts, standings, and what must stay hidden."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from surveys.standing import StandingRange


class Compared(StrEnum):
    """The measures that are compared: strength 0-100, the others 0-1."""

    STRENGTH = "strength"
    ENGAGEMENT = "engagement"
    SENTIMENT = "sentiment"
    FOOTPRINT = "footprint"

    @property
    def point(self) -> float:
        """One whole point, in the unit of the measure."""
        return 1.0 if self is Compared.STRENGTH else 0.01


# What changes with the words of the question.
FROM_ANSWERS = frozenset({Compared.SENTIMENT, Compared.STRENGTH})
NO_VALUE = "this account has no value to compare yet"
TOO_TELLING = "no comparison: every group with ten others in it would single out too few people"
CUSTOM_WORDING = "not benchmarked: this account was asked in custom wording"


class Rung(StrEnum):
    """What the accounts of a cohort have in common, from narrow to wide."""

    TIER_INDUSTRY_REGION = "tier_industry_region"
    TIER_REGION = "tier_region"
    TIER_INDUSTRY = "tier_industry"
    TIER = "tier"
    ALL = "all"


class Peer(NamedTuple):
    """An account as a benchmark sees it: what it has in common with others, its values, its respondents.

    What rests on answers to custom wording `is_custom_worded`: it is the account's value, but compares with
    nobody's.
    """

    account_id: int
    tier: str
    industry: str
    region: str
    values: Mapping[Compared, float | None]
    respondents: int = 0
    owner_id: int | None = None
    is_custom_worded: bool = False

    def comparable(self, measure: Compared) -> float | None:
        """Return a value as far as it may be compared."""
        is_custom = self.is_custom_worded and measure in FROM_ANSWERS
        return None if is_custom else self.values[measure]


_TRAITS: Mapping[Rung, tuple[Callable[[Peer], str], ...]] = {
    Rung.TIER_INDUSTRY_REGION: (lambda peer: peer.tier, lambda peer: peer.industry, lambda peer: peer.region),
    Rung.TIER_REGION: (lambda peer: peer.tier, lambda peer: peer.region),
    Rung.TIER_INDUSTRY: (lambda peer: peer.tier, lambda peer: peer.industry),
    Rung.TIER: (lambda peer: peer.tier,),
    Rung.ALL: (),
}


def traits(peer: Peer, rung: Rung) -> tuple[str, ...] | None:
    """Return what names an account's cohort on a rung, or None where it lacks one of the traits."""
    found = tuple(trait(peer) for trait in _TRAITS[rung])
    return found if all(found) else None


@dataclass(frozen=True)
class Standing:
    """Where one account stands among others like it; percentile and its sampling interval are 0-100.

    `rung` is None when no cohort has ten others with a value: then there is no percentile and `reason` says
    why. `n` counts the others with a value, `without_value` those that have none; `values` are the others'
    values in whole points, smallest first, without names. `likely` carries the noise of the account's own
    value, where known.
    """

    measure: Compared
    value: float | None
    rung: Rung | None
    cohort: tuple[str, ...]
    n: int
    without_value: int
    percentile: float | None
    ci: tuple[float, float] | None
    values: tuple[float, ...]
    reason: str
    likely: StandingRange | None = None

    @property
    def median(self) -> float | None:
        """The middle of the others' values."""
        return median(self.values) if self.values else None


@dataclass(frozen=True)
class Cell:
    """The accounts of one tier and region together; `median` is None where too few would be recognisable."""

    accounts: int
    respondents: int
    median: float | None
    is_hidden: bool


@dataclass(frozen=True)
class Cohort:
    """A cohort large enough to compare with: its traits, accounts with a value, and their quartiles."""

    rung: Rung
    traits: tuple[str, ...]
    n: int
    without_value: int
    median: float
    quartiles: tuple[float, float]


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the middles of the lower and the upper half of two or more sorted values."""
    half = len(values) // 2
    return median(values[:half]), median(values[-half:])
