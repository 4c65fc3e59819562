"""The portfolio as plain rows: present accounts with their values, now and before the latest wave."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Float, and_, cast, func, select
from sqlalchemy.orm import aliased

from vocapp.accounts.models import Account, Tier
from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.models import Wave
from vocapp.campaigns.queries import visible_waves
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.portfolio.chart_rules import AxisKey, Before, Row
from vocapp.portfolio.movements import Level
from vocapp.portfolio.queries import STATUS, Filters, customers, matching
from vocapp.relationship.models import AccountScore
from vocapp.relationship.queries import latest_scores, scores_on

# An account of no tier comes after all others.
NO_TIER = 1_000_000

VALUES: dict[AxisKey, Any] = {  # in the order of AxisKey
    AxisKey.ENGAGEMENT: AccountScore.engagement,
    AxisKey.SENTIMENT: AccountScore.sentiment,
    AxisKey.FOOTPRINT: AccountScore.footprint,
    AxisKey.STRENGTH: AccountScore.strength,
    AxisKey.NPS: AccountScore.nps,
}


def portfolio_rows(user: User, filters: Filters, *, today: date) -> list[Row]:
    """Return the accounts a user sees, with tier, owner and the values that charts show; one statement."""
    columns: list[Any] = [
        Account.id,
        Account.name,
        cast(Account.arr, Float),
        Account.currency,
        func.coalesce(Tier.name, ""),
        func.coalesce(Tier.rank, NO_TIER),
        Account.region,
        Account.renewal_date,
        func.coalesce(User.name, ""),
        STATUS,
        func.coalesce(AccountScore.confidence, "none"),
        func.coalesce(AccountScore.answers, 0),
        *VALUES.values(),
    ]
    found = customers(user).with_only_columns(*columns).where(*matching(filters))
    rows = []
    for row in db.session.execute(found):
        account_id, name, arr, currency, tier, rank, region, renewal, owner, *measured = row
        rows.append(
            Row(
                account_id,
                name,
                arr,
                currency,
                tier,
                rank,
                region,
                None if renewal is None else (renewal - today).days,
                owner,
                *measured,
            )
        )
    return rows


def day_before_latest_wave(user: User) -> date | None:
    """Return the day before the latest wave went out, or None before the first one."""
    launched = visible_waves(user).with_only_columns(func.max(Wave.launched_at)).order_by(None)
    latest = db.session.scalar(launched)
    return None if latest is None else latest.date() - timedelta(days=1)


def values_on(user: User, on: date) -> dict[int, Before]:
    """Return account id → the values in force on a day, of the accounts a user sees; one statement.

    Accounts whose latest score was made by another method are left out: nothing leads from one to the other.
    """
    latest = aliased(AccountScore)
    days = (
        select(AccountScore.account_id, func.max(AccountScore.as_of).label("as_of"))
        .where(AccountScore.as_of <= on, AccountScore.account_id.in_(visible_account_ids(user)))
        .group_by(AccountScore.account_id)
        .subquery()
    )
    columns: list[Any] = [AccountScore.account_id, *VALUES.values()]
    rows = db.session.execute(
        select(*columns)
        .join(days, (days.c.account_id == AccountScore.account_id) & (days.c.as_of == AccountScore.as_of))
        .join(
            latest,
            and_(
                latest.account_id == AccountScore.account_id,
                latest.is_latest,
                latest.method_version == AccountScore.method_version,
            ),
        )
    )
    return {row[0]: tuple(row[1:]) for row in rows}


def levels_of(account_ids: Sequence[int], on: date) -> dict[int, tuple[Level, Level]]:
    """Return account id → strength with its interval (then, now), where both were measured."""
    before, now = scores_on(account_ids, on), latest_scores(account_ids)
    found = {}
    for account_id in account_ids:
        pair = [_level(scores.get(account_id)) for scores in (before, now)]
        if pair[0] is not None and pair[1] is not None:
            found[account_id] = (pair[0], pair[1])
    return found


def _level(score: AccountScore | None) -> Level | None:
    if score is None or score.strength is None:
        return None
    strength = score.measures["strength"]
    ci = strength["ci"]
    return Level(score.strength, (ci[0], ci[1]) if ci else None, strength["state"])
