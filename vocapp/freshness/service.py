"""Hearing what speaks for or against contacts, and deciding about what others propose."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select

from vocapp.accounts.holding import NOT_THE_KEY, hold_accounts, hold_contact, hold_contacts, hold_people_at
from vocapp.accounts.models import Contact
from vocapp.core.audit import record_act
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.freshness.accepting import (
    Effect,
    add_person,
    change_person,
    complete_person,
    person_meant,
    read_values,
    restore,
)
from vocapp.freshness.hearing import evidence_that_holds, hear, hear_without, heed_absences
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.queries import address_key, people_called, people_concerned, twins_of
from vocapp.freshness.rules import (
    OURS,
    EvidenceKind,
    EvidenceSource,
    SuggestionDecision,
    SuggestionKind,
)
from vocapp.identity.models import User
from vocapp.outbox.service import lift_dead_address


def record_evidence(
    contact: Contact,
    kind: EvidenceKind,
    *,
    source: EvidenceSource,
    source_id: int,
    occurred_at: datetime,
    details: Mapping[str, Any] | None = None,
    now: datetime,
) -> Evidence | None:
    """Keep what was seen or said about a contact, and change the contact as `rules.judge` says.

    None when the same thing was told before, also when two processes tell it at once; what people here do
    themselves counts again after it was undone, and so does what somebody took back and says once more. About
    a contact who was merged into another it is kept with that one. `details["address"]` says which address it
    is about, where that matters.
    """
    contact = _locked(contact)
    values = {
        "account_id": contact.account_id,
        "contact_id": contact.id,
        "kind": kind,
        "source": source,
        "source_id": source_id,
        "occurred_at": occurred_at,
        "recorded_at": now,
        "details": dict(details or {}),
        "effect": {},
    }
    heard = insert_new(Evidence).values(values).on_conflict_do_nothing().returning(Evidence)
    evidence: Evidence | None = db.session.scalar(heard)
    if evidence is None:
        evidence = _told_again(values)
    if evidence is not None:
        _apply(evidence, contact, now=now)
    return evidence


def _locked(contact: Contact) -> Contact:
    """Return the contact this one is by now, as it stands, held until the end of the transaction."""
    hold_contact(contact)
    while contact.merged_into_id is not None:
        kept = db.session.get(
            Contact, contact.merged_into_id, with_for_update=NOT_THE_KEY, populate_existing=True
        )
        assert kept is not None, "a merged contact points to one that is there"
        contact = kept
    return contact


def _told_again(values: Mapping[str, Any]) -> Evidence | None:
    """Return evidence that was undone as it is told once more."""
    same = [getattr(Evidence, name) == values[name] for name in ("contact_id", "kind", "source", "source_id")]
    undone = select(Evidence).where(*same, Evidence.undone_at.is_not(None))
    if values["source"] not in OURS:
        undone = undone.where(Evidence.undone_by_id.is_(None))
    evidence = db.session.scalar(undone)
    if evidence is not None:
        evidence.undone_at = evidence.undone_by_id = None
        evidence.occurred_at, evidence.recorded_at = values["occurred_at"], values["recorded_at"]
    return evidence


def _apply(evidence: Evidence, contact: Contact, *, now: datetime) -> None:
    earlier = [each for each in evidence_that_holds(contact) if each is not evidence]
    hear(evidence, contact, earlier, now=now)
    heed_absences(contact, [*earlier, evidence])
    db.session.flush()
    if evidence.effect:
        _rescore(contact.account_id)


def record_bounce(address: str, *, message_id: int, occurred_at: datetime, now: datetime) -> None:
    """Note with everybody who has an address that it takes no mail any more; `message_id` is the mail's."""
    key = address_key(address)
    hold_people_at(key)
    having = select(Contact).where(Contact.email_key == key, Contact.merged_into_id.is_(None))
    for contact in db.session.scalars(having.order_by(Contact.id)).all():
        record_evidence(
            contact,
            EvidenceKind.BOUNCED,
            source=EvidenceSource.MAIL,
            source_id=message_id,
            occurred_at=occurred_at,
            details={"address": address},
            now=now,
        )


def confirm(contact: Contact, *, by: User, now: datetime) -> Evidence | None:
    """Note that somebody here made sure a person is still there and still plays their part."""
    act = record_act("contact_confirmed", actor_id=by.id, subject_kind="contact", subject_id=contact.id)
    db.session.flush()
    return record_evidence(
        contact,
        EvidenceKind.CONFIRMED,
        source=EvidenceSource.CSM,
        source_id=act.id,
        occurred_at=now,
        details={"by": by.name or by.email},
        now=now,
    )


