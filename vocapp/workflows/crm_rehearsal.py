"""A dry run: the same reading, weighing and planning, with nothing kept here and nothing written there."""

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import select

from integrations.crm.records import Operation, Record
from vocapp.core.db import db, transaction
from vocapp.sync.context import Difference
from vocapp.sync.fields import TWO_WAY, Entity
from vocapp.sync.landing import land_waiting
from vocapp.sync.landing_signals import settle_owned, settle_role_holders
from vocapp.sync.mapping import Plan
from vocapp.sync.marks import open_reading
from vocapp.sync.models import CrmPush
from vocapp.sync.planning import plan_linked, plan_new
from vocapp.sync.proposing import TASK
from vocapp.sync.relinking import follow_our_side
from vocapp.sync.rules import PushState, read_calls, write_calls
from vocapp.sync.sending import count_due
from vocapp.workflows.crm_reading import land
from vocapp.workflows.crm_run import Run

MOST_REHEARSED = 10_000


class _Rehearsed(Exception):
    """Everything was done; take it back."""


def rehearse(run: Run) -> None:
    """Do what a run would do, inside one transaction that is taken back, and report it.

    Of a very large first reading only the first records are rehearsed, and the report says so: what is held
    meanwhile must not keep people waiting.
    """
    pages = [(plan, _read_ahead(run, plan)) for plan in run.plans if plan.entity is not Entity.RESPONSE]
    with suppress(_Rehearsed), transaction():
        follow_our_side(run.context, run.plans)
        for plan, records in pages:
            for start in range(0, len(records), run.crm.read_size):
                land(run, plan, records[start : start + run.crm.read_size])
            if plan.entity in TWO_WAY:
                land_waiting(run.context, plan)
        _settle(run)
        for plan in run.plans:
            _plan(run, plan)
        _report(run)
        raise _Rehearsed


def _read_ahead(run: Run, plan: Plan) -> list[Record]:
    """Read what a run would read, before anything is held here."""
    server_now = run.crm.now()
    with suppress(_Rehearsed), transaction():
        span = open_reading(run.context.connection_id, plan, server_now=server_now)
        raise _Rehearsed
    records: list[Record] = []
    run.guard()
    for page in run.crm.changes(
        plan.object,
        plan.read_fields(),
        since=span.since,
        until=span.until,
        after=span.after,
        where=plan.filter,
    ):
        records += page
        if len(records) >= MOST_REHEARSED:
            run.context.tally.notes.append(
                f"{plan.object}: only the first {len(records)} records were rehearsed; a run reads all."
            )
            break
        run.guard()
    run.context.tally.planned_calls += read_calls(len(records), size=run.crm.read_size)
    return records


def _settle(run: Run) -> None:
    by_entity = {plan.entity: plan for plan in run.plans}
    if Entity.ACCOUNT in by_entity:
        settle_owned(run.context, by_entity[Entity.ACCOUNT])
    if Entity.CONTACT in by_entity and Entity.ROLE in by_entity:
        settle_role_holders(run.context, by_entity[Entity.CONTACT], by_entity[Entity.ROLE])


def _plan(run: Run, plan: Plan) -> None:
    if plan.entity not in TWO_WAY and plan.entity is not Entity.RESPONSE:
        return
    last: int | None = 0
    while last is not None:
        last = plan_linked(run.context, plan, after=last)
    last = None if plan.entity is Entity.ACCOUNT else 0
    while last is not None:
        last = plan_new(run.context, plan, after=last)


def _report(run: Run) -> None:
    context, crm = run.context, run.crm
    by_object = {plan.object: plan for plan in run.plans}
    for (object_name, operation), count in count_due(context).items():
        context.tally.written[object_name] += count
        if operation is not Operation.UPDATE:
            context.tally.created[f"{object_name} over there"] += count
        context.tally.planned_calls += write_calls(
            count, size=crm.write_size, read_size=crm.read_size, has_bulk=crm.has_bulk
        )
    rows = select(CrmPush).where(
        CrmPush.connection_id == context.connection_id, CrmPush.state == PushState.WAITING
    )
    for push in db.session.scalars(rows.order_by(CrmPush.object, CrmPush.id)):
        for difference in _differences(by_object.get(push.object), push):
            context.tally.show(difference.as_json())


def _differences(plan: Plan | None, push: CrmPush) -> Sequence[Difference]:
    ours = {rule.theirs: rule.ours for rule in plan.rules} if plan else {}
    shown = {"Subject": push.values.get("Subject")} if push.object == TASK else push.values
    return [
        Difference(
            "out", push.object, push.key, Entity(push.entity), push.local_id, ours.get(name, ""), name,
            push.before.get(name), value,
        )
        for name, value in shown.items()
    ]  # fmt: skip
