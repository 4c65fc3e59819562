"""What people who answered hear from us: thanks for the answer, and later what was done about it."""

from datetime import date, datetime

from sqlalchemy import select

from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, Letter, WaveState
from vocapp.campaigns.service import locked_wave
from vocapp.campaigns.timing import place_of_invitation
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.core.workdays import Place
from vocapp.outbox.service import queue_message

# Mails to somebody who answered ask for nothing: they count neither as reminders nor against any budget.
ANSWER = "answer"
TELL = "tell_answered"


def thank_for_answer(invitation: Invitation, *, reply_by: date | None) -> bool:
    """Queue the thanks for a complete answer, where its wave thanks by mail; once, however often it is asked.

    `reply_by` is the day by which its author hears from us, None when they did not ask for that. Returns
    whether a mail is wanted.
    """
    if not invitation.wave.has_thanks or invitation.state != InvitationState.COMPLETED:
        return False
    context = {"reply_by": reply_by.isoformat()} if reply_by else {}
    _queue(invitation, Letter.THANKS, key=f"thanks:{invitation.id}", context=context, hours=None)
    return True


def tell_what_came_of_it(wave: Wave, *, now: datetime) -> None:
    """Let everybody who answered a closed wave hear what was done, by the job `tell_answered`; once.

    Raises `DomainError` while there is nothing to tell, and when they were told before.
    """
    locked = locked_wave(wave.id)
    if locked is None or locked.state != WaveState.CLOSED or not locked.we_did:
        raise DomainError("Write down what you did first; it can be told once the wave is closed.")
    if locked.told_at is not None:
        raise DomainError("They have been told already; nobody gets this mail twice.")
    locked.told_at = now
    db.session.flush()
    enqueue(TELL, {"wave_id": wave.id}, key=f"{TELL}:{wave.id}")


def queue_what_came_of_it(wave_id: int, *, after: int, limit: int = 200) -> int | None:
    """Queue the mails to the next of those who answered; return the last one's invitation, None at the end.

    Whoever opted out meanwhile, left or cannot be reached gets none. Safe to repeat.
    """
    wanted = (
        select(Invitation)
        .join(Contact, Contact.id == Invitation.contact_id)
        .where(
            Invitation.wave_id == wave_id,
            Invitation.state == InvitationState.COMPLETED,
            Invitation.id > after,
            Contact.status == ContactStatus.ACTIVE,
        )
        .order_by(Invitation.id)
        .limit(limit)
    )
    last = None
    for invitation in db.session.scalars(wanted).all():
        last = invitation.id
        key = f"you_said:{wave_id}:{invitation.id}"
        hours = None if invitation.wave.is_any_hour else place_of_invitation(invitation)
        _queue(invitation, Letter.YOU_SAID, key=key, context={}, hours=hours)
    return last


def _queue(
    invitation: Invitation, letter: Letter, *, key: str, context: dict[str, str], hours: Place | None
) -> None:
    contact, owner = invitation.contact, invitation.wave.owner
    queue_message(
        key=key,
        template=letter,
        context=context,
        subject_kind=ANSWER,
        subject_id=invitation.id,
        to_address=contact.email,
        to_name=contact.full_name,
        language=invitation.language,
        from_name=owner.name or owner.email,
        reply_to=owner.email,
        hours=hours,
    )
