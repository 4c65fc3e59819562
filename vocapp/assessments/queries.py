"""Assessments, and which accounts wait for one, read only."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select, true
from sqlalchemy.orm import selectinload

from vocapp.accounts.models import Account, Contact, Persona, contact_personas
from vocapp.accounts.queries import MOST_LISTED_IDS, house_rules, visible_account_ids, visible_accounts
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.assessments.models import Assessment
from vocapp.assessments.rules import (
    ATTITUDE,
    Change,
    Reading,
    changes_since,
    is_stale,
    questions_for,
    read_assessment,
    stale_before,
)
from vocapp.core.db import db
from vocapp.core.web import Page
from vocapp.identity.models import User

HISTORY_SIZE = 10
PEOPLE_SHOWN = 30


def latest_assessments(account_ids: Collection[int]) -> dict[tuple[int, int | None], Assessment]:
    """Return (account id, contact id or None for the account as a whole) → the latest assessment of it."""
    place = func.row_number().over(
        partition_by=(Assessment.account_id, Assessment.contact_id),
        order_by=(Assessment.at.desc(), Assessment.id.desc()),
    )
    ids = set(account_ids)
    among = Assessment.account_id.in_(ids) if len(ids) <= MOST_LISTED_IDS else true()
    ranked = select(Assessment.id, place.label("place")).where(among).subquery()
    rows = db.session.scalars(
        select(Assessment)
        .join(ranked, ranked.c.id == Assessment.id)
        .where(ranked.c.place == 1)
        .options(selectinload(Assessment.author))
    )
    return {(row.account_id, row.contact_id): row for row in rows if row.account_id in ids}


def attitude_of(assessment: Assessment) -> int | None:
    """Return how a stakeholder stands to us as their CSM sees it: 1 against us … 5 speaks for us; or None.

    It is never mixed with what the person answered themselves.
    """
    return assessment.ratings.get(ATTITUDE)


@dataclass(frozen=True, slots=True)
class Assessed:
    """One assessment with what it says, and what changed since the one before it."""

    row: Assessment
    reading: Reading
    changes: Sequence[Change]
    has_earlier: bool
    is_stale: bool


def assessed_history(account_id: int, contact_id: int | None, *, number: int, on: date) -> Page:
    """Return a page of `Assessed`, newest first, of an account as a whole or of one stakeholder."""
    same = (Assessment.account_id == account_id, _is_about(contact_id))
    total = db.session.scalar(select(func.count()).select_from(Assessment).where(*same)) or 0
    number = min(max(number, 1), max(1, -(-total // HISTORY_SIZE)))
    rows = db.session.scalars(
        select(Assessment)
        .where(*same)
        .order_by(Assessment.at.desc(), Assessment.id.desc())
        .options(selectinload(Assessment.author))
        .offset((number - 1) * HISTORY_SIZE)
        .limit(HISTORY_SIZE + 1)  # The one more is what the last one changed.
    ).all()
    days = house_rules().assessment_days
    pairs = list(zip_longest(rows, rows[1:]))[:HISTORY_SIZE]
    shown = [_assessed(row, before, on=on, days=days) for row, before in pairs]
    return Page(shown, number, HISTORY_SIZE, total)


def last_assessed(account_id: int, contact_id: int | None, *, on: date) -> Assessed | None:
    """Return the latest assessment of an account as a whole or of one stakeholder, or None."""
    page = assessed_history(account_id, contact_id, number=1, on=on)
    return page.items[0] if page.items else None


def _assessed(row: Assessment, before: Assessment | None, *, on: date, days: int) -> Assessed:
    questions = questions_for(is_person=row.contact_id is not None)
    return Assessed(
        row=row,
        reading=read_assessment(row.ratings, questions),
        changes=changes_since(before.ratings, row.ratings, questions) if before else (),
        has_earlier=before is not None,
        is_stale=is_stale(row.at, on=on, days=days),
    )


def _is_about(contact_id: int | None) -> ColumnElement[bool]:
    return Assessment.contact_id.is_(None) if contact_id is None else Assessment.contact_id == contact_id


def said_since(
    account_id: int, contact_id: int | None, *, author_id: int, moment: datetime
) -> Sequence[Assessment]:
    """Return what one person said about an account or stakeholder since a moment."""
    return db.session.scalars(
        select(Assessment).where(
            Assessment.account_id == account_id,
            _is_about(contact_id),
            Assessment.author_id == author_id,
            Assessment.at >= moment,
        )
    ).all()


# When the account of a statement was last assessed as a whole; null for never.
last_at: ColumnElement[Any] = (
    select(func.max(Assessment.at))
    .where(Assessment.account_id == Account.id, Assessment.contact_id.is_(None))
    .correlate(Account)
    .scalar_subquery()
)

DUE_ORDERS: dict[str, Any] = {
    "arr": Account.arr,
    "renewal": Account.renewal_date,
    "name": func.lower(Account.name),
    "owner": func.lower(User.name),
    "last": last_at,
}


def stale_accounts(user: User, on: date) -> Select[Any]:
    """Return a select of the ids of a user's customers that wait to be assessed, with their owners.

    They never were as a whole, or longer ago than the house's days; the largest ARR first, then the nearest
    renewal.
    """
    return (
        visible_account_ids(user)
        .outerjoin(User, User.id == Account.owner_id)
        .where(Account.status == AccountStatus.ACTIVE, is_due(on))
        .order_by(*worst_first(on))
    )


def with_last_assessed(account_ids: Sequence[int]) -> list[tuple[Account, datetime | None]]:
    """Return accounts with their owners in the order given, each with when it was last assessed."""
    rows = db.session.execute(
        select(Account, last_at).where(Account.id.in_(account_ids)).options(selectinload(Account.owner))
    )
    found = {account.id: (account, assessed_at) for account, assessed_at in rows}
    return [found[account_id] for account_id in account_ids]


def is_due(on: date) -> ColumnElement[bool]:
    """Return the condition that an account has no current assessment as a whole."""
    current = exists().where(
        Assessment.account_id == Account.id,
        Assessment.contact_id.is_(None),
        Assessment.at >= stale_before(on, days=house_rules().assessment_days),
    )
    return ~current.correlate(Account)


def worst_first(on: date) -> tuple[Any, ...]:
    """Return the order of what waits: the largest ARR first, then the nearest renewal to come."""
    coming = case((Account.renewal_date >= on, Account.renewal_date))
    return (Account.arr.desc().nulls_last(), coming.asc().nulls_last(), Account.name, Account.id)


@dataclass(frozen=True, slots=True)
class OwnerCount:
    """How many accounts somebody looks after, and how many of them wait; nobody's have no id and no name."""

    owner_id: int | None
    name: str | None
    accounts: int
    due: int

    @property
    def current(self) -> int:
        """How many of the accounts have a current assessment."""
        return self.accounts - self.due

    @property
    def share_current(self) -> float:
        """The share of them, 0-1."""
        return self.current / self.accounts


