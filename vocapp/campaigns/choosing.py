"""Which accounts a draft may choose from, and which of them match."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from vocapp.accounts.merging import ids_of_keys
from vocapp.accounts.models import Account, Contact, Tier
from vocapp.accounts.queries import visible_account_ids, visible_accounts
from vocapp.accounts.rules import AccountStatus, ContactStatus, comparable_id
from vocapp.campaigns.models import Wave, wave_accounts
from vocapp.core.db import contains_text, db, is_same_text
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.identity.rules import may_write
from vocapp.rosters.models import RosterConfirmation

# What a query such as "tier=Tier 1,region=EMEA" may name.
TEXT_FIELDS: Mapping[str, Any] = {
    "segment": Account.segment,
    "industry": Account.industry,
    "region": Account.region,
    "country": Account.country,
    "product": Account.product,
    "stage": Account.lifecycle_stage,
}
FILTER_FIELDS = ("tier", "region", "industry", "segment")
ACCOUNT_ORDERS: Mapping[str, Any] = {
    "name": Account.name,
    "tier": Tier.rank,
    "region": Account.region,
    "arr": Account.arr,
    "renewal": Account.renewal_date,
    "id": Account.id,
}
KEYS_PER_QUERY = 500
QUERY_FIELDS = ("tier", "owner", *TEXT_FIELDS)


@dataclass(frozen=True)
class AccountFilter:
    """What a CSM looks for: words in the name, exact values of fields, only those chosen already."""

    text: str = ""
    values: tuple[tuple[str, str], ...] = ()
    is_chosen_only: bool = False

    @property
    def is_set(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.text or self.values or self.is_chosen_only)

    def value(self, field: str) -> str:
        """Return the value a field must have, or an empty text."""
        return dict(self.values).get(field, "")


def choosable_accounts(user: User, *, only: Collection[int] | None = None) -> Select[Any]:
    """Return a select of the accounts a user may ask (visible to them, and still customers).

    `only` narrows it to some ids; ids the user may not ask stay out.
    """
    accounts = visible_accounts(user).where(Account.status == AccountStatus.ACTIVE)
    return accounts if only is None else accounts.where(Account.id.in_(only))


def may_ask_anybody(user: User) -> bool:
    """Whether there is any account a user may ask."""
    one = choosable_accounts(user).with_only_columns(Account.id).order_by(None).limit(1)
    return db.session.scalar(one) is not None


def all_accounts(wanted: AccountFilter) -> Select[Any]:
    """Return a select of all customers that match, whoever owns them."""
    return _narrowed(select(Account).where(Account.status == AccountStatus.ACTIVE), wanted)


def matching_accounts(user: User, wanted: AccountFilter, *, wave_id: int | None = None) -> Select[Any]:
    """Return a select of the accounts a user may ask that match, without an order."""
    accounts = _narrowed(choosable_accounts(user), wanted)
    if wanted.is_chosen_only:
        chosen = select(wave_accounts.c.account_id).where(wave_accounts.c.wave_id == wave_id)
        accounts = accounts.where(Account.id.in_(chosen))
    return accounts


def account_rows(accounts: Select[Any]) -> Select[*tuple[Any, ...]]:
    """Return a select's accounts as the page shows them; `people` counts those who are active."""
    people = (
        select(func.count())
        .select_from(Contact)
        .where(Contact.account_id == Account.id, Contact.status == ContactStatus.ACTIVE)
        .correlate(Account)
        .scalar_subquery()
    )
    return accounts.outerjoin(Tier, Tier.id == Account.tier_id).with_only_columns(
        Account.id,
        Account.name,
        Tier.name.label("tier"),
        Tier.rank.label("rank"),
        Account.region,
        Account.arr,
        Account.currency,
        Account.renewal_date,
        people.label("people"),
    )


def chosen_among(wave: Wave, account_ids: Collection[int]) -> set[int]:
    """Return those of some accounts that a wave asks."""
    rows = select(wave_accounts.c.account_id).where(
        wave_accounts.c.wave_id == wave.id, wave_accounts.c.account_id.in_(account_ids)
    )
    return set(db.session.scalars(rows))


def chosen_count(wave_id: int) -> int:
    """Return how many accounts a wave asks."""
    rows = select(func.count()).select_from(wave_accounts).where(wave_accounts.c.wave_id == wave_id)
    return db.session.scalar(rows) or 0


