"""What we came to know adds to a story: rosters, evidence, suggestions, assessments, notes and changes."""

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from vocapp.accounts.models import Contact, Note
from vocapp.assessments.models import Assessment
from vocapp.core.audit import AuditEntry
from vocapp.duplicates.models import ContactMerge
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.rules import EvidenceSource
from vocapp.identity.models import User
from vocapp.rosters.models import RosterConfirmation, RosterLine, RosterRequest
from vocapp.rosters.rules import RosterDecision
from vocapp.timeline.sources import NAME_COLUMNS, Scope, Source, name_of
from vocapp.timeline.story import Event, EventKind, Place, Topic, changed_names

# Other acts leave rows of their own, which tell them better.
ACCOUNT_ACTS = ("account_changed", "account_moved", "account_merged")
CONTACT_ACTS = ("contact_added", "contact_changed", "contact_address_changed")

# What came from these is told by the answer, the referral, the roster or the decision itself.
TOLD_OTHERWISE = (EvidenceSource.ANSWER_PAGE, EvidenceSource.ROSTER, EvidenceSource.DECISION)


def knowing_sources(scope: Scope) -> list[Source]:
    """Return the sources about what we know of an account's people, or of one person."""
    roster = _roster(scope) if scope.contact_id is None else _roster_lines(scope)
    return [
        roster,
        _champion_asked(scope),
        _champion_answered(scope),
        _evidence(scope),
        _evidence_undone(scope),
        _suggestions(scope),
        _assessments(scope),
        _notes(scope),
        *_changes(scope),
        _merges(scope),
        _unmerges(scope),
    ]


def _roster(scope: Scope) -> Source:
    kept = _lines_of(RosterDecision.KEEP, RosterDecision.ADD)
    statement = (
        select(User.name, kept.label("kept"), _lines_of().label("whole"))
        .select_from(RosterConfirmation)
        .join(User, User.id == RosterConfirmation.by_id)
        .where(RosterConfirmation.account_id == scope.account_id)
    )

    def told(row: Any, place: Place) -> Event:
        return Event(EventKind.ROSTER_CONFIRMED, place, by=row.name, number=row.kept, whole=row.whole)

    return Source(Topic.PEOPLE, 5, RosterConfirmation.at, RosterConfirmation.id, statement, told)


def _lines_of(*decisions: RosterDecision) -> Any:
    lines = select(func.count()).where(RosterLine.confirmation_id == RosterConfirmation.id)
    if decisions:
        lines = lines.where(RosterLine.decision.in_(decisions))
    return lines.correlate(RosterConfirmation).scalar_subquery()


def _roster_lines(scope: Scope) -> Source:
    statement = (
        select(User.name, RosterLine.decision, RosterLine.reason, RosterLine.note)
        .select_from(RosterLine)
        .join(RosterConfirmation, RosterConfirmation.id == RosterLine.confirmation_id)
        .join(User, User.id == RosterConfirmation.by_id)
        .where(RosterLine.contact_id == scope.contact_id)
    )

    def told(row: Any, place: Place) -> Event:
        return Event(
            EventKind.ROSTER_CONFIRMED,
            place,
            by=row.name,
            detail=row.decision,
            after=row.reason,
            text=row.note,
        )

    return Source(Topic.PEOPLE, 5, RosterConfirmation.at, RosterConfirmation.id, statement, told)


def _requests(scope: Scope, kind: EventKind, rank: int, at: Any, *conditions: Any) -> Source:
    statement = (
        select(RosterRequest.contact_id, User.name, *NAME_COLUMNS)
        .select_from(RosterRequest)
        .join(User, User.id == RosterRequest.sender_id)
        .join(Contact, Contact.id == RosterRequest.contact_id)
        .where(scope.rows_of(RosterRequest), at.is_not(None), *conditions)
    )

    def told(row: Any, place: Place) -> Event:
        return Event(kind, place, contact_id=row.contact_id, person=name_of(row), by=row.name)

    return Source(Topic.PEOPLE, rank, at, RosterRequest.id, statement, told)


