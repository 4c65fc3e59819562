"""Holding the reins of an open wave: pause and resume it, release its pilot, and one person at a time.

A paused wave stays open: answers arrive and its end comes, only its mails wait.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from vocapp.accounts.holding import hold_contacts
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Exclusion, Invitation, Wave
from vocapp.campaigns.queries import contacts_made, copy_key, invitation_key
from vocapp.campaigns.rules import (
    MOST_CONTACTS,
    WAITING,
    ExclusionReason,
    InvitationState,
    WaveState,
)
from vocapp.campaigns.service import INVITATION, locked_wave, queue_copy
from vocapp.campaigns.timing import place_of_invitation
from vocapp.core.audit import record_act
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User
from vocapp.outbox.holding import hold_messages, release_messages
from vocapp.outbox.models import Message
from vocapp.outbox.queries import is_suppressed, message_by_key
from vocapp.outbox.rules import MessageState

LONGEST_REASON = 300


def pause_wave(wave: Wave, *, by: User, now: datetime) -> None:
    """Let the mails of an open wave wait; from the commit on none is begun. Once more changes nothing.

    A mail that a worker has in hand is finished. Raises `DomainError` unless the wave is open.
    """
    held = _open_wave(wave)
    if held.paused_at is not None:
        return
    held.paused_at = now
    db.session.flush()
    hold_messages(INVITATION, select(Invitation.id).where(Invitation.wave_id == held.id))
    _note("wave_paused", held, by)


def resume_wave(wave: Wave, *, by: User) -> None:
    """Let a paused wave go on where it stopped: its mails, its reminders, and who was not planned yet.

    What became overdue goes at the next proper hour where each person is; what was sent is not sent again.
    Raises `DomainError` unless the wave is open; resuming one that runs changes nothing.
    """
    held = _open_wave(wave)
    if held.paused_at is None:
        return
    held.paused_at = None
    db.session.flush()
    running = select(Invitation.id).where(Invitation.wave_id == held.id, Invitation.stopped_at.is_(None))
    release_messages(INVITATION, running)
    _plan_the_rest(held)
    _note("wave_resumed", held, by)


def release_pilot(wave: Wave, *, by: User | None, now: datetime) -> bool:
    """Ask the others after a pilot, once; return whether this call did it. `by` None: by itself.

    They get as much time as the first: the end moves by as long as the pilot took.
    """
    held = _open_wave(wave)
    if not held.has_pilot or held.pilot_released_at is not None:
        return False
    if by is None and held.pilot_stopped_at is not None:
        return False
    held.pilot_released_at, held.pilot_stopped_at = now, None
    if held.closes_at is not None and held.launched_at is not None:
        took = max(now - held.launched_at, timedelta())
        held.closes_at += took
        held.send_by = held.send_by + took if held.send_by else None
    db.session.flush()
    _plan_the_rest(held)
    _note("pilot_released", held, by)
    return True


def stop_at_pilot(wave: Wave, *, by: User, now: datetime) -> bool:
    """Let nobody follow a pilot by themselves; return whether this call did it.

    Those who were asked keep their mails, reminders and links. `release_pilot` asks the others after all.
    """
    held = _open_wave(wave)
    if not held.has_pilot or held.pilot_released_at is not None or held.pilot_stopped_at is not None:
        return False
    held.pilot_stopped_at = now
    db.session.flush()
    _note("pilot_stopped", held, by)
    return True


def resend(invitation: Invitation, *, by: User, now: datetime) -> Message:
    """Send a person a fresh copy of their invitation, with the same link, at their next working hour.

    At most one a day, and never more than `MOST_CONTACTS` mails in all: a reminder that would be one too many
    is left out. Raises `DomainError` with a sentence for whoever answered, or must not be written to.
    """
    wave = _open_wave(invitation.wave)
    if wave.paused_at is not None:
        raise DomainError("This wave pauses; resume it first.")
    held = _held(invitation)
    reason = _why_not_again(held)
    if reason:
        raise DomainError(reason)
    day = now.astimezone(place_of_invitation(held).zone).date()
    key = copy_key(held.id, day)
    if message_by_key(key) is not None:
        raise DomainError(f"{held.contact.full_name} was sent a copy today already; wait until tomorrow.")
    if contacts_made(held.id) >= MOST_CONTACTS:
        raise DomainError(
            f"{held.contact.full_name} was written to {MOST_CONTACTS} times about this; nobody gets more."
        )
    copy = queue_copy(held, key=key)
    _note("invitation_resent", wave, by, invitation_id=held.id)
    return copy


def stop_person(invitation: Invitation, *, reason: str, by: User, now: datetime) -> bool:
    """Write to a person no more in this wave; return whether they were asked before.

    Whoever had no mail yet counts as not asked, with the reason beside their name. Whoever had one keeps the
    link, and counts like everybody else when the wave ends (docs/decisions/0030-whom-we-stop-writing-to.md).
    Raises `DomainError` without a reason, or for whoever nobody would write to any more.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise DomainError("Say in a few words why this person is not to be written to any more.")
    if len(reason) > LONGEST_REASON:
        raise DomainError(f"Shorten the reason to {LONGEST_REASON} characters.")
    wave = _open_wave(invitation.wave)
    held = _held(invitation)
    if held.state not in WAITING | {InvitationState.PLANNED}:
        raise DomainError(f"{held.contact.full_name} gets no more mail in this wave as it is.")
    held.stopped_at, held.stop_reason = now, reason
    db.session.flush()
    hold_messages(INVITATION, [held.id])
    was_asked = _was_asked(held)
    if not was_asked:
        _exclude(held, reason)
    _note("invitation_stopped", wave, by, invitation_id=held.id)
    return was_asked


