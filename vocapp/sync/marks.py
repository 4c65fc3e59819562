"""How far each object was read, and where a reading that was cut short goes on."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import update

from integrations.crm.records import Place, Record
from vocapp.core.db import db
from vocapp.sync.mapping import Plan
from vocapp.sync.models import CrmMark
from vocapp.sync.rules import RECONCILE_AFTER_DOWNTIME, RECONCILE_EVERY, hash_of, window


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of one object: everything in [since, until), behind a place if it was begun before."""

    since: datetime | None
    until: datetime
    after: Place | None


def open_reading(connection_id: int, plan: Plan, *, server_now: datetime) -> Reading:
    """Begin to read an object, or go on where a run was cut short.

    A mapping that reads other fields than before, or filters otherwise, reads everything anew.
    """
    mark = db.session.get(CrmMark, (connection_id, plan.object))
    if mark is None:
        mark = CrmMark(connection_id=connection_id, object=plan.object, fields_hash="")
        db.session.add(mark)
    asked = hash_of(
        {"fields": sorted(plan.read_fields()), "filter": plan.filter, "rules": repr(plan.value_rules)}
    )
    if mark.high_aimed is not None and mark.fields_hash == asked:
        place = Place(mark.place_stamp, mark.place_id) if mark.place_stamp and mark.place_id else None
        return Reading(mark.low, mark.high_aimed, place)
    low, high = window(server_now, mark.high if mark.fields_hash == asked else None)
    mark.low, mark.high_aimed, mark.fields_hash = low, high, asked
    mark.place_stamp = mark.place_id = None
    db.session.flush()
    return Reading(low, high, None)


def move_place(connection_id: int, plan: Plan, record: Record) -> None:
    """Remember that everything up to a record is stored, in the transaction that stored it."""
    db.session.execute(
        update(CrmMark)
        .where(CrmMark.connection_id == connection_id, CrmMark.object == plan.object)
        .values(place_stamp=record.changed_at, place_id=record.id)
    )


def close_reading(connection_id: int, plan: Plan) -> None:
    """Say that everything below the aim is stored: the next reading begins there."""
    mark = db.session.get_one(CrmMark, (connection_id, plan.object), populate_existing=True)
    if mark.high_aimed is not None:
        mark.high = mark.high_aimed
    mark.low = mark.high_aimed = mark.place_stamp = mark.place_id = None
    db.session.flush()


def needs_reconciling(connection_id: int, plan: Plan, *, server_now: datetime) -> bool:
    """Whether an object is to be compared as a whole: weekly, after a long pause, and when it is read anew.

    Called when a reading is open, before its end moves the high water mark. What was never read needs no
    comparing; what another filter leaves out is only found by it.
    """
    mark = db.session.get(CrmMark, (connection_id, plan.object))
    if mark is None or mark.high is None:
        return False
    if mark.low is None or server_now - mark.high > RECONCILE_AFTER_DOWNTIME:
        return True
    return mark.reconciled_at is not None and server_now - mark.reconciled_at >= RECONCILE_EVERY


def mark_reconciled(connection_id: int, plan: Plan, *, at: datetime, only_first: bool = False) -> None:
    """Remember when an object was compared as a whole; a first full reading counts."""
    mark = db.session.get_one(CrmMark, (connection_id, plan.object))
    if not only_first or mark.reconciled_at is None:
        mark.reconciled_at = at
    db.session.flush()


def reconcile_soon(connection_id: int) -> None:
    """Have every object compared as a whole in the next run."""
    long_ago = datetime.fromtimestamp(0, tz=UTC)
    db.session.execute(
        update(CrmMark).where(CrmMark.connection_id == connection_id).values(reconciled_at=long_ago)
    )
