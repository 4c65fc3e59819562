"""Being away: what an automatic reply or one of us says of a person, and what waits for them then."""

from datetime import date, datetime, timedelta
from typing import Any

from vocapp.accounts.models import Contact
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.freshness.models import Evidence
from vocapp.freshness.rules import EvidenceKind, EvidenceSource
from vocapp.freshness.service import record_evidence
from vocapp.identity.models import User
from vocapp.outbox.hours import hold_back

LONGEST_ABSENCE = timedelta(days=730)


def record_absence(
    contact: Contact, *, until: date | None, is_long: bool, source_key: int, now: datetime
) -> Evidence | None:
    """Keep that a mailbox said somebody is there but away: until a day, or (None) nobody said until when.

    `source_key` is the number of the mail that said so; None when it was told before. The latest day wins.
    A day more than `LONGEST_ABSENCE` ahead is none that anybody can know: a long absence without an end.
    One that is over says only that the person is there, and so does an absence neither dated nor long.
    Invitations and reminders in the outbox wait for 09:00 on the second day after, or the next working day.
    """
    is_over = until is not None and until < now.date()
    is_unknowable = until is not None and until > now.date() + LONGEST_ABSENCE
    day = None if is_over or is_unknowable else until
    is_long = is_unknowable or (is_long and not is_over)
    details = {"until": day.isoformat() if day else None, "is_long": is_long}
    return _keep(contact, details, source=EvidenceSource.MAIL, source_id=source_key, now=now)


def say_away(contact: Contact, *, until: date, by: User, now: datetime) -> Evidence | None:
    """Keep that one of us knows that a person is away until a day; what waits for them waits until then.

    Raises `DomainError` for a day that is over or too far away to be known.
    """
    if until < now.date():
        raise DomainError("This day is over; choose the last day they are away.")
    if until > now.date() + LONGEST_ABSENCE:
        raise DomainError("Choose a day within two years; later nobody can know.")
    act = record_act("contact_away", actor_id=by.id, subject_kind="contact", subject_id=contact.id)
    db.session.flush()
    details = {"until": until.isoformat(), "is_long": False, "by": by.name or by.email}
    return _keep(contact, details, source=EvidenceSource.CSM, source_id=act.id, now=now)


def _keep(
    contact: Contact, details: dict[str, Any], *, source: EvidenceSource, source_id: int, now: datetime
) -> Evidence | None:
    evidence = record_evidence(
        contact,
        EvidenceKind.ABSENT,
        source=source,
        source_id=source_id,
        occurred_at=now,
        details=details,
        now=now,
    )
    if evidence is not None:
        person = db.session.get_one(Contact, evidence.contact_id)
        if person.absent_until is not None:
            hold_back(person.email, until=person.absent_until)
    return evidence
