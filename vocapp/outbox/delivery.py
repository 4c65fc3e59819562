"""Who sends a message, and what came of it: claims, marks and outcomes, each safe against a killed worker.

A claim is only a reservation while the message is still `queued`; it runs out by itself. The mark `sending`
is the promise: it is committed before the mail server hears of the message, and nobody else sends it then.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update

from vocapp.core.db import db
from vocapp.outbox.models import Message
from vocapp.outbox.queries import address_hash, is_suppressed, suppressed_hashes
from vocapp.outbox.rules import (
    RETRY_MINUTES,
    MessageState,
    Outcome,
    heeds_suppression,
    next_attempt,
    states_before,
)
from vocapp.outbox.service import OPTED_OUT_OR_DEAD, changed_rows, suppress_address

CLAIM_TIME = timedelta(seconds=15)
# Longer than an SMTP conversation can take, ten minutes after the final dot included (trust.md E8, E10).
SENDING_TIME = timedelta(minutes=15)
LONGEST_REASON = 500


def claim_due_messages(limit: int, *, owner: str, now: datetime) -> list[int]:
    """Reserve up to `limit` due messages for `owner` and return their ids, oldest first.

    Messages to addresses suppressed meanwhile become `suppressed` instead. Claims that ran out come last: if
    a message's letter brought its worker down, it delays nobody else.
    """
    wanted = _due(Message.claimed_until.is_(None), now=now, limit=limit)
    if len(wanted) < limit:
        wanted |= _due(Message.claimed_until <= now, now=now, limit=limit - len(wanted))
    blocked = suppressed_hashes(address for address, kind in wanted.values() if heeds_suppression(kind))
    stopped = [
        message_id
        for message_id, (address, kind) in wanted.items()
        if heeds_suppression(kind) and address_hash(address) in blocked
    ]
    if stopped:
        _move(Message.id.in_(stopped), MessageState.SUPPRESSED, reason=OPTED_OUT_OR_DEAD)
    claimed = [message_id for message_id in wanted if message_id not in stopped]
    if claimed:
        reserve = update(Message).where(Message.id.in_(claimed))
        changed_rows(reserve.values(claimed_by=owner, claimed_until=now + CLAIM_TIME))
    return claimed


def _due(unclaimed: ColumnElement[bool], *, now: datetime, limit: int) -> dict[int, tuple[str, str]]:
    statement = (
        select(Message.id, Message.to_address, Message.subject_kind)
        .where(Message.state == MessageState.QUEUED, Message.next_attempt_at <= now, unclaimed)
        .order_by(Message.next_attempt_at, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return {row.id: (row.to_address, row.subject_kind) for row in db.session.execute(statement)}


def start_sending(message: Message, *, owner: str, now: datetime) -> bool:
    """Mark a claimed message as `sending`; False when it must not be sent, or no longer by this owner.

    Commit before the mail server hears of it. This is the last look at the suppression list (trust.md E13).
    """
    if message.send_by is not None and now > message.send_by:
        close_unsent(message, MessageState.FAILED, "Its time was over before it could be sent.", owner=owner)
        return False
    if heeds_suppression(message.subject_kind) and is_suppressed(message.to_address):
        close_unsent(message, MessageState.SUPPRESSED, OPTED_OUT_OR_DEAD, owner=owner)
        return False
    mine = and_(Message.id == message.id, Message.claimed_by == owner)
    # A row that somebody is about to change is left alone instead of waited for, because the caller holds
    # other rows: its claim runs out, and whoever comes next sees what has become of it.
    free = select(Message.id).where(mine, Message.state == MessageState.QUEUED)
    if db.session.scalar(free.with_for_update(skip_locked=True)) is None:
        return False
    return _move(
        mine,
        MessageState.SENDING,
        claimed_until=now + SENDING_TIME,
        first_tried_at=func.coalesce(Message.first_tried_at, now),
        attempts=Message.attempts + 1,
    )


def close_unsent(message: Message, state: MessageState, reason: str, *, owner: str) -> bool:
    """Give up a claimed message before any server heard of it; False when it is no longer this owner's."""
    return _move(and_(Message.id == message.id, Message.claimed_by == owner), state, reason=reason)


def record_outcome(message_id: int, outcome: Outcome, *, owner: str, now: datetime) -> bool:
    """Write down what came of a try; False when it was known before, or the message is not this owner's.

    A refusal for now puts the message off or, when its time is over, makes it `failed`. An address that is
    dead for good is suppressed.
    """
    mine = and_(Message.id == message_id, Message.claimed_by == owner)
    if outcome.state is MessageState.QUEUED:
        return _put_off(message_id, mine, outcome, now=now)
    sent_at = {"sent_at": now} if outcome.state is MessageState.SENT else {}
    is_new = _move(mine, outcome.state, reason=outcome.reason, **sent_at)
    if is_new and outcome.is_address_dead:
        address = db.session.scalars(select(Message.to_address).where(Message.id == message_id)).one()
        suppress_address(address, reason="address_dead", source=f"message {message_id}")
    return is_new


def _put_off(message_id: int, mine: ColumnElement[bool], outcome: Outcome, *, now: datetime) -> bool:
    row = db.session.execute(
        select(Message.attempts, Message.first_tried_at, Message.send_by).where(Message.id == message_id)
    ).one()
    later = next_attempt(
        row.attempts,
        first_tried_at=row.first_tried_at or now,
        now=now,
        send_by=row.send_by,
        retry_after=outcome.retry_after,
    )
    if later is None:
        return _move(mine, MessageState.FAILED, reason=f"Given up. {outcome.reason}")
    return _move(
        mine,
        MessageState.QUEUED,
        reason=outcome.reason,
        next_attempt_at=later,
        claimed_by=None,
        claimed_until=None,
    )


def postpone_due_messages(*, now: datetime, reason: str, retry_after: timedelta | None = None) -> int:
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


def mark_lost_messages(*, now: datetime) -> int:
    """Make `sending` messages `unknown` whose worker has not reported in time; return how many.

    They are never sent again silently: the server may have them. Should the worker report after all, its
    outcome still counts.
    """
    lost = and_(Message.state == MessageState.SENDING, Message.claimed_until <= now)
    reason = "The worker stopped while it was sending this; nobody knows whether it arrived."
    return changed_rows(update(Message).where(lost).values(state=MessageState.UNKNOWN, reason=reason))


def _move(which: ColumnElement[bool], state: MessageState, **values: Any) -> bool:
    """Change the state where the table of transitions allows it; return whether any row changed."""
    if values.get("reason"):
        values["reason"] = values["reason"][:LONGEST_REASON]
    allowed = Message.state.in_(states_before(state))
    return changed_rows(update(Message).where(which, allowed).values(state=state, **values)) > 0
