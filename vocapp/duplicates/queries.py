"""Pairs that look alike, what a merge would move, merges on record, and the same person elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import visible_account_ids
from vocapp.core.db import db
from vocapp.duplicates.models import ContactMerge, DismissedPair, LikelyPair
from vocapp.duplicates.references import name_of, references
from vocapp.duplicates.rules import UNMERGE_WITHIN, Card, compare, in_order, traits_of
from vocapp.identity.models import User


def found_pairs(user: User, *, account_id: int | None = None) -> Select[LikelyPair]:
    """Return a select of the pairs that look alike at the accounts a user may see (or one of them).

    Likely ones come first; both contacts and their accounts are read along. Pairs that were dismissed are
    left out, and those of which one was merged or moved to another account since they were found.
    """
    is_dismissed = exists().where(
        DismissedPair.first_id == LikelyPair.first_id, DismissedPair.second_id == LikelyPair.second_id
    )
    pairs = (
        select(LikelyPair)
        .where(
            LikelyPair.account_id.in_(visible_account_ids(user)),
            ~is_dismissed,
            ~_is_gone(LikelyPair.first_id),
            ~_is_gone(LikelyPair.second_id),
        )
        .options(selectinload(LikelyPair.first).joinedload(Contact.account), selectinload(LikelyPair.second))
        # In the alphabet, too, what is likely comes before what is possible.
        .order_by(LikelyPair.grade, LikelyPair.first_id, LikelyPair.second_id)
    )
    return pairs if account_id is None else pairs.where(LikelyPair.account_id == account_id)


def _is_gone(contact_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    # Asked of each pair, not joined: a database that joins starts with all accounts instead of the pairs.
    return exists().where(
        Contact.id == contact_id,
        or_(Contact.merged_into_id.is_not(None), Contact.account_id != LikelyPair.account_id),
    )


def alike_to(contact: Contact, user: User) -> list[int]:
    """Return the contacts of the same account who may be the same person, likely ones first.

    The account must be one the user may see; merged contacts and dismissed pairs are left out.
    """
    own = or_(DismissedPair.first_id == contact.id, DismissedPair.second_id == contact.id)
    told = {
        (first, second)
        for first, second in db.session.execute(
            select(DismissedPair.first_id, DismissedPair.second_id).where(own)
        )
    }
    cards = present_cards().where(
        Contact.account_id == contact.account_id, Contact.account_id.in_(visible_account_ids(user))
    )
    people = [traits_of(Card(*row)) for row in db.session.execute(cards)]
    me = next((traits for traits in people if traits.card.contact_id == contact.id), None)
    pairs = [compare(me, other) for other in people] if me is not None else []
    found = in_order(pair for pair in pairs if pair and (pair.first_id, pair.second_id) not in told)
    return [pair.first_id if pair.second_id == contact.id else pair.second_id for pair in found]


def present_cards() -> Select[*tuple[Any, ...]]:
    """Return a select of the columns of `Card` for all contacts that were not merged into another."""
    return select(
        Contact.id,
        Contact.account_id,
        Contact.first_name,
        Contact.last_name,
        Contact.email_key,
        Contact.external_id,
        Contact.phone,
    ).where(Contact.merged_into_id.is_(None))


def what_points_at(contact_id: int) -> Mapping[str, int]:
    """Return "table.column" → how many rows point at a contact that way; only those with any."""
    counts = {}
    for column in references():
        found = db.session.scalar(select(func.count()).where(column == contact_id)) or 0
        if found:
            counts[name_of(column)] = found
    return counts


def elsewhere(contact: Contact, user: User) -> Sequence[Contact]:
    """Return the contacts with the same address at other accounts a user may see, by account name.

    The same person may well matter at two customers: they are listed, and never merged.
    """
    others = (
        select(Contact)
        .join(Contact.account)
        .where(
            Contact.email_key == contact.email_key,
            Contact.account_id != contact.account_id,
            Contact.account_id.in_(visible_account_ids(user)),
            Contact.merged_into_id.is_(None),
        )
        .options(joinedload(Contact.account), selectinload(Contact.personas))
        .order_by(Account.name, Contact.id)
    )
    return db.session.scalars(others).unique().all()


def merges_of(contact: Contact, *, now: datetime) -> list[tuple[ContactMerge, bool]]:
    """Return the merges into a contact that still hold, latest first, and whether each can be undone yet."""
    merges = db.session.scalars(_holding().where(ContactMerge.kept_id == contact.id))
    return [(merge, now - merge.at <= UNMERGE_WITHIN) for merge in merges]


def merge_into(merged_id: int) -> ContactMerge | None:
    """Return the merge that made a contact part of another and still holds, or None."""
    return db.session.scalar(_holding().where(ContactMerge.merged_id == merged_id).limit(1))


def later_merge(merge: ContactMerge) -> ContactMerge | None:
    """Return the latest merge of the same people that came after one and still holds, or None."""
    same = or_(ContactMerge.kept_id == merge.kept_id, ContactMerge.merged_id == merge.kept_id)
    return db.session.scalar(_holding().where(same, ContactMerge.id > merge.id).limit(1))


def _holding() -> Select[ContactMerge]:
    return (
        select(ContactMerge)
        .where(ContactMerge.undone_at.is_(None))
        .options(joinedload(ContactMerge.merged), joinedload(ContactMerge.kept))
        .order_by(ContactMerge.id.desc())
    )
