"""What counts as a person's answer, as pure judgements."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from vocapp.campaigns.rules import WaveState


class ResponseState(StrEnum):
    """How far a response got: a rating alone is partial, a sent form is complete."""

    PARTIAL = "partial"
    COMPLETE = "complete"


class ReferralReason(StrEnum):
    """Why the person asked is not the right one."""

    LEFT_COMPANY = "left_company"
    WRONG_PERSON = "wrong_person"
    SOMEBODY_ELSE = "somebody_else"


REPLY_WORKING_DAYS = 5


def is_open(state: str, closes_at: datetime | None, *, now: datetime) -> bool:
    """Whether a wave takes answers; its end counts to the moment, whenever the closing job runs."""
    return state == WaveState.OPEN and (closes_at is None or now < closes_at)


def reply_day(answered_on: date) -> date:
    """Return the day by which somebody who wants to be contacted hears from us: five working days later."""
    day = answered_on
    for _unused in range(REPLY_WORKING_DAYS):
        day += timedelta(days=1)
        while day.weekday() > 4:
            day += timedelta(days=1)
    return day
