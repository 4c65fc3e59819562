"""The life of a message, as pure judgements."""

import hmac
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from vocapp.outbox.causes import Cause


class MessageState(StrEnum):
    """Where a message stands. `sending` is committed before the mail server hears of it."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


class MailEventKind(StrEnum):
    """What can be heard about a message after the mail server had it, in any order."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    DROPPED = "dropped"


# What may follow what by our own doing; what is heard from outside may settle more (`events.py`). `unknown`
# can still be cleared up by an outcome that comes late; the last four rows' states are final, so an event
# that repeats itself finds nothing to change.
TRANSITIONS: Mapping[MessageState, frozenset[MessageState]] = {
    MessageState.QUEUED: frozenset(
        {MessageState.SENDING, MessageState.FAILED, MessageState.SUPPRESSED, MessageState.CANCELLED}
    ),
    MessageState.SENDING: frozenset(
        {MessageState.SENT, MessageState.QUEUED, MessageState.FAILED, MessageState.UNKNOWN}
    ),
    MessageState.UNKNOWN: frozenset({MessageState.SENT, MessageState.QUEUED, MessageState.FAILED}),
    MessageState.SENT: frozenset(),
    MessageState.FAILED: frozenset(),
    MessageState.SUPPRESSED: frozenset(),
    MessageState.CANCELLED: frozenset(),
}

# Why an address must not be written to when only the mail server said so; nobody asked for it.
ADDRESS_DEAD = "address_dead"
COMPLAINED = "complained"
# The only enhanced statuses (RFC 3463) that say something lasting about the address itself.
DEAD_STATUSES = frozenset({"5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.4.4"})

RETRY_MINUTES = (5, 15, 30, 60, 120, 240, 480)
GIVE_UP_AFTER = timedelta(hours=72)

# Mails that people here ask for themselves, such as a password reset, are no survey mail: opting out of
# surveys must not lock anybody out.
ASKED_FOR_THEMSELVES = ("user",)


@dataclass(frozen=True)
class LetterContext:
    """What a mail says: the values its templates use, and the language they are written in.

    `list_unsubscribe` is the address that takes the recipient off the list, for mails that need one.
    """

    values: Mapping[str, Any]
    language: str = "en"
    list_unsubscribe: str | None = None


@dataclass(frozen=True)
class FormLetter:
    """A letter that many people get, each with their own words in its blanks.

    `blanks` are the reader's own words by name. `write` returns the letter with any words in their place;
    letters of one template and `form` differ in nothing else. No blank may change what stands around it,
    unless it is empty.
    """

    form: Hashable
    blanks: Mapping[str, str]
    write: Callable[[Mapping[str, str]], LetterContext]

    def whole(self) -> LetterContext:
        """Return the letter as its reader gets it."""
        return self.write(self.blanks)


@dataclass(frozen=True)
class Outcome:
    """What came of one try: the state the message takes, and why when it was not sent.

    `is_server_down` says that our mail server could not be used at all, `is_lane_closed` that the hosts of
    the recipient want us to wait, `is_address_dead` that the address is dead for good. `retry_after` is the
    wait the server asked for.
    """

    state: MessageState
    reason: str | None = None
    cause: Cause | None = None
    is_lane_closed: bool = False
    is_address_dead: bool = False
    is_server_down: bool = False
    retry_after: timedelta | None = None


def states_before(state: MessageState) -> tuple[MessageState, ...]:
    """Return the states a message may take `state` from."""
    return tuple(before for before, following in TRANSITIONS.items() if state in following)


def next_attempt(
    attempts: int,
    *,
    first_tried_at: datetime,
    now: datetime,
    send_by: datetime | None = None,
    retry_after: timedelta | None = None,
) -> datetime | None:
    """Return when to try again after `attempts` (≥ 1) temporary refusals, or None: give up.

    The pauses are 5, 15, 30 minutes, then 1, 2, 4 and 8 hours, never shorter than
    `retry_after`; 72 hours after the first try, or at `send_by`, it is over.
    """
    minutes = RETRY_MINUTES[min(attempts, len(RETRY_MINUTES)) - 1]
    later = now + max(timedelta(minutes=minutes), retry_after or timedelta())
    last = first_tried_at + GIVE_UP_AFTER
    if send_by is not None:
        last = min(last, send_by)
    return later if later <= last else None


def heeds_suppression(subject_kind: str) -> bool:
    """Whether a message about such a subject must not go to a suppressed address."""
    return subject_kind not in ASKED_FOR_THEMSELVES


def may_read_mail(role: str, address: str, *, reply_to: str, recipient: str) -> bool:
    """Whether somebody of a role and address may read a mail of the built-in mailbox.

    Administrators read all. Leaders read every survey mail, which is one that a person answers for; others
    the survey mails whose answers come to them. Everybody reads what is addressed to them. So a leader finds
    no password link of somebody else here.
    """
    own = address.casefold()
    if role == "admin" or recipient.casefold() == own:
        return True
    return bool(reply_to) and (role == "leader" or reply_to.casefold() == own)


def message_id_for(key: str, *, mail_from: str, secret: str) -> str:
    """Return the Message-ID of a key, always the same one, in the sender's domain.

    Only whoever has `secret` can tell it beforehand: who names it in a mail has seen the mail it is of.
    """
    digest = hmac.digest(secret.encode(), f"message id:{key}".encode(), "sha256").hex()[:32]
    readable = "".join(character if character.isalnum() else "-" for character in key if character.isascii())
    return f"<{digest}.{readable[:60].strip('-')}@{mail_from.rpartition('@')[2]}>"
