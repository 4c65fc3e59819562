"""Invitations whose mail was never sent, and never will be: they say so instead of staying planned."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, exists, or_, select, update

from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.outbox.causes import Cause
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState

# So long after a wave's end it may still come out that a mail in doubt was never sent.
LOOKED_AFTER = timedelta(days=8)
LEFT_PERHAPS = (MessageState.SENDING, MessageState.SENT, MessageState.UNKNOWN)


def settle_unsent(*, now: datetime) -> None:
    """Settle whose mail of an open wave can never be written or was not sent in time, and all of closed ones.

    Safe to repeat. A mail that leaves after all asks, and its acceptance takes this back.
    """
    is_open = Wave.state == WaveState.OPEN
    _settle(is_open, or_(_has_failed(Cause.UNWRITABLE), _has_failed(Cause.TOO_LATE)), now=now)
    is_over = and_(Wave.state == WaveState.CLOSED, Wave.closed_at > now - LOOKED_AFTER)
    _settle(is_over, ~may_have_left(), now=now)


def settle_unsent_of(wave_id: int, *, now: datetime) -> None:
    """Settle everybody in a wave that ends whose mail has not left, and cannot have."""
    _settle(Wave.id == wave_id, ~may_have_left(), now=now)


def _settle(waves: ColumnElement[bool], which: ColumnElement[bool], *, now: datetime) -> None:
    outcome = case((_has_failed(Cause.UNWRITABLE), InvitationState.UNWRITTEN), else_=InvitationState.TOO_LATE)
    db.session.execute(
        update(Invitation)
        .where(
            Invitation.wave_id.in_(select(Wave.id).where(waves, Wave.is_imported.is_(False))),
            Invitation.state == InvitationState.PLANNED,
            # Who was stopped before any mail left was not to be asked.
            Invitation.stopped_at.is_(None),
            which,
        )
        .values(state=outcome, settled_at=now, reminder_due_at=None)
        .execution_options(synchronize_session="fetch")
    )


def _has_failed(cause: Cause) -> ColumnElement[bool]:
    failed = and_(Message.state == MessageState.FAILED, Message.cause == cause)
    return exists().where(*_asks(), failed)


def may_have_left() -> ColumnElement[bool]:
    """Whether a mail that asks left, or nobody knows."""
    return exists().where(*_asks(), Message.state.in_(LEFT_PERHAPS))


def _asks() -> tuple[ColumnElement[bool], ...]:
    return (
        Message.subject_kind == "invitation",
        Message.subject_id == Invitation.id,
        Message.template == "invitation",
    )
