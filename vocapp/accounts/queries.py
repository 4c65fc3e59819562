"""Accounts, contacts and their footprint, read only."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import selectinload

from vocapp.accounts.footprint import Footprint, Person, PersonaFacts, judge_footprint
from vocapp.accounts.merging import kept_account
from vocapp.accounts.models import (
    Account,
    Contact,
    KnowingRules,
    Persona,
    PersonaQuota,
    PersonaWeight,
    ProfileOverride,
    Tier,
    TierProfile,
    contact_personas,
)
from vocapp.accounts.requirements import Override, Place, required_at
from vocapp.accounts.rules import (
    AccountStatus,
    ContactStatus,
    HouseRules,
    OverrideScope,
    is_reachable,
    is_verified,
)
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.identity.rules import sees_all_accounts

# Beyond this many, one statement cannot carry the list: all rows are read and the others dropped.
MOST_LISTED_IDS = 20_000


def visible_accounts(user: User) -> Select[Any]:
    """Return a select of the accounts a user may see: a CSM's own, everybody else's all.

    One that became part of another is seen there only.
    """
    accounts = select(Account).where(Account.status != AccountStatus.MERGED)
    return accounts if sees_all_accounts(user.role) else accounts.where(Account.owner_id == user.id)


def visible_account_ids(user: User) -> Select[Any]:
    """Return a select of the ids of those accounts, for `.in_(…)`."""
    return visible_accounts(user).with_only_columns(Account.id)


def is_at_visible_account(account_id: ColumnElement[int] | Any, user: User) -> ColumnElement[bool]:
    """Return whether a row belongs to such an account.

    The same as `.in_(visible_account_ids(user))`, and quicker over many rows: where nearly all is seen,
    the short list of what is not lets a table be read in its own order.
    """
    if sees_all_accounts(user.role):
        return account_id.not_in(select(Account.id).where(Account.status == AccountStatus.MERGED))
    return account_id.in_(visible_account_ids(user))


def personas_in_order() -> Sequence[Persona]:
    """Return all personas in page order."""
    return db.session.scalars(select(Persona).order_by(Persona.position, Persona.id)).all()


def personas_on(on: date) -> list[Persona]:
    """Return the personas that can ask for seats on a date, in page order: those not retired by then."""
    usable = select(Persona).where(asks_for_seats(on)).order_by(Persona.position, Persona.id)
    return list(db.session.scalars(usable))


def house_rules(on: date | None = None) -> HouseRules:
    """Return how long knowledge stays good here: what an administrator said, else the defaults.

    Those in force on a date, or (None) the latest.
    """
    rules = [found for since, found in house_rules_by_day() if on is None or since <= on]
    return rules[-1] if rules else HouseRules()


def house_rules_by_day() -> list[tuple[date, HouseRules]]:
    """Return the house rules with the days from which they hold, the earliest first; none: the defaults."""
    rows = db.session.scalars(select(KnowingRules).order_by(KnowingRules.effective_from))
    return [
        (row.effective_from, HouseRules(**{one.name: getattr(row, one.name) for one in fields(HouseRules)}))
        for row in rows
    ]


def champions_among(contact_ids: Collection[int]) -> frozenset[int]:
    """Return those of some contacts who are champions, whatever else they are."""
    champions = (
        select(contact_personas.c.contact_id)
        .join(Persona, Persona.id == contact_personas.c.persona_id)
        .where(Persona.key == "champion", contact_personas.c.contact_id.in_(contact_ids))
    )
    return frozenset(db.session.scalars(champions))


def persona_facts(on: date) -> list[PersonaFacts]:
    """Return all personas as rules need them, in page order, with the weights in force on a date.

    Retired ones are among them: what they once counted for stays on record. Takes one statement.
    """
    known = and_(PersonaWeight.persona_id == Persona.id, PersonaWeight.effective_from <= on)
    lines = (
        select(Persona, func.coalesce(PersonaWeight.weight, Persona.weight))
        .outerjoin(PersonaWeight, known)
        .order_by(Persona.position, Persona.id, PersonaWeight.effective_from)
    )
    # The last line of a persona is the one in force.
    return [
        PersonaFacts(persona.id, persona.key, persona.name, weight, persona.description)
        for persona, weight in dict(db.session.execute(lines).all()).items()
    ]


def tiers_by_rank() -> Sequence[Tier]:
    """Return all tiers, the one that matters most first."""
    return db.session.scalars(select(Tier).order_by(Tier.rank, Tier.id)).all()


def requirements_on(on: date) -> dict[int, dict[str, int]]:
    """Return tier id → persona key → required contacts, by the profiles in force on a date.

    Tiers without a profile by then are absent, and so are personas retired by then.
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
        .outerjoin(Persona, (Persona.id == PersonaQuota.persona_id) & asks_for_seats(on))
    )
    required: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for tier_id, key, count in db.session.execute(lines):
        of_tier = required[tier_id]
        if isinstance(key, str):  # A profile that asks for nobody still is one.
            of_tier[key] = count
    return dict(required)


