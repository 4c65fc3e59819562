"""Taking back the last push: what it changed becomes what it was, where nobody changed it since."""

from collections import defaultdict

from sqlalchemy import select

from integrations.crm.records import Batch, Operation, Write
from vocapp.core.db import db, reading
from vocapp.sync.comparing import is_same
from vocapp.sync.models import CrmChange
from vocapp.sync.undoing import changes_to_undo, note_undone
from vocapp.workflows.crm_run import Run, RunStopped


def undo_last_push(run: Run) -> None:
    """Write back what the newest run that changed something over there found before it did.

    A field that somebody changed since stays as it is and is told; records that the push made stay.
    """
    with reading():
        changes = changes_to_undo(run.context.connection_id)
    if not changes:
        raise RunStopped(
            "There is no push to undo.", hint="Only the newest push can be undone, and only once."
        )
    by_object: dict[str, dict[str, list[CrmChange]]] = defaultdict(lambda: defaultdict(list))
    for change in changes:
        by_object[change.object][change.remote_id].append(change)
    for object_name, records in by_object.items():
        ids = list(records)
        for start in range(0, len(ids), run.crm.write_size):
            some = {remote_id: records[remote_id] for remote_id in ids[start : start + run.crm.write_size]}
            _undo_some(run, object_name, some)


def _undo_some(run: Run, object_name: str, records: dict[str, list[CrmChange]]) -> None:
    fields = sorted({change.theirs_field for changes in records.values() for change in changes})
    run.guard()
    there = run.crm.fetch(object_name, list(records), fields)
    writes, undone = [], []
    for remote_id, changes in records.items():
        record = there.get(remote_id)
        back = {}
        for change in changes:
            if record is None or not is_same(record.values.get(change.theirs_field), change.after["value"]):
                run.context.tally.skipped += 1
                run.context.tally.notes.append(
                    f"{object_name} {remote_id}: {change.theirs_field} was changed since and stays as it is."
                )
                continue
            back[change.theirs_field] = change.before["value"]
            undone.append(change.id)
        if back:
            writes.append(Write(remote_id, back, id=remote_id))
    if not writes:
        return
    run.guard()
    results = run.crm.write(Batch(object_name, Operation.UPDATE, writes))
    refused = {result.key: result.refusal for result in results if result.refusal is not None}
    with run.step(f"Undoing {object_name}"):
        done = db.session.scalars(select(CrmChange).where(CrmChange.id.in_(undone))).all()
        note_undone(run.context, [change for change in done if change.remote_id not in refused])
        run.context.tally.written[object_name] += len(results) - len(refused)
        for key, refusal in refused.items():
            run.context.tally.refuse(object_name, key, refusal.code, refusal.message)
