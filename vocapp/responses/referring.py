"""Being the wrong person: what a respondent says about themselves, and whom they name."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.campaigns.service import settle_invitation
from vocapp.core.db import db
from vocapp.core.names import split_name
from vocapp.freshness.rules import EvidenceKind, EvidenceSource, SuggestionKind
from vocapp.freshness.service import record_evidence, suggest
from vocapp.responses.models import Referral, Response
from vocapp.responses.rules import ReferralReason

SAID: dict[ReferralReason, EvidenceKind] = {
    ReferralReason.LEFT_COMPANY: EvidenceKind.SAID_LEFT,
    ReferralReason.WRONG_PERSON: EvidenceKind.NOT_ME,
    ReferralReason.SOMEBODY_ELSE: EvidenceKind.REFERRED,
}


def refer(
    invitation: Invitation, reason: ReferralReason, *, now: datetime, name: str = "", email: str = ""
) -> Referral:
    """Note that the person asked is not the right one, and whom they name instead.

    Takes the invitation out of its wave's denominator; one that was answered keeps its answer. The contact is
    in doubt from now on, and what follows is suggested to the CSM; nobody is written to. The same words again
    change nothing.
    """
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
        record_evidence(
            invitation.contact,
            SAID[reason],
            source=EvidenceSource.ANSWER_PAGE,
            source_id=referral.id,
            occurred_at=now,
            now=now,
        )
        _suggest_what_follows(referral, invitation, now=now)
    # After the contact: whoever else needs contacts and messages takes them in this order, too.
    settle_invitation(invitation, InvitationState.REFERRED, now)
    return referral


def suggest_persons_named(response: Response, named: Mapping[str, tuple[str, str]], *, now: datetime) -> None:
    """Suggest to the CSM whom an answer names: question → name and address.

    The same person named again is the same suggestion. Whoever answered stays in the wave: naming somebody
    else as well is not being the wrong person.
    """
    for question, (name, email) in named.items():
        first_name, last_name = split_name(name)
        address = sha256(email.casefold().encode()).hexdigest()[:16]
        suggest(
            response.account_id,
            SuggestionKind.NEW_PERSON,
            key=f"answer:{response.id}:{question}:{address}",
            source=EvidenceSource.ANSWER_PAGE,
            source_id=response.id,
            named_by_id=response.contact_id,
            values={"first_name": first_name, "last_name": last_name, "email": email},
            now=now,
        )


def _suggest_what_follows(referral: Referral, invitation: Invitation, *, now: datetime) -> None:
    """Suggest the person named, that the person asked has left, or that they play no part."""
    asked = invitation.contact
    parts = [persona.key for persona in asked.personas]
    about: dict[str, Any] = {"contact_id": asked.id}
    if referral.named_email:
        kind = SuggestionKind.NEW_PERSON
        first_name, last_name = split_name(referral.named_person)
        named = {"first_name": first_name, "last_name": last_name, "email": referral.named_email}
        about = {"named_by_id": asked.id, "values": {**named, "personas": parts}}
    elif referral.reason == ReferralReason.LEFT_COMPANY:
        kind = SuggestionKind.LEFT
    elif parts:
        kind = SuggestionKind.CORRECTION
        about["values"] = {"personas": []}
    else:
        return  # Whoever plays no part cannot play the wrong one.
    suggest(
        referral.account_id,
        kind,
        key=f"referral:{referral.id}",
        source=EvidenceSource.ANSWER_PAGE,
        source_id=referral.id,
        now=now,
        **about,
    )
