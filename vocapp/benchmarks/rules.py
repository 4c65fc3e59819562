"""Against accounts like it, is that good? Cohorts, standings, and what must stay hidden."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

import numpy as np
from numpy.typing import NDArray

from surveys.disclosure import CellSize, hidden_cells
from surveys.standing import MINIMUM_PEERS, StandingRange, standing, standing_range


class Compared(StrEnum):
    """The measures that are compared: strength 0-100, the others 0-1."""

    STRENGTH = "strength"
    ENGAGEMENT = "engagement"
    SENTIMENT = "sentiment"
    FOOTPRINT = "footprint"


# What changes with the words of the question.
FROM_ANSWERS = frozenset({Compared.SENTIMENT, Compared.STRENGTH})
NO_VALUE = "this account has no value to compare yet"
CUSTOM_WORDING = "not benchmarked: this account was asked in custom wording"


class Rung(StrEnum):
    """What the accounts of a cohort have in common, from narrow to wide."""

    TIER_INDUSTRY_REGION = "tier_industry_region"
    TIER_REGION = "tier_region"
    TIER_INDUSTRY = "tier_industry"
    TIER = "tier"
    ALL = "all"


@dataclass(frozen=True)
class Peer:
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
class Field:
    """All accounts, grouped on every rung: made once, asked for each account."""

    groups: Mapping[tuple[Rung, tuple[str, ...]], Sequence[Peer]]

    def others(self, own: Peer, rung: Rung) -> list[Peer]:
        """Return the accounts that share an account's traits on a rung, itself left out."""
        place = traits(own, rung)
        found = () if place is None else self.groups.get((rung, place), ())
        return [peer for peer in found if peer.account_id != own.account_id]


def field_of(peers: Sequence[Peer]) -> Field:
    """Group accounts on every rung."""
    groups: dict[tuple[Rung, tuple[str, ...]], list[Peer]] = {}
    for rung in Rung:
        for peer in peers:
            place = traits(peer, rung)
            if place is not None:
                groups.setdefault((rung, place), []).append(peer)
    return Field(groups)


@dataclass(frozen=True)
class Standing:
    """Where one account stands among others like it; percentile and its sampling interval are 0-100.

    `rung` is None when no cohort has ten others with a value: then there is no percentile and `reason` says
    why. `n` counts the others with a value, `without_value` those that have none; `values` are the others'
    values, smallest first, without names. `likely` carries the noise of the account's own value, where known.
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


def stand(
    own: Peer, field: Field, measure: Compared, *, draws: NDArray[np.float64] | None = None
) -> Standing:
    """Return an account's standing in the first cohort with at least ten others (docs/method.md §6).

    `draws` are likely values of the account, if its noise is known.
    """
    value, compared = own.values[measure], own.comparable(measure)
    missing = NO_VALUE if value is None else CUSTOM_WORDING
    most = 0
    for rung in Rung:
        values = [peer.comparable(measure) for peer in field.others(own, rung)]
        known = sorted(found for found in values if found is not None)
        most = max(most, len(known))
        if len(known) < MINIMUM_PEERS:
            continue
        place = standing(compared, values)
        return Standing(
            measure=measure,
            value=value,
            rung=rung,
            cohort=traits(own, rung) or (),
            n=len(known),
            without_value=len(values) - len(known),
            percentile=None if place is None else place.percentile,
            ci=None if place is None else place.ci,
            values=tuple(known),
            reason=missing if place is None else "",
            likely=None if draws is None or place is None else standing_range(draws, known),
        )
    reason = f"no comparison: it takes {MINIMUM_PEERS} other accounts with a value, and there are {most}"
    return Standing(measure, value, None, (), most, 0, None, None, (), reason)


@dataclass(frozen=True)
class Cell:
    """The accounts of one tier and region together; `median` is None where too few would be recognisable."""

    accounts: int
    respondents: int
    median: float | None
    is_hidden: bool


def heat_map(peers: Sequence[Peer], measure: Compared) -> dict[tuple[str, str], Cell]:
    """Return (tier, region) → the middle value there, with what could be recognised hidden.

    Hidden cells of a row or column must jointly be too many to recognise as well, or the smallest one shown
    beside them is hidden too: otherwise a total would give them away.
    """
    groups: dict[tuple[str, str], list[Peer]] = {}
    for peer in peers:
        place = traits(peer, Rung.TIER_REGION)
        if place is not None and peer.comparable(measure) is not None:
            groups.setdefault((place[0], place[1]), []).append(peer)
    sizes = {
        place: CellSize(sum(peer.respondents for peer in group), len(group))
        for place, group in groups.items()
    }
    lines = [
        [place for place in sorted(sizes) if place[axis] == name]
        for axis in (0, 1)
        for name in sorted({place[axis] for place in sizes})
    ]
    hidden = hidden_cells(sizes, lines)
    return {
        place: Cell(
            accounts=sizes[place].accounts,
            respondents=sizes[place].respondents,
            median=None if place in hidden else _middle(groups[place], measure),
            is_hidden=place in hidden,
        )
        for place in groups
    }


@dataclass(frozen=True)
class Cohort:
    """A cohort large enough to compare with: its traits, accounts with a value, and their quartiles."""

    rung: Rung
    traits: tuple[str, ...]
    n: int
    without_value: int
    median: float
    quartiles: tuple[float, float]


def cohorts(field: Field, measure: Compared) -> list[Cohort]:
    """Return every cohort whose accounts all find their ten others in it, widest first, then largest."""
    found = []
    for (rung, place), group in field.groups.items():
        values = _values(group, measure)
        respondents = sum(peer.respondents for peer in group)
        if len(values) > MINIMUM_PEERS and CellSize(respondents, len(values)).is_enough:
            missing = len(group) - len(values)
            found.append(Cohort(rung, place, len(values), missing, median(values), _quartiles(values)))
    width = list(reversed(Rung))
    return sorted(found, key=lambda cohort: (width.index(cohort.rung), -cohort.n, cohort.traits))


def _values(group: Sequence[Peer], measure: Compared) -> list[float]:
    return sorted(value for peer in group if (value := peer.comparable(measure)) is not None)


def _middle(group: Sequence[Peer], measure: Compared) -> float:
    return median(_values(group, measure))


def _quartiles(values: Sequence[float]) -> tuple[float, float]:
    half = len(values) // 2
    return median(values[:half]), median(values[-half:])
