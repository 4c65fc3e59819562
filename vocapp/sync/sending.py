"""Sending what is planned: claimed, read once more, reduced to what still differs, written, and noted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from integrations.crm.records import Operation, Record, Refusal, Write, Written
from vocapp.core.db import db
from vocapp.sync.bookkeeping import note_changes, note_clashes, refuse, resolve_refusals
from vocapp.sync.cases import their_values
from vocapp.sync.context import Context, Difference
from vocapp.sync.fields import Entity
from vocapp.sync.mapping import Plan
from vocapp.sync.models import CrmField, CrmLink, CrmPush
from vocapp.sync.planning import only_allowed
from vocapp.sync.projection import project
from vocapp.sync.references import known_to, links_of
from vocapp.sync.rules import MOST_ATTEMPTS, LinkState, PushState, next_attempt
from vocapp.sync.unheard import forget_sending, remember_sending
from vocapp.sync.weighing import Bases, Give, weigh

TRANSIENT = frozenset(
    {
        "UNABLE_TO_LOCK_ROW", "REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK", "CONCURRENT_REQUESTS_LIMIT_EXCEEDED", "UNKNOWN_EXCEPTION",
        "TOO_MANY_REQUESTS",
    }
)  # fmt: skip
VANISHED = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"})
SCHEMA = frozenset({"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"})
OUT_OF_REACH = frozenset({LinkState.DELETED, LinkState.MERGED, LinkState.LOST})
LOCKED = "UNABLE_TO_LOCK_ROW"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One claimed change, apart from the database."""

    push_id: int
    key: str
    entity: Entity
    local_id: int
    remote_id: str | None
    operation: Operation
    values: Mapping[str, Any]
    attempts: int

    def write(self, values: Mapping[str, Any], *, external_id_field: str) -> Write:
        """Return the change as the adapter takes it."""
        if self.operation is Operation.UPSERT:
            external = values.get(external_id_field)
            rest = {name: value for name, value in values.items() if name != external_id_field}
            return Write(self.key, rest, external_id=str(external))
        return Write(self.key, values, id=self.remote_id)


def reopen_unfinished(context: Context) -> None:
    """Put back what an earlier run began to send and nobody knows the end of; bulk jobs know theirs."""
    db.session.execute(
        update(CrmPush)
        .where(
            CrmPush.connection_id == context.connection_id,
            CrmPush.state == PushState.SENDING,
            CrmPush.job_id.is_(None),
        )
        .values(state=PushState.WAITING, due_at=context.now)
    )


def count_due(context: Context) -> dict[tuple[str, Operation], int]:
    """Return (object, operation) → how many changes are due."""
    rows = (
        select(CrmPush.object, CrmPush.operation, func.count())
        .where(*_due(context))
        .group_by(CrmPush.object, CrmPush.operation)
    )
    return {(name, Operation(operation)): count for name, operation, count in db.session.execute(rows)}


def _due(context: Context) -> tuple[Any, ...]:
    return (
        CrmPush.connection_id == context.connection_id,
        CrmPush.state == PushState.WAITING,
        CrmPush.due_at <= context.now,
    )


def claim(
    context: Context, object_name: str, operation: Operation, limit: int, *, job_id: int | None = None
) -> list[Outgoing]:
    """Take due changes of one kind, those of one account together, and mark them as being sent."""
    rows = (
        select(CrmPush)
        .where(*_due(context), CrmPush.object == object_name, CrmPush.operation == operation)
        .order_by(CrmPush.group_key, CrmPush.id)
        .limit(limit)
    )
    claimed = []
    for push in db.session.scalars(rows.with_for_update(skip_locked=True)):
        push.state, push.attempts, push.job_id = PushState.SENDING, push.attempts + 1, job_id
        push.run_id = context.run_id
        claimed.append(outgoing_of(push))
    db.session.flush()
    return claimed


def give_back(context: Context, items: Sequence[Outgoing]) -> None:
    """Put back changes that were not taken; each waits longer than the time before, up to an hour.

    An outage is the fault of no record: however long it takes, they go over afterwards.
    """
    for push in _pushes(item.push_id for item in items).values():
        push.job_id = None
        push.state, push.due_at = PushState.WAITING, context.now + next_attempt(push.attempts)
    db.session.flush()


