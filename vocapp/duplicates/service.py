"""Merging two contacts that are one person, and taking them apart again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select

from vocapp.accounts.directory import Directory
from vocapp.accounts.holding import hold_accounts
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.accounts.service import status_at
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.duplicates.fields import FIELDS, Changes, changed_values, merged_values, write_values
from vocapp.duplicates.models import ContactMerge, DismissedPair, MergeMove
from vocapp.duplicates.moving import (
    Move,
    Pair,
    apply_moves,
    as_json,
    current_value,
    from_json,
    move_of,
    rows_of,
    still_possible,
)
from vocapp.duplicates.planning import UNSETTLED, plan_column, plan_mails
from vocapp.duplicates.queries import later_merge, merge_into
from vocapp.duplicates.references import CONTACTS, column_of, name_of, references
from vocapp.duplicates.rules import UNMERGE_WITHIN, Side
from vocapp.identity.models import User
from vocapp.responses.models import Response

_INVITED = column_of(Invitation, "contact_id")
_ANSWERED = column_of(Response, "contact_id")


def merge_contacts(
    kept: Contact, merged: Contact, *, chosen: Mapping[str, Any], by: User | None, now: datetime
) -> ContactMerge:
    """Make one contact part of another of the same account; everything that pointed at it moves along.

    `chosen` maps a field of `FIELDS` to the side whose value stays (`Side`); for the others the fuller or
    fresher value does. `by` None means the program itself.
    Of two invitations in one wave the one with the better outcome is the kept contact's, the other stays with
    the merged one and counts nowhere. Raises `DomainError` for two that cannot be one.
    """
    _hold(kept, merged)
    _require_two_people(kept, merged)
    return join_records(kept, merged, chosen=chosen, actor_id=None if by is None else by.id, now=now)


def join_records(
    kept: Contact, merged: Contact, *, chosen: Mapping[str, Any], actor_id: int | None, now: datetime
) -> ContactMerge:
    """Make one record part of another as `merge_contacts` does, for a caller that holds and checked both.

    The two may stand at different accounts: then these become one in the same transaction.
    """
    pair = Pair(kept.account_id, kept.id, merged.id)
    merge = ContactMerge(
        account_id=kept.account_id, kept_id=kept.id, merged_id=merged.id, by_id=actor_id, at=now
    )
    db.session.add(merge)
    db.session.flush()
    sides = {name: Side(side) for name, side in chosen.items() if name in FIELDS}
    changes = merged_values(kept, merged, sides)
    _refuse_our_address(kept, changes)
    for column in references():
        _do(merge, plan_column(column, pair), pair)
    db.session.expire_all()
    _change_contacts(merge, kept, merged, changes)
    if kept.status == ContactStatus.OPTED_OUT:
        _settle_as_opted_out(merge, pair, now)
    _do(merge, plan_mails(pair, address=kept.email, name=kept.full_name), pair)
    db.session.expire_all()
    _tell("contact.merged", merge, actor_id)
    return merge


def unmerge(merge: ContactMerge, *, by: User, now: datetime) -> list[Move]:
    """Take two merged contacts apart again, within `UNMERGE_WITHIN`.

    Every value that still is what the merge made of it becomes what it was; what came after stays with the
    kept contact. Returns the moves that could not be undone. Raises `DomainError` when it is too late, or
    another merge has to be undone first.
    """
    kept, merged = merge.kept, merge.merged
    _hold(kept, merged)
    db.session.refresh(merge, with_for_update=True)
    if merge.undone_at is not None:
        raise DomainError("This merge was undone before; there is nothing left to do.")
    if now - merge.at > UNMERGE_WITHIN:
        raise DomainError(
            f"A merge can be undone for {UNMERGE_WITHIN.days} days; after that, add the other person anew."
        )
    if kept.account_id != merged.account_id:
        raise DomainError(
            "These two became one person when their accounts became one; add the other person anew instead."
        )
    later = later_merge(merge)
    if later is not None:
        raise DomainError(
            f"{later.merged.full_name} was merged into {later.kept.full_name} later; undo that merge first."
        )
    pair = Pair(merge.account_id, kept.id, merged.id)
    left = _undo_all(merge, pair)
    merge.undone_at, merge.undone_by_id = now, by.id
    db.session.flush()
    db.session.expire_all()
    _tell("contact.unmerged", merge, by.id)
    return left


def dismiss_pair(one: Contact, other: Contact, *, by: User, now: datetime) -> None:
    """Remember that two contacts are two people; saying so again changes nothing."""
    first, second = sorted((one.id, other.id))
    if first == second:
        raise DomainError("These are the same record; choose two people.")
    if db.session.get(DismissedPair, (first, second)) is None:
        db.session.add(DismissedPair(first_id=first, second_id=second, by_id=by.id, at=now))
        record_act(
            "contact.pair_dismissed",
            actor_id=by.id,
            subject_kind="contact",
            subject_id=first,
            details={"other": second},
        )
        db.session.flush()


def bring_answers_home(account_id: int) -> int:
    """Give kept contacts the answers that came through a link of their merged record; return how many.

    Two mails may have gone out before somebody saw that both reach one person; whichever is answered counts.
    """
    late = (
        select(Invitation.contact_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .where(Invitation.account_id == account_id, Contact.merged_into_id.is_not(None))
        .distinct()
    )
    brought = 0
    for merged_id in db.session.scalars(late).all():
        merge = merge_into(merged_id)
        if merge is None:
            continue
        _hold(merge.kept, merge.merged)
        pair = Pair(account_id, merge.kept_id, merged_id)
        invitations = plan_column(_INVITED, pair)
        _do(merge, invitations, pair)
        _do(merge, plan_column(_ANSWERED, pair), pair)
        brought += sum(move.after == pair.kept_id for move in invitations)
    if brought:
        db.session.expire_all()
    return brought


def _hold(kept: Contact, merged: Contact) -> None:
    """Lock the account and both contacts, always in one order, and read them as they are now."""
    hold_accounts({kept.account_id, merged.account_id})
    both = select(Contact).where(Contact.id.in_([kept.id, merged.id])).order_by(Contact.id)
    db.session.flush()
    db.session.scalars(both.with_for_update(of=Contact).execution_options(populate_existing=True)).all()


def _require_two_people(kept: Contact, merged: Contact) -> None:
    if kept.id == merged.id:
        raise DomainError("Nobody can be merged with themselves; choose two different people.")
    if kept.account_id != merged.account_id:
        raise DomainError(
            "These two belong to different accounts; a person at two accounts stays a contact of each."
        )
    for contact in (kept, merged):
        if contact.merged_into_id is not None:
            raise DomainError(
                f"{contact.full_name} was merged into another person before; merge that person instead."
            )


def _refuse_our_address(kept: Contact, changes: Changes) -> None:
    key = changes[kept.id].get("email_key", kept.email_key)
    if key != kept.email_key and Directory(is_dry_run=True).is_staff(key):
        raise DomainError(f"{key} is one of our own people; keep the other address.")


def _do(merge: ContactMerge, moves: Sequence[Move], pair: Pair) -> None:
    """Apply moves and keep them in the journal."""
    for _target, group in groupby(moves, key=lambda move: (move.table, move.column)):
        apply_moves(list(group), pair)
    _keep(merge, moves)


def _keep(merge: ContactMerge, moves: Sequence[Move]) -> None:
    db.session.add_all(
        MergeMove(
            merge_id=merge.id,
            table_name=move.table,
            row_key=dict(move.key),
            column_name=move.column,
            before=as_json(move.before),
            after=as_json(move.after),
        )
        for move in moves
    )
    db.session.flush()


def _change_contacts(merge: ContactMerge, kept: Contact, merged: Contact, changes: Changes) -> None:
    before = {row["id"]: row for row in rows_of(CONTACTS.c.id, [kept.id, merged.id])}
    write_values(kept, merged, changes)
    after = {row["id"]: row for row in rows_of(CONTACTS.c.id, [kept.id, merged.id])}
    _keep(merge, changed_values(before, after))


def _settle_as_opted_out(merge: ContactMerge, pair: Pair, now: datetime) -> None:
    """Ask nothing more of somebody whose other record opted out."""
    wanted = {"state": InvitationState.OPTED_OUT.value, "settled_at": now, "reminder_due_at": None}
    for row in rows_of(_INVITED, [pair.kept_id]):
        if row["state"] in UNSETTLED:
            for name, value in wanted.items():
                if row[name] != value:
                    _do(merge, [move_of(column_of(Invitation, name), row, value)], pair)


def _undo_all(merge: ContactMerge, pair: Pair) -> list[Move]:
    """Undo the journal from its end; return what could not be undone."""
    journal = [_read(move).back() for move in reversed(merge.moves)]
    own = [move for move in journal if move.table == CONTACTS.name and move.key["id"] in pair.ids]
    others = [move for move in journal if not any(move is one for one in own)]
    left: list[Move] = []
    pointing = {name_of(column) for column in references()}
    for (table, column), group in groupby(others, key=lambda move: (move.table, move.column)):
        moves = list(group)
        if f"{table}.{column}" in pointing:
            possible = still_possible(moves, pair)
        else:
            possible = [move for move in moves if current_value(move) == (True, move.before)]
        apply_moves(possible, pair)
        left += [move for move in moves if not any(move is one for one in possible)]
    db.session.expire_all()
    return left + _undo_contacts(merge, own)


def _undo_contacts(merge: ContactMerge, moves: Sequence[Move]) -> list[Move]:
    """Give both contacts their own values back; an address goes back only together with the other one."""
    kept, merged = merge.kept, merge.merged
    left = [move for move in moves if current_value(move) != (True, move.before)]
    for together in (FIELDS["email"], FIELDS["external_id"]):
        if any(move.column in together for move in left):
            left = [move for move in moves if move in left or move.column in together]
    values: Changes = {kept.id: {}, merged.id: {}}
    for move in moves:
        if move not in left:
            values[move.key["id"]][move.column] = move.after
    write_values(kept, merged, values)
    for contact in (kept, merged):
        # Whoever opted out while they were one said so for every address they had.
        if status_at(contact.email) is ContactStatus.OPTED_OUT:
            contact.status = ContactStatus.OPTED_OUT
    db.session.flush()
    return left


def _read(move: MergeMove) -> Move:
    target = CONTACTS.metadata.tables[move.table_name].c[move.column_name]
    return Move(
        move.table_name,
        move.row_key,
        move.column_name,
        from_json(target, move.before),
        from_json(target, move.after),
    )


def _tell(action: str, merge: ContactMerge, actor_id: int | None) -> None:
    record_act(
        action,
        actor_id=actor_id,
        subject_kind="contact",
        subject_id=merge.kept_id,
        details={"merged": merge.merged_id, "merge": merge.id, "moves": len(merge.moves)},
    )
    enqueue("rescore_accounts", {"account_ids": [merge.account_id]}, key=f"rescore:{merge.account_id}")
    db.session.flush()
