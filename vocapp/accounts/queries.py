"""Accounts, contacts and their footprint, read only."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import selectinload

from vocapp.accounts.models import (
    Account,
    Contact,
    Persona,
    PersonaQuota,
    Tier,
    TierProfile,
    contact_personas,
)
from vocapp.accounts.rules import (
    ContactStatus,
    Footprint,
    Person,
    PersonaFacts,
    is_reachable,
    is_verified,
    judge_footprint,
)
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.identity.rules import sees_all_accounts

# Beyond this many, one statement cannot carry the list: all rows are read and the others dropped.
MOST_LISTED_IDS = 20_000


def visible_accounts(user: User) -> Select[Any]:
    """Return a select of the accounts a user may see: a CSM's own, everybody else's all."""
    accounts = select(Account)
    return accounts if sees_all_accounts(user.role) else accounts.where(Account.owner_id == user.id)


def visible_account_ids(user: User) -> Select[Any]:
    """Return a select of the ids of those accounts, for `.in_(…)`."""
    return visible_accounts(user).with_only_columns(Account.id)


def personas_in_order() -> Sequence[Persona]:
    """Return all personas in page order."""
    return db.session.scalars(select(Persona).order_by(Persona.position, Persona.id)).all()


def persona_facts() -> list[PersonaFacts]:
    """Return all personas as rules need them, in page order."""
    return [
        PersonaFacts(persona.id, persona.key, persona.name, persona.weight, persona.description)
        for persona in personas_in_order()
    ]


def tiers_by_rank() -> Sequence[Tier]:
    """Return all tiers, the one that matters most first."""
    return db.session.scalars(select(Tier).order_by(Tier.rank, Tier.id)).all()


def requirements_on(on: date) -> dict[int, dict[str, int]]:
    """Return tier id → persona key → required contacts, by the profiles in force on a date.

    Tiers without a profile by then are absent.
    """
    latest = (
        select(TierProfile.tier_id, func.max(TierProfile.effective_from).label("since"))
        .where(TierProfile.effective_from <= on)
        .group_by(TierProfile.tier_id)
        .subquery()
    )
    lines = (
        select(TierProfile.tier_id, Persona.key, PersonaQuota.required)
        .join(
            latest,
            (latest.c.tier_id == TierProfile.tier_id) & (latest.c.since == TierProfile.effective_from),
        )
        .outerjoin(PersonaQuota, PersonaQuota.profile_id == TierProfile.id)
        .outerjoin(Persona, Persona.id == PersonaQuota.persona_id)
    )
    required: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for tier_id, key, count in db.session.execute(lines):
        of_tier = required[tier_id]
        if isinstance(key, str):  # A profile that asks for nobody still is one.
            of_tier[key] = count
    return dict(required)


def requirements_for(tier_id: int | None, on: date) -> dict[str, int]:
    """Return persona key → required contacts of one tier on a date; empty without a profile."""
    return {} if tier_id is None else requirements_on(on).get(tier_id, {})


def footprint_of(account_ids: Collection[int] | None, on: date) -> dict[int, Footprint]:
    """Return account id → footprint on a date, of some accounts or (None) of all, in four statements.

    Requirements are those in force on that date; people are as they are known today.
    """
    personas = persona_facts()
    required = requirements_on(on)
    accounts = select(Account.id, Account.tier_id).where(_among(Account.id, account_ids))
    tiers: dict[int, int | None] = dict(db.session.execute(accounts).all())
    people = _people_of(account_ids, on)
    wanted = tiers if account_ids is None else {key: tiers[key] for key in account_ids if key in tiers}
    return {
        account_id: judge_footprint(
            required.get(tier_id, {}) if tier_id is not None else {}, people.get(account_id, []), personas
        )
        for account_id, tier_id in wanted.items()
    }


def _people_of(account_ids: Collection[int] | None, on: date) -> dict[int, list[Person]]:
    rows = db.session.execute(
        select(
            Contact.account_id,
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Contact.title,
            Contact.status,
            Contact.is_role_address,
            Contact.verified_on,
            Persona.key,
        )
        .outerjoin(contact_personas, contact_personas.c.contact_id == Contact.id)
        .outerjoin(Persona, Persona.id == contact_personas.c.persona_id)
        .where(_among(Contact.account_id, account_ids), Contact.status != ContactStatus.LEFT)
        .order_by(Contact.account_id, Contact.id, Persona.position)
    )
    people: defaultdict[int, list[Person]] = defaultdict(list)
    for account_id, contact_id, first, last, email, title, status, is_role, verified_on, key in rows:
        known = people[account_id]
        if known and known[-1].contact_id == contact_id:
            before = known.pop()
            personas: tuple[str, ...] = (*before.personas, key)
        else:
            personas = tuple(found for found in (key,) if found)
        known.append(
            Person(
                contact_id=contact_id,
                name=f"{first} {last}".strip() or email,
                title=title,
                personas=personas,
                is_verified=is_verified(verified_on, on=on),
                is_reachable=is_reachable(status, is_role_address=is_role),
            )
        )
    return people


def _among(column: Any, ids: Collection[int] | None) -> ColumnElement[bool]:
    return true() if ids is None or len(ids) > MOST_LISTED_IDS else column.in_(ids)


def account_people(account_id: int) -> Sequence[Contact]:
    """Return the contacts of an account with their personas, by last name; those who left come last."""
    contacts = (
        select(Contact)
        .where(Contact.account_id == account_id)
        .options(selectinload(Contact.personas))
        .order_by(Contact.status == ContactStatus.LEFT, Contact.last_name, Contact.first_name, Contact.id)
    )
    return db.session.scalars(contacts).all()


def contact_at(account_id: int, email_key: str) -> Contact | None:
    """Return the contact of an account with an address in comparable form, or None."""
    return db.session.scalar(
        select(Contact).where(Contact.account_id == account_id, Contact.email_key == email_key)
    )


def account_by_key(external_key: str) -> Account | None:
    """Return the account with an identifier in comparable form, or None."""
    return db.session.scalar(select(Account).where(Account.external_key == external_key))
