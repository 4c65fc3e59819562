"""Keeping what a champion answered, and passing it on: evidence at once, everything else as suggestions."""

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, or_, select

from vocapp.accounts.holding import hold_account, hold_people_of
from vocapp.accounts.models import Contact
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.machines import Decision, Doubt
from vocapp.core.names import split_name
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.rules import EvidenceKind, EvidenceSource, SuggestionKind
from vocapp.freshness.service import record_evidence, suggest, undo_evidence
from vocapp.identity.models import User
from vocapp.rosters.champion import end_request
from vocapp.rosters.champion_queries import last_revision_of
from vocapp.rosters.champion_rules import ChampionAnswer, Named, PersonSaid, Said
from vocapp.rosters.models import RosterRequest, RosterRevision
from vocapp.rosters.rules import RequestState

_SAYS = {Said.RIGHT: EvidenceKind.CONFIRMED, Said.LEFT: EvidenceKind.SAID_LEFT}


@dataclass(frozen=True)
class SentRoster:
    """One form without errors as it arrived; `seen_revision` is the one on its sender's screen."""

    answer: ChampionAnswer
    at: datetime
    seen_revision: int | None = None
    doubt: Doubt | None = None


class Kept(StrEnum):
    """What became of a sent form."""

    SAVED = "saved"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    DOUBTFUL = "doubtful"


def record_answer(request: RosterRequest, sent: SentRoster) -> Kept:
    """Keep a sent form and act on it; the request must be locked (`request_by_token(…, is_locked=True)`).

    The same form again changes nothing; a later one takes the place of the earlier. When another form counts
    by now than the sender saw, nothing is saved (`CONFLICT`): they are asked first. A doubtful form is kept
    apart: it counts nowhere and replaces nothing.
    """
    if sent.doubt is not None:
        _keep_apart(request, sent)
        return Kept.DOUBTFUL
    if request.revision:
        if request.answer == sent.answer.as_json():
            return Kept.UNCHANGED
        if sent.seen_revision not in {None, request.revision}:
            return Kept.CONFLICT
    _count(request, _add_revision(request, sent))
    return Kept.SAVED


def release(revision: RosterRevision, *, by: User, now: datetime) -> None:
    """Count a doubtful form after all: it becomes the answer. Releasing twice changes nothing."""
    _hold(revision)
    if revision.decision != Decision.RELEASED:
        _decide(revision, Decision.RELEASED, by=by, now=now)
        _count(revision.request, revision)


def keep_out(revision: RosterRevision, *, by: User, now: datetime) -> None:
    """Agree that a doubtful form is no answer; it stays stored."""
    _hold(revision)
    if revision.decision is None:
        _decide(revision, Decision.KEPT_OUT, by=by, now=now)


def _hold(revision: RosterRevision) -> None:
    """Hold a form with everything it may change, so that two who decide, and a form just sent, take turns."""
    hold_account(revision.request.account_id)
    hold_people_of(revision.request.account_id)
    db.session.refresh(revision.request, with_for_update=True)
    db.session.refresh(revision)


def _decide(revision: RosterRevision, decision: Decision, *, by: User, now: datetime) -> None:
    revision.decision, revision.decided_at = decision, now
    record_act(
        f"quarantine.{decision}",
        actor_id=by.id,
        subject_kind="roster_request",
        subject_id=revision.request_id,
        details={"revision": revision.number},
    )
    db.session.flush()


def _keep_apart(request: RosterRequest, sent: SentRoster) -> None:
    last = last_revision_of(request.id)
    if last is None or not last.quarantine_reason or last.answer != sent.answer.as_json():
        _add_revision(request, sent)


def _add_revision(request: RosterRequest, sent: SentRoster) -> RosterRevision:
    last = last_revision_of(request.id)
    revision = RosterRevision(
        request=request,
        number=(last.number if last else 0) + 1,
        answer=sent.answer.as_json(),
        at=sent.at,
        quarantine_reason=sent.doubt,
    )
    db.session.add(revision)
    db.session.flush()
    return revision


def _count(request: RosterRequest, revision: RosterRevision) -> None:
    request.answer = revision.answer
    request.revision = revision.number
    request.answered_at = revision.at
    # Whoever uses the link has the mail, even when nobody knows whether it left.
    request.sent_at = request.sent_at or revision.at
    end_request(request, RequestState.ANSWERED, now=revision.at)
    db.session.flush()
    _tell(request, ChampionAnswer.from_json(revision.answer), at=revision.at)
    db.session.flush()


