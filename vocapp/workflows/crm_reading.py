"""Reading from another system: what changed, what waited, what was merged, and now and then everything."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import select

from integrations.crm.base import SchemaChanged
from integrations.crm.records import Record
from vocapp.core.db import db, reading
from vocapp.sync.fields import TWO_WAY, Entity, Kind
from vocapp.sync.landing import as_read, land_page, land_waiting
from vocapp.sync.landing_signals import (
    land_signals,
    land_waiting_signals,
    settle_owned,
    settle_role_holders,
)
from vocapp.sync.mapping import Plan
from vocapp.sync.marks import (
    close_reading,
    mark_reconciled,
    move_place,
    needs_reconciling,
    open_reading,
)
from vocapp.sync.models import CrmLink
from vocapp.sync.owed import owed, pay
from vocapp.sync.rules import LinkState, read_calls
from vocapp.sync.schema import fit_to_schema, stop_mapping
from vocapp.sync.vanishing import CHILDREN_OF, LEFT_OUT, linked_ids, note_missing, set_apart
from vocapp.workflows.crm_run import Run

REREAD_AT_ONCE = 200
# The other side remembers deletions for about so long.
_DELETED_AS_FAR_AS = timedelta(days=14)


def look_at_schema(run: Run, plans: Sequence[Plan]) -> list[Plan]:
    """Return the mappings as they can work today; what the schema no longer allows rests, with its reason."""
    fitting = []
    infos = {}
    for plan in plans:
        try:
            if plan.object not in infos:
                run.guard()
                infos[plan.object] = run.crm.describe(plan.object)
                run.context.tally.planned_calls += 1
        except SchemaChanged as change:
            with run.step():
                stop_mapping(plan, change.reason)
                run.context.tally.notes.append(f"{plan.object}: {change.reason}")
            continue
        with run.step():
            fitting.append(fit_to_schema(run.context, plan, infos[plan.object]))
    run.context.maps_renewal_date = any(
        plan.entity is Entity.ACCOUNT and plan.rule("renewal_date") for plan in fitting
    )
    return fitting


def read_everything(run: Run) -> None:
    """Read what changed in every mapped object, in the order in which they point at each other."""
    by_entity = {plan.entity: plan for plan in run.plans}
    for plan in run.plans:
        if plan.entity is not Entity.RESPONSE:
            _read_object(run, plan)
    _read_children_of_merged(run)
    with run.step("Owners and roles"):
        if Entity.ACCOUNT in by_entity:
            settle_owned(run.context, by_entity[Entity.ACCOUNT])
    with run.step():
        if Entity.CONTACT in by_entity and Entity.ROLE in by_entity:
            settle_role_holders(run.context, by_entity[Entity.CONTACT], by_entity[Entity.ROLE])


def land(run: Run, plan: Plan, records: Sequence[Record]) -> None:
    """Store records of a mapping, in the caller's transaction."""
    if plan.entity in TWO_WAY:
        land_page(run.context, plan, records)
    else:
        land_signals(run.context, plan, records)


def _read_object(run: Run, plan: Plan) -> None:
    connection_id, crm = run.context.connection_id, run.crm
    server_now = crm.now()
    with run.step(f"Reading {plan.object}"):
        span = open_reading(connection_id, plan, server_now=server_now)
        is_due = needs_reconciling(connection_id, plan, server_now=server_now)
    is_first = span.since is None
    read = 0
    try:
        run.guard()
        for page in crm.changes(
            plan.object,
            plan.read_fields(),
            since=span.since,
            until=span.until,
            after=span.after,
            where=plan.filter,
        ):
            if page:
                with run.step():
                    land(run, plan, page)
                    move_place(connection_id, plan, page[-1])
                read += len(page)
            run.guard()
    except SchemaChanged as change:
        with run.step():
            stop_mapping(plan, change.reason)
            run.context.tally.notes.append(f"{plan.object}: {change.reason}")
        return
    run.context.tally.planned_calls += read_calls(read, size=crm.read_size)
    with run.step():
        close_reading(connection_id, plan)
        if is_first:
            mark_reconciled(connection_id, plan, at=server_now, only_first=True)
    _land_waiting(run, plan)
    if is_due:
        reconcile(run, plan)


