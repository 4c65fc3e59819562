"""Our records in our words, as plain JSON, for comparing and sending."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from surveys.questions import QuestionKind
from vocapp.accounts.models import Account, Contact, Persona, Tier, contact_personas
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Wave
from vocapp.core.db import db
from vocapp.core.web import absolute_url
from vocapp.freshness.models import Suggestion
from vocapp.freshness.rules import SuggestionDecision
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.relationship.models import AccountScore
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given
from vocapp.responses.rules import ResponseSource, ResponseState
from vocapp.responses.scales import kind_of, rated_as
from vocapp.sync.fields import Entity
from vocapp.sync.values import day_text, is_opted_out, moment_text

ACCOUNT_TEXTS = (
    "name", "segment", "industry", "region", "country", "product", "currency", "lifecycle_stage",
    "growth_potential", "status",
)  # fmt: skip
CONTACT_TEXTS = ("first_name", "last_name", "email", "title", "phone", "language", "time_zone", "status")

# Over there, too, one sees how an answer came in.
NOT_BY_LINK: Mapping[str, str] = {
    ResponseSource.PHONE: " (by phone)",
    ResponseSource.REPLY: " (in a reply)",
    ResponseSource.IMPORT: " (imported)",
}


@dataclass(frozen=True, slots=True)
class Ours:
    """One record of ours: its values by the names of our fields, and when it was last changed."""

    values: Mapping[str, Any]
    changed_at: datetime | None
    group: int | None = None


def project(entity: Entity, ids: Collection[int], *, prefix: str) -> dict[int, Ours]:
    """Return id → record of ours, of those that are there. `prefix` starts our external ids."""
    match entity:
        case Entity.ACCOUNT:
            return _accounts(ids)
        case Entity.CONTACT:
            return _contacts(ids, prefix)
        case Entity.RESPONSE:
            return _responses(ids, prefix)
        case _:
            raise AssertionError(f"{entity} only comes in")


def external_id(prefix: str, local_id: int) -> str:
    """Return our name of a record over there."""
    return f"{prefix}-{local_id}"


def local_id_of(prefix: str, text: Any) -> int | None:
    """Return whom our name of a record means; None for another installation's."""
    start, dash, number = str(text or "").rpartition("-")
    return int(number) if dash and start == prefix and number.isdigit() else None


def _accounts(ids: Collection[int]) -> dict[int, Ours]:
    rows = db.session.execute(
        select(Account, Tier.name)
        .outerjoin(Tier, Tier.id == Account.tier_id)
        .where(Account.id.in_(ids), Account.merged_into_id.is_(None))
    ).all()
    latest = select(AccountScore).where(AccountScore.is_latest, AccountScore.account_id.in_(ids))
    scores = {score.account_id: score for score in db.session.scalars(latest)}
    answered = _last_answers(ids)
    found = {}
    for account, tier in rows:
        values = {name: getattr(account, name) or None for name in ACCOUNT_TEXTS}
        values |= {
            "owner": account.owner_id,
            "parent": account.parent_id,
            "tier": tier,
            "arr": None if account.arr is None else float(account.arr),
            "renewal_date": day_text(account.renewal_date),
            "profile_url": absolute_url("portfolio.account", account_id=account.id),
            "last_response_at": moment_text(answered.get(account.id)),
            **_score_values(scores.get(account.id)),
        }
        found[account.id] = Ours(values, account.changed_at)
    return found


def _score_values(score: AccountScore | None) -> dict[str, Any]:
    if score is None:
        return {}
    return {
        "strength": None if score.strength is None else round(score.strength),
        "band": score.status,
        "engagement": _percent(score.engagement),
        "sentiment": _percent(score.sentiment),
        "answers": score.answers,
        "scored_at": moment_text(score.computed_at),
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 1)


def _last_answers(account_ids: Collection[int]) -> dict[int, datetime]:
    last = (
        select(Response.account_id, func.max(Response.answered_at))
        .where(Response.account_id.in_(account_ids), *_counts())
        .group_by(Response.account_id)
    )
    return dict(db.session.execute(last).all())


def _counts() -> tuple[Any, ...]:
    return (
        Response.quarantine_reason.is_(None),
        Response.state == ResponseState.COMPLETE,
        openly_given(),
    )


