"""The list of accounts that wait for an assessment, put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import selectinload

from vocapp.accounts.models import Account
from vocapp.assessments.queries import DUE_ORDERS, OwnerCount, due_by_owner, stale_accounts, worst_first
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
    waiting = stale_accounts(user, on).options(selectinload(Account.owner))
    if wanted.order != WORST_FIRST:
        waiting = waiting.order_by(None).order_by(wanted.column, *worst_first(on))
    if wanted.owner and sees_all_accounts(user.role):
        waiting = waiting.where(_looked_after_by(wanted.owner))
    return DuePage(page_of(waiting, number=number, scalars=False), due_by_owner(user, on))


def _looked_after_by(owner: str) -> ColumnElement[bool]:
    if owner == NOBODY:
        return Account.owner_id.is_(None)
    return Account.owner_id == int(owner) if owner.isdecimal() and len(owner) < 10 else Account.id < 0