def due_by_owner(user: User, on: date) -> list[OwnerCount]:
    """Return the counts of everybody who looks after customers this user may see, most waiting first."""
    waiting = func.sum(case((is_due(on), 1), else_=0))
    # Names are joined to the sums: joined to the accounts, they would be looked up for each of them.
    counts = (
        visible_accounts(user)
        .with_only_columns(Account.owner_id, func.count().label("accounts"), waiting.label("due"))
        .where(Account.status == AccountStatus.ACTIVE)
        .group_by(Account.owner_id)
        .subquery()
    )
    rows = db.session.execute(
        select(counts.c.owner_id, User.name, counts.c.accounts, counts.c.due)
        .outerjoin(User, User.id == counts.c.owner_id)
        .order_by(counts.c.due.desc(), User.name.nulls_last(), counts.c.owner_id)
    )
    return [OwnerCount(*row) for row in rows]


def stakeholders(account_id: int) -> Page:
    """Return those of an account's present people who are asked about first, as the first page of all.

    Who plays a part comes before who plays none, the weightier part first.
    """
    weight = func.max(Persona.weight)
    present = (
        Contact.account_id == account_id,
        Contact.status != ContactStatus.LEFT,
        Contact.merged_into_id.is_(None),
        Contact.is_role_address.is_(False),
    )
    first = (
        select(Contact.id)
        .outerjoin(contact_personas, contact_personas.c.contact_id == Contact.id)
        .outerjoin(Persona, Persona.id == contact_personas.c.persona_id)
        .where(*present)
        .group_by(Contact.id, Contact.last_name, Contact.first_name)
        .order_by(weight.desc().nulls_last(), Contact.last_name, Contact.first_name, Contact.id)
        .limit(PEOPLE_SHOWN)
    )
    ids = db.session.scalars(first).all()
    people = db.session.scalars(
        select(Contact).where(Contact.id.in_(ids)).options(selectinload(Contact.personas))
    )
    known = {person.id: person for person in people}
    total = db.session.scalar(select(func.count()).select_from(Contact).where(*present)) or 0
    return Page([known[contact_id] for contact_id in ids], 1, PEOPLE_SHOWN, total)
