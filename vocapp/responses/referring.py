"""Referrals: the person asked says somebody else is right, and the CSM decides what to make of it."""

from datetime import datetime

from sqlalchemy import select

from vocapp.accounts.cells import read_address
from vocapp.accounts.models import Contact
from vocapp.accounts.queries import contact_at
from vocapp.accounts.rules import ContactStatus
from vocapp.accounts.service import add_contact, change_contact
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.campaigns.service import settle_invitation
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.names import split_name
from vocapp.identity.models import User
from vocapp.responses.models import Referral
from vocapp.responses.rules import Proposal, ReferralReason


def refer(
    invitation: Invitation, reason: ReferralReason, *, now: datetime, name: str = "", email: str = ""
) -> Referral:
    """Note that the person asked is not the right one, and whom they name instead.

    Takes the invitation out of its wave's denominator; one that was answered keeps its answer. Nothing about
    the contact changes and nobody is written to: that is for the CSM to decide. The same words again change
    nothing.
    """
    settle_invitation(invitation, InvitationState.REFERRED, now)
    known = select(Referral).where(
        Referral.invitation_id == invitation.id,
        Referral.reason == reason,
        Referral.named_person == name,
        Referral.named_email == email,
    )
    referral = db.session.scalar(known.limit(1))
    if referral is None:
        referral = Referral(
            invitation_id=invitation.id,
            account_id=invitation.account_id,
            reason=reason,
            named_person=name,
            named_email=email,
            created_at=now,
        )
        db.session.add(referral)
        db.session.flush()
    return referral


def accept_referral(referral: Referral, *, by: User, now: datetime) -> Contact | None:
    """Act on a proposal: add the person named, or note that the person asked has left.

    Returns the contact it is about, or None when the proposal was decided before. A new contact plays the
    part of the one who named them and stays unverified until somebody confirms them; an address the account
    already has is not added twice. Raises `DomainError` for a person who cannot be added.
    """
    db.session.refresh(referral, with_for_update=True)
    if referral.decided_at is not None:
        return None
    asked = referral.invitation.contact
    personas = [persona.id for persona in asked.personas]
    _decide(referral, Proposal.ACCEPTED, by=by, now=now)
    if referral.named_email:
        return _named_contact(referral, asked, personas, by=by)
    if referral.reason == ReferralReason.LEFT_COMPANY and asked.status != ContactStatus.LEFT:
        change_contact(asked, values={"status": ContactStatus.LEFT}, persona_ids=personas, user=by)
    return asked


def dismiss_referral(referral: Referral, *, by: User, now: datetime) -> None:
    """Leave everything as it is and show the proposal no more."""
    if referral.decided_at is None:
        _decide(referral, Proposal.DISMISSED, by=by, now=now)


def _named_contact(referral: Referral, asked: Contact, personas: list[int], *, by: User) -> Contact:
    known = contact_at(referral.account_id, read_address(referral.named_email)[1])
    if known is not None:
        return known
    first_name, last_name = split_name(referral.named_person)
    values = {
        "first_name": first_name,
        "last_name": last_name,
        "language": asked.language,
        "time_zone": asked.time_zone,
        "is_demo": asked.is_demo,
    }
    return add_contact(
        referral.account, email=referral.named_email, values=values, persona_ids=personas, user=by
    )


def _decide(referral: Referral, decision: Proposal, *, by: User, now: datetime) -> None:
    referral.decision = decision
    referral.decided_at = now
    record_act(f"referral.{decision}", actor_id=by.id, subject_kind="referral", subject_id=referral.id)
    db.session.flush()
