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


def roll_up(footprints: Iterable[Footprint], personas: Sequence[PersonaFacts]) -> RolledFootprint:
    """Return the footprint of several accounts taken together (docs/method.md §3).

    With R_ap the seats account a asks for in persona p and H_ap the people it has for them:
    F = Σ_p w_p · (Σ_a min(H_ap, R_ap) / Σ_a R_ap) / Σ_p w_p. It is the formula of one account on summed
    seats, with filled seats counted per account, so that a surplus at one never fills a gap at another.
    Accounts without a profile ask for nothing and count for nothing. `personas` is in page order.
    """
    seats: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for footprint in footprints:
        for group in footprint.personas:
            counts = (group.required, group.filled + group.doubtful, group.filled, group.reachable)
            for place, count in enumerate(counts):
                seats[group.persona.key][place] += count
    weights = {persona.key: persona.weight for persona in personas}
    required = {key: counts[0] for key, counts in seats.items()}

    def covered(place: int) -> Measure:
        have = {key: counts[place] for key, counts in seats.items()}
        return footprint_measure(coverage(required, have, weights=weights))

    return RolledFootprint(
        personas=tuple(
            RolledSeats(persona, *seats[persona.key]) for persona in personas if persona.key in seats
        ),
        identified=covered(1),
        verified=covered(2),
        reachable=covered(3),
    )
