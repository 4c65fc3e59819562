"""The list of accounts that wait for an assessment, put together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement

from vocapp.accounts.models import Account
from vocapp.assessments.queries import (
    DUE_ORDERS,
    OwnerCount,
    due_by_owner,
    stale_accounts,
    with_last_assessed,
    worst_first,
)
from vocapp.core.web import Page, page_of, requested_order, requested_text
from vocapp.identity.models import User
from vocapp.identity.rules import sees_all_accounts

WORST_FIRST = "-arr"
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of waiting accounts shows: whose (id as text, "nobody", empty for all), in which order."""

    owner: str
    order: str
    column: ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class DuePage:
    """Accounts that wait, as (account, last assessed at or None), and the counts behind them.

    `owners` counts everybody's accounts for those who see all, else the user's own.
    """

    page: Page
    owners: Sequence[OwnerCount]

    @property
    def accounts(self) -> int:
        """How many customers there are in all."""
        return sum(one.accounts for one in self.owners)

    @property
    def due(self) -> int:
        """How many of them wait."""
        return sum(one.due for one in self.owners)


def requested_due() -> Wanted:
    """Return what the address asks for."""
    order, column = requested_order(DUE_ORDERS, default=WORST_FIRST)
    return Wanted(requested_text("owner"), order, column)


def due_page(user: User, wanted: Wanted, *, number: int, on: date) -> DuePage:
    """Return one page of a user's accounts that wait for an assessment, in the wanted order."""
    waiting, owners = stale_accounts(user, on), due_by_owner(user, on)
    total = sum(one.due for one in owners)
    if wanted.order != WORST_FIRST:
        waiting = waiting.order_by(None).order_by(wanted.column, *worst_first(on))
    if wanted.owner and sees_all_accounts(user.role):
        owner_id = _owner_id(wanted.owner)
        waiting = waiting.where(Account.owner_id == owner_id)
        total = sum(one.due for one in owners if one.owner_id == owner_id)
    page = page_of(waiting, number=number, total=total)
    return DuePage(replace(page, items=with_last_assessed(page.items)), owners)


def _owner_id(owner: str) -> int | None:
    """Return the user that a filter names: None for nobody, one whom nothing belongs to for nonsense."""
    if owner == NOBODY:
        return None
    return int(owner) if owner.isdecimal() and len(owner) < 10 else 0
