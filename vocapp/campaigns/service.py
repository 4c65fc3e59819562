"""The life of invitations, and of waves once they are launched."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload, selectinload

from vocapp.accounts.holding import NOT_THE_KEY
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.queries import due_reminders, invitation_key, reminder_key
from vocapp.campaigns.rules import (
    BOUNCE_PATIENCE,
    LONGEST_LENGTH,
    WAITING,
    InvitationState,
    WaveState,
    may_settle,
)
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.core.workdays import next_polite_moment, reminder_time, zone_of
from vocapp.freshness.service import record_bounce
from vocapp.identity.queries import company
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import cancel_messages, queue_message

INVITATION = "invitation"
REMINDER = "reminder"


def record_acceptances(accepted: Sequence[tuple[Message, datetime]], *, is_final_mailbox: bool) -> None:
    """Note that a mail server took mails of invitations, and when; the built-in mailbox is the end.

    Safe to repeat, and harmless when the person has answered already.
    """
    wanted = (
        select(Invitation)
        .where(Invitation.id.in_([message.subject_id for message, _ in accepted]))
        .options(joinedload(Invitation.contact), selectinload(Invitation.wave))
        .order_by(Invitation.id)
        .with_for_update(of=Invitation)
    )
    invitations = {invitation.id: invitation for invitation in db.session.scalars(wanted).unique()}
    for message, taken_at in accepted:
        invitation = invitations.get(message.subject_id)
        if invitation is not None:
            _note_acceptance(invitation, message, taken_at, is_final_mailbox=is_final_mailbox)
    db.session.flush()


def _note_acceptance(
    invitation: Invitation, message: Message, now: datetime, *, is_final_mailbox: bool
) -> None:
    if message.template == INVITATION and invitation.sent_at is None:
        invitation.sent_at = now
        if invitation.reminder_due_at is not None:
            invitation.reminder_due_at = _reminder_due(invitation, now)
    if invitation.state == InvitationState.PLANNED:
        invitation.state = InvitationState.SENT
        invitation.sent_at = invitation.sent_at or now
    if is_final_mailbox and invitation.state == InvitationState.SENT:
        invitation.state = InvitationState.DELIVERED
        invitation.delivered_at = now


def record_rejection(message: Message, now: datetime, *, is_address_dead: bool = False) -> None:
    """Note that a mail about an invitation was refused for good.

    Without the mail that asks, nobody was asked and nobody is silent. A dead address speaks against everybody
    who has it.
    """
    if is_address_dead:
        # People before invitations: the order of `accounts.holding`.
        record_bounce(message.to_address, message_id=message.id, occurred_at=now, now=now)
    invitation = db.session.get(Invitation, message.subject_id, with_for_update=True)
    if invitation is None:
        return
    if message.template == INVITATION:
        settle_invitation(invitation, InvitationState.BOUNCED, now)
    db.session.flush()


def mark_started(invitation: Invitation, now: datetime) -> None:
    """Note that the person began to answer."""
    if invitation.state in WAITING | {InvitationState.PLANNED}:
        invitation.state = InvitationState.STARTED
        _note_arrival(invitation, now)
        db.session.flush()


def settle_invitation(invitation: Invitation, state: InvitationState, now: datetime) -> bool:
    """Give an invitation its outcome and stop its reminder; return whether this changed anything.

    A weaker outcome never replaces a stronger one (an answer stays an answer), so events may come twice and
    in any order.
    """
    if not may_settle(InvitationState(invitation.state), state):
        return False
    invitation.state = state
    invitation.settled_at = now
    invitation.reminder_due_at = None
    if state in {InvitationState.COMPLETED, InvitationState.DECLINED, InvitationState.REFERRED}:
        _note_arrival(invitation, now)
    unwanted = (REMINDER,) if state is InvitationState.BOUNCED else (INVITATION, REMINDER)
    cancel_messages(INVITATION, invitation.id, templates=unwanted)
    db.session.flush()
    return True


def queue_invitation(invitation: Invitation) -> None:
    """Queue the mail that asks; the same invitation is never queued twice."""
    _queue(invitation, key=invitation_key(invitation.id), template=INVITATION)


def queue_due_reminders(*, now: datetime, limit: int = 200) -> int:
    """Queue reminders whose time has come; return how many invitations were looked at, 0 when none is left.

    Each person is reminded once, on a working day between 09 and 17 where they live: what could not go out in
    time waits for the next such morning, or is dropped when the wave closes before.
    """
    invitations = due_reminders(now=now, limit=limit)
    states = _mail_states(invitations)
    for invitation in invitations:
        _remind_or_wait(invitation, states.get(invitation_key(invitation.id)), now)
    db.session.flush()
    return len(invitations)


def mark_delivered(*, now: datetime) -> None:
    """Count as delivered what was sent a day ago and has not come back."""
    db.session.execute(
        update(Invitation)
        .where(Invitation.state == InvitationState.SENT, Invitation.sent_at <= now - BOUNCE_PATIENCE)
        .values(state=InvitationState.DELIVERED, delivered_at=now)
        .execution_options(synchronize_session="fetch")
    )


def close_wave(wave_id: int, *, now: datetime, is_due_only: bool = False) -> bool:
    """Close an open wave and settle its invitations; return whether this call did it.

    Whoever has the mail and did not answer is silent. An invitation still planned never left, or nobody knows
    whether it did: it stays planned, and like a bounced one it counts in no denominator.
    """
    wave = locked_wave(wave_id)
    if wave is None or wave.state != WaveState.OPEN:
        return False
    if is_due_only and (wave.closes_at is None or wave.closes_at > now):
        return False
    wave.state = WaveState.CLOSED
    wave.closed_at = now
    # A wave closed early ends now for its links as well.
    wave.closes_at = min(wave.closes_at or now, now)
    _settle_unanswered(wave_id, now)
    db.session.flush()
    enqueue("wave_closed", {"wave_id": wave_id}, key=f"wave_closed:{wave_id}")
    return True


def extend_wave(wave: Wave, *, closes_at: datetime, now: datetime) -> None:
    """Move the end of a scheduled or open wave. Raises `DomainError` for a time that cannot be."""
    locked = locked_wave(wave.id)
    if locked is None or locked.state not in {WaveState.OPEN, WaveState.SCHEDULED}:
        raise DomainError("Only a scheduled or open wave can be given another end.")
    begins = wave.launch_at or now
    if closes_at <= max(now, begins):
        raise DomainError("Choose an end that lies in the future and after the launch.")
    if closes_at > begins + LONGEST_LENGTH:
        raise DomainError("A wave runs at most a year; choose an earlier end.")
    wave.closes_at = closes_at
    unreminded = select(Invitation).where(
        Invitation.wave_id == wave.id,
        Invitation.state.in_(WAITING),
        Invitation.reminded_at.is_(None),
        Invitation.sent_at.is_not(None),
    )
    for invitation in db.session.scalars(unreminded):
        invitation.reminder_due_at = _reminder_due(invitation, invitation.sent_at or now)
    db.session.flush()


def cancel_wave(wave: Wave) -> None:
    """Call off a wave before it starts. Raises `DomainError` when it has started."""
    locked = locked_wave(wave.id)
    if locked is None or locked.state != WaveState.SCHEDULED:
        raise DomainError(
            "This wave is not waiting for its launch any more; an open wave can be closed instead."
        )
    locked.state = WaveState.CANCELLED
    db.session.flush()


def locked_wave(wave_id: int) -> Wave | None:
    """Return a wave as it is now, held until the end of the transaction."""
    # Not its key: an answer that arrives points at the wave, and must not wait for us while we wait for it.
    return db.session.get(Wave, wave_id, with_for_update=NOT_THE_KEY, populate_existing=True)


def person_zone(contact_zone: str) -> str:
    """Return the name of the time zone to use for a person: their own, else the company's."""
    ours = company()
    return str(zone_of(contact_zone, ours.time_zone if ours else ""))


