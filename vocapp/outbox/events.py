"""What is heard about messages after they left: provider events, bounces, a relay's log.

Events come before or after our own note, twice, and in any order; the message ends the same. Each column
they set depends on one kind of event only, and every kind says that the mail server had the message.
"""

from datetime import datetime

from sqlalchemy import and_, case, func, or_, select, update

from vocapp.core.db import db, insert_new
from vocapp.core.jobs import enqueue
from vocapp.outbox.models import MailEvent, Message
from vocapp.outbox.rules import (
    ADDRESS_DEAD,
    COMPLAINED,
    DEAD_STATUSES,
    MailEventKind,
    MessageState,
)
from vocapp.outbox.service import changed_rows, suppress_address

JUDGE_COMPLAINTS = "judge_complaints"
LONGEST_DETAIL = 500
LONGEST_STATUS = 12
EVENT_OWNER = "mail event"

# Which moment of a message an event sets; the first one heard of counts, and the earliest in the end.
_MOMENTS = {
    MailEventKind.DELIVERED: "delivered_at",
    MailEventKind.BOUNCED: "bounced_at",
    MailEventKind.DROPPED: "bounced_at",
    MailEventKind.COMPLAINED: "complained_at",
}


def is_event_known(event_key: str) -> bool:
    """Whether an event was noted before."""
    return db.session.scalar(select(MailEvent.id).where(MailEvent.event_key == event_key)) is not None


def record_mail_event(
    *,
    message: Message | None,
    kind: MailEventKind,
    source: str,
    event_key: str,
    occurred_at: datetime,
    status: str = "",
    detail: str = "",
    now: datetime,
) -> bool:
    """Note an event once, and what it says about its message; False when its `event_key` was seen before.

    A message in doubt, or about to be tried again, becomes `sent`: whoever reports on it has it. A bounce
    with a status that means the address is dead for good suppresses the address; so does a complaint. What
    follows for people and invitations is the caller's. Locks the message.
    """
    values = {
        "event_key": event_key,
        "message_id": message.id if message else None,
        "kind": kind,
        "source": source,
        "status": status[:LONGEST_STATUS],
        "detail": detail[:LONGEST_DETAIL],
        "occurred_at": occurred_at,
        "received_at": now,
    }
    noted = insert_new(MailEvent).values(values).on_conflict_do_nothing(index_elements=["event_key"])
    if db.session.scalar(noted.returning(MailEvent.id)) is None:
        return False
    if message is None:
        return True
    _settle(message, occurred_at, now=now)
    if kind in _MOMENTS:
        _set_moment(message, _MOMENTS[kind], occurred_at)
    if kind is MailEventKind.BOUNCED and status in DEAD_STATUSES:
        suppress_address(message.to_address, reason=ADDRESS_DEAD, source=f"message {message.id}")
    elif kind is MailEventKind.COMPLAINED:
        suppress_address(message.to_address, reason=COMPLAINED, source=f"message {message.id}")
        enqueue(JUDGE_COMPLAINTS, {}, key=JUDGE_COMPLAINTS)
    db.session.refresh(message)
    return True


def _settle(message: Message, occurred_at: datetime, *, now: datetime) -> None:
    """Make a message `sent` that nobody knew the end of; the sweep then does what follows from it."""
    in_doubt = or_(
        Message.state == MessageState.UNKNOWN,
        and_(Message.state == MessageState.QUEUED, Message.attempts > 0),
    )
    settled = {
        "state": MessageState.SENT,
        "sent_at": func.coalesce(Message.sent_at, occurred_at),
        "claimed_by": EVENT_OWNER,
        "claimed_until": now,
        "reason": None,
        "cause": None,
    }
    changed_rows(update(Message).where(Message.id == message.id, in_doubt).values(settled))


def _set_moment(message: Message, name: str, at: datetime) -> None:
    column = getattr(Message, name)
    earliest = case((or_(column.is_(None), column > at), at), else_=column)
    changed_rows(update(Message).where(Message.id == message.id).values({name: earliest}))
