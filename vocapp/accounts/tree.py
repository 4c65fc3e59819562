"""Parents and children of accounts, read only: who stands above and below, however the links are tied."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import CTE, Select, and_, case, func, literal, select

from vocapp.accounts.models import Account, Contact, Persona, contact_personas
from vocapp.accounts.queries import (
    counts_as_somebody,
    house_rules,
    persona_facts,
    requirements_of,
    visible_account_ids,
)
from vocapp.accounts.rollup import RolledFootprint, roll_up, seat_count
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.core.db import db
from vocapp.identity.models import User

# Deeper than any company; a file that asks for more is read wrongly.
MOST_LEVELS = 50


def tree_ids(account_id: int) -> Select[Any]:
    """Return a select of the ids of an account and of everybody below it, each once.

    Ends on circles, too: an id that was found is not followed again.
    """
    return select(_below(account_id).c.id)


def counted_ids(account_id: int, user: User) -> Select[Any]:
    """Return a select of those of them that a roll-up counts for a user: visible, and still customers."""
    return select(Account.id).where(
        Account.id.in_(tree_ids(account_id)),
        Account.id.in_(visible_account_ids(user)),
        Account.status == AccountStatus.ACTIVE,
    )


def tree_size(account_id: int) -> int:
    """Return how many accounts an account and everybody below it are."""
    return db.session.scalar(select(func.count()).select_from(_below(account_id))) or 0


def has_children(account_id: int) -> bool:
    """Whether any account names this one as its parent."""
    children = select(Account.id).where(Account.parent_id == account_id, Account.id != account_id)
    return db.session.scalar(children.limit(1)) is not None


def ancestors_of(account_id: int) -> Sequence[int]:
    """Return the ids above an account, its parent first; a circle is followed once around at most."""
    above = (
        select(Account.parent_id.label("id"), literal(1).label("level"))
        .where(Account.id == account_id, Account.parent_id.is_not(None))
        .cte("above", recursive=True)
    )
    further = select(Account.parent_id, above.c.level + 1).join(above, above.c.id == Account.id)
    above = above.union(further.where(Account.parent_id.is_not(None), above.c.level <= MOST_LEVELS))
    found = db.session.scalars(select(above.c.id).order_by(above.c.level)).all()
    return list(dict.fromkeys(one for one in found if one != account_id))


def levels_below(account_id: int) -> int:
    """Return how many levels stand below an account, 0 for none and `MOST_LEVELS` + 1 for a circle."""
    below = (
        select(Account.id, literal(0).label("level"))
        .where(Account.id == account_id)
        .cte("levels", recursive=True)
    )
    further = select(Account.id, below.c.level + 1).join(below, Account.parent_id == below.c.id)
    below = below.union(further.where(below.c.level <= MOST_LEVELS))
    return db.session.scalar(select(func.max(below.c.level))) or 0


def rolled_footprint(account_ids: Select[Any], on: date) -> RolledFootprint:
    """Return the footprint of some accounts taken together on a date, in seven statements.

    People are counted where they are stored: it says the same as rolling up `footprint_of`, without bringing
    everybody here.
    """
    is_verified = Contact.verified_on >= on - timedelta(days=house_rules(on).verified_days)
    is_reachable = and_(is_verified, Contact.status == ContactStatus.ACTIVE)
    rows = db.session.execute(
        select(
            Contact.account_id,
            Persona.key,
            func.count(),
            func.count(case((is_verified, 1))),
            func.count(case((is_reachable, 1))),
        )
        .join(contact_personas, contact_personas.c.contact_id == Contact.id)
        .join(Persona, Persona.id == contact_personas.c.persona_id)
        .where(Contact.account_id.in_(account_ids), *counts_as_somebody())
        .group_by(Contact.account_id, Persona.key)
    )
    held = {(account_id, key): counts for account_id, key, *counts in rows}
    seats = []
    for account_id, required in requirements_of(db.session.scalars(account_ids).all(), on).items():
        for key, wanted in required.items():
            known, verified, reachable = held.get((account_id, key), (0, 0, 0))
            seats.append(seat_count(key, wanted, known=known, verified=verified, reachable=reachable))
    return roll_up(seats, persona_facts(on))


def why_no_parent(account: Account, parent: Account) -> str | None:
    """Return why an account cannot belong to another, in one sentence, or None when it can."""
    if parent.id == account.id:
        return "An account cannot belong to itself; choose another parent."
    above = ancestors_of(parent.id)
    if account.id in above:
        return f"{parent.name} stands below {account.name} already; choose a parent that does not."
    if len(above) + 2 + levels_below(account.id) > MOST_LEVELS:
        return f"The account would stand more than {MOST_LEVELS} levels deep; choose a parent higher up."
    return None


def _below(account_id: int) -> CTE:
    # UNION drops what was found before, which is what ends a circle.
    below = select(Account.id).where(Account.id == account_id).cte("below", recursive=True)
    return below.union(select(Account.id).join(below, Account.parent_id == below.c.id))
