"""What follows an answer: the person is there, and their account's numbers move at once."""

from collections.abc import Mapping
from typing import Any

from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.coverage.recording import record_footprints
from vocapp.duplicates.service import bring_answers_home
from vocapp.freshness.rules import EvidenceKind, EvidenceSource
from vocapp.freshness.service import record_evidence
from vocapp.relationship.service import rescore
from vocapp.responses.models import Response


def response_received(payload: Mapping[str, Any]) -> None:
    """Take an answer that counts as a sign of life, and rescore its account. Safe to run twice."""
    now = utcnow()
    with transaction():
        response = db.session.get(Response, payload["response_id"])
        if response is not None and response.quarantine_reason is None:
            record_evidence(
                response.contact,
                EvidenceKind.ANSWERED,
                source=EvidenceSource.ANSWER_PAGE,
                source_id=response.id,
                occurred_at=response.answered_at,
                now=now,
            )
    # Apart: who is held there, and the account that is held to score it, come in another order.
    with transaction():
        bring_answers_home(payload["account_id"])
    with transaction():
        rescore([payload["account_id"]], as_of=now.date(), now=now)
    with transaction():
        record_footprints([payload["account_id"]], on=now.date(), now=now)
