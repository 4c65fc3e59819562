"""May a form that came through a mail's link be a machine's? Pure, for every page behind such a link."""

import re
from datetime import datetime, timedelta
from enum import StrEnum


class Doubt(StrEnum):
    """Why a sent form may not come from a person; it counts nowhere until somebody decides."""

    TRAP_FIELD = "trap_field"
    MACHINE_SIGNS = "machine_signs"


class Decision(StrEnum):
    """What somebody decided about a doubtful form."""

    RELEASED = "released"
    KEPT_OUT = "kept_out"


# Announced machines only: a scanner that poses as a browser is not caught by its name. Tools that people run
# by hand (curl, a test browser) are none.
_MACHINE_NAME = re.compile(r"bot\b|crawl|spider|scan|preview|prefetch|fetcher", re.IGNORECASE)
SOON_AFTER_SENDING = timedelta(seconds=5)


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
