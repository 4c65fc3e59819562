"""What evidence makes of a contact: heard when it comes, and heard anew without what was taken back."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select

from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.accounts.service import status_at
from vocapp.core.db import db
from vocapp.freshness.models import Evidence
from vocapp.freshness.queries import address_key, last_words
from vocapp.freshness.rules import (
    VOUCHING,
    AbsenceTold,
    ContactFacts,
    EvidenceKind,
    EvidenceSource,
    absence_of,
    judge,
)

# The columns of a contact that evidence can change, as an effect stores them.
Standing = dict[str, str | None]


def hear(evidence: Evidence, contact: Contact, earlier: Iterable[Evidence], *, now: datetime) -> None:
    """Change a contact as `rules.judge` says, and keep in `effect` what changed.

    `earlier` is what was heard before and holds.
    """
    confirmed_at, doubted_at = last_words(contact, earlier, now=now)
    has_left = contact.status == ContactStatus.LEFT
    facts = ContactFacts(
        status=contact.status,
        verified_on=contact.verified_on,
        occurred_at=evidence.occurred_at,
        confirmed_at=confirmed_at,
        doubted_at=doubted_at,
        is_about_address_in_use=is_about_address_of(contact, evidence),
        status_at_address=status_at(contact.email) if has_left else ContactStatus.ACTIVE,
    )
    before = _standing(contact)
    after = judge(EvidenceKind(evidence.kind), EvidenceSource(evidence.source), facts)
    contact.status, contact.verified_on = after.status, after.verified_on
    changed = _standing(contact)
    evidence.effect = {column: [before[column], changed[column]] for column in _differing(before, changed)}


def heed_absences(contact: Contact, heard: Sequence[Evidence]) -> None:
    """Let a contact be away for as long as what was heard of them, and holds, says.

    What one of us said last corrects whatever was said before it.
    """
    absences = [each for each in heard if each.kind == EvidenceKind.ABSENT]
    ours = [place for place, each in enumerate(absences) if each.source == EvidenceSource.CSM]
    told = [
        AbsenceTold(each.occurred_at, each.away_until, is_long=bool(each.details.get("is_long")))
        for each in absences[max(ours, default=0) :]
    ]
    vouched = [each.occurred_at for each in heard if EvidenceKind(each.kind) in VOUCHING]
    absence = absence_of(told, vouched_at=max(vouched, default=None))
    contact.absent_until, contact.is_on_leave = absence.until, absence.is_on_leave


def is_about_address_of(contact: Contact, evidence: Evidence) -> bool:
    """Whether evidence is about the person, or about the address they have now."""
    return address_key(evidence.details.get("address", contact.email)) == contact.email_key


def evidence_that_holds(contact: Contact) -> Sequence[Evidence]:
    """Return what was heard of a contact and not undone, in the order it was heard."""
    said = select(Evidence).where(Evidence.contact_id == contact.id, Evidence.undone_at.is_(None))
    return db.session.scalars(said.order_by(Evidence.recorded_at, Evidence.id)).all()


def hear_without(evidence: Evidence, contact: Contact, *, now: datetime) -> list[str]:
    """Bring a contact to where they were had evidence, undone by now, never come.

    What was heard after it is heard anew, so that the order of undoing does not matter. Returns the columns
    it changed that something else has changed since: they stay.
    """
    heard = evidence_that_holds(contact)
    earlier = [each for each in heard if _place(each) < _place(evidence)]
    later = [each for each in heard if _place(each) > _place(evidence)]
    was = _standing(contact)
    base, fixed = _rewound(was, [*reversed(later), evidence])
    if contact.status == ContactStatus.OPTED_OUT:
        fixed.add("status")
    _put(contact, {**base, **{column: was[column] for column in fixed}})
    for each in later:
        stays = {column: change for column, change in each.effect.items() if column in fixed}
        hear(each, contact, earlier, now=now)
        _put(contact, {column: was[column] for column in fixed})
        moved = {column: change for column, change in each.effect.items() if column not in fixed}
        each.effect = {**moved, **stays}
        earlier.append(each)
    _heed_what_stands(contact, earlier, was, now=now)
    db.session.flush()
    return sorted(fixed & evidence.effect.keys())


def _rewound(standing: Standing, latest_first: Iterable[Evidence]) -> tuple[Standing, set[str]]:
    """Return how a contact stood before some evidence, and the columns of which that cannot be said."""
    base, fixed = dict(standing), set[str]()
    for each in latest_first:
        for column, (before, after) in each.effect.items():
            if base[column] != after:
                fixed.add(column)
            elif column not in fixed:
                base[column] = before
    return base, fixed


def _heed_what_stands(contact: Contact, holding: Sequence[Evidence], was: Standing, *, now: datetime) -> None:
    """See that what undoing gave back is not given against other evidence, such as a merged record's."""
    if contact.verified_on is not None and _standing(contact)["verified_on"] != was["verified_on"]:
        confirmed_at, doubted_at = last_words(contact, holding, now=now)
        # Of one moment, what was heard later counts; that is how the contact stands already.
        if doubted_at is not None and (confirmed_at is None or doubted_at > confirmed_at):
            contact.verified_on = None
    if contact.status == ContactStatus.ACTIVE and was["status"] != ContactStatus.ACTIVE:
        contact.status = status_at(contact.email)


def _place(evidence: Evidence) -> tuple[datetime, int]:
    return evidence.recorded_at, evidence.id


def _standing(contact: Contact) -> Standing:
    verified_on = contact.verified_on
    return {
        "status": str(contact.status),
        "verified_on": verified_on.isoformat() if verified_on else None,
    }


def _differing(one: Standing, other: Standing) -> list[str]:
    return [column for column in one if one[column] != other[column]]


def _put(contact: Contact, standing: Standing) -> None:
    for column, value in standing.items():
        is_day = column == "verified_on" and value is not None
        setattr(contact, column, date.fromisoformat(value) if is_day and value else value)
