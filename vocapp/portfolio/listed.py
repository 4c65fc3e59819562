"""Accounts of the portfolio as a list and as a table to save: any filter, any part of the chart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, case, cast, func, select

from integrations.tables.writing import Cell
from vocapp.accounts.exporting import ExportTable, in_steps
from vocapp.accounts.models import Account, Tier
from vocapp.core.db import db
from vocapp.core.web import Page, page_of
from vocapp.identity.models import User
from vocapp.portfolio.chart_queries import VALUES
from vocapp.portfolio.chart_rules import AxisKey
from vocapp.portfolio.queries import STATUS, Filters, customers, matching
from vocapp.portfolio.worth import Worth, worth_together
from vocapp.portfolio.zoom import Window
from vocapp.relationship.models import AccountScore
from vocapp.relationship.queries import latest_scores

# Decimals of a stored value may differ in the last place from what an address can say.
_HAIR = 1e-6

_COLUMNS: dict[str, Any] = {
    "external_id": Account.external_id,
    "name": Account.name,
    "tier": Tier.name,
    "region": Account.region,
    "industry": Account.industry,
    "owner": User.name,
    "arr": Account.arr,
    "currency": Account.currency,
    "renewal_date": Account.renewal_date,
    "status": STATUS,
    "confidence": AccountScore.confidence,
    "answers": AccountScore.answers,
    "strength": AccountScore.strength,
    "footprint": AccountScore.footprint,
    "engagement": AccountScore.engagement,
    "sentiment": AccountScore.sentiment,
    "nps": AccountScore.nps,
    "silent_waves": AccountScore.silent_waves,
    "decision_maker_silent_waves": AccountScore.decision_maker_silent_waves,
    "last_heard": AccountScore.last_heard,
}
_DIGITS = {"strength": 1, "footprint": 4, "engagement": 4, "sentiment": 4, "nps": 4}
# After the strength in the file: how sure it is.
_INTERVAL = ("strength_low", "strength_high")


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of accounts, with their strengths as stored measures by account id, and what all are worth."""

    page: Page
    strengths: Mapping[int, Mapping[str, Any]]
    worth: Worth


def listed(user: User, filters: Filters, window: Window, x: AxisKey, y: AxisKey) -> Select[Any]:
    """Return a select of the accounts that match and lie in a part of the chart, in no order yet."""
    return customers(user).where(*matching(filters), *_inside(window, x, y))


def listing_of(accounts: Select[Any], *, order: ColumnElement[Any], page_number: int) -> Listing:
    """Return one page of listed accounts; the number of statements is fixed."""
    rows = accounts.with_only_columns(
        Account.id, *(column.label(name) for name, column in _COLUMNS.items())
    ).order_by(order, Account.name, Account.id)
    worth = worth_of_listed(accounts)
    page = page_of(rows, number=page_number, scalars=False, total=worth.accounts)
    scores = latest_scores([row.id for row in page.items])
    return Listing(
        page=page,
        strengths={account_id: score.measures["strength"] for account_id, score in scores.items()},
        worth=worth,
    )


def worth_of_listed(accounts: Select[Any]) -> Worth:
    """Return what listed accounts are worth, in one statement."""
    groups = (
        accounts.with_only_columns(Account.currency, func.count(), *arr_columns())
        .group_by(Account.currency)
        .order_by(None)
    )
    return worth_together(tuple(row) for row in db.session.execute(groups))


def arr_columns(condition: ColumnElement[bool] | None = None) -> tuple[Any, ...]:
    """Return the sum of ARR above 0, how often it is unknown, how often negative, where a condition holds."""
    here = Account.id.is_not(None) if condition is None else condition
    amount = case((here & (Account.arr > 0), cast(Account.arr, Float)), else_=0.0)
    return (
        func.coalesce(func.sum(amount), 0.0),
        func.count(case((here & Account.arr.is_(None), 1))),
        func.count(case((here & (Account.arr < 0), 1))),
    )


def saved_table(accounts: Select[Any]) -> ExportTable:
    """Return listed accounts as a table to save, oldest first; null values are empty, never 0."""
    header = [name for column in _COLUMNS for name in (column, *(_INTERVAL if column == "strength" else ()))]
    return ExportTable("portfolio", header, _saved_rows(accounts))


def _saved_rows(accounts: Select[Any]) -> Iterator[Sequence[Cell]]:
    columns = [column.label(name) for name, column in _COLUMNS.items()]
    statement = accounts.with_only_columns(Account.id, *columns).order_by(None)
    for some in in_steps(statement, Account.id):
        intervals = _intervals([row.id for row in some])
        for row in some:
            cells: list[Cell] = []
            for name in _COLUMNS:
                cells.append(_rounded(getattr(row, name), _DIGITS.get(name)))
                if name == "strength":
                    cells += intervals.get(row.id, (None, None))
            yield cells


def _intervals(account_ids: Sequence[int]) -> dict[int, tuple[float, float]]:
    rows = db.session.execute(
        select(AccountScore.account_id, AccountScore.measures).where(
            AccountScore.account_id.in_(account_ids), AccountScore.is_latest
        )
    )
    found = {account_id: measures["strength"]["ci"] for account_id, measures in rows}
    return {
        account_id: (round(ci[0], 1), round(ci[1], 1)) for account_id, ci in found.items() if ci is not None
    }


def _rounded(value: Any, digits: int | None) -> Cell:
    cell: Cell = value if value is None or digits is None else round(value, digits)
    return cell


def _inside(window: Window, x: AxisKey, y: AxisKey) -> list[ColumnElement[bool]]:
    """Return the conditions under which an account has a place, and that inside a part of the chart."""
    if not window.is_set:
        return []
    conditions = []
    for limits, key in ((window.x, x), (window.y, y)):
        value = VALUES[key]
        conditions.append(value.is_not(None))
        if limits[0] is not None:
            conditions.append(value >= limits[0] - _HAIR)
        if limits[1] is not None:
            conditions.append(value <= limits[1] + _HAIR)
    return conditions
