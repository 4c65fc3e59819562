"""Who sends a message, and what came of it: claims, marks and outcomes, each safe against a killed worker.

A claim is only a reservation while the message is still `queued`; it runs out by itself. The mark `sending`
is the promise: it is committed before the mail server hears of the message, and nobody else sends it then.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, exists, func, or_, select, update

from vocapp.core.db import db
from vocapp.outbox.causes import Cause
from vocapp.outbox.hours import put_off_outside
from vocapp.outbox.models import Message, Suppression
from vocapp.outbox.queries import address_hash, is_suppressed, suppressed_hashes
from vocapp.outbox.rules import (
    ADDRESS_DEAD,
    RETRY_MINUTES,
    MessageState,
    Outcome,
    heeds_suppression,
    next_attempt,
    states_before,
)
from vocapp.outbox.service import OPTED_OUT_OR_DEAD, changed_rows, suppress_address

CLAIM_TIME = timedelta(seconds=15)
# Longer than an SMTP conversation can take, ten minutes after the final dot included.
SENDING_TIME = timedelta(minutes=15)
# How long a worker may take to say what follows from a sent message, before the sweep does it.
CLOSING_TIME = timedelta(minutes=2)
LONGEST_REASON = 500
TIME_OVER = "Its time was over before it could be sent."

# These run for every mail, so they are built once, on the table rather than the mapped class, and go to the
# connection rather than through the session.
_messages = cast(Table, Message.__table__)
_column = _messages.c
_mine = and_(_column.id == bindparam("wanted"), _column.claimed_by == bindparam("owner"))


def _may_become(state: MessageState) -> ColumnElement[bool]:
    """Whether a message may take a state; a list of values would be spelled out anew at every run."""
    return or_(*(_column.state == before for before in states_before(state)))


_MARK = (
    update(_messages)
    .where(
        _mine,
        _may_become(MessageState.SENDING),
        _column.is_held.is_(False),
        ~exists().where(Suppression.address_hash == bindparam("address_hash")),
    )
    .values(
        state=MessageState.SENDING,
        claimed_until=bindparam("until"),
        first_tried_at=func.coalesce(
            _column.first_tried_at, bindparam("now", type_=_column.first_tried_at.type)
        ),
        tried_at=bindparam("now", type_=_column.tried_at.type),
        attempts=_column.attempts + 1,
    )
)
_SENT = (
    update(_messages)
    .where(_mine, _may_become(MessageState.SENT))
    .values(
        state=MessageState.SENT,
        sent_at=bindparam("now"),
        claimed_until=bindparam("until"),
        reason=None,
        cause=None,
    )
)


def claim_due_messages(limit: int, *, owner: str, now: datetime, lane: str | None = None) -> list[int]:
    """Reserve up to `limit` due messages for `owner`, of one lane or all; return their ids, oldest first.

    Only when no fresh message is due, one whose claim ran out is taken, the longest untouched first: should
    its letter have brought a worker down, it delays nobody else. Messages to addresses suppressed meanwhile
    become `suppressed` instead.
    """
    fresh = _due(Message.claimed_until.is_(None), now=now).order_by(Message.next_attempt_at, Message.id)
    lapsed = _due(Message.claimed_until <= now, now=now).order_by(Message.claimed_until, Message.id)
    if lane is not None:
        fresh, lapsed = fresh.where(Message.lane == lane), lapsed.where(Message.lane == lane)
    rows = db.session.execute(fresh.limit(limit)).all() or db.session.execute(lapsed.limit(1)).all()
    blocked = suppressed_hashes(row.to_address for row in rows if heeds_suppression(row.subject_kind))
    stopped = {
        row.id
        for row in rows
        if heeds_suppression(row.subject_kind) and address_hash(row.to_address) in blocked
    }
    if stopped:
        _move(Message.id.in_(stopped), MessageState.SUPPRESSED, reason=OPTED_OUT_OR_DEAD)
    stopped |= put_off_outside((row for row in rows if row.id not in stopped), now=now)
    claimed = [row.id for row in rows if row.id not in stopped]
    if claimed:
        reserve = update(Message).where(Message.id.in_(claimed))
        changed_rows(reserve.values(claimed_by=owner, claimed_until=now + CLAIM_TIME))
    return claimed


def _due(is_free: ColumnElement[bool], *, now: datetime) -> Any:
    return (
        select(
            Message.id,
            Message.to_address,
            Message.subject_kind,
            Message.hours_zone,
            Message.hours_country,
        )
        .where(
            Message.state == MessageState.QUEUED,
            Message.next_attempt_at <= now,
            Message.is_held.is_(False),
            is_free,
        )
        .with_for_update(skip_locked=True)
    )


def start_sending(message: Message, *, owner: str, now: datetime) -> bool:
    """Mark a claimed message as `sending`; False when it must not be sent, or no longer by this owner.

    Commit before the mail server hears of it. This is the last look at the suppression list.
    """
    if message.send_by is not None and now > message.send_by:
        close_unsent(message, MessageState.FAILED, TIME_OVER, owner=owner, cause=Cause.TOO_LATE)
        return False
    if put_off_outside([message], now=now):
        return False
    heeds = heeds_suppression(message.subject_kind)
    values = {
        "wanted": message.id,
        "owner": owner,
        "address_hash": address_hash(message.to_address) if heeds else "",
        "now": now,
        "until": now + SENDING_TIME,
    }
    if db.session.connection().execute(_MARK, values).rowcount == 1:
        return True
    if heeds and is_suppressed(message.to_address):
        close_unsent(message, MessageState.SUPPRESSED, OPTED_OUT_OR_DEAD, owner=owner)
    return False


def take_back_mark(message: Message, *, owner: str) -> None:
    """Let a marked message be due again that this owner has certainly not shown to any server."""
    free = {"claimed_by": None, "claimed_until": None, "reason": None, "cause": None}
    mine = and_(Message.id == message.id, Message.claimed_by == owner)
    _move(mine, MessageState.QUEUED, attempts=Message.attempts - 1, **free)


def close_unsent(
    message: Message, state: MessageState, reason: str, *, owner: str, cause: Cause | None = None
) -> bool:
    """Give up a claimed message before any server heard of it; False when it is no longer this owner's."""
    mine = and_(Message.id == message.id, Message.claimed_by == owner)
    return _move(mine, state, reason=reason, cause=cause)


