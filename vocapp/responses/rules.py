"""What counts as a person's answer, as pure judgements."""

import re
from datetime import date, datetime, timedelta
from enum import StrEnum

from vocapp.campaigns.rules import WaveState


class ResponseState(StrEnum):
    """How far a response got: a rating alone is partial, a sent form is complete."""

    PARTIAL = "partial"
    COMPLETE = "complete"


class Doubt(StrEnum):
    """Why a sent form may not come from a person; it counts nowhere until somebody decides."""

    TRAP_FIELD = "trap_field"
    MACHINE_SIGNS = "machine_signs"


class Decision(StrEnum):
    """What somebody decided about a doubtful form."""

    RELEASED = "released"
    KEPT_OUT = "kept_out"


class ReferralReason(StrEnum):
    """Why the person asked is not the right one."""

    LEFT_COMPANY = "left_company"
    WRONG_PERSON = "wrong_person"
    SOMEBODY_ELSE = "somebody_else"


class Proposal(StrEnum):
    """What somebody decided about a person we were referred to."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


# Announced machines only: a scanner that poses as a browser is not caught by its name. Tools that people run
# by hand (curl, a test browser) are none.
_MACHINE_NAME = re.compile(r"bot\b|crawl|spider|scan|preview|prefetch|fetcher", re.IGNORECASE)
SOON_AFTER_SENDING = timedelta(seconds=5)
REPLY_WORKING_DAYS = 5


def judge_sending(
    *, has_trap_value: bool, user_agent: str, sent_at: datetime | None, now: datetime
) -> Doubt | None:
    """Return why a form looks like a machine's, or None.

    The hidden field is decisive: no person sees it. Of the weak signs (a nameless or announced machine, an
    answer within seconds of the mail server taking the mail) one alone never is.
    """
    if has_trap_value:
        return Doubt.TRAP_FIELD
    is_machine = not user_agent.strip() or _MACHINE_NAME.search(user_agent) is not None
    is_at_once = sent_at is not None and now - sent_at < SOON_AFTER_SENDING
    return Doubt.MACHINE_SIGNS if is_machine and is_at_once else None


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


def masked_name(first_name: str, last_name: str, email: str) -> str:
    """Return just enough of a name for its owner to recognise: "A…".

    Whoever is forwarded the link learns a letter and not a name.
    """
    return next((name.strip()[0] for name in (first_name, last_name, email) if name.strip()), "") + "…"


def split_name(name: str) -> tuple[str, str]:
    """Return first and last name of a name as somebody typed it; a single word is a first name.

    What stands before the last space counts as first: wrong for some names, and easily corrected by the CSM.
    """
    first, _space, last = " ".join(name.split()).rpartition(" ")
    return (first, last) if first else (last, "")
