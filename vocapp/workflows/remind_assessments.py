"""Everybody who looks after accounts hears once a week which of them wait for an assessment."""

from collections.abc import Mapping
from typing import Any

from vocapp.assessments.mail import people_to_remind, queue_reminder
from vocapp.core.clock import utcnow
from vocapp.core.db import reading, transaction


def remind_assessments(_payload: Mapping[str, Any]) -> None:
    """Queue this week's mails, each in its own transaction; those that are queued stay as they are."""
    now = utcnow()
    with reading():
        waiting = people_to_remind(now)
    for user_id in waiting:
        with transaction():
            queue_reminder(user_id, now=now)
