"""Moving rows from one contact to another and back, each changed value told one by one."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date, Table, delete, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from vocapp.core.db import Base, UtcDateTime, db
from vocapp.duplicates.references import CONTACTS, unique_keys

Row = Mapping[str, Any]
Value = Any


@dataclass(frozen=True, slots=True)
class Pair:
    """A contact that is kept and the one that becomes part of it, both of one account."""

    account_id: int
    kept_id: int
    merged_id: int

    @property
    def ids(self) -> tuple[int, int]:
        """Both contacts."""
        return self.kept_id, self.merged_id


@dataclass(frozen=True, slots=True)
class Move:
    """One value of one row, before and after; `key` is the row's primary key without the column itself."""

    table: str
    key: Mapping[str, Any]
    column: str
    before: Value
    after: Value

    def back(self) -> "Move":
        """Return the move that undoes this one."""
        return Move(self.table, self.key, self.column, self.after, self.before)

    @property
    def target(self) -> Column[Any]:
        """The column that is changed."""
        return Base.metadata.tables[self.table].c[self.column]


def rows_of(column: Column[Any], ids: Iterable[int]) -> list[Row]:
    """Return the rows that point at some contacts by a column, as mappings, in order of their keys."""
    table = _table_of(column)
    found = select(table).where(column.in_(list(ids))).order_by(*table.primary_key.columns)
    return [row._asdict() for row in db.session.execute(found)]


def move_of(column: Column[Any], row: Row, after: Value) -> Move:
    """Return the move that gives one column of a row another value."""
    table = _table_of(column)
    key = {part.name: row[part.name] for part in table.primary_key.columns if part.name != column.name}
    return Move(table.name, key, column.name, row[column.name], after)


def plan_all(column: Column[Any], pair: Pair) -> list[Move]:
    """Return the moves of every row from the merged contact to the kept one.

    Where a unique key allows one row only, that of the kept contact stands and the other stays behind.
    """
    return plan_better(column, pair, prefers=lambda _kept, _merged: False)


def plan_better(column: Column[Any], pair: Pair, *, prefers: Callable[[Row, Row], bool]) -> list[Move]:
    """Return the moves of every row from the merged contact to the kept one, the better of two rivals.

    `prefers(kept_row, merged_row)` says of two rows that cannot both be the kept contact's whether the second
    is the better one: then they change places.
    """
    rows = rows_of(column, pair.ids)
    ours = [row for row in rows if row[column.name] == pair.kept_id]
    moves = []
    for row in rows:
        if row[column.name] != pair.merged_id:
            continue
        rival = _rival(column, row, ours)
        if rival is not None and not prefers(rival, row):
            continue
        if rival is not None:
            moves.append(move_of(column, rival, pair.merged_id))
        moves.append(move_of(column, row, pair.kept_id))
    return moves


def apply_moves(moves: Sequence[Move], pair: Pair) -> None:
    """Write moves of one column; rows that change places are parked at a third contact on the way."""
    outward = [move for move in moves if move.after == pair.merged_id]
    inward = [move for move in moves if move.after != pair.merged_id]
    if not outward or not inward:
        for move in moves:
            _write(move, move.before, move.after)
        return
    with _parking_place(pair) as place:
        for move in outward:
            _write(move, move.before, place)
        for move in inward:
            _write(move, move.before, move.after)
        for move in outward:
            _write(move, place, move.after)


def still_possible(moves: Sequence[Move], pair: Pair) -> list[Move]:
    """Return those moves of one column that find their row as expected and collide with nothing."""
    column = moves[0].target
    rows = rows_of(column, pair.ids)
    possible = [(move, row) for move in moves for row in rows if _finds(move, row)]
    while True:
        moving = [row for _move, row in possible]
        staying = [row for row in rows if not any(row is one for one in moving)]
        free = [
            (move, row)
            for move, row in possible
            if _rival(column, row, [one for one in staying if one[column.name] == move.after]) is None
        ]
        if len(free) == len(possible):
            return [move for move, _row in free]
        possible = free


def current_value(move: Move) -> tuple[bool, Value]:
    """Return whether a move's row is still there, and the value its column has now."""
    found = db.session.execute(select(move.target).where(*_matching(move))).first()
    return (False, None) if found is None else (True, found[0])


def as_json(value: Value) -> Value:
    """Return a value as the journal keeps it."""
    return value.isoformat() if isinstance(value, date) else value


def from_json(target: Column[Any], value: Value) -> Value:
    """Return a value of the journal as its column has it."""
    if isinstance(value, str) and isinstance(target.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and isinstance(target.type, Date):
        return date.fromisoformat(value)
    return value


def _finds(move: Move, row: Row) -> bool:
    return row[move.column] == move.before and all(row[name] == value for name, value in move.key.items())


def _rival(column: Column[Any], row: Row, others: Sequence[Row]) -> Row | None:
    """Return the row that keeps another from moving, because a unique key allows only one of them."""
    for names in unique_keys(column):
        for other in others:
            values = [(row[name], other[name]) for name in names]
            if all(one is not None and one == two for one, two in values):
                return other
    return None


def _write(move: Move, before: Value, after: Value) -> None:
    target = move.target
    changed = update(_table_of(target)).where(*_matching(move), target.is_not_distinct_from(before))
    db.session.execute(changed.values({target.name: after}))


def _matching(move: Move) -> list[ColumnElement[bool]]:
    table = Base.metadata.tables[move.table]
    return [table.c[name] == value for name, value in move.key.items()]


@contextmanager
def _parking_place(pair: Pair) -> Iterator[int]:
    # Foreign keys leave no other way to let two rows change places under a unique key.
    address = f"between {pair.kept_id} and {pair.merged_id}"
    made = insert(CONTACTS).values(account_id=pair.account_id, email=address, email_key=address)
    place = db.session.scalars(made.returning(CONTACTS.c.id)).one()
    yield place
    db.session.execute(delete(CONTACTS).where(CONTACTS.c.id == place))


def _table_of(column: Column[Any]) -> Table:
    table = column.table
    assert isinstance(table, Table)
    return table
