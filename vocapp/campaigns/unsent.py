"""Invitations whose mail was never sent, and never will be: they say so instead of staying planned."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, exists, or_, select, update
from sqlalchemy.orm import joinedload

from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.queries import invitation_key
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.campaigns.timing import next_reminder, our_zone, place_of_invitation
from vocapp.core.db import db
from vocapp.outbox.causes import Cause
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import send_after_all

# So long after a wave's end it may still come out that a mail in doubt was never sent.
LOOKED_AFTER = timedelta(days=8)
# So many mails are named in one statement.
AT_ONCE = 500
LEFT_PERHAPS = (MessageState.SENDING, MessageState.SENT, MessageState.UNKNOWN)


def settle_unsent(*, now: datetime) -> None:
    """Settle whose mail of an open wave can never be written or was not sent in time, and all of closed ones.

    Whoever is gone before any mail left is not waited for either. Safe to repeat. A mail that leaves after
    all asks, and its acceptance takes this back.
    """
    is_open = Wave.state == WaveState.OPEN
    _settle(is_open, or_(_has_failed(Cause.UNWRITABLE), _has_failed(Cause.TOO_LATE)), now=now)
    _settle(is_open, and_(~_stands_as(ContactStatus.ACTIVE), ~may_have_left()), now=now)
    is_over = and_(Wave.state == WaveState.CLOSED, Wave.closed_at > now - LOOKED_AFTER)
    _settle(is_over, ~may_have_left(), now=now)


def settle_unsent_of(wave_id: int, *, now: datetime) -> None:
    """Settle everybody in a wave that ends whose mail has not left, and cannot have."""
    _settle(Wave.id == wave_id, ~may_have_left(), now=now)


def take_up_late(wave: Wave, *, now: datetime) -> None:
    """Let the first mails of a wave leave after all that were not sent in time, now that there is time.

    Hold the wave. They leave at the next proper hour where each person is, and remind as any first mail.
    """
    last = wave.first_mails_end
    if last is None or last <= now:
        return
    late = too_late(wave).options(joinedload(Invitation.contact), joinedload(Invitation.account))
    invitations = db.session.scalars(late.order_by(Invitation.id).with_for_update(of=Invitation)).all()
    zone = our_zone()
    for invitation in invitations:
        invitation.state, invitation.settled_at = InvitationState.PLANNED, None
        # Counted anew from the mail once it has left.
        place = place_of_invitation(invitation, company_zone=zone)
        invitation.reminder_due_at = next_reminder(invitation, place, asked_at=now)
    db.session.flush()
    keys = [invitation_key(invitation.id) for invitation in invitations]
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        send_after_all(some, send_by=last, is_held=wave.paused_at is not None, now=now)


def too_late(wave: Wave) -> Select[Invitation]:
    """Return whose first mail was not sent in time, and who could still be asked."""
    return select(Invitation).where(
        Invitation.wave_id == wave.id,
        Invitation.state == InvitationState.TOO_LATE,
        Invitation.stopped_at.is_(None),
        _stands_as(ContactStatus.ACTIVE),
        _has_failed(Cause.TOO_LATE),
        ~may_have_left(),
    )


def _settle(waves: ColumnElement[bool], which: ColumnElement[bool], *, now: datetime) -> None:
    outcome = case(
        (_stands_as(ContactStatus.OPTED_OUT), InvitationState.OPTED_OUT),
        (~_stands_as(ContactStatus.ACTIVE), InvitationState.GONE),
        (_has_failed(Cause.UNWRITABLE), InvitationState.UNWRITTEN),
        else_=InvitationState.TOO_LATE,
    )
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


def _stands_as(status: ContactStatus) -> ColumnElement[bool]:
    return exists().where(Contact.id == Invitation.contact_id, Contact.status == status)


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
