"""Which cohorts may be told so that no sum and no difference of files, old and new, tells about few.

An account with a value that moved by a point or more counts as another one: what matters is which numbers are
in a total. All totals ever told cut these numbers into parts that every total holds whole or not at all, and
a cohort is told only while each part stays large enough. Whatever is worked out of totals is the same for
all of a part, so it is about no fewer people and accounts than a part has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import count

from surveys.disclosure import CellSize
from vocapp.exchange.rules import CUTS, Cell, Cohort, Exchanged, Subject, Trait, summary

# After this time no answer of an earlier file counts any more.
REMEMBERED = timedelta(days=365)
# A value that moved by less is the same number in a file of whole points.
SAME_VALUE = 1.0

Number = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Told:
    """A number that stood in a total: whose, how many points, people behind it, its part, when last."""

    account_id: int
    points: int
    respondents: int
    part: int
    on: date


Ledger = Mapping[Exchanged, Sequence[Told]]


@dataclass(frozen=True, slots=True)
class Release:
    """What may be told, what has been told with it, and how many values wait because they are too few."""

    cells: Sequence[Cell]
    ledger: Ledger
    waiting: Mapping[Exchanged, int]


def cuts_beginning_with(first: Trait) -> tuple[tuple[Trait, ...], ...]:
    """Return the cuts with one trait before the others: what is cut first is told most."""
    return tuple(sorted(CUTS, key=lambda cut: (len(cut), first not in cut)))


def release(
    subjects: Sequence[Subject], ledger: Ledger, *, first: Trait = Trait.TIER, today: date
) -> Release:
    """Return the cohorts that may be told today after what the ledger says was told before."""
    cells: list[Cell] = []
    told, waiting = {}, {}
    for measure in Exchanged:
        parts = _Parts([one for one in ledger.get(measure, ()) if today - one.on <= REMEMBERED])
        numbers = parts.numbers_of(subjects, measure)
        waiting[measure] = parts.drop_too_few(numbers)
        for cut in cuts_beginning_with(first):
            cells += _cells(numbers, parts, measure, cut)
        told[measure] = parts.told(numbers, today)
    return Release(cells, told, waiting)


class _Parts:
    """All numbers ever told, cut into parts that no total divides."""

    def __init__(self, told: Sequence[Told]) -> None:
        self._known = {(one.account_id, one.points): one for one in told}
        self._part = {number: one.part for number, one in self._known.items()}
        self._people = {number: one.respondents for number, one in self._known.items()}
        self._fresh = count(1 + max(self._part.values(), default=0))

    def numbers_of(self, subjects: Sequence[Subject], measure: Exchanged) -> dict[Number, Subject]:
        """Return which numbers stand in a total today; one told before keeps its part."""
        before: dict[int, list[int]] = {}
        for account, points in self._known:
            before.setdefault(account, []).append(points)
        found = {}
        for subject in subjects:
            value = subject.values.get(measure)
            if value is None:
                continue
            same = [p for p in before.get(subject.account_id, ()) if abs(value - p) < SAME_VALUE]
            points = min(same, key=lambda p: (abs(value - p), p)) if same else round(value)
            number, people = (subject.account_id, points), subject.respondents.get(measure, 0)
            found[number] = subject
            self._people[number] = min(people, self._people.get(number, people))
        self._sizes = self._sum(self._part)
        return found

    def drop_too_few(self, numbers: dict[Number, Subject]) -> int:
        """Take out what is new since the last time and too little to hide in; return how many."""
        new = [number for number in numbers if number not in self._part]
        is_enough = CellSize(sum(self._people[number] for number in new), len(new)).is_enough
        if not self._part or is_enough:
            return 0
        for number in new:
            del numbers[number]
        return len(new)

    def take(self, group: Sequence[Number]) -> bool:
        """Cut by one more total, unless a part would be too small then; say whether it was done."""
        inside = self._sum({number: self._part.get(number, 0) for number in group})
        if not sum(inside.values(), CellSize(0, 0)).is_enough:
            return False
        for part, size in inside.items():
            rest = _less(self._sizes.get(part, size), size)
            if (rest.accounts or not part) and not size.is_enough:
                return False
            if rest.accounts and not rest.is_enough:
                return False
        fresh = {
            part: next(self._fresh) for part, size in inside.items() if not part or size != self._sizes[part]
        }
        for number in group:
            part = self._part.get(number, 0)
            self._part[number] = fresh.get(part, part)
        for part, new in fresh.items():
            self._sizes[new] = inside[part]
            if part:
                self._sizes[part] = _less(self._sizes[part], inside[part])
        return True

    def told(self, numbers: Mapping[Number, Subject], today: date) -> list[Told]:
        """Return everything told so far."""
        return [
            Told(*number, self._people[number], part, today if number in numbers else self._known[number].on)
            for number, part in sorted(self._part.items())
        ]

    def _sum(self, parts: Mapping[Number, int]) -> dict[int, CellSize]:
        people: dict[int, int] = {}
        accounts: dict[int, int] = {}
        for number, part in parts.items():
            people[part] = people.get(part, 0) + self._people[number]
            accounts[part] = accounts.get(part, 0) + 1
        return {part: CellSize(people[part], accounts[part]) for part in accounts}


def _cells(
    numbers: Mapping[Number, Subject], parts: _Parts, measure: Exchanged, cut: Sequence[Trait]
) -> list[Cell]:
    groups: dict[Cohort, list[Number]] = {}
    # Many accounts share their traits.
    on_cut = cache(lambda traits: traits.on(cut))
    for number, subject in numbers.items():
        cohort = on_cut(subject.traits)
        if cohort is not None:
            groups.setdefault(cohort, []).append(number)
    cells = []
    for cohort, group in sorted(groups.items(), key=lambda one: (-len(one[1]), one[0])):
        if parts.take(group):
            members = [numbers[number] for number in group]
            people = sum(one.respondents.get(measure, 0) for one in members)
            told = summary([one.values[measure] for one in members], respondents=people)
            cells.append(Cell(measure, cohort, told))
    return cells


def _less(whole: CellSize, part: CellSize) -> CellSize:
    return CellSize(whole.respondents - part.respondents, whole.accounts - part.accounts)
