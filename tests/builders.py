"""Builders with defaults: each makes one saved row, and whatever it stands on, unless told otherwise."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from surveys.catalog import load_survey
from surveys.documents import definition_to_json
from vocapp.accounts.models import Account, Contact, Persona, PersonaQuota, Tier, TierProfile
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db, transaction
from vocapp.core.tokens import derive_token, hash_token, new_nonce
from vocapp.identity.models import Company, User
from vocapp.identity.rules import RoleName
from vocapp.identity.service import ensure_roles
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.responses.models import Response

# Of one length, so that what is listed by name comes in the order in which it was made.
_numbers = (f"{number:06}" for number in itertools.count(1))

NOW = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)


def save(row: Any) -> Any:
    """Store a row for good and return it."""
    with transaction():
        db.session.add(row)
        db.session.flush()
    return row


def a_company(**values: Any) -> Company:
    found = db.session.scalar(select(Company).limit(1))
    return found or save(Company(**{"name": "Vendor", "domains": ["vendor.example"], **values}))


def a_user(role: RoleName = RoleName.CSM, **values: Any) -> User:
    number = next(_numbers)
    with transaction():
        roles = ensure_roles()
    defaults = {
        "email": f"user{number}@vendor.example",
        "name": f"User {number}",
        "fs_uniquifier": f"user-{number}",
        "active": True,
        "roles": [roles[role]],
    }
    return save(User(**{**defaults, **values}))


def a_tier(name: str = "Tier 1", rank: int = 1) -> Tier:
    return db.session.scalar(select(Tier).where(Tier.name == name)) or save(Tier(name=name, rank=rank))


def a_persona(key: str = "champion", weight: float = 2.0) -> Persona:
    found = db.session.scalar(select(Persona).where(Persona.key == key))
    return found or save(Persona(key=key, name=key.replace("_", " ").capitalize(), weight=weight))


def a_profile(
    tier: Tier | None = None, *, effective_from: date = date(2020, 1, 1), **quotas: int
) -> TierProfile:
    """A tier profile, e.g. `a_profile(decision_maker=1, champion=1)`."""
    weights = {"decision_maker": 3.0, "champion": 2.0}
    lines = [
        PersonaQuota(persona_id=a_persona(key, weights.get(key, 1.0)).id, required=required)
        for key, required in quotas.items()
    ]
    return save(TierProfile(tier_id=(tier or a_tier()).id, effective_from=effective_from, quotas=lines))


def an_account(**values: Any) -> Account:
    number = next(_numbers)
    defaults = {
        "external_id": f"A-{number}",
        "external_key": f"A-{number}",
        "name": f"Account {number}",
        "arr": Decimal("50000.00"),
        "currency": "EUR",
    }
    return save(Account(**{**defaults, **values}))


def a_contact(
    account: Account | None = None, *, personas: tuple[str, ...] = ("champion",), **values: Any
) -> Contact:
    number = next(_numbers)
    email = values.pop("email", f"person{number}@customer.example")
    defaults = {
        "account_id": (account or an_account()).id,
        "first_name": "Ana",
        "last_name": f"Person{number}",
        "email": email,
        "email_key": email.lower(),
        "language": "en",
        "verified_on": NOW.date(),
        "personas": [a_persona(key, 3.0 if key == "decision_maker" else 2.0) for key in personas],
    }
    return save(Contact(**{**defaults, **values}))


def a_survey_version(key: str = "nps") -> SurveyVersion:
    found = db.session.scalar(select(SurveyVersion).join(Survey).where(Survey.key == key))
    if found:
        return found
    survey = save(Survey(key=key, name="Relationship NPS"))
    return save(SurveyVersion(survey_id=survey.id, number=1, definition=definition_to_json(load_survey(key))))


def a_wave(owner: User | None = None, **values: Any) -> Wave:
    defaults = {
        "name": f"Wave {next(_numbers)}",
        "owner_id": (owner or a_user()).id,
        "survey_version_id": a_survey_version().id,
        "state": WaveState.OPEN,
        "launch_at": NOW,
        "launched_at": NOW,
        "closes_at": NOW + timedelta(days=21),
    }
    return save(Wave(**{**defaults, **values}))


def an_invitation(wave: Wave | None = None, contact: Contact | None = None, **values: Any) -> Invitation:
    """An invitation that reached its contact; `token_of` gives the token of its link."""
    contact = contact or a_contact()
    nonce = new_nonce()
    token = derive_token("a key for tests only, long enough to pass", "answer", nonce)
    defaults = {
        "wave_id": (wave or a_wave()).id,
        "account_id": contact.account_id,
        "contact_id": contact.id,
        "persona_id": contact.personas[0].id if contact.personas else None,
        "nonce": nonce,
        "token_hash": hash_token(token),
        "state": InvitationState.DELIVERED,
        "sent_at": NOW,
        "delivered_at": NOW,
    }
    return save(Invitation(**{**defaults, **values}))


def token_of(invitation: Invitation) -> str:
    return derive_token("a key for tests only, long enough to pass", "answer", invitation.nonce)


def a_response(invitation: Invitation | None = None, *, rating: int = 9, **values: Any) -> Response:
    invitation = invitation or an_invitation()
    defaults = {
        "invitation_id": invitation.id,
        "wave_id": invitation.wave_id,
        "account_id": invitation.account_id,
        "contact_id": invitation.contact_id,
        "rating": rating,
        "answers": {},
        "answered_at": NOW,
        "changed_at": NOW,
    }
    invitation.state = InvitationState.COMPLETED
    invitation.settled_at = values.get("answered_at", NOW)
    return save(Response(**{**defaults, **values}))
