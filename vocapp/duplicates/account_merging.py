"""Making one account part of another: everything moves along, and nobody counts twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select, update

from vocapp.accounts.holding import hold_accounts
from vocapp.accounts.merging import kept_account
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import AccountStatus, would_circle
from vocapp.accounts.tree import ancestors_of
from vocapp.campaigns.models import Invitation
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.duplicates.account_references import account_references, move_rows
from vocapp.duplicates.references import CONTACTS, name_of
from vocapp.duplicates.rules import Side
from vocapp.duplicates.service import join_records
from vocapp.freshness.models import Suggestion
from vocapp.outbox.models import Message
from vocapp.rosters.models import RosterConfirmation, RosterRequest

# The kept account's people keep their address there: it is what makes the two one person.
_SIDES = {"email": Side.KEPT}


@dataclass(frozen=True, slots=True)
class AccountMerge:
    """What a merge of accounts did; `moved` maps "table.column" → rows that went to the kept account.

    `people_joined` are those who had a record at both. Nothing at all: it was done before.
    """

    loser_id: int
    winner_id: int
    people_joined: int = 0
    moved: Mapping[str, int] = field(default_factory=dict)

    @property
    def has_moved(self) -> bool:
        """Whether anything was left to do."""
        return bool(self.people_joined or self.moved)


def merge_accounts(loser: Account, winner: Account, *, now: datetime, actor_id: int | None) -> AccountMerge:
    """Make one account part of another; `actor_id` None means the program itself.

    Everything that points at the loser moves to the winner, but what `account_references` leaves with it:
    its scores and footprints of past days above all. Who has the same address at both becomes one person. The
    loser stays as a row that leads to the winner and counts nowhere, not as churn either. A winner that was
    merged before leads to where it is now; doing it again moves what came since. Raises `DomainError` when
    the two are one account already, or the loser is part of a third.
    """
    winner = kept_account(winner)
    _hold(loser, winner)
    _require_two_accounts(loser, winner)
    is_first = loser.merged_into_id is None
    moved: dict[str, int] = {}
    if is_first:
        _leave_the_tree(loser, winner)
    moved["accounts.parent_id"] = _adopt_children(loser, winner)
    people, in_the_way = _same_people(loser, winner)
    own = _reporting_lines(winner)
    moved["contacts.account_id"] = _move_people(loser, winner, in_the_way)
    for merged_id, kept_id in people.items():
        _join(merged_id, kept_id, actor_id, now)
    _straighten_reporting_lines(winner, own)
    moved |= _move_everything(loser, winner)
    _keep_one_roster(winner)
    db.session.expire_all()
    done = AccountMerge(
        loser.id, winner.id, len(people), {name: rows for name, rows in moved.items() if rows}
    )
    if is_first:
        loser.status, loser.merged_into_id = AccountStatus.MERGED, winner.id
    if is_first or done.has_moved:
        _tell(done, actor_id)
    db.session.flush()
    return done


def _hold(loser: Account, winner: Account) -> None:
    """Lock what a merge touches, in the one order there is, and read both accounts as they are now."""
    both = [loser.id, winner.id]
    db.session.flush()
    around = or_(Account.id.in_(both), Account.parent_id.in_(both), Account.merged_into_id.in_(both))
    hold_accounts(db.session.scalars(select(Account.id).where(around)).all())
    here = select(Contact.id).where(Contact.account_id.in_(both))
    people = select(Contact.id).where(or_(Contact.id.in_(here), Contact.merged_into_id.in_(here)))
    db.session.execute(people.order_by(Contact.id).with_for_update(of=Contact))
    asked = select(Invitation.id).where(Invitation.account_id.in_(both))
    mails = select(Message.id).where(Message.subject_kind == "invitation", Message.subject_id.in_(asked))
    for rows, number in (
        (asked, Invitation.id),
        (select(RosterRequest.id).where(RosterRequest.account_id.in_(both)), RosterRequest.id),
        (select(Suggestion.id).where(Suggestion.account_id.in_(both)), Suggestion.id),
        (mails, Message.id),
    ):
        _hold_rows(rows.order_by(number))
    db.session.expire_all()


def _hold_rows(rows: Select[int]) -> None:
    db.session.execute(rows.with_for_update(key_share=True)).all()


def _require_two_accounts(loser: Account, winner: Account) -> None:
    if winner.id == loser.id:
        raise DomainError(f"{loser.name} would become part of itself; check which of the two accounts stays.")
    if winner.merged_into_id is not None:
        raise DomainError(f"{winner.name} was merged into another account just now; try again.")
    if loser.merged_into_id not in (None, winner.id):
        raise DomainError(
            f"{loser.name} is part of {kept_account(loser).name} already; merge that one instead."
        )


def _leave_the_tree(loser: Account, winner: Account) -> None:
    """Take the loser out of its group; a winner below it moves up to where it stood."""
    if loser.id in ancestors_of(winner.id):
        winner.parent_id = loser.parent_id
    loser.parent_id = None
    db.session.flush()


def _adopt_children(loser: Account, winner: Account) -> int:
    children = db.session.scalars(select(Account).where(Account.parent_id == loser.id)).all()
    for child in children:
        child.parent_id = winner.id
    db.session.flush()
    return len(children)


def _same_people(loser: Account, winner: Account) -> tuple[dict[int, int], dict[int, str]]:
    """Return contact of the loser → contact of the winner with the same address, now or formerly.

    Also returns merged records of the winner → their address that stand in somebody's way: the person they
    lead to went to a third account since.
    """
    rows = db.session.execute(
        select(Contact.id, Contact.account_id, Contact.email_key, Contact.merged_into_id)
        .where(Contact.account_id.in_([loser.id, winner.id]))
        .order_by(Contact.id)
    ).all()
    present = {row.id: row.account_id for row in rows if row.merged_into_id is None}
    at_winner = {row.email_key: row for row in rows if row.account_id == winner.id}
    people: dict[int, int] = {}
    in_the_way: dict[int, str] = {}
    # Somebody's own address says more than one of a record that became part of theirs.
    for row in sorted(rows, key=lambda row: row.merged_into_id is not None):
        person, there = row.merged_into_id or row.id, at_winner.get(row.email_key)
        if present.get(person) != loser.id or row.account_id != loser.id or there is None:
            continue
        kept = there.merged_into_id or there.id
        if present.get(kept) == winner.id:
            people.setdefault(person, kept)
        elif person == row.id:
            in_the_way[there.id] = row.email_key
    return people, in_the_way


def _move_people(loser: Account, winner: Account, in_the_way: Mapping[int, str]) -> int:
    """Give the winner all people whose address is free there; the others become part of somebody there."""
    for number in in_the_way:
        _change_contact(number, email_key=f"former {number}")
    count = move_rows(CONTACTS.c.account_id, loser_id=loser.id, winner_id=winner.id)
    for number, address in in_the_way.items():
        _change_contact(number, account_id=loser.id, email_key=address)
    return count


def _change_contact(number: int, **values: Any) -> None:
    change = update(CONTACTS).where(CONTACTS.c.id == number).values(values)
    db.session.execute(change)


def _join(merged_id: int, kept_id: int, actor_id: int | None, now: datetime) -> None:
    db.session.expire_all()
    merged, kept = db.session.get_one(Contact, merged_id), db.session.get_one(Contact, kept_id)
    join_records(kept, merged, chosen=_SIDES, actor_id=actor_id, now=now)


def _reporting_lines(account: Account) -> dict[int, int | None]:
    found = select(Contact.id, Contact.reports_to_id).where(Contact.account_id == account.id)
    return dict(db.session.execute(found.order_by(Contact.id)).all())


def _straighten_reporting_lines(winner: Account, own: Mapping[int, int | None]) -> None:
    """Keep the lines there were at the winner, and take away what leads in a circle together with them."""
    bosses = _reporting_lines(winner)
    lines: dict[int, int | None] = {
        person: boss for person, boss in own.items() if boss is not None and person in bosses
    }
    for person in sorted(bosses.keys() - lines.keys()):
        boss = bosses[person]
        lines[person] = None if boss is None or would_circle(person, boss, lines) else boss
    for person, boss in lines.items():
        if bosses[person] != boss:
            _change_contact(person, reports_to_id=boss)


def _move_everything(loser: Account, winner: Account) -> dict[str, int]:
    return {
        name_of(column): move_rows(column, loser_id=loser.id, winner_id=winner.id)
        for column in account_references()
    }


def _keep_one_roster(winner: Account) -> None:
    """Of the rosters that counted at either account the latest counts."""
    current = select(RosterConfirmation.id).where(
        RosterConfirmation.account_id == winner.id, RosterConfirmation.is_latest
    )
    ids = db.session.scalars(
        current.order_by(RosterConfirmation.at.desc(), RosterConfirmation.id.desc())
    ).all()
    if len(ids) > 1:
        older = update(RosterConfirmation).where(RosterConfirmation.id.in_(ids[1:]))
        db.session.execute(older.values(is_latest=False))


def _tell(done: AccountMerge, actor_id: int | None) -> None:
    record_act(
        "account_merged",
        actor_id=actor_id,
        subject_kind="account",
        subject_id=done.winner_id,
        details={"merged": done.loser_id, "people_joined": done.people_joined, "moved": dict(done.moved)},
    )
    record_act(
        "account_became_part",
        actor_id=actor_id,
        subject_kind="account",
        subject_id=done.loser_id,
        details={"kept": done.winner_id},
    )
    for account_id in sorted((done.loser_id, done.winner_id)):
        enqueue("rescore_accounts", {"account_ids": [account_id]}, key=f"rescore:{account_id}")
