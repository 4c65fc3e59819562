"""What is to be written over there: one row per record and set of fields, planned from what was last read."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, delete, insert, select, update

from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given
from vocapp.responses.rules import ResponseState
from vocapp.sync.context import Context
from vocapp.sync.fields import EXTERNAL_ID_OF, Entity
from vocapp.sync.landing import settle_links
from vocapp.sync.mapping import Plan
from vocapp.sync.models import CrmLink, CrmPush
from vocapp.sync.projection import Ours, project
from vocapp.sync.proposing import propose
from vocapp.sync.references import known_to, remote_ids
from vocapp.sync.rules import ContactsBack, Direction, LinkState, Owner, PushState, hash_of
from vocapp.sync.unheard import drop_overtaken
from vocapp.sync.values import NotYet, outgoing
from vocapp.sync.weighing import Bases, Give, weigh

AT_ONCE = 1000
OVER = frozenset({PushState.DONE, PushState.DROPPED})


def plan_linked(context: Context, plan: Plan, *, after: int) -> int | None:
    """Plan what linked records behind a number need; return where the next ones begin, or None."""
    rows = select(CrmLink).where(
        CrmLink.connection_id == context.connection_id,
        CrmLink.object == plan.object,
        CrmLink.entity == plan.entity,
        CrmLink.state == LinkState.LINKED,
        CrmLink.id > after,
    )
    links = db.session.scalars(rows.order_by(CrmLink.id).limit(AT_ONCE)).all()
    if links:
        plan_links(context, plan, links)
    return links[-1].id if len(links) == AT_ONCE else None


def plan_links(context: Context, plan: Plan, links: Sequence[CrmLink]) -> int:
    """Plan what linked records need, in the caller's transaction; return how many fields are to be written.

    What only our side changed although theirs owns it is taken back on the way.
    """
    locals_ = project(plan.entity, {link.local_id for link in links if link.local_id}, prefix=context.prefix)
    known = known_to(context.connection_id, plan, (link.theirs for link in links), locals_.values())
    planned = 0
    to_settle = []
    pushes: list[dict[str, Any]] = []
    for link in links:
        ours = locals_.get(link.local_id or 0)
        if ours is None:
            continue  # Merged or gone here: nothing of it travels any more.
        weighed = weigh(
            plan,
            link.theirs,
            ours,
            Bases(link.agreed, link.ours, link.wrote, link.held),
            known,
            theirs_at=link.stamp,
            lengths=context.lengths.get(plan.object, {}),
        )
        takes = {name for name in weighed.takes if name != "has_left"}
        if plan.entity in {Entity.ACCOUNT, Entity.CONTACT} and (takes or weighed.clashes):
            to_settle.append(link)
        gives = only_allowed(context, plan, weighed.gives, link.theirs)
        planned += len(gives)
        if gives:
            pushes.append(_push(context, plan, link.remote_id, link, ours, gives))
        if plan.entity is Entity.CONTACT:
            propose(context, plan, link, ours, weighed.gives)
    _write_pushes(context, plan, [link.remote_id for link in links], pushes)
    settle_links(context, plan, to_settle)
    return planned


def only_allowed(
    context: Context, plan: Plan, gives: Sequence[Give], theirs: Mapping[str, Any]
) -> list[Give]:
    """Leave out what goes to people as a proposal, or not at all; fields that are ours alone always go.

    Nothing goes to a record that can only be read.
    """
    if plan.is_read_only(theirs):
        return []
    policy = contacts_back(context)
    if plan.entity is not Entity.CONTACT or policy is ContactsBack.UPDATE:
        return list(gives)
    sticky = {rule.ours for rule in plan.rules if rule.owner is Owner.STICKY}
    return [give for give in gives if give.direction is Direction.OUT or give.ours_field in sticky]


def contacts_back(context: Context) -> ContactsBack:
    """Return what the administrator chose for people."""
    return ContactsBack(context.options.get("contacts_back", ContactsBack.UPDATE))


def _push(
    context: Context, plan: Plan, key: str, link: CrmLink | None, ours: Ours, gives: Sequence[Give]
) -> dict[str, Any]:
    values = {give.theirs_field: give.after for give in gives}
    local_id = link.local_id if link is not None else None
    return {
        "connection_id": context.connection_id,
        "object": plan.object,
        "key": key,
        "hash": hash_of(values),
        "entity": plan.entity,
        "local_id": local_id,
        "remote_id": link.remote_id if link else None,
        "group_key": str(ours.group or ""),
        "operation": "update" if link else "upsert",
        "values": values,
        "before": {give.theirs_field: give.before for give in gives},
        "ours": {give.ours_field: give.ours for give in gives},
        "state": PushState.WAITING,
        "run_id": context.run_id,
        "attempts": 0,
        "due_at": context.now,
        "planned_at": context.now,
    }


def _write_pushes(
    context: Context, plan: Plan, keys: Sequence[str], pushes: Sequence[dict[str, Any]]
) -> None:
    """Store what is planned; an earlier plan for the same record that has not begun gives way to it.

    The same plan stays one row: one that waits or was refused keeps its tries, one that is over begins anew.
    Nobody else plans meanwhile, for the run holds the connection.
    """
    known = _known_pushes(context, plan, keys)
    wanted = {(push["key"], push["hash"]): push for push in pushes}
    outdated = [
        row.id for place, row in known.items() if row.state == PushState.WAITING and place not in wanted
    ]
    if outdated:
        db.session.execute(delete(CrmPush).where(CrmPush.id.in_(outdated)))
    new = [push for place, push in wanted.items() if place not in known]
    again = [
        {**push, "id": known[place].id}
        for place, push in wanted.items()
        if place in known and known[place].state in OVER
    ]
    if new:
        db.session.execute(insert(CrmPush), new)
    if again:
        db.session.execute(update(CrmPush), again)


def _known_pushes(context: Context, plan: Plan, keys: Sequence[str]) -> dict[tuple[str, str], Any]:
    rows = db.session.execute(
        select(CrmPush.id, CrmPush.key, CrmPush.hash, CrmPush.state).where(
            CrmPush.connection_id == context.connection_id,
            CrmPush.object == plan.object,
            CrmPush.key.in_(keys),
        )
    )
    return {(row.key, row.hash): row for row in rows}


def plan_new(context: Context, plan: Plan, *, after: int) -> int | None:
    """Plan records of ours behind a number that are not over there yet; return where the next begin, or None.

    People go over when the policy says so, at linked accounts only; answers when they are mapped.
    """
    if not plan.external_id_field():
        return None
    policy = ContactsBack.UPDATE if plan.entity is not Entity.CONTACT else contacts_back(context)
    if not after:
        drop_overtaken(context, plan, _not_there(context, plan) if policy is ContactsBack.UPDATE else ())
    if policy is ContactsBack.OFF:
        return None
    table: Any = Contact if plan.entity is Entity.CONTACT else Response
    rows = _not_there(context, plan).where(table.id > after).order_by(table.id).limit(AT_ONCE)
    ids = list(db.session.scalars(rows))
    if ids:
        _plan_new_batch(context, plan, ids)
    return ids[-1] if len(ids) == AT_ONCE else None


def _not_there(context: Context, plan: Plan) -> Select[int]:
    table: Any = Contact if plan.entity is Entity.CONTACT else Response
    known = select(CrmLink.local_id).where(
        CrmLink.connection_id == context.connection_id,
        CrmLink.entity == plan.entity,
        CrmLink.local_id == table.id,
    )
    account_there = select(CrmLink.id).where(
        CrmLink.connection_id == context.connection_id,
        CrmLink.entity == Entity.ACCOUNT,
        CrmLink.local_id == table.account_id,
        CrmLink.state == LinkState.LINKED,
    )
    rows: Select[int] = select(table.id).where(~known.exists(), account_there.exists())
    if plan.entity is Entity.CONTACT:
        rows = rows.where(Contact.merged_into_id.is_(None), Contact.status == ContactStatus.ACTIVE)
        rows = rows.join(Account, Account.id == Contact.account_id)
    else:
        rows = rows.where(
            Response.quarantine_reason.is_(None), Response.state == ResponseState.COMPLETE, openly_given()
        )
    return rows


def _plan_new_batch(context: Context, plan: Plan, ids: Sequence[int]) -> None:
    locals_ = project(plan.entity, ids, prefix=context.prefix)
    known = known_to(context.connection_id, plan, (), locals_.values())
    there = remote_ids(
        context.connection_id, Entity.ACCOUNT, {one.group for one in locals_.values() if one.group}
    )
    lengths = context.lengths.get(plan.object, {})
    is_proposal = plan.entity is Entity.CONTACT and contacts_back(context) is ContactsBack.PROPOSE
    pushes: list[dict[str, Any]] = []
    keys = []
    for local_id, ours in locals_.items():
        gives = _first_gives(plan, ours, known, lengths)
        if is_proposal:
            propose(
                context, plan, None, ours, gives, local_id=local_id, account_there=there.get(ours.group or 0)
            )
            continue
        key = str(ours.values[EXTERNAL_ID_OF[plan.entity]])
        push = _push(context, plan, key, None, ours, gives)
        account_field = _account_field(plan)
        if account_field:
            push["values"][account_field] = there.get(ours.group or 0)
            push["hash"] = hash_of(push["values"])
        pushes.append({**push, "local_id": local_id})
        keys.append(key)
    _write_pushes(context, plan, keys, pushes)


def _account_field(plan: Plan) -> str:
    rule = plan.rule("account")
    return rule.theirs if rule else ""


def _first_gives(plan: Plan, ours: Ours, known: Any, lengths: Mapping[str, int]) -> list[Give]:
    """Return every field of a record that is to be made over there, whichever way it travels later."""
    gives = []
    for rule in plan.rules:
        field = plan.field(rule.ours)
        goes_out = rule.direction is not Direction.IN
        if not goes_out or rule.theirs.startswith("="):
            continue
        try:
            value = outgoing(field, ours.values.get(rule.ours), known, length=lengths.get(rule.theirs, 0))
        except NotYet:
            continue
        if value is not None:
            gives.append(
                Give(rule.ours, rule.theirs, None, value, ours.values.get(rule.ours), rule.direction)
            )
    return gives
