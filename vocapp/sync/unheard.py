"""Writes of which nobody heard the end: what may stand over there by our own doing, and plans overtaken."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select

from integrations.crm.records import Operation
from vocapp.core.db import db
from vocapp.sync.comparing import is_same
from vocapp.sync.context import Context
from vocapp.sync.mapping import Plan
from vocapp.sync.models import CrmLink, CrmPush
from vocapp.sync.references import links_of
from vocapp.sync.rules import PushState
from vocapp.sync.weighing import Bases


def remember_sending(link: CrmLink, values: Mapping[str, Any]) -> None:
    """Remember what is about to be written, until its end is heard."""
    link.wrote = {**link.wrote, **{name: [value] for name, value in values.items()}}


def forget_sending(link: CrmLink) -> None:
    """Forget what was about to be written: it is known by now that it did not happen."""
    link.wrote = {name: sent for name, sent in link.wrote.items() if len(sent) > 1}


def heard_by_reading(
    wrote: Mapping[str, Sequence[Any]],
    theirs: Mapping[str, Any],
    *,
    is_ours: bool,
    by_others: Collection[str],
) -> dict[str, list[Any]]:
    """Return what we wrote and what they made of it, after a record was read; `is_ours`: last by us.

    `by_others` are fields that hold a change of theirs all the same, from before our last write. An unheard
    write that is not there did not happen, or somebody changed it since: both make it theirs.
    """
    heard = {}
    for name, sent in wrote.items():
        if len(sent) == 1:
            if name in theirs and is_same(theirs[name], sent[0]):
                heard[name] = [sent[0], theirs[name]]
        elif is_ours and name not in by_others and len(sent) == 2:
            # Rounded, trimmed, or changed by a rule of theirs; only the first look can tell.
            heard[name] = [sent[0], theirs.get(name), True]
        else:
            heard[name] = list(sent)
    return heard


def first_bases(context: Context, plan: Plan, keys: Mapping[str, str]) -> dict[str, Bases]:
    """Return their id → what we made it of, of records whose creation by us was never heard of.

    `keys` maps their ids to the external ids they bear.
    """
    if not keys:
        return {}
    rows = select(CrmPush).where(*_unheard(context, plan, Operation.UPSERT), CrmPush.key.in_(keys.values()))
    sent = {push.key: Bases(push.values, push.ours) for push in db.session.scalars(rows)}
    return {remote_id: sent[key] for remote_id, key in keys.items() if key in sent}


def unheard_ids(context: Context, plan: Plan) -> list[str]:
    """Return the ids of the records whose last write may have happened or not."""
    rows = select(CrmPush.remote_id).where(*_unheard(context, plan, Operation.UPDATE))
    return sorted({remote_id for remote_id in db.session.scalars(rows) if remote_id})


def unheard_keys(context: Context, plan: Plan) -> list[str]:
    """Return the external ids of the records whose creation may have happened or not."""
    return sorted(
        set(db.session.scalars(select(CrmPush.key).where(*_unheard(context, plan, Operation.UPSERT))))
    )


def _unheard(context: Context, plan: Plan, operation: Operation) -> tuple[Any, ...]:
    return (
        CrmPush.connection_id == context.connection_id,
        CrmPush.object == plan.object,
        CrmPush.operation == operation,
        CrmPush.state.in_((PushState.WAITING, PushState.SENDING)),
        CrmPush.attempts > 0,
    )


def settle_unheard(context: Context, plan: Plan, remote_ids: Sequence[str]) -> None:
    """Say that records were read since: what is not there of our last write did not happen."""
    for link in links_of(context.connection_id, plan.object, remote_ids).values():
        forget_sending(link)
    db.session.flush()


def drop_overtaken(context: Context, plan: Plan, still_new: Any) -> None:
    """Drop creations that wait for records that are over there by now, or are not to go there any more.

    `still_new` selects the ids of ours that are still to be made.
    """
    db.session.execute(
        delete(CrmPush)
        .where(
            CrmPush.connection_id == context.connection_id,
            CrmPush.object == plan.object,
            CrmPush.operation == Operation.UPSERT,
            CrmPush.state == PushState.WAITING,
            CrmPush.local_id.not_in(still_new),
        )
        .execution_options(synchronize_session=False)
    )


def keys_borne(plan: Plan, records: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """Return their id → our external id, of the records (their id, values) that bear one."""
    field = plan.external_id_field()
    return {remote_id: str(values[field]) for remote_id, values in records if field and values.get(field)}
