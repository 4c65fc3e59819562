"""Whom the ids of a batch mean: their records → ours, and ours → theirs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from vocapp.accounts.columns import comparable_name
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import personas_in_order, tiers_by_rank
from vocapp.core.db import db
from vocapp.sync.context import Context
from vocapp.sync.fields import Entity, Kind
from vocapp.sync.mapping import Plan
from vocapp.sync.models import CrmLink
from vocapp.sync.projection import Ours
from vocapp.sync.rules import LinkState
from vocapp.sync.values import Known

MOST_HOPS = 20


def known_to(
    connection_id: int,
    plan: Plan,
    records: Iterable[Mapping[str, Any]],
    locals_: Iterable[Ours] = (),
) -> Known:
    """Return what a batch refers to: `records` are values of theirs, `locals_` records of ours."""
    values, ours = list(records), list(locals_)
    wanted = {Kind.USER: set[str](), Kind.ACCOUNT: set[str](), Kind.CONTACT: set[str]()}
    here = {Kind.ACCOUNT: set[int](), Kind.CONTACT: set[int]()}
    for rule in plan.rules:
        kind = plan.field(rule.ours).kind
        if kind in wanted:
            wanted[kind] |= {str(row[rule.theirs]) for row in values if row.get(rule.theirs)}
        if kind in here:
            here[kind] |= {int(row.values[rule.ours]) for row in ours if row.values.get(rule.ours)}
    return Known(
        users=linked(connection_id, Entity.USER, wanted[Kind.USER]),
        accounts=_not_merged(Account, linked(connection_id, Entity.ACCOUNT, wanted[Kind.ACCOUNT])),
        contacts=_not_merged(Contact, linked(connection_id, Entity.CONTACT, wanted[Kind.CONTACT])),
        accounts_there=remote_ids(connection_id, Entity.ACCOUNT, here[Kind.ACCOUNT]),
        contacts_there=remote_ids(connection_id, Entity.CONTACT, here[Kind.CONTACT]),
        tiers=_tier_names(),
        personas=_persona_keys(),
    )


def linked(connection_id: int, entity: Entity, remote_ids_: Collection[str]) -> dict[str, int]:
    """Return their id → our id of linked records; a merged one leads to whoever it became part of."""
    found: dict[str, int] = {}
    asked = {remote_id: remote_id for remote_id in remote_ids_}
    for _hop in range(MOST_HOPS):
        if not asked:
            break
        rows = db.session.execute(
            select(CrmLink.remote_id, CrmLink.local_id, CrmLink.state, CrmLink.winner_id).where(
                CrmLink.connection_id == connection_id,
                CrmLink.entity == entity,
                CrmLink.remote_id.in_(set(asked.values())),
            )
        ).all()
        by_id = {row.remote_id: row for row in rows}
        following: dict[str, str] = {}
        for origin, current in asked.items():
            row = by_id.get(current)
            if row is None:
                continue
            if row.state == LinkState.MERGED and row.winner_id:
                following[origin] = row.winner_id
            elif row.local_id is not None and row.state != LinkState.UNMATCHED:
                found[origin] = row.local_id
        asked = following
    return found


def _not_merged(table: type[Account] | type[Contact], found: Mapping[str, int]) -> dict[str, int]:
    """Lead from records that were merged here to whom they became part of."""
    ids = set(found.values())
    merged: dict[int, int] = {}
    while ids:
        rows = db.session.execute(
            select(table.id, table.merged_into_id).where(table.id.in_(ids), table.merged_into_id.is_not(None))
        ).all()
        step = {row[0]: row[1] for row in rows if row[1] and row[0] not in merged}
        merged |= step
        ids = set(step.values())
    return {remote_id: _end_of(local_id, merged) for remote_id, local_id in found.items()}


def _end_of(local_id: int, merged: Mapping[int, int]) -> int:
    while local_id in merged:
        local_id = merged[local_id]
    return local_id


def remote_ids(connection_id: int, entity: Entity, local_ids: Collection[int]) -> dict[int, str]:
    """Return our id → their id of records that are linked and in sight; the first linked counts."""
    if not local_ids:
        return {}
    rows = db.session.execute(
        select(CrmLink.local_id, CrmLink.remote_id)
        .where(
            CrmLink.connection_id == connection_id,
            CrmLink.entity == entity,
            CrmLink.local_id.in_(local_ids),
            CrmLink.state == LinkState.LINKED,
        )
        .order_by(CrmLink.id.desc())
    )
    return {local_id: remote_id for local_id, remote_id in rows if local_id is not None}


def links_of(connection_id: int, object_name: str, remote_ids_: Sequence[str]) -> dict[str, CrmLink]:
    """Return their id → what we remember of the record."""
    rows = select(CrmLink).where(
        CrmLink.connection_id == connection_id,
        CrmLink.object == object_name,
        CrmLink.remote_id.in_(remote_ids_),
    )
    return {link.remote_id: link for link in db.session.scalars(rows)}


def new_link(context: Context, plan: Plan, remote_id: str) -> CrmLink:
    """Return a record over there that is nobody here yet; it has its number once it is flushed."""
    link = CrmLink(
        connection_id=context.connection_id,
        object=plan.object,
        remote_id=remote_id,
        entity=plan.entity,
        state=LinkState.UNMATCHED,
        theirs={},
        agreed={},
        ours={},
        wrote={},
        held={},
        seen_at=context.now,
    )
    db.session.add(link)
    return link


def _tier_names() -> dict[str, str]:
    return {comparable_name(tier.name): tier.name for tier in tiers_by_rank()}


def _persona_keys() -> dict[str, str]:
    named = {comparable_name(persona.name): persona.key for persona in personas_in_order()}
    return named | {comparable_name(persona.key): persona.key for persona in personas_in_order()}