def _note_arrival(invitation: Invitation, now: datetime) -> None:
    # Whoever uses the link has the mail, even when nobody knows whether it left.
    invitation.sent_at = invitation.sent_at or now
    invitation.delivered_at = invitation.delivered_at or now


def _queue(invitation: Invitation, *, key: str, template: str) -> None:
    contact, owner = invitation.contact, invitation.wave.owner
    queue_message(
        key=key,
        template=template,
        context={},
        subject_kind=INVITATION,
        subject_id=invitation.id,
        to_address=contact.email,
        to_name=contact.full_name,
        language=invitation.language,
        from_name=owner.name,
        reply_to=owner.email,
        send_by=invitation.wave.closes_at,
    )


def _remind_or_wait(invitation: Invitation, mail_state: str | None, now: datetime) -> None:
    is_out = invitation.state in WAITING or mail_state == MessageState.UNKNOWN
    if not is_out or invitation.contact.status != ContactStatus.ACTIVE:
        invitation.reminder_due_at = None
        return
    zone = zone_of(person_zone(invitation.contact.time_zone))
    polite = next_polite_moment(now, zone)
    if polite > now:
        closes_at = invitation.wave.closes_at
        invitation.reminder_due_at = polite if closes_at is None or polite < closes_at else None
        return
    invitation.reminder_due_at = None
    invitation.reminded_at = now
    _queue(invitation, key=reminder_key(invitation.id), template=REMINDER)


def _mail_states(invitations: Sequence[Invitation]) -> dict[str, str]:
    keys = [invitation_key(invitation.id) for invitation in invitations]
    return dict(db.session.execute(select(Message.key, Message.state).where(Message.key.in_(keys))).all())


def _reminder_due(invitation: Invitation, sent_at: datetime) -> datetime | None:
    due = reminder_time(sent_at, zone_of(person_zone(invitation.contact.time_zone)))
    closes_at = invitation.wave.closes_at
    return due if closes_at is None or due < closes_at else None


def _settle_unanswered(wave_id: int, now: datetime) -> None:
    ours = Invitation.wave_id == wave_id
    db.session.execute(
        update(Invitation)
        .where(ours, Invitation.state.in_(WAITING))
        .values(
            state=InvitationState.SILENT,
            settled_at=now,
            delivered_at=func.coalesce(Invitation.delivered_at, now),
        )
        .execution_options(synchronize_session="fetch")
    )
    db.session.execute(
        update(Invitation)
        .where(ours)
        .values(reminder_due_at=None)
        .execution_options(synchronize_session="fetch")
    )