def note_found(context: Context, found: Mapping[int, str | None]) -> None:
    """Note proposals that are there although nobody heard of it: push id → their id, or None."""
    pushes = _pushes(push_id for push_id, remote_id in found.items() if remote_id)
    for push in pushes.values():
        push.state, push.done_at, push.remote_id = PushState.DONE, context.now, found[push.id]
    db.session.flush()


def outgoing_of(push: CrmPush) -> Outgoing:
    """Return a stored change apart from the database."""
    return Outgoing(
        push.id, push.key, Entity(push.entity), push.local_id, push.remote_id, Operation(push.operation),
        dict(push.values), push.attempts,
    )  # fmt: skip


def reduce_to_differences(
    context: Context, plan: Plan, items: Sequence[Outgoing], fetched: Mapping[str, Record | None]
) -> list[tuple[Outgoing, dict[str, Any]]]:
    """Weigh claimed updates against what is there now; return what is still to be written.

    What agrees by now is dropped, and so is what is gone; both are noted.
    """
    links = links_of(context.connection_id, plan.object, [item.remote_id for item in items if item.remote_id])
    locals_ = project(plan.entity, {item.local_id for item in items}, prefix=context.prefix)
    known = known_to(context.connection_id, plan, (), locals_.values())
    pushes = _pushes(item.push_id for item in items)
    needed = []
    for item in items:
        record, link = fetched.get(item.remote_id or ""), links.get(item.remote_id or "")
        ours = locals_.get(item.local_id)
        if record is None or link is None or ours is None:
            _drop_vanished(context, link, pushes[item.push_id], is_there=record is not None)
            continue
        theirs = their_values(plan, record.values, kept=link.theirs)
        weighed = weigh(
            plan,
            theirs,
            ours,
            Bases(link.agreed, link.ours, link.wrote, link.held),
            known,
            theirs_at=record.changed_at,
            lengths=context.lengths.get(plan.object, {}),
        )
        gives = only_allowed(context, plan, weighed.gives, theirs)
        # That somebody left is news for the next reading, which tells it; here it would be no news any more.
        told = plan.rule("has_left")
        link.theirs = link.theirs | {
            name: value for name, value in theirs.items() if not told or name != told.theirs
        }
        fields = {give.theirs_field for give in gives} | {clash.theirs_field for clash in weighed.clashes}
        fields -= weighed.heard
        agreed = {name: value for name, value in weighed.agreed.items() if name not in fields}
        taken = {rule.theirs for rule in plan.rules if rule.ours in weighed.takes}
        link.agreed = {**link.agreed, **{name: v for name, v in agreed.items() if name not in taken}}
        link.ours = {
            **link.ours,
            **{name: v for name, v in weighed.ours.items() if name not in weighed.takes},
        }
        note_clashes(
            context, link, weighed.clashes,
            ours_at=ours.changed_at, theirs_at=record.changed_at, theirs_by=record.changed_by_id or "",
        )  # fmt: skip
        _keep_what_differs(context, pushes[item.push_id], gives)
        forget_sending(link)
        remember_sending(link, {give.theirs_field: give.after for give in gives})
        if gives:
            needed.append((item, {give.theirs_field: give.after for give in gives}))
    db.session.flush()
    return needed


def _pushes(ids: Any) -> dict[int, CrmPush]:
    rows = db.session.scalars(select(CrmPush).where(CrmPush.id.in_(list(ids)))).all()
    return {push.id: push for push in rows}


def _drop_vanished(context: Context, link: CrmLink | None, push: CrmPush, *, is_there: bool) -> None:
    push.state, push.done_at = PushState.DROPPED, context.now
    context.tally.skipped += 1
    if link is not None and not is_there:
        link.state = LinkState.LOST
        link.reason = "It was not there when it was to be written: deleted, merged or hidden from us."


def _keep_what_differs(context: Context, push: CrmPush, gives: Sequence[Give]) -> None:
    if not gives:
        push.state, push.done_at = PushState.DROPPED, context.now
        context.tally.skipped += 1
        return
    push.values = {give.theirs_field: give.after for give in gives}
    push.before = {give.theirs_field: give.before for give in gives}
    push.ours = {give.ours_field: give.ours for give in gives}


