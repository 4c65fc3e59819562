"""Writing down which contacts look alike, so that a page about them reads rows and compares nobody."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from vocapp.accounts.models import Account, Contact
from vocapp.core.db import db, insert_new
from vocapp.duplicates.models import LikelyPair
from vocapp.duplicates.queries import present_cards
from vocapp.duplicates.rules import Card, find_pairs

# How many accounts are compared with one set of statements.
ACCOUNTS_AT_ONCE = 1000
# A database takes only so many values in one statement.
ROWS_AT_ONCE = 2000

PairKey = tuple[int, int]


def record_pairs(account_ids: Sequence[int] | None, *, now: datetime) -> int:
    """Write down the pairs that look alike at accounts (None: all); return how many rows were written.

    Pairs that no longer look alike are taken away; a second run writes nothing, and of two at once the second
    waits for the first. Dismissed pairs are written, too: `found_pairs` leaves them out.
    """
    ids = sorted(set(account_ids)) if account_ids is not None else _all_ids()
    return sum(_record(some, now) for some in _slices(ids, ACCOUNTS_AT_ONCE))


def _all_ids() -> list[int]:
    return list(db.session.scalars(select(Account.id).order_by(Account.id)))


def _slices(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _record(account_ids: Sequence[int], now: datetime) -> int:
    held = _hold(account_ids)
    found = _found(held)
    stored = _stored(held)
    gone = [row_id for pair, (row_id, _values) in stored.items() if pair not in found]
    added = [
        {"first_id": first, "second_id": second, "found_at": now, **values}
        for (first, second), values in found.items()
        if (first, second) not in stored
    ]
    changed = [
        {"id": stored[pair][0], "found_at": now, **values}
        for pair, values in found.items()
        if pair in stored and stored[pair][1] != values
    ]
    for some in _slices(gone, ROWS_AT_ONCE):
        db.session.execute(
            delete(LikelyPair).where(LikelyPair.id.in_(some)).execution_options(synchronize_session=False)
        )
    if changed:
        db.session.execute(update(LikelyPair), changed)
    return len(gone) + len(changed) + _add(added)


def _hold(account_ids: Sequence[int]) -> list[int]:
    """Return those accounts that are there, and make others who would record them wait."""
    rows = select(Account.id).where(Account.id.in_(account_ids)).order_by(Account.id)
    return list(db.session.scalars(rows.with_for_update(key_share=True)))


def _found(account_ids: Sequence[int]) -> dict[PairKey, dict[str, Any]]:
    """Return the pairs of accounts as they look now, each with its values."""
    rows = db.session.execute(present_cards().where(Contact.account_id.in_(account_ids)))
    cards = {row.id: Card(*row) for row in rows}
    return {
        (pair.first_id, pair.second_id): {
            "account_id": cards[pair.first_id].account_id,
            "grade": pair.grade.value,
            "reasons": [reason.value for reason in pair.reasons],
        }
        for pair in find_pairs(cards.values())
    }


def _stored(account_ids: Sequence[int]) -> dict[PairKey, tuple[int, dict[str, Any]]]:
    """Return the pairs of accounts as they were written down: row id and values."""
    rows = db.session.execute(
        select(
            LikelyPair.id,
            LikelyPair.first_id,
            LikelyPair.second_id,
            LikelyPair.account_id,
            LikelyPair.grade,
            LikelyPair.reasons,
        ).where(LikelyPair.account_id.in_(account_ids))
    )
    return {
        (first, second): (row_id, {"account_id": account_id, "grade": grade, "reasons": reasons})
        for row_id, first, second, account_id, grade, reasons in rows
    }


def _add(rows: list[dict[str, Any]]) -> int:
    """Add pairs whose contacts are still there.

    A merge locks its two contacts in the order of their ids; taking them in that order here, too, keeps both
    from waiting for each other.
    """
    written = 0
    for some in _slices(rows, ROWS_AT_ONCE):
        wanted = {contact_id for row in some for contact_id in (row["first_id"], row["second_id"])}
        present = set(
            db.session.scalars(
                select(Contact.id)
                .where(Contact.id.in_(wanted))
                .order_by(Contact.id)
                .with_for_update(read=True, key_share=True)
            )
        )
        kept = [row for row in some if row["first_id"] in present and row["second_id"] in present]
        if kept:
            added = insert_new(LikelyPair).values(kept)
            same = {name: added.excluded[name] for name in ("account_id", "grade", "reasons", "found_at")}
            db.session.execute(
                added.on_conflict_do_update(index_elements=["first_id", "second_id"], set_=same)
            )
        written += len(kept)
    return written