def requirements_of(account_ids: Collection[int] | None, on: date) -> dict[int, dict[str, int]]:
    """Return account id → persona key → required contacts on a date, of some accounts or (None) of all.

    The profile of the tier, and over it the overrides in force: the account's own before those of its
    segment, these before those of its region. Takes three statements. Tier, segment and region are today's.
    """
    places = db.session.execute(
        select(Account.id, Account.tier_id, Account.segment, Account.region).where(
            _among(Account.id, account_ids)
        )
    )
    wanted = None if account_ids is None else set(account_ids)
    return required_at(
        (Place(*row) for row in places if wanted is None or row.id in wanted),
        requirements_on(on),
        _overrides_in_force(account_ids, on),
    )


def _overrides_in_force(account_ids: Collection[int] | None, on: date) -> list[Override]:
    rows = db.session.execute(
        select(
            ProfileOverride.scope,
            ProfileOverride.scope_value,
            ProfileOverride.account_id,
            ProfileOverride.tier_id,
            Persona.key,
            ProfileOverride.required,
        )
        .join(Persona, Persona.id == ProfileOverride.persona_id)
        .where(
            ProfileOverride.effective_from <= on,
            or_(ProfileOverride.ends_on.is_(None), ProfileOverride.ends_on > on),
            # Accounts are looked at some at a time: reading everybody's each time would grow with the square.
            or_(ProfileOverride.account_id.is_(None), _among(ProfileOverride.account_id, account_ids)),
            asks_for_seats(on),
        )
        .order_by(ProfileOverride.effective_from, ProfileOverride.id)
    )
    return [Override(OverrideScope(row[0]), *row[1:]) for row in rows]


def asks_for_seats(on: date) -> ColumnElement[bool]:
    """Return the condition on a persona under which it is in use on a date: not retired by then."""
    return or_(Persona.retired_on.is_(None), Persona.retired_on > on)


def footprint_of(account_ids: Collection[int] | None, on: date) -> dict[int, Footprint]:
    """Return account id → footprint on a date, of some accounts or (None) of all, in six statements.

    Requirements, weights and how long a confirmation holds are those in force on that date; people are as
    they are known today. A role address is nobody.
    """
    personas = persona_facts(on)
    people = _people_of(account_ids, on, verified_days=house_rules(on).verified_days)
    return {
        account_id: judge_footprint(required, people.get(account_id, []), personas)
        for account_id, required in requirements_of(account_ids, on).items()
    }


def counts_as_somebody() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on a contact under which footprint knows them: there, and a person."""
    return (
        Contact.status != ContactStatus.LEFT,
        Contact.merged_into_id.is_(None),
        Contact.is_role_address.is_(False),
    )


def _people_of(
    account_ids: Collection[int] | None, on: date, *, verified_days: int
) -> dict[int, list[Person]]:
    rows = db.session.execute(
        select(
            Contact.account_id,
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Contact.title,
            Contact.status,
            Contact.verified_on,
            Persona.key,
        )
        .outerjoin(contact_personas, contact_personas.c.contact_id == Contact.id)
        .outerjoin(Persona, Persona.id == contact_personas.c.persona_id)
        .where(_among(Contact.account_id, account_ids), *counts_as_somebody())
        .order_by(Contact.account_id, Contact.id, Persona.position)
    )
    people: defaultdict[int, list[Person]] = defaultdict(list)
    for account_id, contact_id, first, last, email, title, status, verified_on, key in rows:
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
                is_verified=is_verified(verified_on, on=on, days=verified_days),
                is_reachable=is_reachable(status, is_role_address=False),
            )
        )
    return people


def _among(column: Any, ids: Collection[int] | None) -> ColumnElement[bool]:
    return true() if ids is None or len(ids) > MOST_LISTED_IDS else column.in_(ids)


def account_people(account_id: int) -> Sequence[Contact]:
    """Return the contacts of an account with their personas, by last name; those who left come last.

    Merged contacts are left out.
    """
    contacts = (
        select(Contact)
        .where(Contact.account_id == account_id, Contact.merged_into_id.is_(None))
        .options(selectinload(Contact.personas))
        .order_by(Contact.status == ContactStatus.LEFT, Contact.last_name, Contact.first_name, Contact.id)
    )
    return db.session.scalars(contacts).all()


def contact_at(account_id: int, email_key: str) -> Contact | None:
    """Return the contact of an account with an address in comparable form, or None.

    The address of a merged contact leads to the one it became part of.
    """
    found = db.session.scalar(
        select(Contact).where(Contact.account_id == account_id, Contact.email_key == email_key)
    )
    if found is None or found.merged_into_id is None:
        return found
    kept = db.session.get(Contact, found.merged_into_id)
    # A file may have moved the kept one to another account since.
    return kept if kept is not None and kept.account_id == account_id else found


def kept_contact(contact: Contact) -> Contact:
    """Return the contact that one has become part of, itself when it was not merged."""
    while contact.merged_into_id is not None:
        contact = db.session.get_one(Contact, contact.merged_into_id)
    return contact


def account_by_key(external_key: str) -> Account | None:
    """Return the account an identifier in comparable form leads to, or None; of a merged one the kept one."""
    account = db.session.scalar(select(Account).where(Account.external_key == external_key))
    return None if account is None else kept_account(account)