def note_written(
    context: Context,
    plan: Plan | None,
    object_name: str,
    items: Mapping[str, Outgoing],
    results: Sequence[Written],
    *,
    job_id: str = "",
) -> int:
    """Note what became of writes; return how many could not get a lock. `plan` None: proposals."""
    pushes = _pushes(items[one.key].push_id for one in results if one.key in items)
    remote = [items[one.key].remote_id or one.id or "" for one in results if one.key in items]
    links = links_of(context.connection_id, object_name, remote) if plan else {}
    done: list[str] = []
    differences: list[Difference] = []
    locked = 0
    for result in results:
        item = items.get(result.key)
        if item is None:
            continue
        push = pushes[item.push_id]
        if result.refusal is not None:
            locked += result.refusal.code == LOCKED
            _note_refusal(
                context, plan, object_name, push, item, result.refusal, links.get(item.remote_id or "")
            )
            continue
        push.state, push.done_at, push.job_id = PushState.DONE, context.now, None
        remote_id = item.remote_id or result.id or ""
        push.remote_id = remote_id
        context.tally.written[object_name] += 1
        if result.is_created:
            context.tally.created[object_name] += 1
        done.append(push.key)
        if plan is not None:
            _agree(context, plan, push, remote_id, links.get(remote_id))
            differences += _differences(plan, push, remote_id, is_made=item.remote_id is None)
    note_changes(context, differences, job_id=job_id)
    resolve_refusals(context, direction="out", object_name=object_name, keys=done)
    db.session.flush()
    return locked


def _agree(context: Context, plan: Plan, push: CrmPush, remote_id: str, link: CrmLink | None) -> None:
    if link is None:
        link = CrmLink(
            connection_id=context.connection_id, object=plan.object, remote_id=remote_id, entity=plan.entity,
            theirs={}, agreed={}, ours={}, wrote={}, held={},
        )  # fmt: skip
        db.session.add(link)
    elif link.state in OUT_OF_REACH:
        return  # It was written, but deleted, merged or lost from sight before we heard of it.
    link.local_id, link.state, link.reason, link.seen_at = push.local_id, LinkState.LINKED, None, context.now
    link.theirs = {**link.theirs, **push.values}
    link.agreed = {**link.agreed, **push.values}
    link.ours = {**link.ours, **push.ours}
    link.wrote = {**link.wrote, **{name: [value, value] for name, value in push.values.items()}}
    link.held = {name: value for name, value in link.held.items() if name not in push.ours}


def _differences(plan: Plan, push: CrmPush, remote_id: str, *, is_made: bool) -> list[Difference]:
    by_theirs = {rule.theirs: rule.ours for rule in plan.rules}
    return [
        Difference(
            "made" if is_made else "out", plan.object, remote_id, plan.entity, push.local_id,
            by_theirs.get(name, ""), name, push.before.get(name), value,
        )
        for name, value in push.values.items()
    ]  # fmt: skip


def _note_refusal(
    context: Context,
    plan: Plan | None,
    object_name: str,
    push: CrmPush,
    item: Outgoing,
    refusal: Refusal,
    link: CrmLink | None,
) -> None:
    push.job_id = None
    if link is not None:
        forget_sending(link)
    if refusal.code in TRANSIENT and push.attempts < MOST_ATTEMPTS:
        push.state, push.due_at = PushState.WAITING, context.now + next_attempt(push.attempts)
        return
    # With fields, it is what the record points at that is not there.
    if refusal.code in VANISHED and item.remote_id is not None and not refusal.fields:
        push.state, push.done_at = PushState.DROPPED, context.now
        if link is not None:
            link.state, link.reason = LinkState.LOST, f"It could not be written: {refusal.message}"
    else:
        push.state, push.done_at = PushState.REFUSED, context.now
    # Some answers name the field in their sentence only. Where none is named, it is the record's own trouble.
    named = refusal.fields or tuple(name for name in push.values if name in refusal.message)
    if plan is not None and refusal.code in SCHEMA and named:
        push.state = PushState.DROPPED
        stop_fields(plan, named, reason=refusal.message)
    refuse(
        context,
        direction="out",
        object_name=object_name,
        key=push.key,
        entity=push.entity,
        local_id=push.local_id,
        code=refusal.code,
        message=refusal.message,
        payload=push.values,
        fields=refusal.fields,
        matches=refusal.matches,
    )


def stop_fields(plan: Plan, fields: Collection[str], *, reason: str) -> None:
    """Let some fields of a mapping rest, with the reason, until somebody looks."""
    db.session.execute(
        update(CrmField)
        .where(CrmField.mapping_id == plan.mapping_id, CrmField.theirs.in_(list(fields)))
        .values(stopped_reason=reason[:500])
    )
