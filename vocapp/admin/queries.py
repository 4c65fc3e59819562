"""What the settings pages show, read only."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select

from vocapp.accounts.models import Account, contact_personas
from vocapp.accounts.rules import AccountStatus
from vocapp.core.db import db


def customers_per_owner() -> dict[int, int]:
    """Return user id → number of present customers they own, as their board shows them."""
    owned = select(Account.owner_id, func.count()).where(Account.status == AccountStatus.ACTIVE)
    counts = db.session.execute(owned.group_by(Account.owner_id))
    return {owner_id: count for owner_id, count in counts if owner_id is not None}


def customers_per_tier() -> dict[int, int]:
    """Return tier id → number of its present customers."""
    return _per_tier(Account.status == AccountStatus.ACTIVE)


def accounts_per_tier() -> dict[int, int]:
    """Return tier id → number of its accounts, former customers too: they hold the tier as well."""
    return _per_tier()


def _per_tier(*conditions: ColumnElement[bool]) -> dict[int, int]:
    counted = select(Account.tier_id, func.count()).where(*conditions)
    counts = db.session.execute(counted.group_by(Account.tier_id))
    return {tier_id: count for tier_id, count in counts if tier_id is not None}


def contacts_per_persona() -> dict[int, int]:
    """Return persona id → number of contacts who play it."""
    persona_id = contact_personas.c.persona_id
    return dict(db.session.execute(select(persona_id, func.count()).group_by(persona_id)).all())


def owners_without_user() -> Sequence[tuple[str, int]]:
    """Return the addresses named as owner that are no user, with their accounts, the most first."""
    waiting = (
        select(Account.owner_email, func.count())
        .where(
            Account.owner_id.is_(None),
            Account.owner_email != "",
            Account.status != AccountStatus.MERGED,
        )
        .group_by(Account.owner_email)
        .order_by(func.count().desc(), Account.owner_email)
        .limit(20)
    )
    return [(email, count) for email, count in db.session.execute(waiting)]
