"""Reminders whose time has come go into the outbox."""

from collections.abc import Mapping
from typing import Any

from vocapp.campaigns.service import queue_due_reminders
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction


def send_due_reminders(_payload: Mapping[str, Any]) -> None:
    """Queue every due reminder, some hundred to a transaction; what is queued is no longer due."""
    now = utcnow()
    looked_at = 1
    while looked_at:
        with transaction():
            looked_at = queue_due_reminders(now=now)
