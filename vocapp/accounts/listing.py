"""The lists of accounts and people: what can be filtered, searched and sorted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import contains_eager, selectinload

from vocapp.accounts.models import Account, Contact, Tier, contact_personas
from vocapp.accounts.queries import house_rules, visible_account_ids
from vocapp.accounts.search_text import fold
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.identity.models import User

ACCOUNT_ORDERS: Mapping[str, Any] = {
    "name": Account.name,
    "tier": Tier.rank,
    "arr": Account.arr,
    "renewal": Account.renewal_date,
    "owner": User.name,
    "region": Account.region,
}
PEOPLE_ORDERS: Mapping[str, Any] = {
    "name": Contact.last_name,
    "account": Account.name,
    "status": Contact.status,
    "verified": Contact.verified_on,
}


class Freshness(StrEnum):
    """Whether somebody was confirmed lately, long ago, or never."""

    LATELY = "lately"
    LONG_AGO = "long_ago"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which accounts to list; empty fields do not filter."""

    text: str = ""
    tier_id: int | None = None
    region: str = ""
    owner_id: int | None = None
    status: str = ""
    ids: frozenset[int] = frozenset()

    @property
    def is_set(self) -> bool:
        """Whether anything is filtered at all."""
        return self != AccountFilter()


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which contacts to list; empty fields do not filter."""

    text: str = ""
    persona_id: int | None = None
    status: str = ""
    account_id: int | None = None
    freshness: Freshness | None = None
    ids: frozenset[int] = frozenset()

    @property
    def is_set(self) -> bool:
        """Whether anything is filtered at all."""
        return self != PeopleFilter()


def listed_accounts(user: User, wanted: AccountFilter) -> Select[Any]:
    """Return a select of the accounts a user may see and asked for, with tier and owner, in no order yet."""
    accounts = (
        select(Account)
        .outerjoin(Account.tier)
        .outerjoin(Account.owner)
        .options(contains_eager(Account.tier), contains_eager(Account.owner))
        .where(Account.id.in_(visible_account_ids(user)))
    )
    if wanted.text:
        accounts = accounts.where(_account_has(wanted.text))
    if wanted.tier_id is not None:
        accounts = accounts.where(Account.tier_id == wanted.tier_id)
    if wanted.region:
        accounts = accounts.where(Account.region == wanted.region)
    if wanted.owner_id is not None:
        accounts = accounts.where(Account.owner_id == wanted.owner_id)
    if wanted.status:
        accounts = accounts.where(Account.status == wanted.status)
    if wanted.ids:
        accounts = accounts.where(Account.id.in_(wanted.ids))
    return accounts


def listed_people(user: User, wanted: PeopleFilter) -> Select[Any]:
    """Return a select of the contacts a user may see and asked for, with account and personas, unordered."""
    people = (
        select(Contact)
        .join(Contact.account)
        .options(contains_eager(Contact.account), selectinload(Contact.personas))
        .where(Contact.account_id.in_(visible_account_ids(user)), Contact.merged_into_id.is_(None))
    )
    if wanted.text:
        people = people.where(_person_has(wanted.text))
    if wanted.persona_id is not None:
        playing = select(contact_personas.c.contact_id).where(
            contact_personas.c.persona_id == wanted.persona_id
        )
        people = people.where(Contact.id.in_(playing))
    if wanted.status:
        people = people.where(Contact.status == wanted.status)
    if wanted.account_id is not None:
        people = people.where(Contact.account_id == wanted.account_id)
    if wanted.freshness is not None:
        people = people.where(_confirmed(wanted.freshness))
    if wanted.ids:
        people = people.where(Contact.id.in_(wanted.ids))
    return people


def _confirmed(freshness: Freshness) -> ColumnElement[bool]:
    """Say whether a person's last confirmation is as fresh as asked for."""
    if freshness is Freshness.NEVER:
        return Contact.verified_on.is_(None)
    oldest = utcnow().date() - timedelta(days=house_rules().verified_days)
    return Contact.verified_on >= oldest if freshness is Freshness.LATELY else Contact.verified_on < oldest


def visible_regions(user: User) -> list[str]:
    """Return the regions of the accounts a user may see, by name."""
    regions = select(Account.region).where(Account.id.in_(visible_account_ids(user)), Account.region != "")
    return list(db.session.scalars(regions.distinct().order_by(Account.region)))


def has_accounts(user: User) -> bool:
    """Whether there is any account this user may see."""
    return db.session.scalar(visible_account_ids(user).limit(1)) is not None


def _account_has(text: str) -> ColumnElement[bool]:
    """Say whether an account holds every word of a text, in any case, with or without accents."""
    return and_(*(Account.search_text.contains(word, autoescape=True) for word in fold(text).split()))


def _person_has(text: str) -> ColumnElement[bool]:
    """Say whether a person, or their account, holds every word of a text."""
    return and_(
        *(
            Contact.search_text.contains(word, autoescape=True)
            | Contact.account_id.in_(
                select(Account.id).where(Account.search_text.contains(word, autoescape=True))
            )
            for word in fold(text).split()
        )
    )
