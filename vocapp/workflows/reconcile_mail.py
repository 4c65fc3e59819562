"""Clearing up what became of mails in doubt, where somebody can be asked."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import structlog

from integrations.errors import Retryable
from integrations.mail.lookup import Fate, Found
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.core.gateways import gateways
from vocapp.outbox.models import Message
from vocapp.outbox.reconcile import (
    ASKED_FOR,
    AT_ONCE,
    OFTEN_FOR,
    WAIT,
    doubts,
    found_in_events,
    settle_in_doubt,
    still_in_doubt,
)
from vocapp.outbox.rules import DEAD_STATUSES
from vocapp.workflows.mail_settled import follow_up_refused

log = structlog.get_logger()


def reconcile_mail(_payload: Mapping[str, Any]) -> None:
    """Settle what came into doubt in the last hours by what events and the look-up say of it."""
    _reconcile(OFTEN_FOR + WAIT)


def reconcile_old_mail(_payload: Mapping[str, Any]) -> None:
    """Settle what came into doubt in the last days, too old to be asked about every few minutes."""
    _reconcile(ASKED_FOR)


def _reconcile(period: timedelta) -> None:
    """Settle the doubts of a period up to now; what nobody can tell stays as it is.

    Nothing is sent again that the mail server may have: only its certain absence puts a message back.
    """
    now = utcnow()
    with reading():
        ids = doubts(now=now, since=now - period)
    for start in range(0, len(ids), AT_ONCE):
        _settle_some(ids[start : start + AT_ONCE], now=now)


def _settle_some(message_ids: Sequence[int], *, now: datetime) -> None:
    with reading():
        messages = still_in_doubt(message_ids)
        found = dict(found_in_events(messages, now=now))
        for message in messages:
            db.session.expunge(message)
    left = [message for message in messages if message.id not in found]
    found |= _looked_up(left)
    for message in messages:
        if message.id in found:
            with transaction():
                _settle(message, found[message.id], now=now)


def _looked_up(messages: Sequence[Message]) -> dict[int, Found]:
    """Ask the look-up, if there is one, hour by hour: so that one old message asks nothing of the others."""
    lookup = gateways().mail_lookup
    if lookup is None:
        return {}
    found: dict[int, Found] = {}
    try:
        for _hour, some in groupby(messages, key=_hour_of):
            asked = list(some)
            tries = [message.tried_at for message in asked if message.tried_at is not None]
            names = [message.message_id for message in asked]
            known = lookup.find(names, since=min(tries), until=max(tries) + WAIT)
            found |= {
                message.id: known[message.message_id] for message in asked if message.message_id in known
            }
    except Retryable as trouble:
        log.warning("mail_lookup_failed", reason=trouble.reason)
    return found


def _hour_of(message: Message) -> datetime:
    assert message.tried_at is not None, "only tries are in doubt"
    return message.tried_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _settle(message: Message, found: Found, *, now: datetime) -> None:
    if found.fate is Fate.BOUNCED:
        follow_up_refused(message, now, is_address_dead=found.status in DEAD_STATUSES)
    settle_in_doubt(message, found, now=now)