def _champion_asked(scope: Scope) -> Source:
    return _requests(scope, EventKind.CHAMPION_ASKED, 1, RosterRequest.sent_at)


def _champion_answered(scope: Scope) -> Source:
    return _requests(
        scope,
        EventKind.CHAMPION_ANSWERED,
        6,
        RosterRequest.answered_at,
        RosterRequest.revision > 0,
    )


def _evidence(scope: Scope) -> Source:
    statement = _evidence_rows(scope).where(Evidence.source.not_in(TOLD_OTHERWISE))
    return Source(
        Topic.PEOPLE, 7, Evidence.occurred_at, Evidence.id, statement, _told_evidence(EventKind.EVIDENCE)
    )


def _evidence_undone(scope: Scope) -> Source:
    statement = _evidence_rows(scope).where(Evidence.undone_at.is_not(None))
    told = _told_evidence(EventKind.EVIDENCE_UNDONE)
    return Source(Topic.PEOPLE, 16, Evidence.undone_at, Evidence.id, statement, told)


def _evidence_rows(scope: Scope) -> Any:
    return (
        select(
            Evidence.contact_id,
            Evidence.kind,
            Evidence.source,
            Evidence.details,
            User.name,
            *NAME_COLUMNS,
        )
        .select_from(Evidence)
        .join(Contact, Contact.id == Evidence.contact_id)
        .outerjoin(User, User.id == Evidence.undone_by_id)
        .where(scope.rows_of(Evidence))
    )


def _told_evidence(kind: EventKind) -> Any:
    def told(row: Any, place: Place) -> Event:
        return Event(
            kind,
            place,
            contact_id=row.contact_id,
            person=name_of(row),
            by=row.name or "",
            detail=row.kind,
            source=row.source,
            subject_id=place.row_id,
        )

    return told


def _suggestions(scope: Scope) -> Source:
    about = aliased(Contact)
    whose: ColumnElement[bool] = Suggestion.account_id == scope.account_id
    if scope.contact_id is not None:
        whose = or_(Suggestion.contact_id == scope.contact_id, Suggestion.named_by_id == scope.contact_id)
    statement = (
        select(
            Suggestion.contact_id,
            Suggestion.kind,
            Suggestion.decision,
            Suggestion.values.label("proposed"),
            User.name,
            about.first_name,
            about.last_name,
            about.email,
        )
        .select_from(Suggestion)
        .outerjoin(about, about.id == Suggestion.contact_id)
        .outerjoin(User, User.id == Suggestion.decided_by_id)
        .where(whose, Suggestion.decided_at.is_not(None))
    )

    def told(row: Any, place: Place) -> Event:
        return Event(
            EventKind.SUGGESTION_DECIDED,
            place,
            contact_id=row.contact_id,
            person=name_of(row) or _proposed_name(row.proposed),
            by=row.name or "",
            detail=row.kind,
            after=row.decision or "",
        )

    return Source(Topic.PEOPLE, 11, Suggestion.decided_at, Suggestion.id, statement, told)


def _proposed_name(values: dict[str, Any]) -> str:
    name = f"{values.get('first_name') or ''} {values.get('last_name') or ''}".strip()
    return name or str(values.get("email") or "")


def _assessments(scope: Scope) -> Source:
    statement = (
        select(Assessment.contact_id, Assessment.note, User.name, *NAME_COLUMNS)
        .select_from(Assessment)
        .outerjoin(User, User.id == Assessment.author_id)
        .outerjoin(Contact, Contact.id == Assessment.contact_id)
        .where(scope.rows_of(Assessment))
    )

    def told(row: Any, place: Place) -> Event:
        return Event(
            EventKind.ASSESSED,
            place,
            contact_id=row.contact_id,
            person=name_of(row),
            by=row.name or "",
            text=row.note,
        )

    return Source(Topic.NOTES, 12, Assessment.at, Assessment.id, statement, told)


