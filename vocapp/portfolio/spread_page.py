"""The distribution page: strengths, statuses, and who brings which share of ARR."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Float, cast, func

from vocapp.accounts.models import Account
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.portfolio.queries import STATUS, Filters, customers, matching
from vocapp.portfolio.spread_rules import (
    Alarm,
    RevenueCurve,
    Spread,
    Standing,
    StatusShare,
    judge_colours,
    revenue_curves,
    spread_of,
    status_shares,
)
from vocapp.portfolio.worth import Worth, worth_of
from vocapp.relationship.models import AccountScore


@dataclass(frozen=True, slots=True)
class SpreadPage:
    """Everything on the distribution page."""

    spread: Spread
    shares: Sequence[StatusShare]
    alarm: Alarm
    worth: Worth
    curves: Sequence[RevenueCurve]


def spread_page(user: User, filters: Filters) -> SpreadPage:
    """Return how the accounts that match are spread; one statement."""
    accounts = _standings(user, filters)
    return SpreadPage(
        spread=spread_of(accounts),
        shares=status_shares(accounts),
        alarm=judge_colours(accounts),
        worth=worth_of((one.currency, one.arr) for one in accounts),
        curves=revenue_curves(accounts),
    )


def _standings(user: User, filters: Filters) -> list[Standing]:
    columns: list[Any] = [
        AccountScore.strength,
        STATUS,
        func.coalesce(AccountScore.confidence, "none"),
        Account.currency,
        cast(Account.arr, Float),
    ]
    found = customers(user).with_only_columns(*columns).where(*matching(filters)).order_by(None)
    return [Standing(*row) for row in db.session.execute(found)]
