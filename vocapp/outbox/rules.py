"""The life of a message, as pure judgements."""

from datetime import datetime, timedelta
from enum import StrEnum


class MessageState(StrEnum):
    """Where a message stands. `sending` is committed before the mail server hears of it."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


RETRY_MINUTES = (5, 15, 30, 60, 120, 240, 480)


def next_attempt(attempts: int, *, first_tried_at: datetime, now: datetime) -> datetime | None:
    """Return when to try again after `attempts` (≥ 1) temporary refusals, or None after 72 hours: give up."""
    minutes = RETRY_MINUTES[min(attempts, len(RETRY_MINUTES)) - 1]
    later = now + timedelta(minutes=minutes)
    return later if later - first_tried_at <= timedelta(hours=72) else None
