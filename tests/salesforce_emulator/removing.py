"""Deleting, restoring and merging rows, with what becomes of the rows that refer to them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.salesforce_emulator.org import Org
from tests.salesforce_emulator.refusals import ApiError
from tests.salesforce_emulator.rules import check_locks
from tests.salesforce_emulator.schema import Field
from tests.salesforce_emulator.table import Row
from tests.salesforce_emulator.writing import Writer, existing, update

MOST_LOSERS = 2


def referring(org: Org, key: str) -> Iterator[tuple[Field, Row]]:
    """Yield the reference fields and rows that lead to a row."""
    name = org.kind_name(key)
    for kind in list(org.schema.kinds.values()):
        for field in kind.fields.values():
            if (
                name in field.refers_to
                and field.is_createable
                and field.name not in ("OwnerId", "RecordTypeId")
            ):
                for row in list(org.table(kind.name).find(field.name, key)):
                    yield field, row


def delete(org: Org, key: str, writer: Writer) -> None:
    """Put a row into the bin, with the children that live and die with it."""
    table = org.table_of(key)
    if table is None:
        raise ApiError(400, "MALFORMED_ID", f"malformed id {key}", fields=[])
    row = existing(org, table.kind, key)
    if not table.kind.is_deletable:
        raise ApiError(400, "DELETE_FAILED", f"entity type cannot be deleted: {table.kind.name}", fields=[])
    if not writer.is_trusted:
        check_locks(org, table.kind, row, row)
    for field, child in referring(org, row["Id"]):
        if field.on_delete == "restrict" and not child.get("IsDeleted"):
            message = (
                f"Your attempt to delete {row.get('Name', row['Id'])} could not be completed because it is "
                f"associated with the following {org.kind_name(child['Id']).lower()}s.: {child['Id'][:15]}"
            )
            raise ApiError(400, "DELETE_FAILED", message, fields=[])
    _put_away(org, row, org.clock.stamp(), writer.user)


def _put_away(org: Org, row: Row, stamp: str, user: str) -> None:
    gone = {"IsDeleted": True, "SystemModstamp": stamp, "LastModifiedDate": stamp, "LastModifiedById": user}
    org.put(row | gone)
    for field, child in referring(org, row["Id"]):
        if child.get("IsDeleted"):
            continue
        if field.on_delete == "cascade":
            _put_away(org, child, stamp, user)
        elif field.on_delete == "clear":
            # A reference is emptied without a trace in the stamps.
            org.put({name: value for name, value in child.items() if name != field.name})


def undelete(org: Org, key: str, writer: Writer) -> None:
    """Take a row out of the bin, with the children that went with it. A merge cannot be undone so."""
    row = org.row(key)
    if row is None or not row.get("IsDeleted") or row.get("MasterRecordId"):
        raise ApiError(400, "UNDELETE_FAILED", f"Entity is not in the recycle bin: {key}", fields=[])
    went = row["SystemModstamp"]
    stamp = org.clock.stamp()
    back = {"SystemModstamp": stamp, "LastModifiedDate": stamp, "LastModifiedById": writer.user}
    org.put({name: value for name, value in (row | back).items() if name != "IsDeleted"})
    for field, child in referring(org, row["Id"]):
        if field.on_delete == "cascade" and child.get("IsDeleted") and child["SystemModstamp"] == went:
            undelete(org, child["Id"], writer)


def purge(org: Org, key: str, writer: Writer) -> None:
    """Take a row away for good; only getDeleted still knows of it."""
    row = org.row(key)
    if row is None:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    if not row.get("IsDeleted"):
        delete(org, row["Id"], writer)
    deleted = org.row(row["Id"])
    assert deleted is not None
    org.purged.setdefault(org.kind_name(row["Id"]), {})[row["Id"]] = deleted["SystemModstamp"]
    org.drop(row["Id"])


def merge(org: Org, winner: str, losers: Sequence[str], values: Mapping[str, Any], writer: Writer) -> None:
    """Merge rows into one: the losers go into the bin and say who won, their children get a new parent.

    The children's stamps stay as they are: no trigger runs when a merge moves them.
    """
    table = org.table_of(winner)
    if table is None or not table.kind.can_merge or not 1 <= len(losers) <= MOST_LOSERS:
        raise ApiError(400, "INVALID_OPERATION", "one or two contacts or accounts can be merged into another")
    master = existing(org, table.kind, winner)["Id"]
    if master in losers:
        raise ApiError(400, "INVALID_OPERATION", "a record cannot be merged into itself")
    stamp = org.clock.stamp()
    for loser in losers:
        row = existing(org, table.kind, loser)
        for field, child in referring(org, row["Id"]):
            if child["Id"] != master:
                org.put(child | {field.name: master})
            else:
                org.put({name: value for name, value in child.items() if name != field.name})
        gone = {"IsDeleted": True, "MasterRecordId": master, "SystemModstamp": stamp}
        org.put(row | gone | {"LastModifiedDate": stamp, "LastModifiedById": writer.user})
    update(org, table.kind, master, values, writer)
