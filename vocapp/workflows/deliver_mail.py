"""Sending what is due: each message once, whoever dies on the way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from jinja2 import TemplateError
from sqlalchemy import select

from integrations.errors import Rejected, Retryable, Uncertain
from integrations.mail.message import build
from integrations.mail.replies import MailDeferred, MailRefused, Phase
from integrations.mail.transport import Transport
from vocapp.assessments.mail import assessments_due_letter
from vocapp.campaigns.letters import invitation_letter, read_invitations, reminder_letter
from vocapp.campaigns.service import INVITATION, record_acceptances, record_rejection
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.core.gateways import gateways
from vocapp.core.jobs import enqueue
from vocapp.core.tokens import new_nonce
from vocapp.identity.mail import password_reset_letter, second_factor_lost_letter, welcome_letter
from vocapp.outbox.delivery import (
    claim_due_messages,
    close_sent_messages,
    close_unsent,
    mark_lost_messages,
    postpone_due_messages,
    record_outcome,
    release_claims,
    start_sending,
)
from vocapp.outbox.models import Message
from vocapp.outbox.queries import has_due_messages, unclosed_messages
from vocapp.outbox.rendering import write_mail
from vocapp.outbox.rules import LetterContext, MessageState, Outcome
from vocapp.outbox.service import DELIVER
from vocapp.rosters.champion import record_request_refused, record_requests_sent
from vocapp.rosters.champion_letters import reminder_letter as roster_reminder_letter
from vocapp.rosters.champion_letters import request_letter as roster_request_letter
from vocapp.rosters.champion_queries import REQUEST as ROSTER_REQUEST
from vocapp.sync.letters import sync_failing_letter

BATCH = 50
# Well within the lease of the job. Should a slow mail server outlast it, claims keep two of us apart.
SLICE_SECONDS = 20.0

# Who writes the letter of a template, when it is sent; None means that nobody wants it any more.
LETTERS: dict[str, Callable[[Message], LetterContext | None]] = {
    "invitation": invitation_letter,
    "reminder": reminder_letter,
    "roster_request": roster_request_letter,
    "roster_reminder": roster_reminder_letter,
    "password_reset": password_reset_letter,
    "welcome": welcome_letter,
    "second_factor_lost": second_factor_lost_letter,
    "assessments_due": assessments_due_letter,
    "sync_failing": sync_failing_letter,
}


# What the letters about a kind of subject need from the database, read for many at once.
READ_AHEAD: dict[str, Callable[[Sequence[int]], Sequence[object]]] = {INVITATION: read_invitations}


@dataclass(frozen=True)
class _Letter:
    """A message about to be sent, with its bytes; or why there are none, and then `state` is its end.

    The message is detached: it says what was true when the letter was written.
    """

    message: Message
    raw: bytes = b""
    state: MessageState = MessageState.SENDING
    reason: str = ""


@dataclass(frozen=True)
class _Tried:
    """A message the mail server has heard of, and what came of it."""

    message: Message
    outcome: Outcome
    at: datetime


def deliver_mail(_payload: Mapping[str, Any]) -> None:
    """Send due messages one by one until none is left or the time slice is over, and come back for the rest.

    The outcome of one message and the mark of the next are one transaction. Killed at any moment, at most the
    message in the mail server's hands is left in doubt; all others are as they were.
    """
    owner = new_nonce()
    ends = monotonic() + SLICE_SECONDS
    tried: list[_Tried] = []
    is_open = True
    with gateways().mail as transport:
        while is_open:
            _close(tried, owner=owner)
            with transaction():
                claimed = claim_due_messages(BATCH, owner=owner, now=utcnow())
            tried = []
            is_open = bool(claimed)
            for letter in _write(claimed):
                with transaction():
                    _record(tried, owner=owner)
                    is_ours = _start(letter, owner=owner)
                if is_ours:
                    tried.append(_try(letter, transport))
                is_open = monotonic() < ends and not (tried and tried[-1].outcome.is_server_down)
                if not is_open:
                    break
    _close(tried, owner=owner)
    with transaction():
        release_claims(owner)
    # By itself: asking for a job may wait for another transaction that asks for the same one.
    with transaction():
        if has_due_messages(utcnow()):
            enqueue(DELIVER, {}, key=DELIVER)


def sweep_mail(_payload: Mapping[str, Any]) -> None:
    """Finish what dead workers left, and find messages whose time has come; every minute."""
    now = utcnow()
    with transaction():
        mark_lost_messages(now=now)
        if has_due_messages(now):
            enqueue(DELIVER, {}, key=DELIVER)
    is_done = False
    while not is_done:
        with transaction():
            unclosed = unclosed_messages(now, limit=BATCH)
            _follow_up([(message, message.sent_at or now) for message in unclosed])
            is_done = not unclosed


def _write(message_ids: Sequence[int]) -> list[_Letter]:
    """Return the letters of messages, written from what the database says now, without holding up anybody."""
    with reading():
        wanted = (
            select(Message).where(Message.id.in_(message_ids)).order_by(Message.next_attempt_at, Message.id)
        )
        messages = db.session.scalars(wanted).all()
        needed = [
            read([message.subject_id for message in messages if message.subject_kind == kind])
            for kind, read in READ_AHEAD.items()
        ]
        letters = [_written(message) for message in messages]
        needed.clear()  # Only now: until then the rows had to be held.
        for message in messages:
            db.session.expunge(message)
    return letters


def _written(message: Message) -> _Letter:
    try:
        letter = LETTERS[message.template](message)
        if letter is None:
            return _Letter(message, state=MessageState.CANCELLED, reason="It was no longer wanted.")
        return _Letter(message, raw=build(write_mail(message, letter, now=utcnow())))
    except (TemplateError, ValueError, LookupError, Rejected) as fault:
        return _Letter(message, state=MessageState.FAILED, reason=f"The mail could not be written: {fault}")


def _start(letter: _Letter, *, owner: str) -> bool:
    """Mark a message as `sending`, or close it when it has no letter; return whether to go on and send it."""
    if letter.state is not MessageState.SENDING:
        close_unsent(letter.message, letter.state, letter.reason, owner=owner)
        return False
    return start_sending(letter.message, owner=owner, now=utcnow())


def _try(letter: _Letter, transport: Transport) -> _Tried:
    """Hand a letter to the mail server and return what came of it."""
    try:
        transport.send(gateways().settings.mail_from, letter.message.to_address, letter.raw)
        outcome = Outcome(MessageState.SENT)
    except Retryable as trouble:
        is_server_down = isinstance(trouble, MailDeferred) and (
            trouble.phase is Phase.CONNECT or trouble.is_server_overloaded
        )
        outcome = Outcome(
            MessageState.QUEUED,
            trouble.reason,
            is_server_down=is_server_down,
            retry_after=trouble.retry_after,
        )
    except Rejected as refusal:
        is_address_dead = isinstance(refusal, MailRefused) and refusal.is_address_dead
        outcome = Outcome(MessageState.FAILED, refusal.reason, is_address_dead=is_address_dead)
    except Uncertain as doubt:
        outcome = Outcome(MessageState.UNKNOWN, doubt.reason)
    return _Tried(letter.message, outcome, utcnow())


def _record(tried: Sequence[_Tried], *, owner: str) -> None:
    """Write down what came of the last message; of those before it, that is done."""
    if not tried:
        return
    message, outcome, at = tried[-1].message, tried[-1].outcome, tried[-1].at
    if outcome.state is MessageState.FAILED and message.subject_kind == INVITATION:
        # Before the message itself: whoever else needs both rows takes them in this order, too.
        record_rejection(message, at, is_address_dead=outcome.is_address_dead)
    elif outcome.state is MessageState.FAILED and message.subject_kind == ROSTER_REQUEST:
        record_request_refused(message, now=at, is_address_dead=outcome.is_address_dead)
    record_outcome(message, outcome, owner=owner, now=at)
    if outcome.is_server_down:
        postpone_due_messages(now=at, reason=outcome.reason or "", retry_after=outcome.retry_after)


def _close(tried: Sequence[_Tried], *, owner: str) -> None:
    """Write down the last outcome of a batch, and what follows from every message of it that was sent.

    One after the other: an outcome may hold messages, which others take after the invitations they are about.
    """
    with transaction():
        _record(tried, owner=owner)
    with transaction():
        _follow_up([(each.message, each.at) for each in tried if each.outcome.state is MessageState.SENT])


def _follow_up(sent: Sequence[tuple[Message, datetime]]) -> None:
    """Tell those whose mail was taken: invitations, requests. If a worker dies before, the sweep does it."""
    invited = [(message, at) for message, at in sent if message.subject_kind == INVITATION]
    if invited:
        record_acceptances(invited, is_final_mailbox=gateways().mailbox is not None)
    champions = [(message, at) for message, at in sent if message.subject_kind == ROSTER_REQUEST]
    if champions:
        record_requests_sent(champions)
    if sent:
        close_sent_messages([message for message, _ in sent])
