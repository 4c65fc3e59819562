"""Everybody who may change the method hears once a year that somebody should look at it."""

from collections.abc import Mapping
from typing import Any

from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.method.mail import queue_reviews


def remind_method_review(_payload: Mapping[str, Any]) -> None:
    """Queue the mails when a look is due; those that are queued stay as they are."""
    with transaction():
        queue_reviews(now=utcnow())