def write_again(invitation: Invitation, *, by: User) -> None:
    """Take back that a person is not written to: what was held for them goes on.

    Once more changes nothing.
    """
    wave = _open_wave(invitation.wave)
    held = _held(invitation)
    if held.stopped_at is None:
        return
    held.stopped_at, held.stop_reason = None, ""
    stopped = (Exclusion.contact_id == held.contact_id, Exclusion.reason == ExclusionReason.STOPPED)
    db.session.execute(delete(Exclusion).where(Exclusion.wave_id == wave.id, *stopped))
    db.session.flush()
    if wave.paused_at is None:
        release_messages(INVITATION, [held.id])
    _note("invitation_taken_up", wave, by, invitation_id=held.id)


def _open_wave(wave: Wave) -> Wave:
    held = locked_wave(wave.id)
    if held is None or held.state != WaveState.OPEN:
        raise DomainError("Only an open wave can be paused or changed for single people.")
    return held


def _held(invitation: Invitation) -> Invitation:
    # People before invitations: the order of `accounts.holding`.
    hold_contacts([invitation.contact_id])
    db.session.refresh(invitation, with_for_update=True)
    db.session.refresh(invitation.contact)
    return invitation


def _why_not_again(invitation: Invitation) -> str | None:
    name, state = invitation.contact.full_name, invitation.state
    ended = {
        InvitationState.COMPLETED: f"{name} has answered already.",
        InvitationState.DECLINED: f"{name} said no to this survey.",
        InvitationState.REFERRED: f"{name} said that somebody else is the right person.",
        InvitationState.BOUNCED: f"Mail to {name} comes back; correct the address first.",
        InvitationState.OPTED_OUT: f"{name} does not want to be asked.",
    }
    gone = {
        ContactStatus.LEFT: f"{name} has left.",
        ContactStatus.BOUNCED: ended[InvitationState.BOUNCED],
        ContactStatus.OPTED_OUT: ended[InvitationState.OPTED_OUT],
    }
    if state in ended:
        return ended[InvitationState(state)]
    if invitation.contact.status in gone:
        return gone[ContactStatus(invitation.contact.status)]
    if is_suppressed(invitation.contact.email):
        return f"The address of {name} must not be written to."
    if invitation.stopped_at is not None:
        return f"{name} is not to be written to in this wave; take that back first."
    if state == InvitationState.PLANNED and not _was_asked(invitation):
        return f"The first mail to {name} has not left yet."
    return None


def _was_asked(invitation: Invitation) -> bool:
    """Whether a mail that asks left, or may have left; a message being sent is waited for."""
    if invitation.sent_at is not None or invitation.state != InvitationState.PLANNED:
        return True
    mail = select(Message.state).where(Message.key == invitation_key(invitation.id))
    gone = (MessageState.SENDING, MessageState.SENT, MessageState.UNKNOWN)
    return db.session.scalar(mail) in gone


def _exclude(invitation: Invitation, reason: str) -> None:
    said = insert_new(Exclusion).values(
        wave_id=invitation.wave_id,
        contact_id=invitation.contact_id,
        reason=ExclusionReason.STOPPED,
        note=reason,
    )
    anew = {"reason": said.excluded.reason, "note": said.excluded.note}
    db.session.execute(said.on_conflict_do_update(index_elements=["wave_id", "contact_id"], set_=anew))


def _plan_the_rest(wave: Wave) -> None:
    enqueue("launch_wave", {"wave_id": wave.id}, key=f"launch_wave:{wave.id}")


def _note(action: str, wave: Wave, by: User | None, **details: int) -> None:
    record_act(
        action,
        actor_id=by.id if by else None,
        subject_kind="wave",
        subject_id=wave.id,
        details=details,
    )
