"""Findings about who talks to us, gaps that open and close, and how CSMs close them, as pure judgements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np

from surveys.intervals import wilson_interval
from surveys.measure import Measure, MeasureState, not_measured

CHAMPION = "champion"
# Somebody who answered takes part for a year ★: as long as their opinion counts as sentiment.
TAKES_PART_FOR = timedelta(days=365)
# A renewal this near comes before every other account ★.
RENEWAL_IS_NEAR = timedelta(days=90)
# Shares of fewer than this many are called a hint ★.
FEW = 10


class FindingKind(StrEnum):
    """What is wrong with whom we know at an account, beyond single seats."""

    CHAMPION_LEFT = "champion_left"
    CHAMPION_MISSING = "champion_missing"
    SINGLE_THREADED = "single_threaded"
    NOBODY_ANSWERS = "nobody_answers"


@dataclass(frozen=True, slots=True)
class Participant:
    """An active person who answered within the last 12 months; `personas` are keys."""

    contact_id: int
    name: str
    personas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Champion:
    """Somebody who plays the champion; `has_left` also for an address that bounces."""

    contact_id: int
    name: str
    is_verified: bool
    has_left: bool


@dataclass(frozen=True, slots=True)
class Circle:
    """Who is known and who talks to us at one account.

    `required` maps persona key → seats; `personas` are those that active people play; `people` counts active
    people who are no role address, `verified_people` those confirmed lately. `was_asked`: somebody was asked
    within the last 12 months and the answer is due.
    """

    required: Mapping[str, int]
    people: int = 0
    verified_people: int = 0
    personas: frozenset[str] = frozenset()
    participants: tuple[Participant, ...] = ()
    champions: tuple[Champion, ...] = ()
    was_asked: bool = False

    @property
    def active_personas(self) -> frozenset[str]:
        """The personas that those who take part play."""
        return frozenset(key for one in self.participants for key in one.personas)


@dataclass(frozen=True, slots=True)
class Finding:
    """A named finding. `person` is the one participant, or the champion who left.

    `successor` is a champion who is known and waits to be confirmed. `people` counts those who take part.
    """

    kind: FindingKind
    person: str = ""
    contact_id: int | None = None
    successor: Champion | None = None
    persona: str = ""
    people: int = 0


def judge_circle(circle: Circle) -> tuple[Finding, ...]:
    """Return the named findings of an account, the most urgent first.

    Somebody who takes part has answered within 12 months and is still there. One such person, or people who
    all play one persona, make an account single-threaded where more could be expected; where nobody takes
    part although somebody was asked, nobody answers, which is another matter.
    """
    found = (_about_champion(circle), _about_threads(circle))
    return tuple(one for one in found if one is not None)


def _about_champion(circle: Circle) -> Finding | None:
    here = [one for one in circle.champions if not one.has_left]
    gone = [one for one in circle.champions if one.has_left]
    if any(one.is_verified for one in here):
        return None
    if gone:
        successor = here[0] if here else None
        return Finding(FindingKind.CHAMPION_LEFT, gone[-1].name, gone[-1].contact_id, successor)
    if circle.required.get(CHAMPION, 0) and not here:
        return Finding(FindingKind.CHAMPION_MISSING)
    return None


def _about_threads(circle: Circle) -> Finding | None:
    count = len(circle.participants)
    if not count:
        return Finding(FindingKind.NOBODY_ANSWERS) if circle.was_asked else None
    if sum(circle.required.values()) <= 1 and circle.people <= 1:
        return None
    if count == 1:
        only = circle.participants[0]
        return Finding(FindingKind.SINGLE_THREADED, only.name, only.contact_id, people=1)
    wanted = {key for key, seats in circle.required.items() if seats}
    active = circle.active_personas
    # Where nobody plays a second part and none is asked for, one persona is all there is.
    if len(active) <= 1 and len(wanted | circle.personas) > 1:
        return Finding(FindingKind.SINGLE_THREADED, persona=next(iter(active), ""), people=count)
    return None


@dataclass(frozen=True, slots=True)
class OpenGap:
    """A gap that was open when the day began."""

    id: int
    opened_on: date


@dataclass(frozen=True, slots=True)
class GapDay:
    """What a day does to the gaps of one persona at one account, each by id.

    `stays` are open at the end of the day, `filled` were closed by somebody, `withdrawn` are no longer
    asked for; `opens` counts new ones.
    """

    stays: tuple[int, ...]
    filled: tuple[int, ...]
    withdrawn: tuple[int, ...]
    opens: int


def judge_gaps(before: Sequence[OpenGap], *, verified_before: int, verified: int, required: int) -> GapDay:
    """Return what became of one persona's gaps between yesterday and the end of today.

    `before` are the gaps that were open when the day began; `verified_before` and `verified` count the seats
    held by confirmed people, never more than required on that day. The oldest gaps close first. As many
    count as filled as there are more confirmed people than before; further gaps went because fewer are
    asked for, and nobody closed them.
    """
    oldest = [gap.id for gap in sorted(before, key=lambda gap: (gap.opened_on, gap.id))]
    missing = max(0, required - verified)
    closing = max(0, len(oldest) - missing)
    filled = min(closing, max(0, verified - verified_before))
    return GapDay(
        stays=tuple(oldest[closing:]),
        filled=tuple(oldest[:filled]),
        withdrawn=tuple(oldest[filled:closing]),
        opens=max(0, missing - len(oldest)),
    )


def share_of(successes: int, n: int, *, of: str) -> Measure:
    """Return a share with its Wilson interval (docs/method.md §3); `of` says why there is none, for n = 0.

    Fewer than ten make it provisional: one more or less would move it by ten points.
    """
    if n == 0:
        return not_measured(of)
    state = MeasureState.PROVISIONAL if n < FEW else MeasureState.MEASURED
    return Measure(successes / n, n, None, wilson_interval(successes, n), state)


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and middle half of `n` numbers of days."""

    median: float
    low: float
    high: float
    n: int


def spread_of(counts: Mapping[int, int]) -> Spread | None:
    """Return the spread of days given as days → how many gaps took so long; None without any.

    Quartiles are interpolated linearly between neighbours.
    """
    days = np.repeat(list(counts), list(counts.values())) if counts else np.empty(0)
    if not len(days):
        return None
    low, median, high = (float(value) for value in np.quantile(days, (0.25, 0.5, 0.75)))
    return Spread(median, low, high, len(days))