def roster_rows(wave: Wave) -> Select[*tuple[Any, ...]]:
    """Return a select of a wave's accounts that its owner may ask, those confirmed longest ago first."""
    confirmed_at = (
        select(func.max(RosterConfirmation.at))
        .where(RosterConfirmation.account_id == Account.id)
        .correlate(Account)
        .scalar_subquery()
    )
    return (
        choosable_accounts(wave.owner)
        .join(wave_accounts, wave_accounts.c.account_id == Account.id)
        .where(wave_accounts.c.wave_id == wave.id)
        .with_only_columns(Account.id, Account.name)
        .order_by(confirmed_at.asc().nulls_first(), Account.name, Account.id)
    )


def field_choices(user: User, field: str) -> Sequence[str]:
    """Return the values a field has among the accounts a user may ask, sorted."""
    column = Tier.name if field == "tier" else TEXT_FIELDS[field]
    accounts = choosable_accounts(user)
    if field == "tier":
        accounts = accounts.join(Tier, Tier.id == Account.tier_id)
    values = accounts.with_only_columns(column).where(column != "").distinct().order_by(column)
    return db.session.scalars(values).all()


def parse_query(query: str) -> AccountFilter:
    """Return the filter that a query such as "tier=Tier 1,region=EMEA" means; "all" means no filter.

    Raises `DomainError` naming what it cannot read.
    """
    if query.strip().lower() == "all":
        return AccountFilter()
    values = []
    for part in query.split(","):
        field, sign, value = part.partition("=")
        field = field.strip().lower()
        if not sign or not value.strip() or field not in QUERY_FIELDS:
            raise DomainError(
                f"Cannot read {part.strip()!r}; write all, or FIELD=VALUE with FIELD one of"
                f" {', '.join(QUERY_FIELDS)}."
            )
        values.append((field, value.strip()))
    return AccountFilter(values=tuple(values))


def _narrowed(accounts: Select[Any], wanted: AccountFilter) -> Select[Any]:
    if wanted.text.strip():
        accounts = accounts.where(contains_text(Account.name, wanted.text))
    for field, value in wanted.values:
        accounts = accounts.where(_has(field, value))
    return accounts


def _has(field: str, value: str) -> ColumnElement[bool]:
    if field == "tier":
        return Account.tier_id.in_(select(Tier.id).where(is_same_text(Tier.name, value)))
    if field == "owner":
        return Account.owner_id.in_(select(User.id).where(is_same_text(User.email, value)))
    return is_same_text(TEXT_FIELDS[field], value)


def accounts_of_keys(keys: Sequence[str]) -> Select[Any]:
    """Return a select of the accounts these external ids lead to, customers or not.

    Raises `DomainError` naming the first ones nobody has.
    """
    wanted = {comparable_id(key): key for key in keys}
    found: dict[str, int] = {}
    for start in range(0, len(wanted), KEYS_PER_QUERY):
        found |= ids_of_keys(list(wanted)[start : start + KEYS_PER_QUERY])
    missing = [name for key, name in wanted.items() if key not in found]
    if missing:
        more = f" and {len(missing) - 3:,} more" if len(missing) > 3 else ""
        raise DomainError(
            f"There is no account {', '.join(missing[:3])}{more}; correct the list or import them first."
        )
    return select(Account).where(Account.id.in_(set(found.values())))


def sender_of(accounts: Select[Any], sender: User | None) -> User:
    """Return who asks these accounts: the sender named, else their one owner.

    Raises `DomainError` when there are no accounts, when nobody is named and they have several owners or
    none, or when the one named may not ask all of them.
    """
    owners = db.session.scalars(accounts.order_by(None).with_only_columns(Account.owner_id).distinct()).all()
    if not owners:
        raise DomainError("No account matches; look at them with vocapp export accounts.")
    if sender is None:
        if len(owners) != 1 or owners[0] is None:
            raise DomainError("These accounts do not have one owner; say who asks with --sender EMAIL.")
        return db.session.get_one(User, owners[0])
    if not sender.active or not may_write(sender.role):
        raise DomainError(f"{sender.email} may not ask anybody; name another --sender.")
    foreign = accounts.where(Account.id.not_in(visible_account_ids(sender))).with_only_columns(Account.name)
    names = db.session.scalars(foreign.limit(1)).all()
    if names:
        raise DomainError(f"{sender.email} does not own {names[0]}; name another --sender.")
    return sender
