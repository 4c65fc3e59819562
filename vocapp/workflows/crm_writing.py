"""Writing to another system: planned, read once more, and written in small calls or one bulk job."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integrations.crm.base import TooBusy, chunks
from integrations.crm.records import Batch, BulkState, Operation, Record, Write
from vocapp.core.clock import utcnow
from vocapp.core.db import reading
from vocapp.sync.bulk_jobs import (
    JobFacts,
    attach_rows,
    drop_job,
    finish_job,
    job_rows,
    make_job,
    note_filled,
    note_opened,
    open_jobs,
    release_rows,
)
from vocapp.sync.fields import TWO_WAY, Entity
from vocapp.sync.landing import land_page
from vocapp.sync.mapping import Plan
from vocapp.sync.planning import plan_linked, plan_new
from vocapp.sync.proposing import TASK
from vocapp.sync.rules import ROWS_PER_JOB, SHRUNK_WRITE_SIZE, jobs_needed, uses_bulk, write_calls
from vocapp.sync.sending import (
    Outgoing,
    claim,
    count_due,
    give_back,
    note_found,
    note_written,
    reduce_to_differences,
    reopen_unfinished,
)
from vocapp.sync.unheard import settle_unheard, unheard_ids, unheard_keys
from vocapp.workflows.crm_run import Run, RunStopped

Needed = tuple[Outgoing, Mapping[str, Any]]

MOST_BUSY_IN_A_ROW = 3
POLL_SECONDS: tuple[float, ...] = (1, 2, 4, 8, 15, 30)
NOTED_AT_ONCE = 1000


def write_everything(run: Run, *, sleep: Callable[[float], object] = time.sleep) -> None:
    """Write everything that differs, whatever an earlier run left first."""
    with run.step("Looking what is to be written"):
        reopen_unfinished(run.context)
    for job in open_jobs(run.context):
        _take_up_job(run, job, sleep=sleep)
    _look_again(run)
    plan_everything(run)
    by_object = {plan.object: plan for plan in run.plans}
    with reading():
        due = count_due(run.context)
    _refuse_over_budget(run, due)
    for (object_name, operation), count in sorted(due.items(), key=lambda one: _rank(run, one[0])):
        plan = by_object.get(object_name)
        if plan is None and object_name != TASK:
            continue
        if plan is not None and _may_use_bulk(run, operation) and uses_bulk(count):
            for _job in range(jobs_needed(count)):
                _send_in_bulk(run, plan, operation, sleep=sleep)
        else:
            _send_in_calls(run, plan, object_name, operation)
    if run.not_taken:
        # What waits now goes over later; but a run that ends like this is no success.
        raise TooBusy(f"The other side does not take changes: {run.not_taken[-1]}")


def plan_everything(run: Run) -> None:
    """Plan what linked records need, and what is not over there yet, mapping by mapping."""
    for plan in run.plans:
        if plan.entity not in TWO_WAY and plan.entity is not Entity.RESPONSE:
            continue
        last: int | None = 0
        while last is not None:
            with run.step(f"Comparing {plan.object}"):
                last = plan_linked(run.context, plan, after=last)
        last = None if plan.entity is Entity.ACCOUNT else 0
        while last is not None:
            with run.step():
                last = plan_new(run.context, plan, after=last)


def _look_again(run: Run) -> None:
    """Read records again of whose last write nobody heard the end, before anything is decided about them."""
    for plan in run.plans:
        if plan.entity not in TWO_WAY:
            continue
        with reading():
            ids, keys = unheard_ids(run.context, plan), unheard_keys(run.context, plan)
        for some in chunks(ids, run.crm.read_size):
            run.guard()
            found = run.crm.fetch(plan.object, some, plan.read_fields())
            with run.step(f"Looking again at {plan.object}"):
                land_page(run.context, plan, [record for record in found.values() if record is not None])
                settle_unheard(run.context, plan, some)
        for some in chunks(keys, run.crm.write_size):
            run.guard()
            records = run.crm.find(plan.object, plan.external_id_field(), some, plan.read_fields())
            with run.step(f"Looking again at {plan.object}"):
                land_page(run.context, plan, records)


def _may_use_bulk(run: Run, operation: Operation) -> bool:
    """Whether a bulk job could do it: it passes by no duplicate rules, and needs ids to join its results."""
    allows_duplicates = bool(run.context.options.get("allows_duplicates"))
    return run.crm.has_bulk and operation is not Operation.INSERT and not allows_duplicates


def _rank(run: Run, key: tuple[str, Operation]) -> tuple[int, str]:
    order = [plan.object for plan in run.plans]
    name, operation = key
    return (order.index(name) if name in order else len(order), operation)


def _refuse_over_budget(run: Run, due: Mapping[tuple[str, Operation], int]) -> None:
    planned = sum(
        write_calls(count, size=run.crm.write_size, read_size=run.crm.read_size, has_bulk=run.crm.has_bulk)
        for count in due.values()
    )
    run.context.tally.planned_calls += planned
    if run.budget is not None and planned > run.budget - run.calls:
        raise RunStopped(
            f"Writing would take about {planned} calls; this run may make "
            f"{max(0, run.budget - run.calls)} more.",
            hint="Raise the cap in the connection's settings, or wait until the day's count falls.",
        )


def _send_in_calls(run: Run, plan: Plan | None, object_name: str, operation: Operation) -> None:
    size = run.crm.write_size
    while True:
        with run.step(f"Writing {object_name}"):
            items = claim(run.context, object_name, operation, run.crm.read_size)
        if not items:
            return
        needed = _still_needed(run, plan, items)
        while needed:
            some, needed = needed[:size], needed[size:]
            try:
                locked = _write(run, plan, object_name, operation, some)
                run.not_taken.clear()
            except TooBusy as trouble:
                run.not_taken.append(trouble.reason)
                with run.step():
                    give_back(run.context, [item for item, _values in (*some, *needed)])
                if len(run.not_taken) >= MOST_BUSY_IN_A_ROW:
                    raise TooBusy(
                        f"The other side did not take changes {len(run.not_taken)} times in a row: "
                        f"{trouble.reason}"
                    ) from trouble
                break
            if locked:
                size = SHRUNK_WRITE_SIZE
            run.guard_refusals()


def _still_needed(run: Run, plan: Plan | None, items: Sequence[Outgoing]) -> list[Needed]:
    """Read claimed records once more, and return what still has to be written of them."""
    updates = [item for item in items if item.operation is Operation.UPDATE]
    others = [(item, item.values) for item in items if item.operation is not Operation.UPDATE]
    if plan is None:
        return _without_those_there(run, items)
    if not updates:
        return list(others)
    run.guard()
    ids = list(dict.fromkeys(item.remote_id for item in updates if item.remote_id))
    fetched: Mapping[str, Record | None] = run.crm.fetch(plan.object, ids, plan.read_fields())
    with run.step():
        return [*reduce_to_differences(run.context, plan, updates, fetched), *others]


def _without_those_there(run: Run, items: Sequence[Outgoing]) -> list[Needed]:
    """Leave out proposals whose writing was cut short and that are there all the same."""
    again = [item for item in items if item.attempts > 1]
    found = {}
    if again:
        run.guard()
        subjects = [str(item.values["Subject"]) for item in again]
        there = run.crm.find(TASK, "Subject", subjects, ("Subject",))
        found = {str(record.values["Subject"]): record.id for record in there}
        with run.step():
            note_found(run.context, {item.push_id: found.get(str(item.values["Subject"])) for item in again})
    return [(item, item.values) for item in items if str(item.values["Subject"]) not in found]


def _write(
    run: Run,
    plan: Plan | None,
    object_name: str,
    operation: Operation,
    some: Sequence[Needed],
) -> int:
    run.guard()
    batch = _batch(run, plan, object_name, operation, some)
    results = run.crm.write(batch)
    run.writes_tried += len(some)
    with run.step():
        return note_written(
            run.context, plan, object_name, {item.key: item for item, _values in some}, results
        )


def _batch(
    run: Run,
    plan: Plan | None,
    object_name: str,
    operation: Operation,
    some: Sequence[Needed],
) -> Batch:
    field = plan.external_id_field() if plan and operation is Operation.UPSERT else ""
    writes: list[Write] = [item.write(values, external_id_field=field) for item, values in some]
    return Batch(
        object_name,
        operation,
        writes,
        external_id_field=field,
        allows_duplicates=bool(run.context.options.get("allows_duplicates")),
    )


def _send_in_bulk(run: Run, plan: Plan, operation: Operation, *, sleep: Callable[[float], object]) -> None:
    """Make a job of what is due of one kind, up to its size; rows know it before it is made over there."""
    with run.step(f"Writing {plan.object} in bulk"):
        job = make_job(run.context, plan, operation)
    rows = 0
    while rows < ROWS_PER_JOB:
        with run.step():
            items = claim(run.context, plan.object, operation, run.crm.read_size, job_id=job.id)
        if not items:
            break
        needed = _still_needed(run, plan, items)
        with run.step():
            attach_rows(job, [item.push_id for item, _values in needed])
        rows += len(needed)
    with reading():
        items = job_rows(run.context, job.id)
    if not items:
        _give_up_job(run, job, reason="There was nothing to write.")
        return
    remote_id = _open_job(run, job, _batch_of(run, plan, job, items))
    _await_job(run, plan, job, remote_id, items, sleep=sleep)


def _take_up_job(run: Run, job: JobFacts, *, sleep: Callable[[float], object]) -> None:
    """Go on with a job that was cut short: await it if it was handed over, else plan its rows anew."""
    plan = next((plan for plan in run.plans if plan.object == job.object), None)
    with reading():
        items = job_rows(run.context, job.id)
    if plan is None or not items:
        _give_up_job(run, job, reason="There was nothing to write.")
    elif job.remote_id is not None and (job.is_filled or _is_handed_over(run, job.remote_id)):
        _await_job(run, plan, job, job.remote_id, items, sleep=sleep)
    else:
        # Nothing of it was done. What was changed over there meanwhile must not be overwritten.
        _give_up_job(run, job, reason="It was cut short before it was handed over.")


def _is_handed_over(run: Run, remote_id: str) -> bool:
    """Whether a job was closed before it was cut short; one that was not is given up over there."""
    run.guard()
    state = run.crm.bulk_status(remote_id).state
    if state is BulkState.OPEN:
        run.crm.abort_bulk(remote_id)
    return state in {BulkState.RUNNING, BulkState.DONE, BulkState.FAILED}


def _give_up_job(run: Run, job: JobFacts, *, reason: str) -> None:
    with run.step():
        release_rows(run.context, job.id)
        drop_job(run.context, job.id, reason=reason)


def _batch_of(run: Run, plan: Plan, job: JobFacts, items: Sequence[Outgoing]) -> Batch:
    return _batch(run, plan, job.object, job.operation, [(item, item.values) for item in items])


def _await_job(
    run: Run,
    plan: Plan,
    job: JobFacts,
    remote_id: str,
    items: Sequence[Outgoing],
    *,
    sleep: Callable[[float], object],
) -> None:
    """Wait for the end of a job that was handed over, and note its results."""
    batch = _batch_of(run, plan, job, items)
    status = run.crm.bulk_status(remote_id)
    waits = iter(POLL_SECONDS)
    while not status.state.is_over:
        with run.step(f"Waiting for {job.object} in bulk: {status.records} of {len(items)} done"):
            pass
        sleep(next(waits, POLL_SECONDS[-1]))
        run.guard()
        status = run.crm.bulk_status(remote_id)
    _note_results(run, plan, job, remote_id, items, batch, is_gone=status.state is BulkState.GONE)
    with run.step():
        finish_job(run.context, job.id, reason=status.reason, at=utcnow())
    run.guard_refusals()


def _open_job(run: Run, job: JobFacts, batch: Batch) -> str:
    run.guard()
    remote_id = run.crm.open_bulk(batch)
    with run.step():
        note_opened(job.id, remote_id)
    run.crm.fill_bulk(remote_id, batch)
    with run.step():
        note_filled(job.id)
    return remote_id


def _note_results(
    run: Run,
    plan: Plan,
    job: JobFacts,
    remote_id: str,
    items: Sequence[Outgoing],
    batch: Batch,
    *,
    is_gone: bool,
) -> None:
    written = {} if is_gone else run.crm.bulk_results(remote_id, batch).written
    run.writes_tried += len(written)
    for start in range(0, len(items), NOTED_AT_ONCE):
        some = {item.key: item for item in items[start : start + NOTED_AT_ONCE]}
        results = [written[key] for key in some if key in written]
        with run.step():
            note_written(run.context, plan, job.object, some, results, job_id=remote_id)
            give_back(run.context, [item for key, item in some.items() if key not in written])
