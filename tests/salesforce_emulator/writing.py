"""Making and changing rows as the API does it: rights, values, rules, and then the row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.salesforce_emulator.derived import derive, spread_person
from tests.salesforce_emulator.ids import normal_id
from tests.salesforce_emulator.org import Org
from tests.salesforce_emulator.refusals import ApiError, missing
from tests.salesforce_emulator.rules import check_duplicates, check_locks, check_rules, check_unique
from tests.salesforce_emulator.schema import Field, Kind
from tests.salesforce_emulator.table import Row
from tests.salesforce_emulator.values import check_reference, check_value


@dataclass(frozen=True)
class Writer:
    """On whose behalf rows are written. `is_trusted` writes past rights and locks, as edits of tests do."""

    user: str
    is_csv: bool = False
    allows_duplicates: bool = False
    is_trusted: bool = False


def insert(org: Org, kind: Kind, values: Mapping[str, Any], writer: Writer) -> str:
    """Make a row and return its id. Raises `ApiError` when it is refused."""
    if not kind.is_createable:
        raise ApiError(
            400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be inserted: {kind.name}"
        )
    if any(name.lower() == "id" for name in values):
        raise ApiError(
            400, "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", fields=["Id"]
        )
    given = clean(org, kind, values, writer, before=None)
    row: Row = {f.name: f.default for f in kind.fields.values() if f.default is not None}
    row |= {name: value for name, value in given.items() if value is not None}
    if kind.get("OwnerId") and "OwnerId" not in row:
        row["OwnerId"] = writer.user
    _check(org, kind, row, None, given, writer)
    row["Id"] = org.new_id(kind.name)
    row |= org.stamps(org.clock.stamp(), writer.user)
    org.put(row)
    spread_person(org, kind, row)
    return str(row["Id"])


def update(org: Org, kind: Kind, key: str, values: Mapping[str, Any], writer: Writer) -> None:
    """Change a row. Raises `ApiError` when it is refused."""
    before = existing(org, kind, key)
    given = clean(org, kind, values, writer, before=before)
    row = {name: value for name, value in (before | given).items() if value is not None}
    _check(org, kind, row, before, given, writer)
    stamp = org.clock.stamp()
    org.put(row | {"LastModifiedDate": stamp, "LastModifiedById": writer.user, "SystemModstamp": stamp})
    spread_person(org, kind, row)


def existing(org: Org, kind: Kind, key: str) -> Row:
    """Return a live row that can be seen. Raises `ApiError` when there is none."""
    found = normal_id(key)
    if found is None:
        raise ApiError(
            400, "MALFORMED_ID", f"{kind.name} ID: id value of incorrect type: {key}", fields=["Id"]
        )
    row = org.table(kind.name).rows.get(found)
    sees = org.visibility()
    if row is None or (sees and not sees(found)):
        raise missing()
    if row.get("IsDeleted"):
        raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted", fields=[])
    return row


def by_external_id(org: Org, kind: Kind, field: Field, value: str) -> list[str]:
    """Return the ids of the live rows with an external id."""
    sees = org.visibility()
    return [
        row["Id"]
        for row in org.table(kind.name).find(field.name, value)
        if not row.get("IsDeleted") and (sees is None or sees(row["Id"]))
    ]


def external_field(org: Org, kind: Kind, name: str, user: str) -> Field:
    """Return the field rows are found by. Raises `ApiError` when it is not one."""
    field = org.schema.visible_field(kind, name, user)
    if field is None or not (field.is_external_id or field.type == "id"):
        message = f"Provided external ID field does not exist or is not accessible: {name}"
        raise ApiError(404, "NOT_FOUND", message)
    return field


def upsert(
    org: Org, kind: Kind, field: Field, value: Any, values: Mapping[str, Any], writer: Writer
) -> tuple[str, bool]:
    """Change the row with an external id, or make it; return its id and whether it was made."""
    known = check_value(org, field, value, is_csv=writer.is_csv)
    if known is None:
        raise ApiError(400, "MISSING_ARGUMENT", f"{field.name} not specified", fields=[])
    if field.type == "id":
        update(org, kind, known, values, writer)
        return known, False
    found = by_external_id(org, kind, field, known)
    if len(found) > 1:
        message = f"{field.name}: more than one record found for external id field: {found}"
        raise ApiError(300, "DUPLICATE_EXTERNAL_ID", message, fields=[field.name])
    if found:
        update(org, kind, found[0], values, writer)
        return found[0], False
    return insert(org, kind, {**values, field.name: known}, writer), True


def clean(org: Org, kind: Kind, values: Mapping[str, Any], writer: Writer, *, before: Row | None) -> Row:
    """Return given values by their fields, checked one by one."""
    given: Row = {}
    for name, value in values.items():
        if name == "attributes" and not writer.is_csv:
            continue
        field = _field(org, kind, name, value, writer)
        if field.name == "Id":
            continue
        _check_right(org, kind, field, writer, is_new=before is None)
        if "." in name or isinstance(value, Mapping):
            given[field.name] = _referred(org, field, name, value, writer)
        else:
            given[field.name] = check_value(org, field, value, is_csv=writer.is_csv)
    return given


def _field(org: Org, kind: Kind, name: str, value: Any, writer: Writer) -> Field:
    user = writer.user
    field = (
        kind.relationship(name.split(".")[0]) if "." in name or isinstance(value, Mapping) else kind.get(name)
    )
    if field and (writer.is_trusted or org.schema.visible_field(kind, field.name, user)):
        return field
    message = f"No such column '{name}' on sobject of type {kind.name}"
    raise ApiError(400, "INVALID_FIELD", message, fields=[])


def _check_right(org: Org, kind: Kind, field: Field, writer: Writer, *, is_new: bool) -> None:
    may = field.is_createable if is_new else field.is_updateable
    if may and (writer.is_trusted or org.schema.is_editable(kind, field, writer.user)):
        return
    message = (
        f"Unable to create/update fields: {field.name}. Please check the security settings of this field and "
        "verify that it is read/write for your profile or permission set."
    )
    raise ApiError(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, fields=[field.name])


def _referred(org: Org, field: Field, name: str, value: Any, writer: Writer) -> str | None:
    """Return the id of the parent that an external id names: {"Contact__r": {"Key__c": "x"}}."""
    if isinstance(value, Mapping):
        named = {key: one for key, one in value.items() if key != "attributes"}
    else:
        named = {name.split(".", 1)[1]: value}
    if len(named) != 1 or len(field.refers_to) != 1:
        raise ApiError(400, "INVALID_FIELD", f"{name} must name one external id of one object", fields=[])
    [(key, wanted)] = named.items()
    if wanted is None:
        return None
    target = org.table(field.refers_to[0]).kind
    external = external_field(org, target, key, writer.user)
    found = by_external_id(org, target, external, str(wanted))
    if len(found) != 1:
        where = f"field {external.name} in entity {target.name}"
        message = f"Foreign key external ID: {str(wanted).lower()} not found for {where}"
        raise ApiError(400, "INVALID_FIELD", message, fields=[])
    return check_reference(org, field, found[0])


def _check(org: Org, kind: Kind, row: Row, before: Row | None, given: Row, writer: Writer) -> None:
    derive(org, kind, row, before)
    if not writer.is_trusted:
        check_locks(org, kind, row, before)
    absent = [f.name for f in kind.fields.values() if f.is_required and row.get(f.name) is None]
    if before is not None:
        absent = [name for name in absent if name in given]
    if absent:
        message = f"Required fields are missing: [{', '.join(absent)}]"
        raise ApiError(400, "REQUIRED_FIELD_MISSING", message, fields=absent)
    _check_owner(org, kind, row, before, writer)
    check_unique(org, kind, row, before)
    check_rules(org, kind, row, before)
    if not writer.is_trusted:
        check_duplicates(org, kind, row, before, given, is_allowed=writer.allows_duplicates)


def _check_owner(org: Org, kind: Kind, row: Row, before: Row | None, writer: Writer) -> None:
    owner = row.get("OwnerId")
    if writer.is_trusted or owner is None or (before and before.get("OwnerId") == owner):
        return
    found = org.row(owner)
    if found and org.kind_name(owner) == "User" and not found.get("IsActive"):
        message = f"operation performed with inactive user [{owner[:15]}] as owner of {kind.name.lower()}"
        raise ApiError(400, "INACTIVE_OWNER_OR_USER", message, fields=["OwnerId"])
