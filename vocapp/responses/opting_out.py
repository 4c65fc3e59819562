"""Opting out: the person is asked nothing any more, in any wave and at any account."""

from datetime import datetime

from sqlalchemy import select

from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import SETTLED, InvitationState
from vocapp.campaigns.service import settle_invitation
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.outbox.service import suppress_address


def opt_out(invitation: Invitation, *, source: str, now: datetime) -> None:
    """Ask the person of an invitation nothing more; their answers stay. Doing it twice changes nothing.

    Every contact with the same address is opted out, every unanswered invitation of theirs is settled as
    opted out and its mails are taken back, and the address is suppressed. `source` says how it was asked for.
    """
    contact = invitation.contact
    suppress_address(contact.email, reason=ContactStatus.OPTED_OUT, source=source)
    same_person = select(Contact).where(Contact.email_key == contact.email_key)
    people = db.session.scalars(same_person).all()
    if all(person.status == ContactStatus.OPTED_OUT for person in people):
        return
    for person in people:
        person.status = ContactStatus.OPTED_OUT
    waiting = select(Invitation).where(
        Invitation.contact_id.in_([person.id for person in people]), Invitation.state.not_in(SETTLED)
    )
    for unanswered in db.session.scalars(waiting):
        settle_invitation(unanswered, InvitationState.OPTED_OUT, now)
    record_act(
        "contact.opted_out",
        actor_id=None,
        subject_kind="contact",
        subject_id=contact.id,
        details={"source": source},
    )
    db.session.flush()
