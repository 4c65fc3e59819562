"""HubSpot's text for every value, as values of the protocol, and back."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.crm.hubspot.schema import COMPANY, KINDS, MERGED
from integrations.crm.records import ObjectInfo, Record, Value, Values
from integrations.errors import Rejected

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A search takes six conditions; two are ours.
_MOST_CONDITIONS = 4


def read_moment(text: str) -> datetime:
    """Return a moment as HubSpot writes it, in UTC. Raises Rejected for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Rejected(f"HubSpot wrote a moment nobody can read: {text[:40]!r}.") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def milliseconds(moment: datetime) -> int:
    """Return a moment in whole milliseconds since 1970, the finest HubSpot knows, rounded up."""
    return -((EPOCH - moment) // timedelta(milliseconds=1))


def number_of(record_id: str) -> int:
    """Return the number an id is; ids that are none come before all others."""
    return int(record_id) if record_id.isdecimal() and record_id.isascii() else -1


def read_value(text: str | None, type: str) -> Value:
    """Return a property's value; empty text is nothing, and what does not fit its type stays text."""
    if text is None or text == "":
        return None
    if type == "boolean" and text in ("true", "false"):
        return text == "true"
    if type == "double":
        try:
            number = float(text)
        except ValueError:
            return text
        if not math.isfinite(number):
            return text
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    return text


def write_value(value: Value) -> str:
    """Return a value as HubSpot takes it; empty text clears a property."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def read_record(found: Mapping[str, Any], info: ObjectInfo, fields: Sequence[str]) -> Record:
    """Return a record from HubSpot's answer, without its company, which stands elsewhere."""
    properties: Mapping[str, Any] = found.get("properties") or {}
    archived_at = found.get("archivedAt") if found.get("archived") else None
    stamp = archived_at or properties.get(KINDS[info.name].stamp) or found.get("updatedAt") or ""
    return Record(
        object=info.name,
        id=str(found["id"]),
        values={
            name: None if name == COMPANY else read_value(properties.get(name), info.fields[name].type)
            for name in fields
        },
        changed_at=read_moment(str(stamp)),
        is_deleted=bool(found.get("archived")),
    )


def merged_ids(found: Mapping[str, Any]) -> list[str]:
    """Return the ids of the records that became part of this one."""
    listed = str((found.get("properties") or {}).get(MERGED) or "")
    return [part for part in listed.split(";") if part.isdecimal() and part != str(found["id"])]


def owner_record(found: Mapping[str, Any], fields: Sequence[str]) -> Record:
    """Return an owner; one who left is not active, and not deleted, because records still point there."""
    names = [str(found.get(key) or "") for key in ("firstName", "lastName")]
    values: Values = {
        "email": found.get("email") or None,
        "firstname": names[0] or None,
        "lastname": names[1] or None,
        "name": " ".join(filter(None, names)) or None,
        "active": not found.get("archived"),
        "userid": None if found.get("userId") is None else str(found["userId"]),
    }
    return Record(
        object="owners",
        id=str(found["id"]),
        values={name: values[name] for name in fields},
        changed_at=read_moment(str(found.get("updatedAt") or found.get("createdAt") or "")),
    )


def read_conditions(where: str) -> list[dict[str, Any]]:
    """Return the conditions of a filter: a JSON list of what HubSpot's search calls filters, all to be met.

    Raises Rejected with one plain sentence for what is none.
    """
    if not where:
        return []
    try:
        found = json.loads(where)
    except ValueError:
        found = None
    is_sound = isinstance(found, list) and all(
        isinstance(one, dict) and {"propertyName", "operator"} <= one.keys() for one in found
    )
    if not is_sound or len(found) > _MOST_CONDITIONS:
        raise Rejected(
            f"The filter must be a JSON list of at most {_MOST_CONDITIONS} HubSpot search filters, each with "
            "propertyName and operator.",
            code="filter",
        )
    return list(found)
