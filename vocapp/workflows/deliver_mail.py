"""Sending what is due: each message once, whoever dies on the way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any

from jinja2 import TemplateError
from sqlalchemy import select

from integrations.errors import Rejected
from integrations.mail.transport import Transport
from vocapp.assessments.mail import assessments_due_letter
from vocapp.campaigns.afterwards import ANSWER
from vocapp.campaigns.letters import (
    heads_up_letter,
    invitation_letter,
    prenotice_letter,
    read_invitations,
    reminder_letter,
    thanks_letter,
    you_said_letter,
)
from vocapp.campaigns.service import INVITATION
from vocapp.campaigns.testing import wave_test_letter
from vocapp.campaigns.unsent import settle_unsent
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.core.gateways import gateways
from vocapp.core.jobs import enqueue
from vocapp.core.outages import DATABASE_AWAY, write_when_back
from vocapp.core.stopping import is_stopping
from vocapp.core.tokens import new_nonce
from vocapp.identity.mail import password_reset_letter, second_factor_lost_letter, welcome_letter
from vocapp.inbound.letters import reply_received_letter
from vocapp.method.mail import method_review_letter
from vocapp.outbox.causes import Cause
from vocapp.outbox.delivery import (
    close_unsent,
    fail_overdue_messages,
    is_given_up,
    mark_lost_messages,
    postpone_due_messages,
    record_outcome,
    release_claims,
    start_sending,
    take_back_mark,
)
from vocapp.outbox.lanes import Claim, claim_messages, next_delivery
from vocapp.outbox.models import Message
from vocapp.outbox.pacing import OWN_LANE
from vocapp.outbox.queries import unclosed_messages
from vocapp.outbox.rendering import Forms, finish_mail
from vocapp.outbox.return_path import return_path_of
from vocapp.outbox.rules import FormLetter, LetterContext, MessageState, Outcome
from vocapp.outbox.service import DELIVER
from vocapp.outbox.standing import is_setback, note_progress, note_setback, resume_due_lanes
from vocapp.questionnaires.letters import trial_letter as survey_test_letter
from vocapp.rosters.champion_letters import reminder_letter as roster_reminder_letter
from vocapp.rosters.champion_letters import request_letter as roster_request_letter
from vocapp.series.mail import roster_due_letter
from vocapp.sharing.letters import report_ready_letter, report_shared_letter
from vocapp.sync.letters import sync_failing_letter
from vocapp.workflows.mail_lanes import place_due_messages
from vocapp.workflows.mail_outcomes import try_to_send
from vocapp.workflows.mail_paused import mail_paused_letter
from vocapp.workflows.mail_settled import follow_up_refused, follow_up_sent

BATCH = 50
# Well within the lease of the job. Should a slow mail server outlast it, claims keep two of us apart.
SLICE_SECONDS = 20.0
BREATH = timedelta(seconds=1)
# How long what came of a mail is kept in mind while the database is away; afterwards nobody knows it.
PATIENCE = timedelta(hours=1)

# Who writes the letter of a template, when it is sent; None means that nobody wants it any more.
LETTERS: dict[str, Callable[[Message], LetterContext | FormLetter | None]] = {
    "heads_up": heads_up_letter,
    "prenotice": prenotice_letter,
    "invitation": invitation_letter,
    "reminder": reminder_letter,
    "thanks": thanks_letter,
    "you_said": you_said_letter,
    "wave_test": wave_test_letter,
    "roster_request": roster_request_letter,
    "roster_reminder": roster_reminder_letter,
    "password_reset": password_reset_letter,
    "welcome": welcome_letter,
    "second_factor_lost": second_factor_lost_letter,
    "assessments_due": assessments_due_letter,
    "sync_failing": sync_failing_letter,
    "survey_test": survey_test_letter,
    "mail_paused": mail_paused_letter,
    "roster_due": roster_due_letter,
    "method_review": method_review_letter,
    "reply_received": reply_received_letter,
    "report_ready": report_ready_letter,
    "report_shared": report_shared_letter,
}


# What the letters about a kind of subject need from the database, read for many at once.
READ_AHEAD: dict[str, Callable[[Sequence[int]], Sequence[object]]] = {
    INVITATION: read_invitations,
    ANSWER: read_invitations,
}


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
    """Send due messages one by one until none may go now or the time slice is over; come back for the rest.

    The outcome of one message and the mark of the next are one transaction. Killed at any moment, at most the
    message in the mail server's hands is left in doubt; all others are as they were.
    """
    owner = new_nonce()
    ends = monotonic() + SLICE_SECONDS
    is_open, limit = True, BATCH
    with gateways().mail as transport:
        while is_open:
            place_due_messages()
            with transaction():
                claim = claim_messages(limit, owner=owner, now=utcnow())
            tried = _send_claimed(claim, transport, owner=owner, ends=ends)
            # Where a claim was over before its first letter was written, a smaller one may be in time.
            limit = min(BATCH, limit * 2) if tried else max(1, limit // 5)
            _close(tried, claim, owner=owner)
            is_open = bool(claim.message_ids) and monotonic() < ends and not is_stopping()
            is_open = is_open and not (tried and tried[-1].outcome.is_server_down)
    _come_back(is_soon=bool(claim.message_ids))


def _send_claimed(claim: Claim, transport: Transport, *, owner: str, ends: float) -> list[_Tried]:
    """Send claimed messages while the claim is worth something and nothing tells us to stop."""
    tried: list[_Tried] = []
    for letter in _write(claim.message_ids):
        try:
            with transaction():
                _record(tried, owner=owner)
                now = utcnow()
                is_worth = claim.worth_until is None or now <= claim.worth_until
                is_ours = is_worth and _start(letter, owner=owner, now=now)
        except DATABASE_AWAY:
            # Nobody knows whether this was committed, and the letter was not sent.
            _record_when_back(tried, owner=owner)
            write_when_back(partial(take_back_mark, letter.message, owner=owner), patience=PATIENCE)
            break
        if is_ours:
            tried.append(_try(letter, transport))
        is_stopped = bool(tried) and (tried[-1].outcome.is_server_down or tried[-1].outcome.is_lane_closed)
        if not is_worth or is_stopped or is_stopping() or monotonic() >= ends:
            break
    return tried


def _come_back(*, is_soon: bool) -> None:
    """Ask for the next worker, when there is or soon will be something to send."""
    now = utcnow()
    # By itself: asking for a job may wait for another transaction that asks for the same one.
    with transaction():
        due = next_delivery(now=now)
        if due is not None:
            # When nothing could be claimed, others have it in hand; looking again at once would be restless.
            earliest = now if is_soon else now + BREATH
            enqueue(DELIVER, {}, key=DELIVER, run_at=max(due, earliest))


def sweep_mail(_payload: Mapping[str, Any]) -> None:
    """Finish what dead workers left, and find messages whose time has come; every minute."""
    now = utcnow()
    with transaction():
        mark_lost_messages(now=now)
        fail_overdue_messages(now=now)
    with transaction():
        settle_unsent(now=now)
    with transaction():
        resume_due_lanes(now=now)
    with transaction():
        if (due := next_delivery(now=now)) is not None:
            enqueue(DELIVER, {}, key=DELIVER, run_at=due)
    is_done = False
    while not is_done:
        with transaction():
            unclosed = unclosed_messages(now, limit=BATCH)
            follow_up_sent([(message, message.sent_at or now) for message in unclosed])
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
        forms: Forms = {}
        letters = [_written(message, forms) for message in messages]
        needed.clear()  # Only now: until then the rows had to be held.
        for message in messages:
            db.session.expunge(message)
    return letters


def _written(message: Message, forms: Forms) -> _Letter:
    try:
        letter = LETTERS[message.template](message)
        if letter is None:
            return _Letter(message, state=MessageState.CANCELLED, reason="It was no longer wanted.")
        return _Letter(message, raw=finish_mail(message, letter, now=utcnow(), forms=forms))
    except (TemplateError, ValueError, LookupError, Rejected) as fault:
        return _Letter(message, state=MessageState.FAILED, reason=f"The mail could not be written: {fault}")


def _start(letter: _Letter, *, owner: str, now: datetime) -> bool:
    """Mark a message as `sending`, or close it when it has no letter; return whether to go on and send it."""
    if letter.state is not MessageState.SENDING:
        cause = Cause.UNWRITABLE if letter.state is MessageState.FAILED else None
        close_unsent(letter.message, letter.state, letter.reason, owner=owner, cause=cause)
        return False
    return start_sending(letter.message, owner=owner, now=now)


def _try(letter: _Letter, transport: Transport) -> _Tried:
    """Hand a letter to the mail server and return what came of it."""
    message = letter.message
    outcome = try_to_send(transport, return_path_of(message), message.to_address, letter.raw)
    return _Tried(message, outcome, utcnow())


def _record(tried: Sequence[_Tried], *, owner: str) -> None:
    """Write down what came of the last message; of those before it, that is done."""
    if not tried:
        return
    message, outcome, at = tried[-1].message, tried[-1].outcome, tried[-1].at
    if outcome.state is MessageState.FAILED or is_given_up(message, outcome, now=at):
        follow_up_refused(message, at, is_address_dead=outcome.is_address_dead)
    record_outcome(message, outcome, owner=owner, now=at)
    if outcome.is_server_down:
        reason, wait = outcome.reason or "", outcome.retry_after
        postpone_due_messages(now=at, reason=reason, cause=outcome.cause, retry_after=wait)


def _record_when_back(tried: Sequence[_Tried], *, owner: str) -> None:
    """Write down what came of the last message, however long the database is away: only we know."""
    if tried:
        write_when_back(partial(_record, tried, owner=owner), patience=PATIENCE)


def _close(tried: Sequence[_Tried], claim: Claim, *, owner: str) -> None:
    """Write down the last outcome of a batch, what follows from every mail that was taken, and from setbacks.

    One after the other: an outcome may hold messages, which others take after the invitations they are about,
    and after the lanes they go through.
    """
    sent = [each for each in tried if each.outcome.state is MessageState.SENT]
    _record_when_back(tried, owner=owner)
    if sent:
        with transaction():
            follow_up_sent([(each.message, each.at) for each in sent])
    if recovered := claim.recovering & {each.message.lane or "" for each in sent}:
        with transaction():
            note_progress(recovered)
    for each in tried:
        if each.message.lane and each.message.lane != OWN_LANE and is_setback(each.outcome):
            with transaction():
                note_setback(each.message.lane, each.outcome, now=each.at)
    if len(tried) < len(claim.message_ids):
        with transaction():
            release_claims(owner)
