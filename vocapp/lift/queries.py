"""The history of accounts, as waves and renewals tell it; read only."""

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from vocapp.accounts.models import Account, Tier
from vocapp.accounts.queries import is_at_visible_account
from vocapp.accounts.rules import AccountStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db
from vocapp.engagement.queries import SENTIMENT_SURVEYS
from vocapp.engagement.turnout import has_counted_answer, is_answered, is_of_one_person, is_reached
from vocapp.identity.models import User
from vocapp.lift.rules import AccountHistory, WaveOfAccount, by_account, known_until
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.renewals.models import RenewalOutcome
from vocapp.responses.models import Response


def histories(user: User, *, today: date) -> list[AccountHistory]:
    """Return the history of every account a user may see; accounts that became part of another have none."""
    closed = {wave_id: closed_at.date() for wave_id, closed_at in db.session.execute(_closed_waves())}
    waves: defaultdict[int, list[WaveOfAccount]] = defaultdict(list)
    taken = db.session.execute(_taken(list(closed)).where(is_at_visible_account(Invitation.account_id, user)))
    for account_id, wave_id, reached, answered in taken:
        waves[account_id].append(WaveOfAccount(closed[wave_id], reached, answered))
    ended = select(RenewalOutcome.account_id, RenewalOutcome.renewal_date, RenewalOutcome.outcome)
    outcomes = by_account((row[0], row[1], row[2]) for row in db.session.execute(ended))
    accounts = (
        select(Account.id, Account.status, Account.renewal_date, Tier.name)
        .outerjoin(Tier, Tier.id == Account.tier_id)
        .where(is_at_visible_account(Account.id, user), Account.status != AccountStatus.MERGED)
    )
    return [
        AccountHistory(
            stratum=tier or "",
            waves=waves[account_id],
            outcomes=outcomes.get(account_id, ()),
            known_to=known_until(
                outcomes.get(account_id, ()),
                is_customer=status == AccountStatus.ACTIVE,
                renewal_date=renewal_date,
                today=today,
            ),
        )
        for account_id, status, renewal_date, tier in db.session.execute(accounts)
    ]


def _closed_waves() -> Select[*tuple[Any, ...]]:
    """Return id and end of the relationship waves that have closed."""
    return (
        select(Wave.id, Wave.closed_at)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .join(Survey, Survey.id == SurveyVersion.survey_id)
        .where(
            Survey.key.in_(SENTIMENT_SURVEYS),
            Wave.state == WaveState.CLOSED,
            Wave.closed_at.is_not(None),
            Wave.is_imported.is_(False),
        )
    )


def _taken(wave_ids: list[int]) -> Select[*tuple[Any, ...]]:
    """Return account, wave, people reached and people who rated of each account in each of some waves."""
    return (
        select(Invitation.account_id, Invitation.wave_id, _count(is_reached()), _count(is_answered()))
        .outerjoin(Response, has_counted_answer())
        .where(Invitation.wave_id.in_(wave_ids), is_of_one_person())
        .group_by(Invitation.wave_id, Invitation.account_id)
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))
