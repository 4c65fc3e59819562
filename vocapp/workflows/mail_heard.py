"""Taking up what a mail provider reported."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.jobs import enqueue_each
from vocapp.inbound.hooks import MAIL_HEARD, HeardEvent, message_of_event
from vocapp.workflows.mail_news import MailNews, hear_of_mail

# What one event may fail with, by what it says or by what the database makes of it.
FAILURES = (SQLAlchemyError, LookupError, TypeError, ValueError)


def mail_heard(payload: Mapping[str, Any]) -> None:
    """Take up what was reported, event by event; one that fails gets a job of its own and delays no other."""
    events = payload["events"]
    failed = []
    for event in events:
        try:
            with transaction():
                _hear(HeardEvent.read(event), now=utcnow())
        except FAILURES:
            if len(events) == 1:
                raise
            failed.append(event)
    if failed:
        with transaction():
            enqueue_each(MAIL_HEARD, [{"events": [event]} for event in failed])


def _hear(event: HeardEvent, *, now: datetime) -> None:
    news = MailNews(
        message=message_of_event(event),
        kind=event.kind,
        source=event.provider,
        event_key=event.event_key,
        # A provider's clock may be ahead of ours.
        occurred_at=min(event.occurred_at, now),
        status=event.status,
        detail=event.detail,
        is_opt_out=event.is_opt_out,
    )
    hear_of_mail(news, now=now)
