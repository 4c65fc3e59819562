"""Champions who were asked and did not answer: one reminder each, and an end."""

from collections.abc import Mapping
from typing import Any

from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.rosters.champion import expire_requests, queue_due_reminders


def look_after_champions(_payload: Mapping[str, Any]) -> None:
    """Queue due reminders, some hundred to a transaction, and end what nobody answered in time."""
    now = utcnow()
    looked_at = 1
    while looked_at:
        with transaction():
            looked_at = queue_due_reminders(now=now)
    with transaction():
        expire_requests(now=now)
