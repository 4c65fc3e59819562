"""Many accounts on the cohort ladder: grouped once, placed all at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

import numpy as np
from numpy.typing import NDArray

from surveys.cohort_ladder import NO_COHORT, NO_RUNG, LadderStandings, ladder_standings
from surveys.standing import MINIMUM_PEERS, standing_range
from vocapp.benchmarks.rules import (
    CUSTOM_WORDING,
    NO_VALUE,
    Cohort,
    Compared,
    Peer,
    Rung,
    Standing,
    is_enough,
    quartiles,
    traits,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Field:
    """All accounts with their cohort on every rung.

    `cohorts` numbers the cohort of each of the `peers` on a rung (NO_COHORT where it lacks a trait), `names`
    has the traits of a cohort by its number.
    """

    peers: Sequence[Peer]
    cohorts: Mapping[Rung, IntArray]
    names: Mapping[Rung, Sequence[tuple[str, ...]]]

    @cached_property
    def _members(self) -> Mapping[Rung, Sequence[IntArray]]:
        found = {}
        for rung, cohort in self.cohorts.items():
            order = np.argsort(cohort, kind="stable")
            # Those in no cohort come first.
            ends = np.searchsorted(cohort[order], np.arange(len(self.names[rung])))
            found[rung] = np.split(order, ends)[1:]
        return found

    @cached_property
    def places(self) -> Mapping[int, int]:
        """Account id → where it stands among the peers."""
        return {peer.account_id: place for place, peer in enumerate(self.peers)}

    def values(self, measure: Compared) -> FloatArray:
        """Return what can be compared, by place; NaN where nothing can."""
        found = (peer.comparable(measure) for peer in self.peers)
        return np.array([np.nan if value is None else value for value in found], dtype=float)

    def others(self, own: Peer, rung: Rung) -> list[Peer]:
        """Return the accounts that share an account's traits on a rung, itself left out."""
        place = traits(own, rung)
        if place is None or place not in self.names[rung]:
            return []
        chosen = self.members(rung)[self.names[rung].index(place)]
        return [peer for at in chosen if (peer := self.peers[at]).account_id != own.account_id]

    def members(self, rung: Rung) -> Sequence[IntArray]:
        """Return the places of the accounts of each cohort of a rung, in the order of `names`."""
        return self._members[rung]


def field_of(peers: Sequence[Peer]) -> Field:
    """Group accounts on every rung."""
    cohorts: dict[Rung, IntArray] = {}
    names: dict[Rung, list[tuple[str, ...]]] = {}
    for rung in Rung:
        numbers: dict[tuple[str, ...], int] = {}
        places = (traits(peer, rung) for peer in peers)
        cohorts[rung] = np.array(
            [NO_COHORT if place is None else numbers.setdefault(place, len(numbers)) for place in places],
            dtype=np.int64,
        )
        names[rung] = list(numbers)
    return Field(peers, cohorts, names)


@dataclass(frozen=True)
class Ladder:
    """Where every account of a field stands for one measure."""

    field: Field
    measure: Compared
    values: FloatArray
    found: LadderStandings

    def standing_of(self, account_id: int, *, draws: FloatArray | None = None) -> Standing:
        """Return an account's standing; KeyError for one that is not in the field.

        `draws` are likely values of the account, if its noise is known.
        """
        place = self.field.places[account_id]
        own, number = self.field.peers[place], int(self.found.rung[place])
        value, n = own.values[self.measure], int(self.found.n[place])
        reason = self.reason_at(place)
        if number == NO_RUNG:
            return Standing(self.measure, value, None, (), n, 0, None, None, (), reason)
        rung = tuple(Rung)[number]
        others = self._others(place, rung)
        is_placed = bool(np.isfinite(self.found.percentile[place]))
        return Standing(
            measure=self.measure,
            value=value,
            rung=rung,
            cohort=traits(own, rung) or (),
            n=n,
            without_value=int(self.found.without_value[place]),
            percentile=float(self.found.percentile[place]) if is_placed else None,
            ci=(float(self.found.low[place]), float(self.found.high[place])) if is_placed else None,
            values=tuple(others),
            reason=reason,
            likely=standing_range(draws, others) if draws is not None and is_placed else None,
        )

    def reason_at(self, place: int) -> str:
        """Return why the account at a place has no percentile, or ""."""
        if self.found.rung[place] == NO_RUNG:
            n = int(self.found.n[place])
            return f"no comparison: it takes {MINIMUM_PEERS} other accounts with a value, and there are {n}"
        if np.isfinite(self.found.percentile[place]):
            return ""
        return NO_VALUE if self.field.peers[place].values[self.measure] is None else CUSTOM_WORDING

    def _others(self, place: int, rung: Rung) -> list[float]:
        cohort = self.field.cohorts[rung]
        is_other = (cohort == cohort[place]) & np.isfinite(self.values)
        is_other[place] = False
        others: list[float] = np.sort(self.values[is_other]).tolist()
        return others


def ladder_of(field: Field, measure: Compared) -> Ladder:
    """Place every account in the first cohort with at least ten others (docs/method.md §6)."""
    values = field.values(measure)
    return Ladder(field, measure, values, ladder_standings(values, [field.cohorts[rung] for rung in Rung]))


def cohorts(field: Field, measure: Compared) -> list[Cohort]:
    """Return every cohort whose accounts all find their ten others in it, widest first, then largest."""
    values, found = field.values(measure), []
    respondents = np.array([peer.respondents for peer in field.peers], dtype=np.int64)
    for rung in Rung:
        for name, those in zip(field.names[rung], field.members(rung), strict=True):
            known = np.sort(values[those][np.isfinite(values[those])]).tolist()
            if len(known) > MINIMUM_PEERS and is_enough(int(respondents[those].sum()), len(known)):
                missing = len(those) - len(known)
                found.append(Cohort(rung, name, len(known), missing, median(known), quartiles(known)))
    width = list(reversed(Rung))
    return sorted(found, key=lambda cohort: (width.index(cohort.rung), -cohort.n, cohort.traits))
