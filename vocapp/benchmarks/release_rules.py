"""Which cohorts may be shown for a measure, and the map of tiers and regions with what has to stay hidden."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from statistics import median

import numpy as np

from surveys.confidentiality import MINIMUM_RESPONDENTS
from surveys.disclosure import CellSize, hidden_cells, whole_points
from surveys.disclosure_groups import NOBODY, shown_together
from surveys.standing import MINIMUM_PEERS
from vocapp.benchmarks.field_rules import Field, FloatArray, IntArray
from vocapp.benchmarks.rules import FROM_ANSWERS, Cell, Compared, Rung

# What is shown first where not everything can be: the map of tiers and regions before industries.
_WANTED = (Rung.ALL, Rung.TIER, Rung.TIER_REGION, Rung.TIER_INDUSTRY, Rung.TIER_INDUSTRY_REGION)

Place = tuple[str, str]


class Released:
    """What may be shown of a field for one measure: whole cohorts, in the order in which they are wanted."""

    def __init__(self, field: Field, measure: Compared) -> None:
        self.field = field
        self.measure = measure
        self.values: FloatArray = field.values(measure)
        respondents = np.array([peer.respondents for peer in field.peers], dtype=np.int64)
        # Who takes part, and which seats are filled, is nothing that anybody said.
        self._people = (
            respondents if measure in FROM_ANSWERS else np.full_like(respondents, MINIMUM_RESPONDENTS)
        )
        self._known = np.isfinite(self.values)

    @cached_property
    def shown(self) -> Mapping[Rung, frozenset[int]]:
        """The numbers of the cohorts that may be shown, by rung."""
        wanted = [
            (rung, number, self.compared(rung, number)) for rung in _WANTED for number in self._largest(rung)
        ]
        numbers: dict[int, int] = {}
        owner = np.array(
            [
                NOBODY if peer.owner_id is None else numbers.setdefault(peer.owner_id, len(numbers))
                for peer in self.field.peers
            ],
            dtype=np.int64,
        )
        # Without a value an account is in no figure.
        place = np.cumsum(self._known) - 1
        are_shown = shown_together(
            self._people[self._known], owner[self._known], [place[group] for _rung, _number, group in wanted]
        )
        return {
            rung: frozenset(
                number
                for (on, number, _), is_shown in zip(wanted, are_shown, strict=True)
                if on is rung and is_shown
            )
            for rung in Rung
        }

    def compared(self, rung: Rung, number: int) -> IntArray:
        """Return the places of the accounts of a cohort that have a value."""
        those = self.field.members(rung)[number]
        return those[self._known[those]]

    def heat_map(self) -> dict[Place, Cell]:
        """Return (tier, region) → the middle value there, with what could be recognised hidden."""
        sizes = self._cells
        shown = self.shown[Rung.TIER_REGION]
        point = self.measure.point
        cells = {}
        for number, name in enumerate(self.field.names[Rung.TIER_REGION]):
            place = (name[0], name[1])
            if place not in sizes:
                continue
            middle = None
            if number in shown:
                those = self.values[self.compared(Rung.TIER_REGION, number)]
                middle = whole_points(median(those.tolist()), point=point)
            cells[place] = Cell(sizes[place].accounts, sizes[place].respondents, middle, number not in shown)
        return cells

    @cached_property
    def _cells(self) -> Mapping[Place, CellSize]:
        found = {}
        for number, (tier, region) in enumerate(self.field.names[Rung.TIER_REGION]):
            those = self.compared(Rung.TIER_REGION, number)
            if len(those):
                found[tier, region] = CellSize(int(self._people[those].sum()), len(those))
        return found

    def _largest(self, rung: Rung) -> Sequence[int]:
        """Return the cohorts of a rung that somebody would be shown, the largest first."""
        sizes = [len(self.compared(rung, number)) for number in range(len(self.field.names[rung]))]
        if rung is Rung.TIER_REGION:
            hidden = self._hidden_cells()
            wanted = [
                number
                for number, name in enumerate(self.field.names[rung])
                if sizes[number] and name not in hidden
            ]
        else:
            wanted = [number for number, size in enumerate(sizes) if size >= MINIMUM_PEERS]
        return sorted(wanted, key=lambda number: (-sizes[number], self.field.names[rung][number]))

    def _hidden_cells(self) -> frozenset[Place]:
        """Return the cells that a row or column would give away: those hidden in it must be many together."""
        sizes = self._cells
        lines = [
            [place for place in sorted(sizes) if place[axis] == name]
            for axis in (0, 1)
            for name in sorted({place[axis] for place in sizes})
        ]
        return hidden_cells(sizes, lines)
