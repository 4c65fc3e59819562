"""What an event of a story is, in which order events stand, where a page of them ends: pure judgements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from surveys.scoring import NpsCounts

# Events that carry no time of day: a renewal stands in the middle of its day, a status holds from its end.
NOON = time(12, tzinfo=UTC)
END_OF_DAY = time(23, 59, tzinfo=UTC)


class EventKind(StrEnum):
    """What happened."""

    WAVE_LAUNCHED = "wave_launched"
    WAVE_CLOSED = "wave_closed"
    ASKED = "asked"
    SILENT = "silent"
    ANSWERED = "answered"
    DECLINED = "declined"
    REFERRED = "referred"
    REPLIED = "replied"
    OPTED_OUT = "opted_out"
    NOT_REACHED = "not_reached"
    STATUS_CHANGED = "status_changed"
    RENEWAL = "renewal"
    ROSTER_CONFIRMED = "roster_confirmed"
    CHAMPION_ASKED = "champion_asked"
    CHAMPION_ANSWERED = "champion_answered"
    EVIDENCE = "evidence"
    EVIDENCE_UNDONE = "evidence_undone"
    SUGGESTION_DECIDED = "suggestion_decided"
    ASSESSED = "assessed"
    NOTED = "noted"
    CHANGED = "changed"
    MERGED = "merged"
    UNMERGED = "unmerged"
    CASE_OPENED = "case_opened"
    CASE_ESCALATED = "case_escalated"
    CASE_CLOSED = "case_closed"
    RENEWAL_DECIDED = "renewal_decided"


# What stands for a day as a whole.
DAILY_KINDS = frozenset({EventKind.STATUS_CHANGED, EventKind.RENEWAL, EventKind.RENEWAL_DECIDED})


# What an answer is that was given in confidence: known to be there, never told.
CONFIDENTIAL = "confidential"


class Topic(StrEnum):
    """What a reader may look for in a story."""

    WAVES = "waves"
    ANSWERS = "answers"
    PEOPLE = "people"
    NOTES = "notes"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an event stands: its moment, its source, its row; a later place is a newer event.

    Of one moment, what followed stands above its cause: `rank` grows from cause to effect.
    """

    at: datetime
    rank: int
    row_id: int

    def __str__(self) -> str:
        """Return the place as the address of a page carries it."""
        micros = (self.at - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND
        return f"{micros}-{self.rank}-{self.row_id}"


_MICROSECOND = datetime.resolution
_LONGEST_PLACE = 40


def place_from(text: str) -> Place | None:
    """Return the place an address names, or None for none and for nonsense."""
    parts = text.split("-")
    if (
        len(text) > _LONGEST_PLACE
        or len(parts) != 3
        or not all(part.isascii() and part.isdigit() for part in parts)
    ):
        return None
    micros, rank, row_id = (int(part) for part in parts)
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + micros * _MICROSECOND
    except OverflowError:
        return None
    return Place(at, min(rank, 99), min(row_id, 2**31 - 1))


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    `person` is whom it is about and `contact_id` their row; `by` who of us did it; `people` are further
    names (of `more` in all); `number` of `whole` took part, where that makes sense. `detail` is a key that
    says what exactly (the kind of evidence, a decision, an outcome), `names` keys of what changed.
    `amount` is in `currency`, or in the account's where that is empty.
    """

    kind: EventKind
    place: Place
    contact_id: int | None = None
    person: str = ""
    by: str = ""
    wave: str = ""
    wave_id: int | None = None
    people: Sequence[str] = ()
    more: int = 0
    number: int = 0
    whole: int = 0
    rating: int | None = None
    rating_kind: str = ""
    text: str = ""
    language: str = ""
    detail: str = ""
    source: str = ""
    names: Sequence[str] = ()
    before: str = ""
    after: str = ""
    strength: float | None = None
    amount: float | None = None
    currency: str = ""
    subject_id: int | None = None

    @property
    def at(self) -> datetime:
        """The moment it happened."""
        return self.place.at

    @property
    def when(self) -> date | datetime:
        """The moment, or the day for what has no time of day."""
        return self.at.date() if self.kind in DAILY_KINDS else self.at


@dataclass(frozen=True, slots=True)
class Story:
    """A page of a story, newest first; `older` is where the next page begins, None on the last."""

    events: Sequence[Event]
    older: Place | None
    is_newest: bool


def page_of(events: Iterable[Event], *, before: Place | None, size: int) -> Story:
    """Return the newest `size` events before a place, from sources that each brought more than that."""
    known = sorted(
        (event for event in events if before is None or event.place < before),
        key=lambda event: event.place,
        reverse=True,
    )
    shown = known[:size]
    return Story(shown, shown[-1].place if len(known) > size else None, is_newest=before is None)


@dataclass(frozen=True, slots=True)
class Asked:
    """One invitation of a wave: whom it asked, and what came of it as in the participation marks."""

    contact_id: int
    person: str
    outcome: str
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class WaveRun:
    """One wave as far as it concerns one account; `asked` are its invitations there.

    Of a confidential one it is known who answered, and not what; without `is_nps` it asked for another
    rating.
    """

    wave_id: int
    name: str
    launched_at: datetime
    closes_at: datetime | None
    is_open: bool
    asked: Sequence[Asked]
    is_confidential: bool = False
    is_nps: bool = True

    def count(self, *outcomes: str) -> int:
        """Return how many invitations came to one of these outcomes."""
        return sum(one.outcome in outcomes for one in self.asked)

    @property
    def answered(self) -> int:
        """How many people answered, wholly or in part."""
        return self.count("answered", "partial")

    @property
    def ratings(self) -> list[int]:
        """The ratings from 0 to 10 that were given."""
        return [one.rating for one in self.asked if one.rating is not None and self.is_nps]

    @property
    def nps(self) -> float | None:
        """The NPS of this wave's answers at the account, -1 to 1; None without one."""
        counts = NpsCounts.from_ratings(self.ratings)
        return (counts.promoters - counts.detractors) / counts.total if counts.total else None


@dataclass(frozen=True, slots=True)
class ScoreDay:
    """A score as of one day: status and strength (0-100) with its interval, and which method made it."""

    as_of: date
    status: str
    strength: float | None
    ci: tuple[float, float] | None = None
    method_version: int = 1


def score_on(scores: Sequence[ScoreDay], day: date) -> ScoreDay | None:
    """Return the score in force at the end of a day; `scores` are oldest first."""
    return next((score for score in reversed(scores) if score.as_of <= day), None)


def changed_names(details: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of what an act changed, as far as it noted them."""
    names = details.get("fields")
    return tuple(str(name) for name in names) if isinstance(names, list) else ()
