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
    # An account has one score a day and one renewal: of the day where the page ends, one more row may be cut.
    limit = most if source.day_time is None else most + 2
    rows = db.session.execute(statement.order_by(source.at.desc(), source.row_id.desc()).limit(limit))
    return [source.told(row, Place(_moment(row._at, source.day_time), source.rank, row._row)) for row in rows]


def _bound(source: Source, before: Place) -> ColumnElement[bool]:
    at: Any = source.at
    if source.day_time is not None:
        on_or_before: ColumnElement[bool] = at <= before.at.date()
        return on_or_before
    if source.rank < before.rank:
        earlier: ColumnElement[bool] = at <= before.at
        return earlier
    if source.rank > before.rank:
        strictly: ColumnElement[bool] = at < before.at
        return strictly
    return or_(at < before.at, and_(at == before.at, source.row_id < before.row_id))


def _moment(at: Any, day_time: time | None) -> datetime:
    moment: datetime = at if day_time is None else datetime.combine(at, day_time)
    return moment


NAME_COLUMNS = (Contact.first_name, Contact.last_name, Contact.email)


def name_of(row: Any) -> str:
    """Return the name of the contact whose `NAME_COLUMNS` a row holds; empty without one."""
    return f"{row.first_name or ''} {row.last_name or ''}".strip() or row.email or ""
