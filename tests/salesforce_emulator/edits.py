"""Edits of an org by its own people, and rows stored as they are."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.salesforce_emulator import removing, writing
from tests.salesforce_emulator.derived import derive, spread_person
from tests.salesforce_emulator.ids import normal_id
from tests.salesforce_emulator.moments import as_moment, write_moment
from tests.salesforce_emulator.org import ADMIN_USER, Org
from tests.salesforce_emulator.schema import Kind
from tests.salesforce_emulator.writing import Writer


def _kind(org: Org, name: str) -> Kind:
    found = org.schema.get(name)
    if found is None:
        raise ValueError(f"there is no object {name}")
    return found


def _kind_of(org: Org, key: str) -> Kind:
    return _kind(org, org.kind_name(str(normal_id(key))))


def insert(org: Org, name: str, values: Mapping[str, Any], by: str) -> str:
    """Make a row as somebody and return its id."""
    return writing.insert(org, _kind(org, name), values, Writer(by, is_trusted=True))


def update(org: Org, key: str, values: Mapping[str, Any], by: str) -> None:
    """Change a row as somebody."""
    writing.update(org, _kind_of(org, key), key, values, Writer(by, is_trusted=True))


def delete(org: Org, key: str, by: str) -> None:
    """Put a row into the bin as somebody."""
    removing.delete(org, str(normal_id(key)), Writer(by, is_trusted=True))


def purge(org: Org, key: str, by: str) -> None:
    """Take a row away for good as somebody."""
    removing.purge(org, key, Writer(by, is_trusted=True))


def undelete(org: Org, key: str, by: str) -> None:
    """Take a row out of the bin as somebody."""
    removing.undelete(org, key, Writer(by, is_trusted=True))


def merge(org: Org, winner: str, losers: Sequence[str], values: Mapping[str, Any], by: str) -> None:
    """Merge rows as somebody."""
    keys = [str(normal_id(key)) for key in losers]
    removing.merge(org, winner, keys, values, Writer(by, is_trusted=True))


def set_quietly(org: Org, key: str, values: Mapping[str, Any]) -> None:
    """Change a row without touching its stamps."""
    row, kind = org.row(key), _kind_of(org, key)
    if row is None:
        raise ValueError(f"there is no record {key}")
    plain = _plain(kind, values)
    org.put({name: value for name, value in (row | plain).items() if value is not None})


def _plain(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by the fields' own names, in the form rows hold them."""
    plain: dict[str, Any] = {}
    for name, value in values.items():
        field = kind.get(name)
        if field is None:
            raise ValueError(f"{kind.name} has no field {name}")
        if field.type == "datetime" and value is not None:
            value = write_moment(as_moment(value))
        elif field.type in ("reference", "id") and value is not None:
            value = normal_id(value)
            if value is None:
                raise ValueError(f"{kind.name}.{name} is not an id")
        elif isinstance(value, datetime) or hasattr(value, "isoformat"):
            value = value.isoformat()
        plain[field.name] = value
    return plain


def seed(org: Org, records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Store rows as they are, filling in ids, stamps, owners and defaults that are missing."""
    keys = []
    now = org.clock.stamp()
    for record in records:
        kind = _kind(org, record["type"] if "type" in record else record["attributes"]["type"])
        given = {name: value for name, value in record.items() if name not in ("type", "attributes")}
        values = _plain(kind, given)
        stamp = (
            values.get("SystemModstamp") or values.get("LastModifiedDate") or values.get("CreatedDate") or now
        )
        row = {field.name: field.default for field in kind.fields.values() if field.default is not None}
        row |= org.stamps(stamp, ADMIN_USER)
        if kind.get("OwnerId"):
            row["OwnerId"] = ADMIN_USER
        row |= {name: value for name, value in values.items() if value is not None}
        derive(org, kind, row, None)
        # What was told wins over what the org would have worked out, such as when a case was closed.
        row |= {name: value for name, value in values.items() if value is not None}
        row.setdefault("Id", "")
        row["Id"] = row["Id"] or org.new_id(kind.name)
        org.put(row)
        spread_person(org, kind, row)
        keys.append(row["Id"])
    return keys
