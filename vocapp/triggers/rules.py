"""When does an event ask somebody, and until when? Pure judgements."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hashlib import blake2b

# For so long after its day has come an event may still ask: until somebody has rested, or a late file is in.
PATIENCE = timedelta(days=30)
# Events that come in later than this after their day are not even noted.
LOOK_BACK = timedelta(days=90)
# A renewal date that moves by less than this is the same renewal, and is not asked about again.
SAME_RENEWAL = timedelta(days=80)
# How often somebody looks whether a case that was opened again is closed by now.
LOOK_AGAIN = timedelta(days=1)
MOST_DELAY_DAYS = 90
MOST_RENEWAL_DAYS = 365
# A wave of a trigger ends so long after its month.
STAYS_OPEN = timedelta(days=21)


class TriggerKind(StrEnum):
    """What a trigger waits for; the first three are kinds of events, the last is a date of the account."""

    CASE = "case"
    ONBOARDING = "onboarding"
    MILESTONE = "milestone"
    RENEWAL = "renewal"


class Outcome(StrEnum):
    """What became of one person, or of nobody, at one event."""

    ASKED = "asked"
    WAITING = "waiting"
    LEFT_OUT = "left_out"


class Reason(StrEnum):
    """Why an event asked nobody, beyond the reasons of `campaigns.rules.ExclusionReason`."""

    SAMPLED_OUT = "sampled_out"
    TOO_LATE = "too_late"
    NOBODY = "nobody"
    STRANGER = "stranger"
    ASKED_ABOUT_IT = "asked_about_it"
    NO_SENDER = "no_sender"
    WAVE_CLOSED = "wave_closed"
    SWITCHED_OFF = "switched_off"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"
    OUT_OF_HOURS = "out_of_hours"


@dataclass(frozen=True, slots=True)
class TriggerOrder:
    """What a trigger shall do, as somebody wrote it; `survey_key` may be one of the library.

    Personas, tiers (ids) and products stand in their order, each once.
    """

    name: str
    survey_key: str
    kind: TriggerKind
    delay_days: int
    personas: tuple[int, ...] = ()
    tiers: tuple[int, ...] = ()
    products: tuple[str, ...] = ()
    share: int = 100
    sender_id: int | None = None


@dataclass(frozen=True, slots=True)
class DueEvent:
    """An event as a trigger sees it. `due_at` is from when it asks, None while it is not over (any more);
    `ask_by` is when it is too late. `happened_at` is what counts against the trigger's beginning."""

    key: str
    account_id: int
    happened_at: datetime
    due_at: datetime | None
    ask_by: datetime
    contact_id: int | None = None
    names_a_stranger: bool = False


def event_key(kind: str, source: str, external_key: str) -> str:
    """Return what tells an event from all others, however often it is told."""
    return f"{kind}|{source}|{external_key}"


def renewal_key(account_id: int, on: date) -> str:
    """Return what tells one renewal of an account from its others."""
    return f"{TriggerKind.RENEWAL}|{account_id}|{on.isoformat()}"


def person_key(key: str, contact_id: int) -> str:
    """Return the key of a further person at an event; the first one has the event's own."""
    return f"+{contact_id}|{key}"


def key_of_event(key: str) -> str:
    """Return the event's key behind the key of any person at it."""
    return key.partition("|")[2] if key.startswith("+") else key


def parts_of(key: str) -> tuple[str, str, str]:
    """Return kind, source and external key of an event (of a renewal: kind, account, day)."""
    kind, source, name = key_of_event(key).split("|", 2)
    return kind, source, name


def event_seen(
    key: str,
    account_id: int,
    happened_at: datetime | None,
    *,
    delay_days: int,
    contact_id: int | None = None,
    names_a_stranger: bool = False,
    now: datetime,
) -> DueEvent:
    """Return an event that happened, or (`happened_at` None) is not over, as a trigger sees it."""
    due_at = None if happened_at is None else happened_at + timedelta(days=delay_days)
    return DueEvent(
        key=key,
        account_id=account_id,
        happened_at=happened_at or now,
        due_at=due_at,
        ask_by=(due_at or now) + PATIENCE,
        contact_id=contact_id,
        names_a_stranger=names_a_stranger,
    )


def renewal_seen(account_id: int, renews_on: date, *, delay_days: int) -> DueEvent:
    """Return a coming renewal as a trigger sees it: so many days before, and never on the day itself."""
    due_at = datetime.combine(renews_on - timedelta(days=delay_days), time(), UTC)
    return DueEvent(
        key=renewal_key(account_id, renews_on),
        account_id=account_id,
        happened_at=due_at,
        due_at=due_at,
        ask_by=min(due_at + PATIENCE, datetime.combine(renews_on, time(), UTC)),
    )


def is_in_sample(trigger_id: int, key: str, share: int) -> bool:
    """Whether an event is among the share (percent) that asks: the same answer whoever looks, and when."""
    digest = blake2b(f"{trigger_id}|{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % 100 < share


def retry_time(from_when: datetime, event: DueEvent) -> datetime | None:
    """Return when to look again at somebody who may be asked from a time on, None when that is too late."""
    return from_when if from_when < event.ask_by else None


def period_of(moment: datetime) -> str:
    """Return the month (UTC) of a moment, as "2026-11"."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def next_month(moment: datetime) -> datetime:
    """Return the first moment (UTC) of the month after that of a moment."""
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
