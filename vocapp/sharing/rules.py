"""When a scheduled report is due, and what may become of a report on its way, as pure judgements."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

# A link works so long; whoever comes later asks for a new one.
OPEN_DAYS = 30
MOST_DAYS_BEFORE = 180
MOST_RECIPIENTS = 50
# A schedule that was due while nothing ran is made up for so long; later nobody waits for it any more.
CATCH_UP = timedelta(days=7)


class Rhythm(StrEnum):
    """When a scheduled report is made."""

    MONTHLY = "monthly"
    AFTER_WAVE = "after_wave"
    BEFORE_RENEWAL = "before_renewal"
    BEFORE_REVIEW = "before_review"


class ShareState(StrEnum):
    """How far a report is on its way to somebody."""

    WAITING = "waiting"
    TO_APPROVE = "to_approve"
    SENT = "sent"
    DECLINED = "declined"
    FAILED = "failed"


# The rhythms that count back from a date of an account.
BEFORE_A_DATE = frozenset({Rhythm.BEFORE_RENEWAL, Rhythm.BEFORE_REVIEW})

CORRECTED = "There is a newer edition, and that one waits for approval."


class MailFate(StrEnum):
    """What became of the mail that brings a report."""

    ON_ITS_WAY = "on_its_way"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    BLOCKED = "blocked"
    NOT_WANTED = "not_wanted"
    REFUSED = "refused"
    CAME_BACK = "came_back"


# What the mail server was told, and what it says of it; a mail that was taken may still come back.
_FATES = {
    "queued": MailFate.ON_ITS_WAY,
    "sending": MailFate.ON_ITS_WAY,
    "sent": MailFate.SENT,
    "unknown": MailFate.IN_DOUBT,
    "failed": MailFate.REFUSED,
    "suppressed": MailFate.BLOCKED,
    "cancelled": MailFate.NOT_WANTED,
}
NOT_ARRIVED = frozenset({MailFate.BLOCKED, MailFate.NOT_WANTED, MailFate.REFUSED, MailFate.CAME_BACK})


def fate_of(state: str, *, is_back: bool) -> MailFate:
    """Return what became of a mail by the state of its message, and whether it came back."""
    return MailFate.CAME_BACK if is_back else _FATES[state]


def is_open(expires_at: datetime | None, *, now: datetime) -> bool:
    """Whether the days of a link are not over."""
    return expires_at is not None and expires_at > now


@dataclass(frozen=True, slots=True)
class Timing:
    """A rhythm with its number: the day of the month (1-31), or days before a date; unused after a wave.

    `since` is the day from which it counts: nothing older is made up for.
    """

    rhythm: Rhythm
    days: int
    since: date


def due_on(
    timing: Timing,
    *,
    today: date,
    renewal: date | None = None,
    review: date | None = None,
    closed_on: date | None = None,
) -> date | None:
    """Return the day on which a report was due last, or None when nothing is due.

    A month without such a day takes its last one. `renewal`, `review` (the next one with the customer) and
    `closed_on` (of the newest wave) are the account's; without them such a report is never due.
    """
    before = timedelta(days=timing.days)
    found = {
        Rhythm.MONTHLY: _day_of_month(timing.days, today) if timing.rhythm is Rhythm.MONTHLY else None,
        Rhythm.BEFORE_RENEWAL: renewal - before if renewal else None,
        Rhythm.BEFORE_REVIEW: review - before if review else None,
        Rhythm.AFTER_WAVE: closed_on,
    }[timing.rhythm]
    if found is None or found < timing.since or not found <= today <= found + CATCH_UP:
        return None
    return found


def _day_of_month(day: int, today: date) -> date:
    """Return the last such day of a month that is not in the future."""
    this = today.replace(day=min(day, monthrange(today.year, today.month)[1]))
    if this <= today:
        return this
    before = today.replace(day=1) - timedelta(days=1)
    return before.replace(day=min(day, before.day))


def needs_approval(*, is_customer: bool) -> bool:
    """Whether somebody of ours must look at a report before it goes out."""
    return is_customer
