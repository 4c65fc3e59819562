"""Where the events of a story come from: one statement per source, which reads no more than a page needs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_

from vocapp.accounts.models import Contact
from vocapp.core.db import db
from vocapp.timeline.story import Event, Place, Topic


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose story: an account's, or (with `contact_id`) that of one person there."""

    account_id: int
    contact_id: int | None = None

    def rows_of(self, table: Any) -> ColumnElement[bool]:
        """Return the condition on a table that has both `account_id` and `contact_id`."""
        if self.contact_id is None:
            of_account: ColumnElement[bool] = table.account_id == self.account_id
            return of_account
        of_person: ColumnElement[bool] = table.contact_id == self.contact_id
        return of_person


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that each are one event, by moment `at` and number `row_id`; `told` makes the event of a row.

    `rank` is the source's own: of one moment, events of a higher one followed (see `Place`).
    `day_time`: `at` is a date, and its events stand at that time of their day.
    """

    topic: Topic
    rank: int
    at: Any
    row_id: Any
    statement: Select[*tuple[Any, ...]]
    told: Callable[[Any, Place], Event]
    day_time: time | None = None


def newest_events(source: Source, *, before: Place | None, most: int) -> list[Event]:
    """Return at least the newest `most` events of a source before a place, in one statement."""
    statement = source.statement.add_columns(source.at.label("_at"), source.row_id.label("_row"))
    if before is not None:
        statement = statement.where(_bound(source, before))
    rows = db.session.execute(statement.order_by(source.at.desc(), source.row_id.desc()).limit(most))
    return [source.told(row, Place(_moment(row._at, source.day_time), source.rank, row._row)) for row in rows]


def _bound(source: Source, before: Place) -> ColumnElement[bool]:
    at: Any = source.at
    end: Any = before.at if source.day_time is None else before.at.date()
    # Of events of that very moment (on the page's last day: at its time of day) the rank decides.
    here, there = (_moment(end, source.day_time), source.rank), (before.at, before.rank)
    if here < there:
        earlier: ColumnElement[bool] = at <= end
        return earlier
    if here > there:
        strictly: ColumnElement[bool] = at < end
        return strictly
    return or_(at < end, and_(at == end, source.row_id < before.row_id))


def _moment(at: Any, day_time: time | None) -> datetime:
    moment: datetime = at if day_time is None else datetime.combine(at, day_time)
    return moment


NAME_COLUMNS = (Contact.first_name, Contact.last_name, Contact.email)


def name_of(row: Any) -> str:
    """Return the name of the contact whose `NAME_COLUMNS` a row holds; empty without one."""
    return f"{row.first_name or ''} {row.last_name or ''}".strip() or row.email or ""