def _land_waiting(run: Run, plan: Plan) -> None:
    with run.step():
        if plan.entity in TWO_WAY:
            land_waiting(run.context, plan)
            return
        waiting = select(CrmLink).where(
            CrmLink.connection_id == run.context.connection_id,
            CrmLink.object == plan.object,
            CrmLink.state == LinkState.WAITING,
        )
        records = [as_read(link) for link in db.session.scalars(waiting.order_by(CrmLink.id))]
        if records:
            land_waiting_signals(run.context, plan, records)


def _read_children_of_merged(run: Run) -> None:
    """Read again whatever pointed at a merged record: it points at the winner now, without a new stamp."""
    connection_id = run.context.connection_id
    for entity, kind in ((Entity.ACCOUNT, Kind.ACCOUNT), (Entity.CONTACT, Kind.CONTACT)):
        with reading():
            winners = owed(connection_id, CHILDREN_OF[entity])
        if not winners:
            continue
        for plan in run.plans:
            for rule in plan.rules:
                if plan.entity is not Entity.RESPONSE and plan.field(rule.ours).kind is kind:
                    _read_by(run, plan, rule.theirs, winners)
        with run.step():
            pay(connection_id, CHILDREN_OF[entity], winners)


def _read_by(run: Run, plan: Plan, field: str, values: Sequence[str]) -> None:
    for some in _pieces(values):
        run.guard()
        records = run.crm.find(plan.object, field, some, plan.read_fields())
        run.context.tally.planned_calls += read_calls(len(records), size=run.crm.read_size)
        with run.step():
            land(run, plan, records)


def reconcile(run: Run, plan: Plan) -> None:
    """Compare all their records of an object with what we know of: find what was missed, and what is gone.

    Raises `TooMuchLost`, changing nothing, when too much is out of sight.
    """
    connection_id, context = run.context.connection_id, run.context
    seen: set[str] = set()
    for ids in run.crm.ids(plan.object, where=plan.filter):
        seen.update(ids)
        run.guard()
    context.tally.planned_calls += read_calls(len(seen), size=run.crm.read_size)
    with reading():
        known = linked_ids(
            connection_id, plan.object, [LinkState.LINKED, LinkState.UNMATCHED, LinkState.WAITING]
        )
        lost = linked_ids(connection_id, plan.object, [LinkState.LOST, LinkState.DELETED])
        linked = linked_ids(connection_id, plan.object, [LinkState.LINKED])
    outside = _outside_the_filter(run, plan, linked - seen)
    missing = linked - seen - outside
    server_now = run.crm.now()
    deleted = (
        run.crm.deleted_since(plan.object, server_now - _DELETED_AS_FAR_AS, server_now) if missing else {}
    )
    with run.step(f"Comparing all {plan.object} records"):
        set_apart(context, plan, outside, reason=LEFT_OUT)
        note_missing(context, plan, missing, deleted, known=len(linked - outside))
    missed = sorted((seen - known) | (seen & lost))
    for some in _pieces(missed, size=run.crm.read_size):
        run.guard()
        found = run.crm.fetch(plan.object, some, plan.read_fields())
        records = [record for record in found.values() if record is not None]
        with run.step():
            land(run, plan, records)
    with run.step():
        mark_reconciled(connection_id, plan, at=server_now)


def _outside_the_filter(run: Run, plan: Plan, missing: set[str]) -> set[str]:
    """Return those of the records not found that are there all the same: only the filter leaves them out."""
    if not plan.filter.strip():
        return set()
    there: set[str] = set()
    for some in _pieces(sorted(missing), size=run.crm.read_size):
        run.guard()
        found = run.crm.fetch(plan.object, some, plan.read_fields())
        run.context.tally.planned_calls += read_calls(len(some), size=run.crm.read_size)
        there.update(remote_id for remote_id, record in found.items() if record is not None)
    return there & missing


def _pieces(values: Sequence[str], size: int = REREAD_AT_ONCE) -> Iterable[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
