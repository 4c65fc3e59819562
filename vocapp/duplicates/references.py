"""Which tables point at a contact: read from the tables themselves, so that a new one cannot be forgotten."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from vocapp.accounts.models import Contact
from vocapp.core.db import Base
from vocapp.duplicates.models import ContactMerge, DismissedPair, LikelyPair

CONTACTS: Table = Base.metadata.tables[Contact.__tablename__]

# What stays as it is when a contact is merged, and why.
LEFT_ALONE: Mapping[str, str] = {
    f"{ContactMerge.__tablename__}.kept_id": "an earlier merge stays on record as it was",
    f"{ContactMerge.__tablename__}.merged_id": "an earlier merge stays on record as it was",
    f"{DismissedPair.__tablename__}.first_id": "it was said of these two records",
    f"{DismissedPair.__tablename__}.second_id": "it was said of these two records",
    f"{LikelyPair.__tablename__}.first_id": "the next comparison finds who is alike now",
    f"{LikelyPair.__tablename__}.second_id": "the next comparison finds who is alike now",
}

# Later ones look at what earlier ones have moved.
_IN_ORDER = ("invitations.contact_id", "responses.contact_id", "roster_lines.contact_id")


def column_of(model: type[Base], name: str) -> Column[Any]:
    """Return a column of a model's table."""
    return Base.metadata.tables[model.__tablename__].c[name]


def name_of(column: Column[Any]) -> str:
    """Return "table.column"."""
    return f"{column.table.name}.{column.name}"


def references() -> list[Column[Any]]:
    """Return every column that points at a contact and is moved by a merge, in the order of moving."""
    pointing = [
        column
        for table in Base.metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.column is CONTACTS.c.id and name_of(column) not in LEFT_ALONE
    ]
    return sorted(
        pointing,
        key=lambda column: (
            _IN_ORDER.index(name_of(column)) if name_of(column) in _IN_ORDER else len(_IN_ORDER),
            name_of(column),
        ),
    )


def unique_keys(column: Column[Any]) -> list[tuple[str, ...]]:
    """Return the other columns of each unique key that a column is part of."""
    table = column.table
    assert isinstance(table, Table)
    sets = [
        [part.name for part in constraint.columns]
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint)
    ]
    sets += [[part.name for part in index.columns] for index in table.indexes if _is_unique(index)]
    return [
        tuple(name for name in names if name != column.name)
        for names in sets
        if column.name in names and len(names) > 1
    ]


def _is_unique(index: Index) -> bool:
    return bool(index.unique)
