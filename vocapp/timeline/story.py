"""What happened at one account, as events in one line of time: pure judgements on plain facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from enum import StrEnum

from surveys.scoring import NpsCounts

TIME_OF_DAY = time(12, tzinfo=UTC)


class EventKind(StrEnum):
    """What an event of an account's story is."""

    WAVE_LAUNCHED = "wave_launched"
    WAVE_CLOSED = "wave_closed"
    ANSWERED = "answered"
    DECLINED = "declined"
    REFERRED = "referred"
    OPTED_OUT = "opted_out"
    NOT_REACHED = "not_reached"
    STATUS_CHANGED = "status_changed"
    RENEWAL = "renewal"


@dataclass(frozen=True, slots=True)
class Asked:
    """One invitation as the story needs it; `outcome` as in the participation marks, `state` as stored."""

    wave_id: int
    contact_id: int
    person: str
    title: str
    persona: str
    state: str
    outcome: str
    settled_at: datetime | None = None
    rating: int | None = None
    comment: str = ""
    language: str = ""
    answered_at: datetime | None = None
    may_contact: bool | None = None


@dataclass(frozen=True, slots=True)
class WaveRun:
    """One wave as far as it concerns one account; `asked` are its invitations there."""

    wave_id: int
    name: str
    launched_at: datetime
    closes_at: datetime | None
    is_open: bool
    asked: Sequence[Asked]

    def count(self, *outcomes: str) -> int:
        """Return how many invitations came to one of these outcomes."""
        return sum(one.outcome in outcomes for one in self.asked)

    @property
    def answered(self) -> int:
        """How many people answered, wholly or in part."""
        return self.count("answered", "partial")

    @property
    def ratings(self) -> list[int]:
        """The ratings that were given."""
        return [one.rating for one in self.asked if one.rating is not None]

    @property
    def nps(self) -> float | None:
        """The NPS of this wave's answers at the account, -1 to 1; None without one."""
        counts = NpsCounts.from_ratings(self.ratings)
        return (counts.promoters - counts.detractors) / counts.total if counts.total else None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `people` are names; `number` of `whole` took part, where that makes sense."""

    kind: EventKind
    at: datetime
    wave: str = ""
    wave_id: int | None = None
    contact_id: int | None = None
    people: Sequence[str] = ()
    number: int = 0
    whole: int = 0
    rating: int | None = None
    text: str = ""
    language: str = ""
    before: str = ""
    after: str = ""
    strength: float | None = None
    amount: float | None = None

    @property
    def when(self) -> date | datetime:
        """The moment, or the day for what has no time of day."""
        has_time = self.kind not in (EventKind.STATUS_CHANGED, EventKind.RENEWAL)
        return self.at if has_time else self.at.date()


@dataclass(frozen=True, slots=True)
class ScoreDay:
    """A score as of one day: status and strength (0-100) with its interval."""

    as_of: date
    status: str
    strength: float | None
    ci: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What respondents told us besides answers: a referral, by whom and whom they named."""

    at: datetime
    contact_id: int
    person: str
    named: str
    reason: str


@dataclass(frozen=True, slots=True)
class RenewalEnd:
    """How a renewal ended; the amount in the account's currency."""

    on: date
    outcome: str
    amount: float | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a story is told from."""

    waves: Sequence[WaveRun] = ()
    scores: Sequence[ScoreDay] = ()
    told: Sequence[Told] = ()
    renewals: Sequence[RenewalEnd] = field(default=())


def tell(facts: Facts) -> list[Event]:
    """Return the story of an account, newest first; at one moment, what followed stands above its cause."""
    events = [
        *(event for wave in facts.waves for event in _wave_events(wave)),
        *_status_changes(facts.scores),
        *(
            Event(
                EventKind.REFERRED,
                told.at,
                contact_id=told.contact_id,
                people=(told.person,),
                text=told.named,
                after=told.reason,
            )
            for told in facts.told
        ),
        *(
            Event(EventKind.RENEWAL, noon(end.on), after=end.outcome, amount=end.amount)
            for end in facts.renewals
        ),
    ]
    return sorted(events, key=lambda event: (event.at, _RANK[event.kind]), reverse=True)


# Of one moment: a launch comes before its answers, answers before the close, the close before its effect.
_RANK = {
    kind: rank
    for rank, kind in enumerate(
        (
            EventKind.WAVE_LAUNCHED,
            EventKind.NOT_REACHED,
            EventKind.ANSWERED,
            EventKind.DECLINED,
            EventKind.REFERRED,
            EventKind.OPTED_OUT,
            EventKind.WAVE_CLOSED,
            EventKind.STATUS_CHANGED,
            EventKind.RENEWAL,
        )
    )
}

_SETTLED_ALONE = {
    "declined": EventKind.DECLINED,
    "opted_out": EventKind.OPTED_OUT,
    "bounced": EventKind.NOT_REACHED,
}


def _wave_events(wave: WaveRun) -> Iterable[Event]:
    yield Event(
        EventKind.WAVE_LAUNCHED, wave.launched_at, wave=wave.name, wave_id=wave.wave_id, whole=len(wave.asked)
    )
    for one in wave.asked:
        event = _outcome_event(one)
        if event is not None:
            yield replace(event, wave=wave.name, wave_id=wave.wave_id)
    if not wave.is_open and wave.closes_at is not None:
        yield Event(
            EventKind.WAVE_CLOSED,
            wave.closes_at,
            wave=wave.name,
            wave_id=wave.wave_id,
            people=tuple(one.person for one in wave.asked if one.outcome == "silent"),
            number=wave.answered,
            whole=len(wave.asked),
        )


def _outcome_event(one: Asked) -> Event | None:
    if one.answered_at is not None:
        return Event(
            EventKind.ANSWERED,
            one.answered_at,
            contact_id=one.contact_id,
            people=(one.person,),
            rating=one.rating,
            text=one.comment,
            language=one.language,
        )
    if one.state in _SETTLED_ALONE and one.settled_at is not None:
        return Event(
            _SETTLED_ALONE[one.state], one.settled_at, contact_id=one.contact_id, people=(one.person,)
        )
    return None


def _status_changes(scores: Sequence[ScoreDay]) -> Iterable[Event]:
    before = ""
    for score in scores:
        # That an account began unmeasured is no event.
        if score.status != before and not (before == "" and score.status == "grey"):
            yield Event(
                EventKind.STATUS_CHANGED,
                datetime.combine(score.as_of, time(23, 59), tzinfo=UTC),
                before=before,
                after=score.status,
                strength=score.strength,
            )
        before = score.status


def noon(day: date) -> datetime:
    """Return the middle of a day: an event without a time of day."""
    return datetime.combine(day, TIME_OF_DAY)


def score_on(scores: Sequence[ScoreDay], day: date) -> ScoreDay | None:
    """Return the score in force at the end of a day; `scores` are oldest first."""
    return next((score for score in reversed(scores) if score.as_of <= day), None)
