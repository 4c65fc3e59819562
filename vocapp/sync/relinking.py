"""What links have to forget: records of ours merged or removed here, and fields mapped to others."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select, update

from vocapp.accounts.models import Account, Contact
from vocapp.core.db import db
from vocapp.sync.context import Context
from vocapp.sync.fields import TWO_WAY, Entity
from vocapp.sync.mapping import Plan
from vocapp.sync.models import CrmConflict, CrmLink, CrmMapping
from vocapp.sync.rules import LinkState

REMOVED_HERE = "It was removed here; it comes in again when it changes over there."
ONE_HERE = "Both were made one here; the record it is one with counts."
AT_ONCE = 1000
# In a mapping's options: our field → theirs, as both sides were last compared.
PAIRS = "pairs"
# SQLite gives the number of the newest row that was removed to the next one. That one is younger than what we
# remember; the slack is for whoever is made while a long run is at work. The link keeps the number, so that
# nobody goes over under an external id that the record over there still bears.
_YOUNGER = timedelta(hours=6)


def follow_our_side(context: Context, plans: Iterable[Plan]) -> None:
    """Let links lead to whom their records became part of here, and let go of what was removed or remapped.

    A record whose person or account is linked to another record as well says nothing any more; what points
    at it over there leads to that one.
    """
    for plan in plans:
        if plan.entity in TWO_WAY:
            _forget_other_pairs(context, plan)
            _let_go_of_removed(context, plan)
            _follow_merged(context, plan)
    db.session.flush()


def forget(link: CrmLink, *, state: LinkState, reason: str) -> None:
    """Forget all that both sides once agreed on about a record."""
    link.state, link.reason = state, reason
    link.agreed, link.ours, link.wrote, link.held = {}, {}, {}, {}


def _table(plan: Plan) -> Any:
    return Account if plan.entity is Entity.ACCOUNT else Contact


def _linked(context: Context, plan: Plan) -> tuple[Any, ...]:
    return (
        CrmLink.connection_id == context.connection_id,
        CrmLink.object == plan.object,
        CrmLink.entity == plan.entity,
        CrmLink.local_id.is_not(None),
    )


def _forget_other_pairs(context: Context, plan: Plan) -> None:
    """Forget what both sides agreed on about fields that are mapped to others than when they did."""
    mapping = db.session.get_one(CrmMapping, plan.mapping_id)
    before: dict[str, str] = mapping.options.get(PAIRS, {})
    pairs = {rule.ours: rule.theirs for rule in plan.rules}
    if before | pairs == before:
        return
    mapping.options = {**mapping.options, PAIRS: before | pairs}
    other = {ours: theirs for ours, theirs in pairs.items() if before.get(ours, theirs) != theirs}
    last = 0 if other else None
    while last is not None:
        rows = select(CrmLink).where(*_linked(context, plan), CrmLink.id > last).order_by(CrmLink.id)
        links = db.session.scalars(rows.limit(AT_ONCE)).all()
        for link in links:
            link.ours, link.held = _without(link.ours, other), _without(link.held, other)
            link.agreed = _without(link.agreed, other.values())
            link.wrote = _without(link.wrote, other.values())
        _close_conflicts(context, links, other)
        last = links[-1].id if len(links) == AT_ONCE else None


def _without(values: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _close_conflicts(context: Context, links: Sequence[CrmLink], fields: Collection[str]) -> None:
    db.session.execute(
        update(CrmConflict)
        .where(
            CrmConflict.link_id.in_([link.id for link in links]),
            CrmConflict.ours_field.in_(fields),
            CrmConflict.decided_at.is_(None),
        )
        .values(decided_at=context.now, decision="settled")
    )


def _let_go_of_removed(context: Context, plan: Plan) -> None:
    table = _table(plan)
    rows = (
        select(CrmLink, table.id, table.created_at)
        .outerjoin(table, table.id == CrmLink.local_id)
        .where(
            *_linked(context, plan),
            CrmLink.reason.is_distinct_from(REMOVED_HERE),
            or_(table.id.is_(None), table.created_at > CrmLink.seen_at),
        )
    )
    for link, local_id, created_at in db.session.execute(rows).all():
        if local_id is None or created_at > link.seen_at + _YOUNGER:
            state = LinkState.UNMATCHED if link.state == LinkState.LINKED else LinkState(link.state)
            forget(link, state=state, reason=REMOVED_HERE)
    db.session.flush()


def _follow_merged(context: Context, plan: Plan) -> None:
    table = _table(plan)
    rows = (
        select(CrmLink, table.merged_into_id)
        .join(table, table.id == CrmLink.local_id)
        .where(*_linked(context, plan), CrmLink.state == LinkState.LINKED, table.merged_into_id.is_not(None))
        .order_by(CrmLink.id)
    )
    for link, kept_id in db.session.execute(rows).all():
        other = db.session.scalar(
            select(CrmLink.remote_id).where(
                CrmLink.connection_id == context.connection_id,
                CrmLink.entity == plan.entity,
                CrmLink.local_id == kept_id,
                CrmLink.state == LinkState.LINKED,
            )
        )
        if other is None:
            link.local_id = kept_id
        else:
            forget(link, state=LinkState.MERGED, reason=ONE_HERE)
            link.local_id, link.winner_id = None, other
        db.session.flush()


def is_removed(link: CrmLink | None) -> bool:
    """Whether whom a record was linked to was removed here; their number may be somebody else's by now."""
    return link is not None and link.reason == REMOVED_HERE


def still_here(plan: Plan, local_ids: set[int]) -> set[int]:
    """Return those of our records that are there and are nobody else's part."""
    table = _table(plan)
    return set(
        db.session.scalars(select(table.id).where(table.id.in_(local_ids), table.merged_into_id.is_(None)))
    )