def _notes(scope: Scope) -> Source:
    statement = (
        select(Note.contact_id, Note.text, User.name, *NAME_COLUMNS)
        .select_from(Note)
        .outerjoin(User, User.id == Note.author_id)
        .outerjoin(Contact, Contact.id == Note.contact_id)
        .where(scope.rows_of(Note))
    )

    def told(row: Any, place: Place) -> Event:
        return Event(
            EventKind.NOTED,
            place,
            contact_id=row.contact_id,
            person=name_of(row),
            by=row.name or "",
            text=row.text,
        )

    return Source(Topic.NOTES, 13, Note.at, Note.id, statement, told)


def _changes(scope: Scope) -> list[Source]:
    if scope.contact_id is not None:
        return [_acts(Topic.PEOPLE, "contact", CONTACT_ACTS, AuditEntry.subject_id == scope.contact_id)]
    here = select(Contact.id).where(Contact.account_id == scope.account_id)
    return [
        _acts(Topic.PEOPLE, "contact", CONTACT_ACTS, AuditEntry.subject_id.in_(here)),
        _acts(Topic.ACCOUNT, "account", ACCOUNT_ACTS, AuditEntry.subject_id == scope.account_id),
    ]


def _acts(topic: Topic, subject: str, actions: tuple[str, ...], whose: ColumnElement[bool]) -> Source:
    is_person = subject == "contact"
    statement = (
        select(AuditEntry.action, AuditEntry.details, AuditEntry.subject_id, User.name)
        .select_from(AuditEntry)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(AuditEntry.subject_kind == subject, AuditEntry.action.in_(actions), whose)
    )
    if is_person:
        statement = statement.add_columns(*NAME_COLUMNS).join(Contact, Contact.id == AuditEntry.subject_id)

    def told(row: Any, place: Place) -> Event:
        return Event(
            EventKind.CHANGED,
            place,
            contact_id=row.subject_id if is_person else None,
            person=name_of(row) if is_person else "",
            by=row.name or "",
            detail=row.action,
            names=changed_names(row.details),
        )

    return Source(topic, 10 if is_person else 9, AuditEntry.at, AuditEntry.id, statement, told)


def _merges(scope: Scope) -> Source:
    return _merge_source(scope, EventKind.MERGED, 14, ContactMerge.at, ContactMerge.by_id)


def _unmerges(scope: Scope) -> Source:
    return _merge_source(scope, EventKind.UNMERGED, 15, ContactMerge.undone_at, ContactMerge.undone_by_id)


def _merge_source(scope: Scope, kind: EventKind, rank: int, at: Any, by_id: Any) -> Source:
    merged = aliased(Contact)
    whose: ColumnElement[bool] = ContactMerge.account_id == scope.account_id
    if scope.contact_id is not None:
        whose = or_(ContactMerge.kept_id == scope.contact_id, ContactMerge.merged_id == scope.contact_id)
    statement = (
        select(
            ContactMerge.kept_id,
            merged.first_name.label("other_first"),
            merged.last_name.label("other_last"),
            merged.email.label("other_email"),
            User.name,
            *NAME_COLUMNS,
        )
        .select_from(ContactMerge)
        .join(Contact, Contact.id == ContactMerge.kept_id)
        .join(merged, merged.id == ContactMerge.merged_id)
        .outerjoin(User, User.id == by_id)
        .where(whose, at.is_not(None))
    )

    def told(row: Any, place: Place) -> Event:
        other = f"{row.other_first} {row.other_last}".strip()
        return Event(
            kind,
            place,
            contact_id=row.kept_id,
            person=name_of(row),
            by=row.name or "",
            text=f"{other} <{row.other_email}>" if other else row.other_email,
        )

    return Source(Topic.PEOPLE, rank, at, ContactMerge.id, statement, told)
