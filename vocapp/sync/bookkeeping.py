"""Writing down what a run did: changes, refusals and conflicts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from vocapp.core.db import db, insert_new
from vocapp.sync.context import Context, Difference
from vocapp.sync.models import CrmChange, CrmConflict, CrmLink, CrmRefusal
from vocapp.sync.weighing import Clash


def note_changes(context: Context, differences: Sequence[Difference], *, job_id: str = "") -> list[int]:
    """Keep changes in the audit trail and show the first ones in the report; return their numbers."""
    if not differences:
        return []
    rows = []
    for one in differences:
        context.tally.show(one.as_json())
        rows.append(
            {
                "connection_id": context.connection_id,
                "run_id": context.run_id,
                "direction": one.direction,
                "object": one.object,
                "remote_id": one.remote_id,
                "entity": one.entity,
                "local_id": one.local_id,
                "ours_field": one.ours_field,
                "theirs_field": one.theirs_field,
                "before": {"value": one.before},
                "after": {"value": one.after},
                "by_id": one.by or context.us,
                "job_id": job_id,
                "at": context.now,
            }
        )
    statement = insert(CrmChange).returning(CrmChange.id, sort_by_parameter_order=True)
    return list(db.session.scalars(statement, rows).all())


def refuse(
    context: Context,
    *,
    direction: str,
    object_name: str,
    key: str,
    entity: str,
    local_id: int | None,
    code: str,
    message: str,
    payload: Mapping[str, Any] | None = None,
    fields: Sequence[str] = (),
    matches: Sequence[str] = (),
) -> None:
    """Put a record on the list of refusals; one that is there already is brought up to date."""
    context.tally.refuse(object_name, key, code, message, is_coming_in=direction == "in")
    values = {
        "connection_id": context.connection_id,
        "run_id": context.run_id,
        "direction": direction,
        "object": object_name,
        "key": key[:80],
        "entity": entity,
        "local_id": local_id,
        "payload": dict(payload or {}),
        "code": code[:80],
        "message": message,
        "fields": list(fields),
        "matches": list(matches),
        "attempts": 1,
        "first_at": context.now,
        "last_at": context.now,
    }
    said = insert_new(CrmRefusal).values(values)
    db.session.execute(
        said.on_conflict_do_update(
            index_elements=["connection_id", "direction", "object", "key"],
            index_where=CrmRefusal.resolved_at.is_(None),
            set_={
                **{
                    name: said.excluded[name]
                    for name in (
                        "run_id",
                        "local_id",
                        "payload",
                        "code",
                        "message",
                        "fields",
                        "matches",
                        "last_at",
                    )
                },
                "attempts": CrmRefusal.attempts + 1,
            },
        )
    )


def resolve_refusals(context: Context, *, direction: str, object_name: str, keys: Iterable[str]) -> None:
    """Take records that travelled after all off the list of refusals."""
    wanted = list(keys)
    if not wanted:
        return
    db.session.execute(
        update(CrmRefusal)
        .where(
            CrmRefusal.connection_id == context.connection_id,
            CrmRefusal.direction == direction,
            CrmRefusal.object == object_name,
            CrmRefusal.key.in_(wanted),
            CrmRefusal.resolved_at.is_(None),
        )
        .values(resolved_at=context.now, resolution="went_through")
    )


def note_clashes(
    context: Context,
    link: CrmLink,
    clashes: Sequence[Clash],
    *,
    ours_at: datetime | None,
    theirs_at: datetime | None,
    theirs_by: str,
) -> None:
    """Put the fields both sides changed in the queue; those that are there get the newer values.

    When the record was last changed by us, that says nothing of who changed the field: what stood stays.
    """
    is_by_us = bool(theirs_by) and theirs_by == context.us
    newer = ("ours", "theirs", "ours_at") + (() if is_by_us else ("theirs_at", "theirs_by"))
    for clash in clashes:
        context.clashes.add((link.id, clash.ours_field))
        context.tally.conflicts = len(context.clashes)
        values = {
            "connection_id": context.connection_id,
            "link_id": link.id,
            "ours_field": clash.ours_field,
            "theirs_field": clash.theirs_field,
            "base": {"value": clash.base},
            "ours": {"value": clash.ours},
            "theirs": {"value": clash.theirs},
            "ours_at": ours_at,
            "theirs_at": None if is_by_us else theirs_at,
            "theirs_by": "" if is_by_us else theirs_by[:120],
            "found_at": context.now,
        }
        said = insert_new(CrmConflict).values(values)
        db.session.execute(
            said.on_conflict_do_update(
                index_elements=["link_id", "ours_field"],
                index_where=CrmConflict.decided_at.is_(None),
                set_={name: said.excluded[name] for name in newer},
            )
        )


def settle_clashes(link_ids: Mapping[int, Iterable[str]], *, now: datetime) -> None:
    """Close conflicts that settled themselves: link id → our fields both sides agree on by now."""
    if not link_ids:
        return
    open_ones = db.session.scalars(
        select(CrmConflict).where(CrmConflict.link_id.in_(link_ids.keys()), CrmConflict.decided_at.is_(None))
    ).all()
    for conflict in open_ones:
        if conflict.ours_field in set(link_ids[conflict.link_id]):
            conflict.decided_at, conflict.decision = now, "settled"
