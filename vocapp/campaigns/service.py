"""The life of invitations, and of waves once they are launched."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload, selectinload

from vocapp.accounts.holding import NOT_THE_KEY
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.queries import (
    contacts_of_invitations,
    due_reminders,
    heads_up_key,
    invitation_key,
    prenotice_key,
    reminder_key,
)
from vocapp.campaigns.rules import (
    BOUNCE_PATIENCE,
    MOST_CONTACTS,
    UNSENT,
    WAITING,
    InvitationState,
    WaveState,
    may_settle,
)
from vocapp.campaigns.timing import (
    back_from,
    hours_of_wave,
    next_reminder,
    our_zone,
    place_of_invitation,
    question_time,
)
from vocapp.campaigns.unsent import settle_unsent_of
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.core.workdays import Place, next_polite_moment
from vocapp.freshness.service import record_bounce
from vocapp.outbox.holding import release_messages
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import Order, cancel_messages, queue_message, queue_messages

INVITATION = "invitation"
REMINDER = "reminder"
PRENOTICE = "prenotice"
HEADS_UP = "heads_up"
# In the context of a mail that asks once more with the same link.
COPY = "is_copy"

LONGEST_DONE = 600
_WITH_PLACE = (joinedload(Invitation.contact), joinedload(Invitation.account))


def record_acceptances(accepted: Sequence[tuple[Message, datetime]], *, is_final_mailbox: bool) -> None:
    """Note that a mail server took mails of invitations, and when; the built-in mailbox is the end.

    Safe to repeat, and harmless when the person has answered already.
    """
    wanted = (
        select(Invitation)
        .where(Invitation.id.in_([message.subject_id for message, _ in accepted]))
        .options(*_WITH_PLACE, selectinload(Invitation.wave))
        .order_by(Invitation.id)
        .with_for_update(of=Invitation)
    )
    invitations = {invitation.id: invitation for invitation in db.session.scalars(wanted).unique()}
    zone = our_zone()
    for message, taken_at in accepted:
        invitation = invitations.get(message.subject_id)
        if invitation is not None:
            _note_acceptance(invitation, message, taken_at, zone=zone, is_final_mailbox=is_final_mailbox)
    db.session.flush()


def _note_acceptance(
    invitation: Invitation, message: Message, now: datetime, *, zone: str, is_final_mailbox: bool
) -> None:
    if message.template in (PRENOTICE, HEADS_UP):
        return  # It says that a question comes; nobody is asked yet.
    if message.template == INVITATION and invitation.sent_at is None:
        invitation.sent_at = now
        was_given_up = invitation.state in UNSENT
        if was_given_up:
            # It left after all, so it asks.
            invitation.state, invitation.settled_at = InvitationState.PLANNED, None
        if invitation.reminder_due_at is not None or was_given_up:
            place = place_of_invitation(invitation, company_zone=zone)
            invitation.reminder_due_at = next_reminder(invitation, place, asked_at=now)
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
    if message.template == INVITATION and not message.context.get(COPY):
        settle_invitation(invitation, InvitationState.BOUNCED, now)
    db.session.flush()


def mark_started(invitation: Invitation, now: datetime) -> None:
    """Note that the person began to answer."""
    if invitation.state in WAITING | UNSENT | {InvitationState.PLANNED}:
        invitation.state, invitation.settled_at = InvitationState.STARTED, None
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
    unwanted: tuple[str, ...] = (HEADS_UP, PRENOTICE, REMINDER)
    if state is not InvitationState.BOUNCED:
        unwanted = (*unwanted, INVITATION)
    cancel_messages(INVITATION, invitation.id, templates=unwanted)
    db.session.flush()
    return True


class Invited(NamedTuple):
    """Who is asked by an invitation: where they are, and when the first mail to them leaves."""

    invitation_id: int
    email: str
    name: str
    language: str
    place: Place
    first_at: datetime
    is_champion: bool = False


def invited(invitation: Invitation, place: Place | None = None) -> Invited:
    """Return whom an invitation asks, as of now: their first mail is due at once."""
    contact = invitation.contact
    place = place or place_of_invitation(invitation)
    return Invited(
        invitation.id, contact.email, contact.full_name, invitation.language, place, first_at=utcnow()
    )


def queue_invitations(wave: Wave, invited: Iterable[Invited]) -> None:
    """Queue the mails that ask, and before each the one that announces it; none is ever queued twice."""
    queue_messages([order for one in invited for order in _orders(wave, one)])


def queue_copy(invitation: Invitation, *, key: str) -> Message:
    """Queue a fresh copy of the mail that asks, with the same link; the same `key` is queued once."""
    order = _order(invitation.wave, invited(invitation), key=key, template=INVITATION, context={COPY: True})
    return queue_message(**order)


def queue_due_reminders(*, now: datetime, limit: int = 200) -> int:
    """Queue reminders whose time has come; return how many invitations were looked at, 0 when none is left.

    Each step of a wave reminds a person once, on a working day between 08 and 17 where they live, and nobody
    gets more than `MOST_CONTACTS` mails: what could not go out in time waits for the next such morning, or is
    dropped when the wave closes before.
    """
    invitations = due_reminders(now=now, limit=limit)
    states = _mail_states(invitations)
    contacts = contacts_of_invitations([invitation.id for invitation in invitations])
    for invitation in invitations:
        is_out = states.get(invitation_key(invitation.id)) == MessageState.UNKNOWN
        if not _may_remind(invitation, contacts.get(invitation.id, 0), is_out=is_out):
            invitation.reminder_due_at = None
        else:
            _remind_or_wait(invitation, now)
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

    Whoever has the mail and did not answer is silent. Whose mail never left was not asked in time; where
    nobody knows whether it did, the invitation stays planned. Like bounced ones they count in no denominator.
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
    wave.paused_at = None
    _settle_unanswered(wave_id, now)
    settle_unsent_of(wave_id, now=now)
    # What was held finds its wave closed and is given up, as whatever else did not leave in time.
    release_messages(INVITATION, select(Invitation.id).where(Invitation.wave_id == wave_id))
    db.session.flush()
    enqueue("wave_closed", {"wave_id": wave_id}, key=f"wave_closed:{wave_id}")
    return True


def tell_what_was_done(wave: Wave, text: str) -> None:
    """Keep what was done about the answers to a closed wave; an empty text takes it back.

    Raises `DomainError` while the wave runs, and for a text that is too long for a thank-you page.
    """
    words = "\n".join(line.strip() for line in text.replace("\x00", "").strip().splitlines())
    if wave.state != WaveState.CLOSED:
        raise DomainError("Say what you did about the answers once the wave is closed.")
    if len(words) > LONGEST_DONE:
        raise DomainError(f"Please shorten this to {LONGEST_DONE} characters: people read it on phones.")
    wave.we_did = words
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


def _note_arrival(invitation: Invitation, now: datetime) -> None:
    # Whoever uses the link has the mail, even when nobody knows whether it left.
    invitation.sent_at = invitation.sent_at or now
    invitation.delivered_at = invitation.delivered_at or now


def _orders(wave: Wave, one: Invited) -> Iterator[Order]:
    last = wave.first_mails_end
    if wave.has_heads_up and one.is_champion:
        key = heads_up_key(one.invitation_id)
        yield _order(wave, one, key=key, template=HEADS_UP, send_at=one.first_at, send_by=last)
    elif wave.has_prenotice:
        key = prenotice_key(one.invitation_id)
        yield _order(wave, one, key=key, template=PRENOTICE, send_at=one.first_at, send_by=last)
    asks_at = question_time(wave, one.first_at, one.place)
    key = invitation_key(one.invitation_id)
    yield _order(wave, one, key=key, template=INVITATION, send_at=asks_at, send_by=last)


def _order(
    wave: Wave,
    one: Invited,
    *,
    key: str,
    template: str,
    context: Mapping[str, Any] | None = None,
    send_at: datetime | None = None,
    send_by: datetime | None = None,
) -> Order:
    return {
        "key": key,
        "template": template,
        "context": context or {},
        "subject_kind": INVITATION,
        "subject_id": one.invitation_id,
        "to_address": one.email,
        "to_name": one.name,
        "language": one.language,
        "from_name": wave.owner.name,
        "reply_to": wave.owner.email,
        "send_at": send_at,
        "send_by": send_by or wave.closes_at,
        "hours": hours_of_wave(wave, one.place),
        # The caller holds the wave, so nobody pauses or resumes it meanwhile.
        "is_held": wave.paused_at is not None,
    }


def _may_remind(invitation: Invitation, contacts: int, *, is_out: bool) -> bool:
    is_asked = invitation.state in WAITING or is_out
    return is_asked and contacts < MOST_CONTACTS and invitation.contact.status == ContactStatus.ACTIVE


def _remind_or_wait(invitation: Invitation, now: datetime) -> None:
    place, closes_at = place_of_invitation(invitation), invitation.wave.closes_at
    polite = max(now, back_from(invitation, place) or now)
    if not invitation.wave.is_any_hour:
        polite = next_polite_moment(polite, place)
    if polite > now:
        invitation.reminder_due_at = polite if closes_at is None or polite < closes_at else None
        return
    invitation.reminders_sent += 1
    invitation.reminded_at = now
    invitation.reminder_due_at = next_reminder(invitation, place, asked_at=invitation.sent_at or now)
    step = invitation.reminders_sent
    key = reminder_key(invitation.id, step)
    one = invited(invitation, place)
    queue_message(**_order(invitation.wave, one, key=key, template=REMINDER, context={"step": step}))


def _mail_states(invitations: Sequence[Invitation]) -> dict[str, str]:
    keys = [invitation_key(invitation.id) for invitation in invitations]
    return dict(db.session.execute(select(Message.key, Message.state).where(Message.key.in_(keys))).all())


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
