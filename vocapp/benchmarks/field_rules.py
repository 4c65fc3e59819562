"""All accounts of a company, grouped once on every rung of the ladder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from surveys.cohort_ladder import NO_COHORT
from vocapp.benchmarks.rules import Compared, Peer, Rung, traits

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
    # Few accounts differ in what they have in common with others: one of each kind stands for all of it.
    firsts: dict[tuple[str, str, str], Peer] = {}
    kinds: dict[tuple[str, str, str], int] = {}
    kind = np.empty(len(peers), dtype=np.int64)
    for place, peer in enumerate(peers):
        whose = (peer.tier, peer.industry, peer.region)
        firsts.setdefault(whose, peer)
        kind[place] = kinds.setdefault(whose, len(kinds))
    cohorts: dict[Rung, IntArray] = {}
    names: dict[Rung, list[tuple[str, ...]]] = {}
    for rung in Rung:
        numbers: dict[tuple[str, ...], int] = {}
        found = (traits(peer, rung) for peer in firsts.values())
        of_kinds = [NO_COHORT if one is None else numbers.setdefault(one, len(numbers)) for one in found]
        cohorts[rung] = np.array(of_kinds, dtype=np.int64)[kind]
        names[rung] = list(numbers)
    return Field(peers, cohorts, names)
