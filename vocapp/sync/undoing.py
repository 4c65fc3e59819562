"""What the newest push changed, and remembering that it was taken back."""

from collections.abc import Sequence

from sqlalchemy import func, select

from vocapp.core.db import db
from vocapp.sync.context import Context
from vocapp.sync.models import CrmChange, CrmLink

# Nothing takes an opt-out back, a person who undoes a push included.
NEVER_TAKEN_BACK = ("", "is_opted_out", "is_opted_out_there")


def changes_to_undo(connection_id: int) -> list[CrmChange]:
    """Return what the newest run that wrote over there changed in records that were there before.

    Empty when that was undone already. Opt-outs stay.
    """
    newest = select(func.max(CrmChange.run_id)).where(
        CrmChange.connection_id == connection_id, CrmChange.direction == "out"
    )
    rows = select(CrmChange).where(
        CrmChange.connection_id == connection_id,
        CrmChange.direction == "out",
        CrmChange.run_id == newest.scalar_subquery(),
        CrmChange.undone_at.is_(None),
        CrmChange.ours_field.not_in(NEVER_TAKEN_BACK),
    )
    changes = list(db.session.scalars(rows.order_by(CrmChange.id)))
    for change in changes:
        db.session.expunge(change)
    return changes


def note_undone(context: Context, changes: Sequence[CrmChange]) -> None:
    """Remember what was taken back; our values stay back over there until they change."""
    for change in changes:
        change.undone_at = context.now
        link = db.session.scalar(
            select(CrmLink).where(
                CrmLink.connection_id == context.connection_id,
                CrmLink.object == change.object,
                CrmLink.remote_id == change.remote_id,
            )
        )
        context.tally.show(
            {
                "direction": "undo",
                "object": change.object,
                "id": change.remote_id,
                "entity": change.entity,
                "local_id": change.local_id,
                "field": change.ours_field,
                "theirs": change.theirs_field,
                "before": change.after["value"],
                "after": change.before["value"],
            }
        )
        if link is None:
            continue
        before = change.before["value"]
        link.held = {**link.held, change.ours_field: link.ours.get(change.ours_field)}
        link.theirs = {**link.theirs, change.theirs_field: before}
        link.agreed = {**link.agreed, change.theirs_field: before}
        link.wrote = {name: sent for name, sent in link.wrote.items() if name != change.theirs_field}
    db.session.flush()
