"""Taking in what other systems tell of accounts."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from vocapp.signals.landing import in_steps, kept_contacts, land, present_accounts, stored_rows
from vocapp.signals.models import AccountEvent
from vocapp.signals.rules import EventFacts, Landed, urgent_since

_KEY = ("source", "kind", "external_key")
_TITLE_LENGTH = 300
_SMALLEST = Decimal("0.0001")


def record_events(rows: Sequence[EventFacts], *, source: str, now: datetime) -> Landed:
    """Write events of one source ("salesforce:3"); the same rows a second time change nothing.

    Of two rows with one kind and key the last counts. What belongs to an account or a person that became
    part of another goes to that one; rows of accounts that are not there are left out and counted nowhere.
    """
    wanted = {(source, one.kind, one.external_key): one for one in rows}
    accounts = present_accounts({one.account_id for one in wanted.values()})
    known: dict[tuple[str, ...], Any] = {}
    for keys in in_steps(sorted(wanted)):
        known |= stored_rows(AccountEvent, keys, key=_KEY)
    people = kept_contacts({one.contact_id for one in wanted.values() if one.contact_id is not None})
    values: dict[tuple[str, ...], dict[str, Any]] = {
        key: {
            **_values(one, known.get(key), now),
            "account_id": accounts[one.account_id],
            "contact_id": None if one.contact_id is None else people.get(one.contact_id),
        }
        for key, one in wanted.items()
        if one.account_id in accounts
    }
    return land(AccountEvent, values, key=_KEY, now=now)


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
