"""A contact's own values in a merge: whose stay, what is written, and what changed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.duplicates.moving import Move, Row, move_of
from vocapp.duplicates.references import CONTACTS
from vocapp.duplicates.rules import Record, Side, default_side, reporting_line

# What can be chosen, in page order, and the columns it stands for.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "first_name": ("first_name",),
    "last_name": ("last_name",),
    "email": ("email", "email_key", "is_role_address"),
    "title": ("title",),
    "phone": ("phone",),
    "language": ("language",),
    "time_zone": ("time_zone",),
    "influence": ("influence",),
    "external_id": ("external_id", "external_key"),
    "reports_to": ("reports_to_id",),
}
# These lead to a person from outside, so the merged contact takes over the one that is not kept.
_CHANGE_PLACES = ("email", "external_id")

Changes = dict[int, dict[str, Any]]


def record_of(contact: Contact) -> Record:
    """Return what says how much weight a contact's values have."""
    return Record(
        contact.id,
        is_active=contact.status == ContactStatus.ACTIVE,
        verified_on=contact.verified_on,
        has_identifier=contact.external_key is not None,
    )


def field_value(contact: Contact, field: str) -> str:
    """Return a field's value as text, empty for none; the person reported to as their id."""
    value = getattr(contact, FIELDS[field][0])
    return "" if value is None else str(value)


def default_sides(kept: Contact, merged: Contact) -> dict[str, Side]:
    """Return field → whose value to propose."""
    one, other = record_of(kept), record_of(merged)
    return {
        field: default_side(field, field_value(kept, field), field_value(merged, field), one, other)
        for field in FIELDS
    }


def merged_values(kept: Contact, merged: Contact, chosen: Mapping[str, Side]) -> Changes:
    """Return contact id → the columns a merge gives it.

    Opting out holds whichever record it was said to; otherwise the status goes with the address. The later
    confirmation counts.
    """
    sides = {**default_sides(kept, merged), **chosen}
    changes: Changes = {kept.id: {}, merged.id: {}}
    for field, columns in FIELDS.items():
        if sides[field] is Side.KEPT or field == "reports_to":
            continue
        for column in columns:
            changes[kept.id][column] = getattr(merged, column)
            if field in _CHANGE_PLACES:
                changes[merged.id][column] = getattr(kept, column)
    statuses = {kept.status, merged.status}
    status = (merged if sides["email"] is Side.MERGED else kept).status
    changes[kept.id] |= {
        "reports_to_id": _manager(kept, merged, sides["reports_to"]),
        "status": ContactStatus.OPTED_OUT.value if ContactStatus.OPTED_OUT in statuses else status,
        "verified_on": max(filter(None, (kept.verified_on, merged.verified_on)), default=None),
        "absent_until": max(filter(None, (kept.absent_until, merged.absent_until)), default=None),
        "is_on_leave": kept.is_on_leave or merged.is_on_leave,
    }
    changes[merged.id] |= {"status": ContactStatus.LEFT.value, "merged_into_id": kept.id}
    return changes


def _manager(kept: Contact, merged: Contact, side: Side) -> int | None:
    """Return whom the kept contact reports to: never themselves, not even through others."""
    lines = select(Contact.id, Contact.reports_to_id).where(
        Contact.account_id == kept.account_id, Contact.reports_to_id.is_not(None)
    )
    managers: dict[int, int | None] = {
        contact_id: kept.id if manager_id == merged.id else manager_id
        for contact_id, manager_id in db.session.execute(lines)
        if contact_id not in (kept.id, merged.id)
    }
    both = [merged.reports_to_id, kept.reports_to_id]
    for candidate in both if side is Side.MERGED else both[::-1]:
        if candidate is not None and candidate not in (kept.id, merged.id):
            manager = reporting_line(kept.id, candidate, managers)
            if manager is not None:
                return manager
    return None


def write_values(kept: Contact, merged: Contact, changes: Changes) -> None:
    """Give both contacts their values, addresses and identifiers by way of a place of their own."""
    if "email_key" in changes[kept.id] and "email_key" in changes[merged.id]:
        merged.email_key = f"between {kept.id} and {merged.id}"
    if "external_key" in changes[kept.id] and "external_key" in changes[merged.id]:
        merged.external_key = None
    db.session.flush()
    for contact in (kept, merged):
        for column, value in changes[contact.id].items():
            setattr(contact, column, value)
        db.session.flush()


def changed_values(before: Mapping[int, Row], after: Mapping[int, Row]) -> list[Move]:
    """Return the moves that lead from rows of contacts to what they are now, but for when they changed."""
    return [
        move_of(CONTACTS.c[name], row, after[contact_id][name])
        for contact_id, row in before.items()
        for name, value in row.items()
        if name != "changed_at" and value != after[contact_id][name]
    ]
