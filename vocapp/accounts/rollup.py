"""The footprint of several accounts as one: seats added up, never filled from another account."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from surveys.coverage import footprint as coverage
from surveys.coverage import footprint_measure
from surveys.measure import Measure
from vocapp.accounts.footprint import Footprint, PersonaFacts


@dataclass(frozen=True, slots=True)
class RolledSeats:
    """The seats of one persona over several accounts, at three depths, each inside the one before."""

    persona: PersonaFacts
    required: int
    identified: int
    verified: int
    reachable: int

    @property
    def name(self) -> str:
        """The persona's name."""
        return self.persona.name

    @property
    def filled(self) -> int:
        """How many seats are held by somebody confirmed lately."""
        return self.verified

    @property
    def doubtful(self) -> int:
        """How many seats are held by somebody not confirmed lately."""
        return self.identified - self.verified

    @property
    def empty(self) -> int:
        """How many seats nobody is known for."""
        return self.required - self.identified


@dataclass(frozen=True, slots=True)
class RolledFootprint:
    """Who is known at several accounts, against all their profiles; `personas` in page order."""

    personas: tuple[RolledSeats, ...]
    identified: Measure
    verified: Measure
    reachable: Measure


@dataclass(frozen=True, slots=True)
class SeatCount:
    """How many seats of one persona one account asks for, and how many of them are held at each depth."""

    persona_key: str
    required: int
    identified: int
    verified: int
    reachable: int


def seat_count(persona_key: str, required: int, *, known: int, verified: int, reachable: int) -> SeatCount:
    """Return how many seats so many people hold; each number of people is among the one before."""
    return SeatCount(
        persona_key, required, min(known, required), min(verified, required), min(reachable, required)
    )


def seat_counts(footprint: Footprint) -> list[SeatCount]:
    """Return the seats of one account's footprint."""
    return [
        SeatCount(
            group.persona.key, group.required, group.filled + group.doubtful, group.filled, group.reachable
        )
        for group in footprint.personas
    ]


def roll_up(seats: Iterable[SeatCount], personas: Sequence[PersonaFacts]) -> RolledFootprint:
    """Return the footprint of several accounts taken together (docs/method.md §3).

    With R_ap the seats account a asks for in persona p and H_ap the people it has for them:
    F = Σ_p w_p · (Σ_a min(H_ap, R_ap) / Σ_a R_ap) / Σ_p w_p. It is the formula of one account on summed
    seats, with filled seats counted per account, so that a surplus at one never fills a gap at another.
    Accounts without a profile ask for nothing and count for nothing. `personas` is in page order.
    """
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in seats:
        if one.required > 0:
            of_persona = sums[one.persona_key]
            for place, count in enumerate((one.required, one.identified, one.verified, one.reachable)):
                of_persona[place] += count
    weights = {persona.key: persona.weight for persona in personas}
    required = {key: counts[0] for key, counts in sums.items()}

    def covered(place: int) -> Measure:
        have = {key: counts[place] for key, counts in sums.items()}
        return footprint_measure(coverage(required, have, weights=weights))

    return RolledFootprint(
        personas=tuple(
            RolledSeats(persona, *sums[persona.key]) for persona in personas if persona.key in sums
        ),
        identified=covered(1),
        verified=covered(2),
        reachable=covered(3),
    )