def record_outcome(message: Message, outcome: Outcome, *, owner: str, now: datetime) -> None:
    """Write down what came of a try; nothing changes when it was known before, or this is not the owner.

    A refusal for now puts the message off or, when its time is over, makes it `failed`. An address that is
    dead for good is suppressed. A message that was sent keeps its owner until `close_sent_messages`.
    """
    if outcome.state is MessageState.SENT:
        until = now + CLOSING_TIME
        db.session.connection().execute(
            _SENT, {"wanted": message.id, "owner": owner, "now": now, "until": until}
        )
        return
    mine = and_(Message.id == message.id, Message.claimed_by == owner)
    if outcome.state is MessageState.QUEUED:
        _put_off(message.id, mine, outcome, now=now)
    elif _move(mine, outcome.state, reason=outcome.reason, cause=outcome.cause) and outcome.is_address_dead:
        suppress_address(message.to_address, reason=ADDRESS_DEAD, source=f"message {message.id}")


def is_given_up(message: Message, outcome: Outcome, *, now: datetime) -> bool:
    """Whether an outcome ends a message for good, though the mail server refused it only for now.

    Ask before `record_outcome`: what follows for people comes before the message (`accounts.holding`).
    """
    is_refused = outcome.state is MessageState.QUEUED
    return is_refused and _tried_again_at(message.id, outcome, now=now) is None


