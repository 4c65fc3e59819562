"""Opting out: the person is asked nothing any more, in any wave and at any account."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from vocapp.accounts.holding import NOT_THE_KEY, hold_people
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.queries import invitation_by_token
from vocapp.campaigns.rules import SETTLED, InvitationState
from vocapp.campaigns.service import settle_invitation
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.outbox.service import suppress_address
from vocapp.rosters.champion import withdraw_requests_to
from vocapp.rosters.champion_queries import request_by_token
from vocapp.rosters.models import RosterRequest


def hold_before_opting_out(token: str) -> None:
    """Hold everybody with the address behind a link; nothing for a token that leads nowhere.

    Before the invitation or the request itself: the order of `accounts.holding`.
    """
    asked = request_by_token(token) or invitation_by_token(token)
    if asked is not None:
        _hold_reader(asked.contact)


def opt_out(asked: Invitation | RosterRequest, *, source: str, now: datetime) -> None:
    """Ask the person behind a link nothing more, as `opt_out_person` does."""
    opt_out_person(asked.contact, source=source, now=now)


def opt_out_person(contact: Contact, *, source: str, by: User | None = None, now: datetime) -> None:
    """Ask a person nothing more; their answers stay. Doing it twice changes nothing.

    Every contact with the same address is opted out (for a merged record: whom it became part of), every
    unanswered invitation of theirs is settled as opted out and its mails are taken back, and the address is
    suppressed, with every other address of theirs. `source` says how it was asked for, `by` who here did it
    for them (None: they themselves).
    """
    _hold_reader(contact)
    # A record that was merged leads to the person it became part of.
    same_address = select(func.coalesce(Contact.merged_into_id, Contact.id)).where(_is_reader(contact))
    found = select(Contact).where(Contact.id.in_(same_address)).order_by(Contact.id)
    people = db.session.scalars(found.execution_options(populate_existing=True)).all()
    ids = [person.id for person in people]
    records = select(Contact.id).where(or_(Contact.id.in_(ids), Contact.merged_into_id.in_(ids)))
    # Their mail may have gone to any address they are known by, and a merge may be taken apart again.
    addresses = select(Contact.email).where(Contact.id.in_(records)).order_by(Contact.email_key)
    for address in db.session.scalars(addresses).all():
        suppress_address(address, reason=ContactStatus.OPTED_OUT, source=source)
    if all(person.status == ContactStatus.OPTED_OUT for person in people):
        return
    for person in people:
        person.status = ContactStatus.OPTED_OUT
    waiting = select(Invitation).where(Invitation.contact_id.in_(records), Invitation.state.not_in(SETTLED))
    held = waiting.order_by(Invitation.id).with_for_update(of=Invitation)
    for unanswered in db.session.scalars(held.execution_options(populate_existing=True)).all():
        settle_invitation(unanswered, InvitationState.OPTED_OUT, now)
    withdraw_requests_to(contact.email_key, now=now)
    record_act(
        "contact.opted_out",
        actor_id=by.id if by else None,
        subject_kind="contact",
        subject_id=contact.id,
        details={"source": source},
    )
    db.session.flush()


def _hold_reader(contact: Contact) -> None:
    """Hold a person and everybody who has their address, and read them as they are now.

    While we waited they may have got another address, or become part of somebody: then those are held as
    well; or the wish would be that of an address nobody has.
    """
    known = None
    while known != (contact.email_key, contact.merged_into_id):
        known = (contact.email_key, contact.merged_into_id)
        hold_people(select(Contact.id).where(_is_reader(contact)))
        db.session.refresh(contact, with_for_update=NOT_THE_KEY)


def _is_reader(contact: Contact) -> ColumnElement[bool]:
    return or_(Contact.id == contact.id, Contact.email_key == contact.email_key)
