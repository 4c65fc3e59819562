"""Taking in what other systems tell of accounts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from vocapp.signals.landing import (
    in_steps,
    kept_contacts,
    land,
    present_accounts,
    stored_rows,
    would_land,
)
from vocapp.signals.models import AccountEvent
from vocapp.signals.rules import EventFacts, Landed, urgent_since

_KEY = ("source", "kind", "external_key")
_TITLE_LENGTH = 300
_SMALLEST = Decimal("0.0001")


def record_events(rows: Sequence[EventFacts], *, source: str, now: datetime) -> Landed:
    """Write events of one source ("salesforce:3"); the same rows a second time change nothing.

    The one door for events, whoever brings them: a CRM, a file or a program. Of two rows with one kind and
    key the last counts. What belongs to an account or a person that became part of another goes to that one;
    rows of accounts that are not there are left out and counted nowhere.
    """
    accounts = present_accounts({one.account_id for one in rows})
    return land(AccountEvent, _rows(rows, accounts, source=source, now=now), key=_KEY, now=now)


def rehearse_events(rows: Sequence[EventFacts], *, source: str, now: datetime) -> Landed:
    """Return what `record_events` would come to, without writing or holding anything."""
    as_they_are = {one.account_id: one.account_id for one in rows}
    return would_land(AccountEvent, _rows(rows, as_they_are, source=source, now=now), key=_KEY)


def _rows(
    rows: Sequence[EventFacts], accounts: Mapping[int, int], *, source: str, now: datetime
) -> dict[tuple[str, ...], dict[str, Any]]:
    """Return key → columns of the rows whose account is in `accounts`, which says what it is part of."""
    wanted = {(source, one.kind, one.external_key): one for one in rows}
    known: dict[tuple[str, ...], Any] = {}
    for keys in in_steps(sorted(wanted)):
        known |= stored_rows(AccountEvent, keys, key=_KEY)
    people = kept_contacts({one.contact_id for one in wanted.values() if one.contact_id is not None})
    return {
        key: {
            **_values(one, known.get(key), now),
            "account_id": accounts[one.account_id],
            "contact_id": None if one.contact_id is None else people.get(one.contact_id),
        }
        for key, one in wanted.items()
        if one.account_id in accounts
    }


def _values(one: EventFacts, known: Any, now: datetime) -> dict[str, Any]:
    urgent_at = urgent_since(
        one,
        known["urgent_at"] if known else None,
        was_urgent=bool(known and known["is_urgent"]),
        is_new=known is None,
        now=now,
    )
    return {
        "title": one.title[:_TITLE_LENGTH],
        "occurred_at": one.occurred_at,
        "ended_at": one.ended_at,
        "value": None if one.value is None else one.value.quantize(_SMALLEST),
        "is_urgent": one.is_urgent,
        "urgent_at": urgent_at,
        "priority": one.priority,
        "details": dict(one.details),
        "is_deleted": one.is_deleted,
    }