def _put_off(message_id: int, mine: ColumnElement[bool], outcome: Outcome, *, now: datetime) -> None:
    later = _tried_again_at(message_id, outcome, now=now)
    if later is None:
        _move(mine, MessageState.FAILED, reason=f"Given up. {outcome.reason}", cause=outcome.cause)
    else:
        free = {"claimed_by": None, "claimed_until": None, "next_attempt_at": later}
        _move(mine, MessageState.QUEUED, reason=outcome.reason, cause=outcome.cause, **free)


def _tried_again_at(message_id: int, outcome: Outcome, *, now: datetime) -> datetime | None:
    row = db.session.execute(
        select(Message.attempts, Message.first_tried_at, Message.send_by).where(Message.id == message_id)
    ).one()
    return next_attempt(
        row.attempts,
        first_tried_at=row.first_tried_at or now,
        now=now,
        send_by=row.send_by,
        retry_after=outcome.retry_after,
    )


def postpone_due_messages(
    *, now: datetime, reason: str, cause: Cause | None = None, retry_after: timedelta | None = None
) -> int:
    """Let every due message wait while the whole server is down, without counting it as their attempt.

    They are due again when the shortest pause is over; the server is knocked at by one message at a time.
    """
    later = now + max(timedelta(minutes=RETRY_MINUTES[0]), retry_after or timedelta())
    return changed_rows(
        update(Message)
        .where(Message.state == MessageState.QUEUED, Message.next_attempt_at <= now)
        .values(
            next_attempt_at=later,
            first_tried_at=func.coalesce(Message.first_tried_at, now),
            reason=reason[:LONGEST_REASON],
            cause=cause,
            claimed_by=None,
            claimed_until=None,
        )
    )


def release_claims(owner: str) -> None:
    """Give back what an owner reserved and did not come to."""
    changed_rows(
        update(Message)
        .where(Message.state == MessageState.QUEUED, Message.claimed_by == owner)
        .values(claimed_by=None, claimed_until=None)
    )


def close_sent_messages(messages: Sequence[Message]) -> None:
    """Let go of sent messages, once what follows from their sending is written down."""
    changed_rows(
        update(Message)
        .where(Message.id.in_([message.id for message in messages]), Message.state == MessageState.SENT)
        .values(claimed_by=None, claimed_until=None)
    )


def mark_lost_messages(*, now: datetime) -> int:
    """Make `sending` messages `unknown` whose worker has not reported in time; return how many.

    They are never sent again silently: the server may have them. Should the worker report after all, its
    outcome still counts.
    """
    lost = and_(Message.state == MessageState.SENDING, Message.claimed_until <= now)
    reason = "The worker stopped while it was sending this; nobody knows whether it arrived."
    values = {"state": MessageState.UNKNOWN, "reason": reason, "cause": Cause.IN_DOUBT}
    return changed_rows(update(Message).where(lost).values(values))


def fail_overdue_messages(*, now: datetime) -> int:
    """Give up what still waits though its time is over, such as in a paused lane; return how many.

    Held messages wait on, whatever their time; what a worker has reserved is left to it.
    """
    overdue = and_(
        Message.send_by < now,
        Message.state == MessageState.QUEUED,
        Message.is_held.is_(False),
        func.coalesce(Message.claimed_until, now) <= now,
    )
    late = {"state": MessageState.FAILED, "reason": TIME_OVER, "cause": Cause.TOO_LATE}
    return changed_rows(update(Message).where(overdue).values(late))


def _move(which: ColumnElement[bool], state: MessageState, **values: Any) -> bool:
    """Change the state where the table of transitions allows it; return whether any row changed."""
    if values.get("reason"):
        values["reason"] = values["reason"][:LONGEST_REASON]
    allowed = Message.state.in_(states_before(state))
    return changed_rows(update(Message).where(which, allowed).values(state=state, **values)) > 0
