"""What becomes of the rows of an account that is merged, table by table: read from the tables themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, CursorResult, Table, delete, exists, update
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.expression import FromClause

from vocapp.accounts.models import Account
from vocapp.core.db import Base, db
from vocapp.duplicates.references import name_of, unique_keys

ACCOUNTS: Table = Base.metadata.tables[Account.__tablename__]

# What stays with the merged account, and why.
STAYS: Mapping[str, str] = {
    "account_scores.account_id": "what was measured of it, day by day, is its own history",
    "footprint_days.account_id": "what was measured of it, day by day, is its own history",
    "gaps.account_id": "its seats are its own history; the next rescoring closes those still open",
    "likely_pairs.account_id": "the next comparison finds who is alike now",
}

# What the merge itself moves in a way of its own.
MOVED_APART: Mapping[str, str] = {
    "contacts.account_id": "people with the same address at both become one first",
    "accounts.parent_id": "an account must not end below itself",
}

# Rows of which one account has only one, beyond what unique keys say: the other columns of such a key.
ONE_EACH: Mapping[str, tuple[str, ...]] = {
    # Two exceptions for one persona would contradict each other.
    "profile_overrides.account_id": ("persona_id",),
}

# Where the kept account has a row already, that of the merged account stays with it, as its history
# (outcomes of renewals on the same day, exceptions), but for these tables, where it goes:
DROPPED: Mapping[str, str] = {
    "wave_accounts.account_id": "a wave that asks the kept account asks all of its people",
}


def account_references() -> list[Column[Any]]:
    """Return every column that points at an account and is moved by a merge, in the order of their names.

    A new table moves along without being named here.
    """
    pointing = [
        column
        for table in Base.metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.column is ACCOUNTS.c.id and name_of(column) not in {**STAYS, **MOVED_APART}
    ]
    return sorted(pointing, key=name_of)


def move_rows(column: Column[Any], *, loser_id: int, winner_id: int) -> int:
    """Give the rows of one account to another, all but those it may not have twice; return how many."""
    table = _table_of(column)
    rival = table.alias()
    taken = [
        exists().where(rival.c[column.name] == winner_id, *_same(table, rival, names))
        for names in _keys(column)
    ]
    moved = update(table).where(column == loser_id, *(~one for one in taken)).values({column.name: winner_id})
    count = _run(moved)
    if name_of(column) in DROPPED:
        _run(delete(table).where(column == loser_id))
    return count


def _keys(column: Column[Any]) -> Sequence[tuple[str, ...]]:
    return [*unique_keys(column), *([ONE_EACH[name_of(column)]] if name_of(column) in ONE_EACH else [])]


def _same(table: Table, rival: FromClause, names: Sequence[str]) -> list[ColumnElement[bool]]:
    return [rival.c[name] == table.c[name] for name in names]


def _run(statement: Any) -> int:
    done = db.session.execute(statement.execution_options(synchronize_session=False))
    return done.rowcount if isinstance(done, CursorResult) else 0


def _table_of(column: Column[Any]) -> Table:
    table = column.table
    assert isinstance(table, Table)
    return table
