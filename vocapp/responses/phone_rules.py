"""Whose answer may be written down for them, and when a call took place, as pure judgements."""

from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum

from vocapp.responses.rules import ResponseSource

WRITTEN_DOWN = frozenset({ResponseSource.PHONE, ResponseSource.REPLY})


class PhoneRefusal(StrEnum):
    """Why nobody can write an answer down for somebody."""

    CLOSED = "closed"
    CONFIDENTIAL = "confidential"
    OPTED_OUT = "opted_out"
    OWN_ANSWER = "own_answer"


def judge_phone_answer(
    *, is_open: bool, is_confidential: bool, has_opted_out: bool, source: ResponseSource | None
) -> PhoneRefusal | None:
    """Return why an answer given by phone or in a reply cannot be written down; the strongest reason wins.

    None when it can. `source` is that of the answer that counts so far, None without one. What people
    answered themselves is never replaced by what somebody understood.
    """
    if is_confidential:
        return PhoneRefusal.CONFIDENTIAL
    if not is_open:
        return PhoneRefusal.CLOSED
    if source is not None and source not in WRITTEN_DOWN:
        return PhoneRefusal.OWN_ANSWER
    if has_opted_out:
        return PhoneRefusal.OPTED_OUT
    return None


def called_at(
    called_on: date, *, zone: tzinfo, launched_at: datetime | None, now: datetime
) -> datetime | None:
    """Return the moment that stands for a call on a day: noon there, between the launch and now.

    None for a day before the launch or after today.
    """
    begins = launched_at or now
    if not begins.astimezone(zone).date() <= called_on <= now.astimezone(zone).date():
        return None
    noon = datetime.combine(called_on, time(12), zone).astimezone(UTC)
    return min(max(noon, begins), now)
