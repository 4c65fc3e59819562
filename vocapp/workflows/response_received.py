"""What follows an answer: the person is there, and their account's numbers move at once."""

from collections.abc import Mapping
from typing import Any

from vocapp.campaigns.afterwards import thank_for_answer
from vocapp.comments.reading import read_answers
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.coverage.recording import record_footprints
from vocapp.duplicates.service import bring_answers_home
from vocapp.freshness.rules import EvidenceKind, EvidenceSource
from vocapp.freshness.service import record_evidence
from vocapp.relationship.service import rescore
from vocapp.responses.models import Response
from vocapp.responses.rules import ResponseSource, ResponseState, reply_day


def response_received(payload: Mapping[str, Any]) -> None:
    """Take an answer that counts as a sign of life, and rescore its account. Safe to run twice."""
    now = utcnow()
    with transaction():
        response = db.session.get(Response, payload["response_id"])
        if response is not None and response.quarantine_reason is None:
            entered = response.entered_by
            record_evidence(
                response.contact,
                EvidenceKind.ANSWERED,
                source=EvidenceSource.ANSWER_PAGE,
                source_id=response.id,
                occurred_at=response.answered_at,
                # Nobody was on the answer page when one of us wrote down what was said.
                details={"entered_by": entered.name or entered.email} if entered else None,
                now=now,
            )
            _thank(response)
    with transaction():
        read_answers([payload["response_id"]])
    # Apart: who is held there, and the account that is held to score it, come in another order.
    with transaction():
        bring_answers_home(payload["account_id"])
    with transaction():
        rescore([payload["account_id"]], as_of=now.date(), now=now)
    with transaction():
        record_footprints([payload["account_id"]], on=now.date(), now=now)


def _thank(response: Response) -> None:
    """Thank for a complete answer somebody gave themselves; nobody promises a reply to a confidential one."""
    if response.state != ResponseState.COMPLETE or response.source != ResponseSource.LINK:
        return
    is_confidential = response.invitation.wave.survey_version.survey.is_confidential
    is_wanted = bool(response.may_contact) and not is_confidential
    reply_by = reply_day(response.answered_at.date()) if is_wanted else None
    thank_for_answer(response.invitation, reply_by=reply_by)
