"""Sealing stored secrets again when there is a newer key, row by row, while others work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, MetaData, Text, and_, literal, select, type_coerce, update

from vocapp.core.crypto import CannotUnseal, SealedText, current_keyring
from vocapp.core.db import db


class Outcome(StrEnum):
    """What became of one secret."""

    RESEALED = "resealed"
    CURRENT = "current"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class SecretPlace:
    """Where one secret stands: a column, and the primary key of a row in the order of the table's columns."""

    column: Column[Any]
    key: tuple[Any, ...]

    @property
    def row(self) -> ColumnElement[bool]:
        """The condition that finds the row."""
        own = zip(self.column.table.primary_key.columns, self.key, strict=True)
        return and_(*(column == value for column, value in own))

    @property
    def purpose(self) -> str:
        """What the secret is for."""
        kind = self.column.type
        assert isinstance(kind, SealedText)
        return kind.purpose


def sealed_columns(metadata: MetaData) -> Sequence[Column[Any]]:
    """Return every column that holds sealed text, in the order of tables that refer to each other."""
    return [
        column
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, SealedText)
    ]


def secrets_under_older_keys(column: Column[Any]) -> Iterator[SecretPlace]:
    """Return where secrets of a column stand that are not sealed with the newest key."""
    raw = type_coerce(column, Text)
    old = select(*column.table.primary_key.columns).where(
        raw.is_not(None), ~raw.startswith(current_keyring().newest_prefix, autoescape=True)
    )
    found = db.session.execute(old.order_by(*column.table.primary_key.columns)).all()
    return (SecretPlace(column, tuple(row)) for row in found)


def reseal(place: SecretPlace) -> Outcome:
    """Seal one secret with the newest key, unless it is already, or has been changed or removed meanwhile.

    What is written replaces exactly what was read: a value that somebody writes in between stays.
    """
    keyring = current_keyring()
    raw = type_coerce(place.column, Text)
    while True:
        before = db.session.scalar(select(raw).where(place.row))
        if before is None or keyring.is_sealed_with_newest(before):
            return Outcome.CURRENT
        try:
            after = keyring.seal(keyring.unseal(before, purpose=place.purpose), purpose=place.purpose)
        except CannotUnseal:
            return Outcome.UNREADABLE
        swap = update(place.column.table).where(place.row, raw == before)
        swapped = db.session.execute(
            swap.values({place.column: literal(after, Text)}).returning(*place.column.table.primary_key)
        )
        if swapped.first() is not None:
            return Outcome.RESEALED
