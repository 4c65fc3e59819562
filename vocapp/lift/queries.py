"""The history of accounts, as waves and renewals tell it; read only."""

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select

from vocapp.accounts.models import Account, Contact, Tier
from vocapp.accounts.queries import visible_account_ids
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.engagement.queries import SENTIMENT_SURVEYS
from vocapp.identity.models import User
from vocapp.lift.rules import AccountHistory, WaveOfAccount, by_account, known_until
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.renewals.models import RenewalOutcome
from vocapp.responses.models import Response


def histories(user: User, *, today: date) -> list[AccountHistory]:
    """Return the history of every account a user may see; accounts that became part of another have none."""
    seen = Account.id.in_(visible_account_ids(user))
    waves: defaultdict[int, list[WaveOfAccount]] = defaultdict(list)
    for account_id, closed_at, delivered, answered in db.session.execute(_waves().where(seen)):
        waves[account_id].append(WaveOfAccount(closed_at.date(), delivered, answered))
    ended = select(RenewalOutcome.account_id, RenewalOutcome.renewal_date, RenewalOutcome.outcome)
    outcomes = by_account((row[0], row[1], row[2]) for row in db.session.execute(ended))
    accounts = (
        select(Account.id, Account.status, Account.renewal_date, Tier.name)
        .outerjoin(Tier, Tier.id == Account.tier_id)
        .where(seen, Account.status != AccountStatus.MERGED)
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


def _waves() -> Select[*tuple[Any, ...]]:
    """Return account, end, people reached and people who rated of each closed relationship wave."""
    is_answered = and_(Response.id.is_not(None), Response.quarantine_reason.is_(None))
    # A doubtful answer is neither; the silence of somebody who has left is nobody's.
    is_reached = or_(
        is_answered,
        Invitation.state == InvitationState.DECLINED,
        and_(Invitation.state == InvitationState.SILENT, Contact.status != ContactStatus.LEFT),
    )
    return (
        select(
            Invitation.account_id,
            Wave.closed_at,
            func.sum(case((is_reached, 1), else_=0)),
            func.sum(case((is_answered, 1), else_=0)),
        )
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Invitation.account_id)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .join(Survey, Survey.id == SurveyVersion.survey_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(
            Survey.key.in_(SENTIMENT_SURVEYS),
            Wave.state == WaveState.CLOSED,
            Wave.closed_at.is_not(None),
            Wave.is_imported.is_(False),
            Contact.merged_into_id.is_(None),
        )
        .group_by(Invitation.account_id, Wave.id, Wave.closed_at)
    )
