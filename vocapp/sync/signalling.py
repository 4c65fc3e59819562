"""What changes over there say about people: evidence and suggestions for the CSM, never a verdict."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from integrations.crm.records import Record
from vocapp.accounts.models import Contact
from vocapp.core.db import db
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.rules import EvidenceKind, EvidenceSource, SuggestionKind
from vocapp.freshness.service import record_evidence, suggest, undo_evidence
from vocapp.sync.applying import Applied
from vocapp.sync.bookkeeping import note_changes
from vocapp.sync.context import Context, Difference
from vocapp.sync.fields import Entity
from vocapp.sync.models import CrmLink


def tell_about_contacts(
    context: Context, told: Sequence[tuple[Record, CrmLink, bool | None]], applied: Applied
) -> None:
    """Record what a page said about people: gone, back (None: no news), moved, with another address."""
    for record, link, has_left in told:
        contact_id = link.local_id
        if contact_id is None:
            continue
        if has_left:
            say_left(context, link, record, why="left over there")
        elif has_left is not None:
            say_back(context, link)
        if contact_id in applied.changed_addresses:
            was = applied.changed_addresses[contact_id]
            _say(context, link, record, EvidenceKind.CHANGED_ELSEWHERE, "email", before=was)
        elif contact_id in applied.moved:
            _say(context, link, record, EvidenceKind.CHANGED_ELSEWHERE, "account", before=None)


def say_left(context: Context, link: CrmLink, record: Record, *, why: str) -> None:
    """Doubt a contact whom the other side takes for gone, and suggest to the CSM to note it."""
    contact = db.session.get(Contact, link.local_id) if link.local_id else None
    if contact is None:
        return
    evidence = _say(context, link, record, EvidenceKind.SAID_LEFT, "has_left", before=False, after=why)
    if evidence is None:
        return
    suggest(
        evidence.account_id,
        SuggestionKind.LEFT,
        key=suggestion_key(link, evidence),
        source=EvidenceSource.CRM,
        source_id=evidence.source_id,
        contact_id=evidence.contact_id,
        now=context.now,
    )


def suggestion_key(link: CrmLink, evidence: Evidence) -> str:
    """Return the key of the suggestion that goes with evidence about a linked person."""
    return f"crm-left:{link.id}:{evidence.source_id}"


def say_back(context: Context, link: CrmLink) -> None:
    """Take back that somebody left: the other side has them again."""
    said = select(Evidence).where(
        Evidence.contact_id == link.local_id,
        Evidence.source == EvidenceSource.CRM,
        Evidence.kind == EvidenceKind.SAID_LEFT,
        Evidence.undone_at.is_(None),
    )
    for evidence in db.session.scalars(said).all():
        undo_evidence(evidence, by=None, now=context.now)
        key = suggestion_key(link, evidence)
        db.session.execute(delete(Suggestion).where(Suggestion.key == key, Suggestion.decided_at.is_(None)))


def _say(
    context: Context,
    link: CrmLink,
    record: Record,
    kind: EvidenceKind,
    field: str,
    *,
    before: object,
    after: object = None,
) -> Evidence | None:
    contact = db.session.get_one(Contact, link.local_id)
    (change_id,) = note_changes(
        context,
        [
            Difference(
                direction="said",
                object=link.object,
                remote_id=link.remote_id,
                entity=Entity.CONTACT,
                local_id=link.local_id,
                ours_field=field,
                theirs_field="",
                before=before,
                after=after,
                by=record.changed_by_id or "",
            )
        ],
    )
    return record_evidence(
        contact,
        kind,
        source=EvidenceSource.CRM,
        source_id=change_id,
        occurred_at=record.changed_at,
        details={"field": field, "system": context.name},
        now=context.now,
    )
