"""The portfolio by tier and region, read only."""

from typing import Any

from sqlalchemy import case, func

from surveys.status import Status
from vocapp.accounts.models import Account, Tier
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.portfolio.chart_queries import NO_TIER
from vocapp.portfolio.heat_rules import Group, HeatMap, heat_map
from vocapp.portfolio.listed import arr_columns
from vocapp.portfolio.queries import SILENT, STATUS, WITHOUT, Filters, customers, matching
from vocapp.portfolio.rules import Silence
from vocapp.relationship.models import AccountScore


def heat_of(user: User, filters: Filters) -> HeatMap:
    """Return the accounts that match by tier and region, in one statement."""
    strength, at_risk = AccountScore.strength, STATUS.in_([Status.RED.value])
    columns: list[Any] = [
        Account.tier_id,
        func.coalesce(Tier.name, ""),
        func.coalesce(Tier.rank, NO_TIER),
        Account.region,
        Account.currency,
        func.count(),
        func.count(strength),
        func.coalesce(func.sum(strength), 0.0),
        func.coalesce(func.sum(strength * strength), 0.0),
        func.min(strength),
        func.max(strength),
        func.count(case((at_risk, 1))),
        *arr_columns(at_risk),
        func.count(AccountScore.silent_waves),
        func.count(case((SILENT[Silence.WHOLE], 1))),
    ]
    groups = (
        customers(user)
        .where(*matching(filters))
        .with_only_columns(*columns)
        .group_by(Account.tier_id, Tier.name, Tier.rank, Account.region, Account.currency)
        .order_by(None)
    )
    return heat_map([Group(*row) for row in db.session.execute(groups)], without=WITHOUT)
