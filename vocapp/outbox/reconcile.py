"""Messages in doubt: which to ask about, and what an answer makes of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, select, update

from integrations.mail.lookup import Fate, Found
from vocapp.core.db import db
from vocapp.core.gateways import gateways
from vocapp.core.jobs import enqueue
from vocapp.outbox.causes import Cause
from vocapp.outbox.delivery import LONGEST_REASON, TIME_OVER
from vocapp.outbox.hours import hours_of, moment_within
from vocapp.outbox.models import MailEvent, Message
from vocapp.outbox.rules import ADDRESS_DEAD, DEAD_STATUSES, MessageState
from vocapp.outbox.service import DELIVER, changed_rows, suppress_address

# Longer than a mail can be on its way to the server: what is not there then will not come any more.
WAIT = timedelta(minutes=15)
# Asked about every few minutes at first, once an hour later, and then no more.
OFTEN_FOR = timedelta(hours=2)
ASKED_FOR = timedelta(days=7)
AT_ONCE = 200
LOOKUP_OWNER = "look-up"

# After how long a provider that has said nothing of a mail never had it. Those that report a mail as soon as
# they take it soon have; one that reports only its arrival may still be trying to deliver it.
SILENT_FOR = {
    "brevo": timedelta(hours=1),
    "mailgun": timedelta(hours=1),
    "sendgrid": timedelta(hours=1),
    "ses": timedelta(hours=1),
    "postmark": timedelta(hours=48),
}


def doubts(*, now: datetime, since: datetime) -> Sequence[int]:
    """Return the ids of messages tried since then that nobody knows the end of; the oldest tries first.

    What was tried within `WAIT` may still be on its way and is left out.
    """
    in_doubt = select(Message.id).where(
        Message.state == MessageState.UNKNOWN, Message.tried_at <= now - WAIT, Message.tried_at > since
    )
    return db.session.scalars(in_doubt.order_by(Message.tried_at, Message.id)).all()


def still_in_doubt(message_ids: Sequence[int]) -> Sequence[Message]:
    """Return those of the messages that are still in doubt; the oldest tries first."""
    asked = select(Message).where(Message.id.in_(message_ids), Message.state == MessageState.UNKNOWN)
    return db.session.scalars(asked.order_by(Message.tried_at, Message.id)).all()


def found_in_events(messages: Sequence[Message], *, now: datetime) -> Mapping[int, Found]:
    """Return message id → what events say of it, of those they can decide.

    Where the settings name a provider that reports every mail, its silence says that it never had one: when
    it has reported others in the meantime, and still does after a while (`SILENT_FOR`).
    """
    ids = [message.id for message in messages]
    heard = select(MailEvent.message_id, func.min(MailEvent.occurred_at)).where(MailEvent.message_id.in_(ids))
    found = {
        message_id: Found(Fate.ACCEPTED, at)
        for message_id, at in db.session.execute(heard.group_by(MailEvent.message_id))
        if message_id is not None
    }
    provider = gateways().settings.delivery.mail_events
    if provider is None:
        return found
    for message in messages:
        if message.id not in found and message.tried_at is not None:
            later = message.tried_at + SILENT_FOR[provider]
            if now >= later and _still_reports(provider, message.tried_at, later):
                found[message.id] = Found(Fate.NEVER)
    return found


def _still_reports(provider: str, tried_at: datetime, later: datetime) -> bool:
    theirs = MailEvent.source == provider
    meanwhile = exists().where(theirs, MailEvent.occurred_at >= tried_at, MailEvent.occurred_at < later)
    since = exists().where(theirs, MailEvent.received_at >= later)
    return bool(db.session.scalar(select(and_(meanwhile, since))))


def settle_in_doubt(message: Message, found: Found, *, now: datetime) -> bool:
    """Give a message in doubt the end that was found; False when it is in doubt no more.

    One the server has is `sent`; the sweep then does what follows. One that came back is `failed`. One the
    server never had goes out again, or is `failed` when its time is over.
    """
    in_doubt = and_(Message.id == message.id, Message.state == MessageState.UNKNOWN)
    if found.fate is Fate.ACCEPTED:
        sent = {
            "sent_at": found.at or message.tried_at or now,
            "claimed_by": LOOKUP_OWNER,
            "claimed_until": now,
        }
        return _settle(in_doubt, state=MessageState.SENT, reason=None, cause=None, **sent)
    if found.fate is Fate.BOUNCED:
        reason = f"It came back: {found.status} {found.detail}".strip()[:LONGEST_REASON]
        is_dead = found.status in DEAD_STATUSES
        cause = Cause.DEAD_ADDRESS if is_dead else Cause.REFUSED
        is_settled = _settle(
            in_doubt, state=MessageState.FAILED, reason=reason, cause=cause, bounced_at=found.at
        )
        if is_settled and is_dead:
            suppress_address(message.to_address, reason=ADDRESS_DEAD, source=f"message {message.id}")
        return is_settled
    return requeue(message, in_doubt, "The mail server never had it; it goes out again.", now=now)


def requeue(message: Message, which: ColumnElement[bool], reason: str, *, now: datetime) -> bool:
    """Let a message go out once more, at its next proper hour; `failed` when its time is over."""
    later = moment_within(hours_of(message), now)
    if message.send_by is not None and later > message.send_by:
        return _settle(which, state=MessageState.FAILED, reason=TIME_OVER, cause=Cause.TOO_LATE)
    again = {"next_attempt_at": later, "claimed_by": None, "claimed_until": None}
    is_settled = _settle(which, state=MessageState.QUEUED, reason=reason, cause=None, **again)
    if is_settled:
        enqueue(DELIVER, {}, key=DELIVER, run_at=later)
    return is_settled


def _settle(which: ColumnElement[bool], **values: object) -> bool:
    return changed_rows(update(Message).where(which).values(values)) > 0