def _contacts(ids: Collection[int], prefix: str) -> dict[int, Ours]:
    people = db.session.scalars(
        select(Contact).where(Contact.id.in_(ids), Contact.merged_into_id.is_(None))
    ).all()
    personas = personas_of(ids)
    answers = _answers_of_people(ids)
    followers = _followers(ids)
    of_accounts = {contact.account_id for contact in people}
    strengths = _strengths(of_accounts)
    found = {}
    for contact in people:
        rating, answered_at = answers.get(contact.id, (None, None))
        values = {name: getattr(contact, name) or None for name in CONTACT_TEXTS}
        values |= {
            "account": contact.account_id,
            "personas": ";".join(sorted(personas[contact.id])) or None,
            "known_personas": ";".join(sorted(personas[contact.id])) or None,
            "reports_to": contact.reports_to_id,
            "has_left": contact.status == ContactStatus.LEFT,
            "is_opted_out": is_opted_out(contact.status),
            "is_opted_out_there": is_opted_out(contact.status),
            "verified_on": day_text(contact.verified_on),
            "replaced_by": followers.get(contact.id),
            "person_id": external_id(prefix, contact.id),
            "strength": strengths.get(contact.account_id),
            "last_nps": rating,
            "last_response_at": moment_text(answered_at),
            "profile_url": absolute_url("people.show", contact_id=contact.id),
        }
        found[contact.id] = Ours(values, contact.changed_at, group=contact.account_id)
    return found


def _strengths(account_ids: Collection[int]) -> dict[int, int]:
    rows = select(AccountScore.account_id, AccountScore.strength).where(
        AccountScore.is_latest, AccountScore.account_id.in_(account_ids), AccountScore.strength.is_not(None)
    )
    return {account_id: round(strength or 0) for account_id, strength in db.session.execute(rows)}


def personas_of(contact_ids: Collection[int]) -> defaultdict[int, set[str]]:
    """Return contact id → keys of the personas they play."""
    played = (
        select(contact_personas.c.contact_id, Persona.key)
        .join(Persona, Persona.id == contact_personas.c.persona_id)
        .where(contact_personas.c.contact_id.in_(contact_ids))
    )
    found: defaultdict[int, set[str]] = defaultdict(set)
    for contact_id, key in db.session.execute(played):
        found[contact_id].add(key)
    return found


def _answers_of_people(contact_ids: Collection[int]) -> dict[int, tuple[int | None, datetime]]:
    """Return contact id → (the last rating from 0 to 10, when they answered last), if it counts."""
    said = (
        select(
            Response.contact_id,
            case((rated_as(QuestionKind.NPS), Response.rating)).label("rating"),
            Response.answered_at,
        )
        .where(Response.contact_id.in_(contact_ids), *_counts())
        .order_by(Response.answered_at, Response.id)
    )
    found: dict[int, tuple[int | None, datetime]] = {}
    for contact_id, rating, at in db.session.execute(said):
        before = found[contact_id][0] if contact_id in found else None
        found[contact_id] = (before if rating is None else rating, at)
    return found


def _followers(contact_ids: Collection[int]) -> dict[int, int]:
    """Return contact id → the person who, as the CSM decided, follows them."""
    decided = select(Suggestion.replaces_id, Suggestion.outcome_id).where(
        Suggestion.replaces_id.in_(contact_ids),
        Suggestion.outcome_id.is_not(None),
        Suggestion.decision == SuggestionDecision.ACCEPTED,
    )
    pairs = db.session.execute(decided.order_by(Suggestion.id))
    return {replaced: follower for replaced, follower in pairs if replaced and follower}


def _responses(ids: Collection[int], prefix: str) -> dict[int, Ours]:
    rows = db.session.execute(
        select(Response, Survey.name, kind_of())
        .join(Wave, Wave.id == Response.wave_id)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .join(Survey, Survey.id == SurveyVersion.survey_id)
        .where(Response.id.in_(ids), *_counts())
    ).all()
    found = {}
    for response, survey, kind in rows:
        values = {
            "account": response.account_id,
            "contact": response.contact_id,
            "survey_name": f"{survey}{NOT_BY_LINK.get(response.source, '')}",
            "responded_at": moment_text(response.answered_at),
            "nps": response.rating if kind == QuestionKind.NPS else None,
            "csat": response.rating if kind == QuestionKind.CSAT else None,
            "comment": response.comment or None,
            "response_url": absolute_url("people.show", contact_id=response.contact_id),
            "response_id": external_id(prefix, response.id),
        }
        found[response.id] = Ours(values, response.changed_at, group=response.account_id)
    return found
