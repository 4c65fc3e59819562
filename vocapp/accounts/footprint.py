"""Footprint as pure judgements: which seats are known, confirmed lately and reachable, and what to do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from surveys.coverage import footprint as coverage
from surveys.coverage import footprint_measure
from surveys.measure import Measure


class SlotState(StrEnum):
    """How sure we are of one seat: somebody confirmed lately; somebody known only; nobody."""

    FILLED = "filled"
    DOUBTFUL = "doubtful"
    EMPTY = "empty"


class StepKind(StrEnum):
    """What closes a gap."""

    CONFIRM = "confirm"
    ASK_CHAMPION = "ask_champion"
    ASK_SOMEBODY = "ask_somebody"
    FIND_FIRST = "find_first"


@dataclass(frozen=True, slots=True)
class PersonaFacts:
    """A persona as rules need it; `weight` > 0."""

    id: int
    key: str
    name: str
    weight: float
    description: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as footprint sees them, never behind a role address; `personas` are keys.

    `is_reachable`: the address is good and its owner has not opted out.
    """

    contact_id: int
    name: str
    title: str
    personas: tuple[str, ...]
    is_verified: bool
    is_reachable: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """One seat; `person` is None exactly when it is empty."""

    state: SlotState
    person: Person | None = None

    @property
    def is_cut_off(self) -> bool:
        """Whether the seat is filled, but we cannot write to the person."""
        return self.state is SlotState.FILLED and self.person is not None and not self.person.is_reachable


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do about one gap.

    `person` is whom to confirm (CONFIRM), whom to ask (ASK_CHAMPION, ASK_SOMEBODY), or None (FIND_FIRST:
    nobody is known yet). `missing` counts the seats this step is about.
    """

    kind: StepKind
    persona: PersonaFacts
    person: Person | None
    missing: int


@dataclass(frozen=True, slots=True)
class PersonaSlots:
    """The seats of one persona, certain people first, then doubtful ones, then empty seats."""

    persona: PersonaFacts
    slots: tuple[Slot, ...]

    @property
    def required(self) -> int:
        """How many contacts the tier profile asks for."""
        return len(self.slots)

    @property
    def name(self) -> str:
        """The persona's name."""
        return self.persona.name

    @property
    def filled(self) -> int:
        """How many seats are held by somebody confirmed lately."""
        return self._count(SlotState.FILLED)

    @property
    def doubtful(self) -> int:
        """How many seats are held by somebody not confirmed lately."""
        return self._count(SlotState.DOUBTFUL)

    @property
    def empty(self) -> int:
        """How many seats nobody is known for."""
        return self._count(SlotState.EMPTY)

    @property
    def reachable(self) -> int:
        """How many of the filled seats are held by somebody we can write to."""
        return self.filled - sum(slot.is_cut_off for slot in self.slots)

    def _count(self, state: SlotState) -> int:
        return sum(slot.state is state for slot in self.slots)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Who is known at one account, against its profile; `personas` lists only those it asks for.

    Three depths, each inside the one before: `identified` (somebody is known), `verified` (and was confirmed
    lately), `reachable` (and we can write to them). Each is 0-1, a census without interval, and not measured
    where no profile applies. Relationship strength stands on `verified`.
    """

    personas: tuple[PersonaSlots, ...]
    identified: Measure
    verified: Measure
    reachable: Measure
    steps: tuple[NextStep, ...]

    @property
    def measure(self) -> Measure:
        """The measure of docs/method.md §3: the verified one."""
        return self.verified

    @property
    def required(self) -> int:
        """How many seats there are."""
        return sum(group.required for group in self.personas)

    @property
    def identified_seats(self) -> int:
        """For how many of them somebody is known."""
        return self.required - sum(group.empty for group in self.personas)

    @property
    def verified_seats(self) -> int:
        """How many of them somebody confirmed lately holds."""
        return sum(group.filled for group in self.personas)

    @property
    def filled(self) -> int:
        """How many seats count as filled: the verified ones."""
        return self.verified_seats

    @property
    def reachable_seats(self) -> int:
        """How many of those we can also write to."""
        return sum(group.reachable for group in self.personas)

    @property
    def gaps(self) -> dict[str, int]:
        """Persona key → seats that nobody confirmed lately holds; only personas with such seats."""
        missing = {group.persona.key: group.required - group.filled for group in self.personas}
        return {key: count for key, count in missing.items() if count}


def judge_footprint(
    required: Mapping[str, int], people: Sequence[Person], personas: Sequence[PersonaFacts]
) -> Footprint:
    """Return seats, coverage at three depths (docs/method.md §3) and next steps of one account.

    `required` maps persona key → contacts; `people` leaves out role addresses and those who left; `personas`
    is in page order.
    """
    groups = tuple(
        PersonaSlots(persona, _seat(required[persona.key], persona.key, people))
        for persona in personas
        if required.get(persona.key, 0) > 0
    )
    seats = tuple((group.persona.key, group.required, group.persona.weight) for group in groups)
    return Footprint(
        personas=groups,
        identified=_covered(seats, tuple(group.required - group.empty for group in groups)),
        verified=_covered(seats, tuple(group.filled for group in groups)),
        reachable=_covered(seats, tuple(group.reachable for group in groups)),
        steps=tuple(next_steps(groups, people)),
    )


@lru_cache(maxsize=8192)
def _covered(seats: tuple[tuple[str, int, float], ...], have: tuple[int, ...]) -> Measure:
    """Return the coverage of seats (persona key, required, weight) by so many people per persona.

    Kept, because ten thousands of accounts share a few thousand combinations.
    """
    asked = {key: required for key, required, _weight in seats}
    weights = {key: weight for key, _required, weight in seats}
    known = {key: count for (key, _required, _weight), count in zip(seats, have, strict=True)}
    return footprint_measure(coverage(asked, known, weights=weights))


def _seat(seats: int, key: str, people: Sequence[Person]) -> tuple[Slot, ...]:
    known = sorted((person for person in people if key in person.personas), key=_least_certain_last)
    taken = [
        Slot(SlotState.FILLED if person.is_verified else SlotState.DOUBTFUL, person)
        for person in known[:seats]
    ]
    return (*taken, *(Slot(SlotState.EMPTY) for _missing in range(seats - len(taken))))


def _least_certain_last(person: Person) -> tuple[bool, bool, str, int]:
    return (not person.is_verified, not person.is_reachable, person.name, person.contact_id)


def next_steps(groups: Iterable[PersonaSlots], people: Sequence[Person]) -> list[NextStep]:
    """Return what closes each gap, the weightiest persona first: ask somebody certain, or confirm."""
    steps = []
    for group in sorted(groups, key=lambda group: -group.persona.weight):
        empty = group.empty
        if empty:
            asked = whom_to_ask(people)
            kind = StepKind.FIND_FIRST
            if asked is not None:
                is_champion = "champion" in asked.personas
                kind = StepKind.ASK_CHAMPION if is_champion else StepKind.ASK_SOMEBODY
            steps.append(NextStep(kind, group.persona, asked, empty))
        steps += [
            NextStep(StepKind.CONFIRM, group.persona, slot.person, 1)
            for slot in group.slots
            if slot.state is SlotState.DOUBTFUL
        ]
    return steps


def whom_to_ask(people: Iterable[Person]) -> Person | None:
    """Return the reachable person who can best name others: a champion before anybody else."""
    reachable = [person for person in people if person.is_reachable]
    return min(
        reachable,
        key=lambda person: ("champion" not in person.personas, *_least_certain_last(person)),
        default=None,
    )
