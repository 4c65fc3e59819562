"""What follows imported answers: people who answered elsewhere lately were there then."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from vocapp.accounts.models import Contact
from vocapp.accounts.queries import house_rules
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.freshness.models import Evidence
from vocapp.freshness.rules import EvidenceKind, EvidenceSource
from vocapp.freshness.service import record_evidence
from vocapp.responses.models import Response
from vocapp.responses.rules import ResponseSource

AT_ONCE = 200


def history_imported(_payload: Mapping[str, Any]) -> None:
    """Take the newest imported answer of everybody as a sign of life, where it says more than is known.

    Answers older than a confirmation lasts say nothing of today, and are left out. Safe to run twice.
    """
    now = utcnow()
    after = 0
    while True:
        with transaction():
            some = _newest_answers(after, now=now)
            for response in some:
                verified_on = response.contact.verified_on
                if verified_on is not None and verified_on >= response.answered_at.date():
                    continue
                record_evidence(
                    response.contact,
                    EvidenceKind.ANSWERED,
                    source=EvidenceSource.IMPORT,
                    source_id=response.id,
                    occurred_at=response.answered_at,
                    now=now,
                )
            after = some[-1].id if some else after
        if not some:
            return


def _newest_answers(after: int, *, now: datetime) -> list[Response]:
    """Return the newest imported answers of people, behind an id, that may still say something."""
    lasts = timedelta(days=house_rules().verified_days)
    is_imported = (Response.source == ResponseSource.IMPORT, Response.quarantine_reason.is_(None))
    newest = (
        select(Response.contact_id, func.max(Response.answered_at).label("at"))
        .where(*is_imported, Response.answered_at >= now - lasts, Response.answered_at <= now)
        .group_by(Response.contact_id)
        .subquery()
    )
    told = select(Evidence.id).where(
        Evidence.kind == EvidenceKind.ANSWERED,
        Evidence.source == EvidenceSource.IMPORT,
        Evidence.source_id == Response.id,
    )
    rows = (
        select(Response)
        .join(newest, (newest.c.contact_id == Response.contact_id) & (newest.c.at == Response.answered_at))
        .join(Contact, Contact.id == Response.contact_id)
        .where(
            *is_imported,
            Response.id > after,
            Contact.merged_into_id.is_(None),
            ~told.exists(),
        )
        .order_by(Response.id)
        .limit(AT_ONCE)
    )
    return list(db.session.scalars(rows))
