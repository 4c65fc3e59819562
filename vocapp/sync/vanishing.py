"""Records that are deleted, merged, undeleted or out of sight over there."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update

from integrations.crm.records import Record
from vocapp.accounts.models import Account, Contact
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.duplicates.account_merging import merge_accounts
from vocapp.duplicates.service import merge_contacts
from vocapp.sync.bookkeeping import note_changes, refuse
from vocapp.sync.context import Context, Difference
from vocapp.sync.fields import Entity
from vocapp.sync.mapping import Plan
from vocapp.sync.models import CrmLink
from vocapp.sync.owed import Debt, owe
from vocapp.sync.references import linked, new_link
from vocapp.sync.rules import LinkState, is_too_much_lost
from vocapp.sync.signalling import say_back, say_left

CHILDREN_OF = {
    Entity.ACCOUNT: Debt.CHILDREN_OF_ACCOUNTS,
    Entity.CONTACT: Debt.CHILDREN_OF_CONTACTS,
}
GONE = frozenset({LinkState.DELETED, LinkState.MERGED})
OUT_OF_SIGHT = "We cannot see it any more: it may be hidden from the integration user."
LEFT_OUT = "The filter of its mapping leaves it out now."


class TooMuchLost(DomainError):
    """So many records vanished at once that something else is wrong; nothing was changed."""


def land_deleted(
    context: Context, plan: Plan, records: Sequence[Record], links: Mapping[str, CrmLink]
) -> None:
    """Note which records are deleted or merged; nothing is deleted here, what is merged is merged here."""
    for record in records:
        link = links.get(record.id)
        if link is not None and link.state in GONE and link.winner_id == record.winner_id:
            continue
        if link is None:
            if record.winner_id is None:
                continue  # Nobody here ever knew it.
            link = new_link(context, plan, record.id)
        if record.winner_id is not None:
            _merge(context, plan, link, record)
        else:
            _delete(context, plan, link, record)
        link.stamp, link.changed_by_id = record.changed_at, record.changed_by_id
        db.session.flush()


def _delete(context: Context, plan: Plan, link: CrmLink, record: Record) -> None:
    was_linked = link.state in {LinkState.LINKED, LinkState.LOST} and link.local_id is not None
    link.state, link.winner_id, link.reason = LinkState.DELETED, None, "It was deleted over there."
    if was_linked and plan.entity is Entity.CONTACT:
        say_left(context, link, record, why="deleted over there")
    elif was_linked:
        _note(context, plan, link, record, "deleted", record.id)


def _merge(context: Context, plan: Plan, link: CrmLink, record: Record) -> None:
    assert record.winner_id is not None
    link.state, link.winner_id = LinkState.MERGED, record.winner_id
    link.reason = f"It was merged into {record.winner_id} over there."
    _note(context, plan, link, record, "merged", record.winner_id)
    db.session.flush()
    end = _end_of_chain(context, plan, record.winner_id)
    if plan.entity in CHILDREN_OF:
        owe(context.connection_id, CHILDREN_OF[plan.entity], [end])
    if link.local_id is None:
        return
    winner_local = linked(context.connection_id, plan.entity, [end]).get(end)
    if winner_local is None:
        _hand_over(context, plan, link, end)
    elif winner_local != link.local_id:
        _merge_here(context, plan, link, winner_local)


def _end_of_chain(context: Context, plan: Plan, remote_id: str) -> str:
    seen = {remote_id}
    while True:
        step = db.session.scalar(
            select(CrmLink.winner_id).where(
                CrmLink.connection_id == context.connection_id,
                CrmLink.object == plan.object,
                CrmLink.remote_id == remote_id,
                CrmLink.state == LinkState.MERGED,
            )
        )
        if step is None or step in seen:
            return remote_id
        seen.add(step)
        remote_id = step


def _hand_over(context: Context, plan: Plan, link: CrmLink, winner_id: str) -> None:
    """Give whom the merged record was to the one it became part of, which was not known here."""
    winner = db.session.scalar(
        select(CrmLink).where(
            CrmLink.connection_id == context.connection_id,
            CrmLink.object == plan.object,
            CrmLink.remote_id == winner_id,
        )
    ) or new_link(context, plan, winner_id)
    winner.local_id, winner.state, winner.stamp = link.local_id, LinkState.LINKED, None
    winner.agreed, winner.ours = dict(link.agreed), dict(link.ours)


def _merge_here(context: Context, plan: Plan, link: CrmLink, winner_local: int) -> None:
    db.session.flush()
    try:
        if plan.entity is Entity.ACCOUNT:
            loser, winner = (db.session.get_one(Account, one) for one in (link.local_id, winner_local))
            merge_accounts(loser, winner, now=context.now, actor_id=None)
        elif plan.entity is Entity.CONTACT:
            merged, kept = (db.session.get_one(Contact, one) for one in (link.local_id, winner_local))
            if merged.merged_into_id is None:
                merge_contacts(kept, merged, chosen={}, by=None, now=context.now)
    except DomainError as refusal:
        refuse(
            context,
            direction="in",
            object_name=plan.object,
            key=link.remote_id,
            entity=plan.entity,
            local_id=link.local_id,
            code="NOT_MERGED_HERE",
            message=f"Both were merged over there, but not here: {refusal}",
        )


def _note(context: Context, plan: Plan, link: CrmLink, record: Record, what: str, after: str) -> None:
    difference = Difference(
        "in",
        plan.object,
        link.remote_id,
        plan.entity,
        link.local_id,
        what,
        "",
        None,
        after,
        record.changed_by_id or "",
    )
    note_changes(context, [difference])


def come_back(context: Context, link: CrmLink) -> None:
    """Note that a record that was deleted or out of sight is there again."""
    was_deleted = link.state == LinkState.DELETED
    link.reason = link.winner_id = None
    if was_deleted and link.entity == Entity.CONTACT and link.local_id is not None:
        say_back(context, link)


def linked_ids(connection_id: int, object_name: str, states: Collection[LinkState]) -> set[str]:
    """Return the ids of the records we think are over there."""
    rows = select(CrmLink.remote_id).where(
        CrmLink.connection_id == connection_id, CrmLink.object == object_name, CrmLink.state.in_(states)
    )
    return set(db.session.scalars(rows))


def note_missing(
    context: Context, plan: Plan, missing: Collection[str], deleted: Mapping[str, datetime], *, known: int
) -> None:
    """Note which of the records we knew are deleted for good, and which we only cannot see any more.

    Raises `TooMuchLost`, changing nothing, when too many of them are out of sight at once.
    """
    hidden = [remote_id for remote_id in missing if remote_id not in deleted]
    if is_too_much_lost(len(hidden), known):
        raise TooMuchLost(
            f"{len(hidden)} of {known} {plan.object} records are out of sight at once. Nothing was changed; "
            "look whether the integration user may still see them, then run a full comparison again."
        )
    gone = [remote_id for remote_id in missing if remote_id in deleted]
    for start in range(0, len(gone), 500):
        some = gone[start : start + 500]
        rows = select(CrmLink).where(
            CrmLink.connection_id == context.connection_id,
            CrmLink.object == plan.object,
            CrmLink.remote_id.in_(some),
        )
        for link in db.session.scalars(rows).all():
            record = Record(plan.object, link.remote_id, {}, deleted[link.remote_id], is_deleted=True)
            _delete(context, plan, link, record)
    set_apart(context, plan, hidden, reason=OUT_OF_SIGHT)
    db.session.flush()


def set_apart(context: Context, plan: Plan, remote_ids: Collection[str], *, reason: str) -> None:
    """Let records rest that are out of reach, until they are seen again; nothing happens to them here."""
    ids = sorted(remote_ids)
    for start in range(0, len(ids), 500):
        db.session.execute(
            update(CrmLink)
            .where(
                CrmLink.connection_id == context.connection_id,
                CrmLink.object == plan.object,
                CrmLink.remote_id.in_(ids[start : start + 500]),
            )
            .values(state=LinkState.LOST, reason=reason)
        )