def undo_evidence(evidence: Evidence, *, by: User | None, now: datetime) -> list[str]:
    """Take back what evidence did, and return the columns that were changed since and stay as they are.

    An address that was called dead can be written to again, unless another mail said so as well. In whatever
    order evidence is undone, what holds of it has its effect. Undoing it again changes nothing. `by` None:
    whoever said it says otherwise by now.
    """
    contact = _locked(evidence.contact)
    db.session.refresh(evidence, with_for_update=True)
    if evidence.undone_at is not None:
        return []
    evidence.undone_at, evidence.undone_by_id = now, by.id if by else None
    db.session.flush()
    if evidence.kind == EvidenceKind.BOUNCED:
        _lift_unless_told_twice(evidence, contact)
    kept = hear_without(evidence, contact, now=now)
    heed_absences(contact, evidence_that_holds(contact))
    actor_id = by.id if by else None
    record_act("evidence_undone", actor_id=actor_id, subject_kind="evidence", subject_id=evidence.id)
    _rescore(contact.account_id)
    return kept


def _lift_unless_told_twice(bounce: Evidence, contact: Contact) -> None:
    address = bounce.details.get("address", contact.email)
    others = (each for each in evidence_that_holds(contact) if each.kind == EvidenceKind.BOUNCED)
    if address_key(address) not in {address_key(each.details.get("address", "")) for each in others}:
        lift_dead_address(address)


def suggest(
    account_id: int,
    kind: SuggestionKind,
    *,
    key: str,
    source: EvidenceSource,
    source_id: int,
    contact_id: int | None = None,
    named_by_id: int | None = None,
    replaces_id: int | None = None,
    persona_key: str = "",
    values: Mapping[str, Any] | None = None,
    now: datetime,
) -> Suggestion:
    """Return the one suggestion of a key, made unless it was before; decided ones stay decided.

    `values` may hold first_name, last_name, email, title, phone and personas (keys). Somebody at the account
    with the address or the name of a new person is remembered as `known_id`. Nothing about contacts changes.
    """
    proposed = read_values(values or {})
    known_id = _known_person(account_id, proposed) if kind is SuggestionKind.NEW_PERSON else None
    row = {
        "key": key,
        "account_id": account_id,
        "kind": kind,
        "contact_id": contact_id,
        "named_by_id": named_by_id,
        "replaces_id": replaces_id,
        "known_id": known_id,
        "persona_key": persona_key,
        "values": proposed,
        "source": source,
        "source_id": source_id,
        "created_at": now,
    }
    asked = insert_new(Suggestion).values(row).on_conflict_do_nothing(index_elements=["key"])
    added: Suggestion | None = db.session.scalar(asked.returning(Suggestion))
    if added is not None:
        return added
    return db.session.scalars(select(Suggestion).where(Suggestion.key == key)).one()


def _known_person(account_id: int, values: Mapping[str, Any]) -> int | None:
    key = address_key(values.get("email", ""))
    has_address = select(Contact.id).where(
        Contact.account_id == account_id, Contact.email_key == key, Contact.merged_into_id.is_(None)
    )
    by_address = db.session.scalar(has_address) if key else None
    name = f"{values.get('first_name', '')} {values.get('last_name', '')}"
    return by_address or next(iter(people_called(account_id, name)), None)


def accept_suggestion(
    suggestion: Suggestion,
    *,
    by: User,
    now: datetime,
    is_confirmed: bool | None = None,
    is_somebody_new: bool = False,
    email: str = "",
) -> Contact | None:
    """Do what a suggestion proposes and return the contact it ended with; None when it was decided before.

    A new person is added, or (by address or, unless `is_somebody_new`, by name) found and brought up to date.
    They are verified if `is_confirmed`; when that is left open, if the champion named them. `email` stands in
    for an address nobody told. Open suggestions that say the same are decided with it. Raises `DomainError`
    for what cannot be done; nothing is decided then.
    """
    hold_suggestions([suggestion])
    if suggestion.decision is not None:
        return None
    twins = twins_of(suggestion)
    said, effect = EvidenceKind.CONFIRMED, cast("Effect | None", {})
    match SuggestionKind(suggestion.kind):
        case SuggestionKind.LEFT:
            contact, said = _told_about(suggestion), EvidenceKind.SAID_LEFT
        case SuggestionKind.CORRECTION:
            contact = _told_about(suggestion)
            effect = change_person(contact, suggestion.values, user=by)
        case SuggestionKind.NEW_PERSON:
            contact, effect = _named(suggestion, email, is_somebody_new=is_somebody_new, by=by)
    for each in (suggestion, *twins):
        _decide(each, SuggestionDecision.ACCEPTED, by=by, now=now)
        each.outcome_id = contact.id
        # None says that somebody was added; what was changed stands with one of them.
        each.effect = effect if each is suggestion or effect is None else {}
    if is_confirmed is None:
        is_confirmed = suggestion.source == EvidenceSource.CHAMPION_PAGE
    if said is EvidenceKind.SAID_LEFT or is_confirmed:
        _record_decision(contact, said, suggestion, by=by, now=now)
    db.session.flush()
    return contact