def _tell(request: RosterRequest, answer: ChampionAnswer, *, at: datetime) -> None:
    """Pass an answer on; whatever was passed on before and holds no more is taken back, unless decided."""
    said = _about_known_people(request, answer)
    _record(request, request.contact, EvidenceKind.ANSWERED, at=at)
    for contact, person in said:
        kind = _SAYS.get(person.said)
        _unsay(request, contact, keep=kind, at=at)
        if kind is not None:
            _record(request, contact, kind, at=at)
    proposals = [proposal for contact, person in said for proposal in _changes(contact, person)]
    proposals += [_newcomer(one) for one in answer.named]
    kept = [_suggest(request, proposal, at=at) for proposal in proposals]
    _take_back(request, kept, told_about=[contact.id for contact, _person in said])


def _unsay(request: RosterRequest, contact: Contact, *, keep: EvidenceKind | None, at: datetime) -> None:
    """Take back what an earlier form of this link said about somebody and the newest does not."""
    said = select(Evidence).where(
        Evidence.contact_id == (contact.merged_into_id or contact.id),
        Evidence.source == EvidenceSource.CHAMPION_PAGE,
        Evidence.source_id == request.id,
        Evidence.kind.in_(set(_SAYS.values()) - {keep}),
        Evidence.undone_at.is_(None),
    )
    for evidence in db.session.scalars(said.order_by(Evidence.id)).all():
        undo_evidence(evidence, by=None, now=at)


def _about_known_people(request: RosterRequest, answer: ChampionAnswer) -> list[tuple[Contact, PersonSaid]]:
    ids = [person.contact_id for person in answer.people]
    found = select(Contact).where(Contact.id.in_(ids), Contact.account_id == request.account_id)
    contacts = {contact.id: contact for contact in db.session.scalars(found.order_by(Contact.id))}
    return [
        (contacts[person.contact_id], person) for person in answer.people if person.contact_id in contacts
    ]


def _record(request: RosterRequest, contact: Contact, kind: EvidenceKind, *, at: datetime) -> None:
    record_evidence(
        contact,
        kind,
        source=EvidenceSource.CHAMPION_PAGE,
        source_id=request.id,
        occurred_at=at,
        details={"by": request.contact.full_name},
        now=at,
    )


def _changes(contact: Contact, person: PersonSaid) -> Iterator[dict[str, Any]]:
    if person.said is Said.LEFT:
        yield {"kind": SuggestionKind.LEFT, "contact_id": contact.id}
        if person.next_name or person.next_email:
            yield {
                "kind": SuggestionKind.NEW_PERSON,
                "replaces_id": contact.id,
                "values": _values(person.next_name, person.next_email, ""),
            }
    elif person.said is Said.CHANGED and (person.title or person.email):
        told = {"title": person.title, "email": person.email}
        values = {column: text for column, text in told.items() if text}
        yield {"kind": SuggestionKind.CORRECTION, "contact_id": contact.id, "values": values}


def _newcomer(one: Named) -> dict[str, Any]:
    return {
        "kind": SuggestionKind.NEW_PERSON,
        "persona_key": one.persona_key,
        "values": _values(one.name, one.email, one.title),
    }


def _values(name: str, email: str, title: str) -> dict[str, str]:
    first, last = split_name(name)
    told = {"first_name": first, "last_name": last, "email": email, "title": title}
    return {column: text for column, text in told.items() if text}


def _suggest(request: RosterRequest, proposal: dict[str, Any], *, at: datetime) -> str:
    """Make a suggestion unless it was made before, and return its key."""
    digest = hashlib.sha256(json.dumps(proposal, sort_keys=True).encode()).hexdigest()[:24]
    key = f"roster:{request.id}:{digest}"
    suggest(
        request.account_id,
        proposal["kind"],
        key=key,
        source=EvidenceSource.CHAMPION_PAGE,
        source_id=request.id,
        contact_id=proposal.get("contact_id"),
        named_by_id=request.contact_id,
        replaces_id=proposal.get("replaces_id"),
        persona_key=proposal.get("persona_key", ""),
        values=proposal.get("values"),
        now=at,
    )
    return key


def _take_back(request: RosterRequest, kept: Collection[str], *, told_about: Collection[int]) -> None:
    """Forget undecided suggestions of this link that its newest form does not repeat.

    About people the form is silent on, what was said before still holds.
    """
    speaks_of = func.coalesce(Suggestion.contact_id, Suggestion.replaces_id)
    outdated = select(Suggestion.id).where(
        Suggestion.source == EvidenceSource.CHAMPION_PAGE,
        Suggestion.source_id == request.id,
        Suggestion.decision.is_(None),
        Suggestion.key.not_in(kept),
        or_(speaks_of.is_(None), speaks_of.in_(told_about)),
    )
    forgotten = db.session.scalars(outdated).all()
    db.session.execute(
        delete(Suggestion).where(Suggestion.id.in_(forgotten)).execution_options(synchronize_session="fetch")
    )
