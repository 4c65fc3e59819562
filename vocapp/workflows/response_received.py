"""What follows an answer: its account's numbers move at once."""

from collections.abc import Mapping
from typing import Any

from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.coverage.recording import record_footprints
from vocapp.relationship.service import rescore


def response_received(payload: Mapping[str, Any]) -> None:
    """Rescore the account whose contact answered. Safe to run twice."""
    now = utcnow()
    with transaction():
        rescore([payload["account_id"]], as_of=now.date(), now=now)
    with transaction():
        record_footprints([payload["account_id"]], on=now.date(), now=now)
