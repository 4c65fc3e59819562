"""What is exchanged: the measures, the cohorts they are cut into, and what a cohort says of itself."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from surveys.confidentiality import MINIMUM_ACCOUNTS
from surveys.parameters import MethodParameters


class Exchanged(StrEnum):
    """The measures that are exchanged, in whole points: NPS -100 to 100, all others 0 to 100."""

    STRENGTH = "strength"
    FOOTPRINT = "footprint"
    ENGAGEMENT = "engagement"
    SENTIMENT = "sentiment"
    NPS = "nps"
    CSAT = "csat"
    CES = "ces"

    @property
    def lowest(self) -> int:
        """The least it can be."""
        return -100 if self is Exchanged.NPS else 0

    @property
    def highest(self) -> int:
        """The most it can be."""
        return 100


class Trait(StrEnum):
    """What accounts of a cohort may have in common."""

    TIER = "tier"
    INDUSTRY = "industry"
    REGION = "region"


# Which traits cohorts are made of, widest first.
CUTS: tuple[tuple[Trait, ...], ...] = (
    (),
    (Trait.TIER,),
    (Trait.INDUSTRY,),
    (Trait.REGION,),
    (Trait.TIER, Trait.REGION),
    (Trait.TIER, Trait.INDUSTRY),
    (Trait.TIER, Trait.INDUSTRY, Trait.REGION),
)
# Where an account is compared, narrowest first: as among our own, then by what every company calls alike.
LADDER: tuple[tuple[Trait, ...], ...] = (
    (Trait.TIER, Trait.INDUSTRY, Trait.REGION),
    (Trait.TIER, Trait.REGION),
    (Trait.TIER, Trait.INDUSTRY),
    (Trait.TIER,),
    (Trait.INDUSTRY,),
    (Trait.REGION,),
    (),
)


@dataclass(frozen=True, slots=True, order=True)
class Cohort:
    """Accounts that have these traits in common; "" is any."""

    tier: str = ""
    industry: str = ""
    region: str = ""

    @property
    def traits(self) -> tuple[str, ...]:
        """The names it is known by."""
        return tuple(name for name in (self.tier, self.industry, self.region) if name)

    @property
    def cut(self) -> tuple[Trait, ...]:
        """Which traits it is made of."""
        return tuple(trait for trait in Trait if getattr(self, trait.value))

    @property
    def key(self) -> "Cohort":
        """The same cohort as houses that write it differently name it."""
        return Cohort(*(name.strip().casefold() for name in (self.tier, self.industry, self.region)))

    def on(self, cut: Sequence[Trait]) -> "Cohort | None":
        """Return the cohort of these traits only, or None where one of them is missing."""
        names = {trait.value: str(getattr(self, trait.value)) for trait in cut}
        return Cohort(**names) if all(names.values()) else None


@dataclass(frozen=True, slots=True)
class Subject:
    """An account as far as it is exchanged: its traits, values in points, and the people behind each."""

    account_id: int
    traits: Cohort
    values: Mapping[Exchanged, float]
    respondents: Mapping[Exchanged, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """What is told about the accounts of a cohort, in whole points; `quantiles` maps percent to points."""

    accounts: int
    respondents: int
    mean: int
    quantiles: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """One measure of one cohort."""

    measure: Exchanged
    cohort: Cohort
    summary: Summary


_MEDIAN, _QUARTILES = (50,), (25, 50, 75)
_DECILES = (10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90)


def quantile_levels(accounts: int) -> tuple[int, ...]:
    """Return which quantiles (percent) so many accounts may tell: between two lie at least three of them.

    Two neighbouring ones can be 5 % apart, so deciles with quartiles take 60 accounts.
    """
    for levels, nearest in ((_DECILES, 5), (_QUARTILES, 25), (_MEDIAN, 50)):
        if accounts * nearest >= 100 * MINIMUM_ACCOUNTS:
            return levels
    return ()


def around(level: int, accounts: int) -> tuple[int, int]:
    """Return the first and the last place (from 1) of the values whose mean is told as a quantile.

    Three or four of them, the place of the quantile in the middle: none is the value of a single account.
    """
    middle = level * accounts + 50
    return middle // 100 - 1, -(-middle // 100) + 1


def summary(values: Sequence[float], *, respondents: int) -> Summary:
    """Sum up the values of at least one account, in points."""
    ordered = sorted(values)
    n = len(ordered)
    quantiles = {}
    for level in quantile_levels(n):
        first, last = around(level, n)
        quantiles[level] = round(math.fsum(ordered[first - 1 : last]) / (last - first + 1))
    return Summary(n, respondents, round(math.fsum(ordered) / n), quantiles)


# Which numbers of the method decide whether two houses measure the same.
_ENGAGEMENT = ("complete_worth", "partial_worth", "declined_worth", "half_life")
_SENTIMENT = ("sentiment_days", "sentiment_pull", "pull_from", "pull_to", "pull_accounts", "tier_accounts")
_STRENGTH = ("footprint_weight", "engagement_weight", "sentiment_weight", "floor", "minimum_weight")
PARAMETERS_OF: Mapping[Exchanged, tuple[str, ...]] = {
    Exchanged.STRENGTH: (*_STRENGTH, *_ENGAGEMENT, *_SENTIMENT),
    Exchanged.FOOTPRINT: (),
    Exchanged.ENGAGEMENT: _ENGAGEMENT,
    Exchanged.SENTIMENT: _SENTIMENT,
    Exchanged.NPS: ("sentiment_days",),
    Exchanged.CSAT: ("sentiment_days",),
    Exchanged.CES: ("sentiment_days",),
}
PARAMETERS = tuple(sorted({name for names in PARAMETERS_OF.values() for name in names}))


def in_thousandths(method: MethodParameters) -> dict[str, int]:
    """Return the parameters that matter, in thousandths: a signed file holds whole numbers only."""
    values = asdict(method)
    return {name: round(1000 * values[name]) for name in PARAMETERS}


def is_measured_alike(measure: Exchanged, ours: Mapping[str, int], theirs: Mapping[str, int]) -> bool:
    """Whether two houses make a measure with the same numbers."""
    return all(ours.get(name) == theirs.get(name) for name in PARAMETERS_OF[measure])


def fingerprint_in_groups(fingerprint: str) -> str:
    """Return a fingerprint as one reads it out: groups of four."""
    return " ".join(fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4))
