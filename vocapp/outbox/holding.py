"""Holding back mails of a subject without giving them up, and letting them go."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, case, select, update

from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.jobs import enqueue
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import DELIVER, changed_rows

# What may still go out, or go out again: a worker that has one in hand may bring it back.
_ON_THEIR_WAY = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN)


def hold_messages(subject_kind: str, subject_ids: Select[Any] | Collection[int]) -> int:
    """Hold the mails about some subjects that have not been sent; return how many.

    Waits for a worker that is just marking one as `sending`: that one mail is finished, and from the caller's
    commit on no other begins.
    """
    return _set(subject_kind, subject_ids, is_held=True)


def release_messages(subject_kind: str, subject_ids: Select[Any] | Collection[int]) -> int:
    """Let the held mails about some subjects go, each at its next proper hour; return how many."""
    released = _set(subject_kind, subject_ids, is_held=False)
    if released:
        enqueue(DELIVER, {}, key=DELIVER, run_at=utcnow())
    return released


def _set(subject_kind: str, subject_ids: Select[Any] | Collection[int], *, is_held: bool) -> int:
    theirs = (
        Message.subject_kind == subject_kind,
        Message.subject_id.in_(subject_ids),
        Message.state.in_(_ON_THEIR_WAY),
        Message.is_held.is_(not is_held),
    )
    # In the order of their numbers, as everybody who holds several.
    if not db.session.scalars(select(Message.id).where(*theirs).order_by(Message.id).with_for_update()).all():
        return 0
    is_waiting = Message.state == MessageState.QUEUED
    return changed_rows(
        update(Message)
        .where(*theirs)
        .values(
            is_held=is_held,
            # A reservation that nobody can use any more would only delay it later.
            claimed_by=case((is_waiting, None), else_=Message.claimed_by),
            claimed_until=case((is_waiting, None), else_=Message.claimed_until),
        )
        .execution_options(synchronize_session=False)
    )
