"""Writing rows of another system where they belong, many at once: new ones added, changed ones changed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_, update

from vocapp.accounts.holding import hold_accounts
from vocapp.accounts.models import Account, Contact
from vocapp.core.db import Base, db, insert_new
from vocapp.signals.rules import Landed

# A database takes only so many values in one statement.
ROWS_AT_ONCE = 500


def present_accounts(account_ids: Collection[int]) -> dict[int, int]:
    """Hold accounts, and return each one's id → the id of the account it is part of by now.

    Accounts that are not there any more are left out.
    """
    found: dict[int, int] = {}
    ids = sorted(account_ids)
    for some in in_steps(ids):
        hold_accounts(some)
    for some in in_steps(ids):
        part_of = func.coalesce(Account.merged_into_id, Account.id)
        found |= dict(db.session.execute(select(Account.id, part_of).where(Account.id.in_(some))).all())
    return found


def kept_contacts(contact_ids: Collection[int]) -> dict[int, int]:
    """Return each contact's id → the id of the one it is part of by now; who is gone is left out."""
    found: dict[int, int] = {}
    for some in in_steps(sorted(contact_ids)):
        part_of = func.coalesce(Contact.merged_into_id, Contact.id)
        found |= dict(db.session.execute(select(Contact.id, part_of).where(Contact.id.in_(some))).all())
    return found


def in_steps(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield items in slices that fit into one statement."""
    for start in range(0, len(items), ROWS_AT_ONCE):
        yield items[start : start + ROWS_AT_ONCE]


def land(
    model: type[Base],
    rows: Mapping[tuple[str, ...], Mapping[str, Any]],
    *,
    key: tuple[str, ...],
    now: datetime,
) -> Landed:
    """Add the rows that are new, change those that differ, and say how many.

    `rows` maps the values of the `key` columns, which are unique together, to the other columns. The same
    rows a second time write nothing. Of two who add one row at once the later one wins.
    """
    landed = Landed()
    for keys in in_steps(sorted(rows)):
        weighed = _weigh(model, {one: rows[one] for one in keys}, key=key)
        if weighed.new:
            _add(model, weighed.new, key=key, now=now)
        if weighed.changed:
            db.session.execute(update(model), weighed.changed)
        landed = landed + weighed.landed
    if landed.created or landed.updated:
        forget_what_was_read()
    return landed


def would_land(
    model: type[Base], rows: Mapping[tuple[str, ...], Mapping[str, Any]], *, key: tuple[str, ...]
) -> Landed:
    """Return what `land` would come to, without writing anything."""
    landed = Landed()
    for keys in in_steps(sorted(rows)):
        landed = landed + _weigh(model, {one: rows[one] for one in keys}, key=key).landed
    return landed


@dataclass(frozen=True, slots=True)
class _Weighed:
    new: list[dict[str, Any]]
    changed: list[dict[str, Any]]
    landed: Landed


def _weigh(
    model: type[Base], rows: Mapping[tuple[str, ...], Mapping[str, Any]], *, key: tuple[str, ...]
) -> _Weighed:
    stored = stored_rows(model, list(rows), key=key)
    new = [{**dict(zip(key, one, strict=True)), **rows[one]} for one in rows if one not in stored]
    changed = [
        {"id": stored[one]["id"], **values}
        for one, values in rows.items()
        if one in stored and any(stored[one][name] != value for name, value in values.items())
    ]
    return _Weighed(new, changed, Landed(len(new), len(changed), len(rows) - len(new) - len(changed)))


def forget_what_was_read() -> None:
    """Let rows that were read before show what was written past them; what waits to be written is kept."""
    db.session.flush()
    db.session.expire_all()


def stored_rows(
    model: type[Base], keys: Sequence[tuple[str, ...]], *, key: tuple[str, ...]
) -> dict[tuple[str, ...], Mapping[str, Any]]:
    """Return key → columns of the rows that are there."""
    table = Base.metadata.tables[model.__tablename__]
    parts = [table.c[name] for name in key]
    rows = db.session.execute(select(table).where(tuple_(*parts).in_(keys)))
    return {tuple(row._mapping[name] for name in key): row._asdict() for row in rows}


def _add(model: type[Base], rows: list[dict[str, Any]], *, key: tuple[str, ...], now: datetime) -> None:
    added = insert_new(model).values([{**row, "recorded_at": now} for row in rows])
    same = {name: added.excluded[name] for name in rows[0] if name not in key}
    db.session.execute(added.on_conflict_do_update(index_elements=list(key), set_=same))