def hold_suggestions(suggestions: Sequence[Suggestion]) -> None:
    """Hold suggestions as they are now, and everybody they may change, until the end of the transaction.

    Raises `DomainError` for one that whoever made it has taken back meanwhile.
    """
    hold_accounts({suggestion.account_id for suggestion in suggestions})
    hold_contacts(people_concerned(suggestions))
    ids = {suggestion.id for suggestion in suggestions}
    held = select(Suggestion).where(Suggestion.id.in_(ids)).order_by(Suggestion.id)
    found = db.session.scalars(
        held.with_for_update(of=Suggestion).execution_options(populate_existing=True)
    ).all()
    if len(found) < len(ids):
        raise DomainError("What was proposed here was taken back meanwhile; look at the list again.")


def _told_about(suggestion: Suggestion) -> Contact:
    assert suggestion.contact is not None, "what is about nobody proposes a new person"
    contact = _locked(suggestion.contact)
    if contact.account_id != suggestion.account_id:
        raise DomainError(f"{contact.full_name} is at another account by now; leave everything as it is.")
    return contact


def _named(
    suggestion: Suggestion, email: str, *, is_somebody_new: bool, by: User
) -> tuple[Contact, Effect | None]:
    known = person_meant(suggestion, is_somebody_new=is_somebody_new)
    if known is None:
        return add_person(suggestion, email=suggestion.values.get("email", "") or email, user=by), None
    known = _locked(known)
    return known, complete_person(known, suggestion, user=by)


def _record_decision(
    contact: Contact, kind: EvidenceKind, suggestion: Suggestion, *, by: User, now: datetime
) -> None:
    record_evidence(
        contact,
        kind,
        source=EvidenceSource.DECISION,
        source_id=suggestion.id,
        occurred_at=now,
        details={"by": by.name or by.email},
        now=now,
    )


def dismiss_suggestion(
    suggestion: Suggestion, *, by: User, now: datetime, is_confirmed: bool = False
) -> None:
    """Change nothing and show a suggestion, and those that say the same, no more.

    With `is_confirmed` the person it is about is verified: what it says about them is not so.
    """
    hold_suggestions([suggestion])
    if suggestion.decision is not None:
        return
    for each in (suggestion, *twins_of(suggestion)):
        _decide(each, SuggestionDecision.DISMISSED, by=by, now=now)
    if is_confirmed and suggestion.contact is not None:
        _record_decision(suggestion.contact, EvidenceKind.CONFIRMED, suggestion, by=by, now=now)


def reopen_suggestion(suggestion: Suggestion, *, by: User, now: datetime) -> list[str]:
    """Take a decision back, and return the columns that were changed since and stay as they are.

    Raises `DomainError` when a person was added: others may know them by now.
    """
    hold_suggestions([suggestion])
    kept: list[str] = []
    is_accepted = suggestion.decision == SuggestionDecision.ACCEPTED
    if is_accepted and suggestion.effect is None:
        raise DomainError("A person was added, and is not taken away again; change or merge them instead.")
    if suggestion.decision is not None:
        for evidence in _decisions_about(suggestion):
            kept += undo_evidence(evidence, by=by, now=now)
        if suggestion.outcome is not None:
            kept += restore(_locked(suggestion.outcome), suggestion.effect or {}, user=by)
        suggestion.decision = suggestion.decided_at = suggestion.decided_by_id = None
        suggestion.outcome_id = suggestion.effect = None
        _note("reopened", suggestion, by=by)
    return kept


def _decisions_about(suggestion: Suggestion) -> Sequence[Evidence]:
    recorded = select(Evidence).where(
        Evidence.source == EvidenceSource.DECISION,
        Evidence.source_id == suggestion.id,
        Evidence.account_id == suggestion.account_id,
    )
    return db.session.scalars(recorded.order_by(Evidence.id)).all()


def _decide(suggestion: Suggestion, decision: SuggestionDecision, *, by: User, now: datetime) -> None:
    suggestion.decision, suggestion.decided_at, suggestion.decided_by_id = decision, now, by.id
    _note(decision, suggestion, by=by)


def _note(what: str, suggestion: Suggestion, *, by: User) -> None:
    record_act(f"suggestion.{what}", actor_id=by.id, subject_kind="suggestion", subject_id=suggestion.id)
    db.session.flush()


def _rescore(account_id: int) -> None:
    enqueue("rescore_accounts", {"account_ids": [account_id]}, key=f"rescore:{account_id}")
