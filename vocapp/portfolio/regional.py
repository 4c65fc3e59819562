"""How the ratings of an account stand among earlier ones of its region; read only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from surveys.regional import (
    ACCOUNTS_NEEDED,
    ANSWERS_NEEDED,
    RATINGS,
    RegionHistory,
    RegionTable,
    region_table,
)
from vocapp.accounts.models import Account
from vocapp.campaigns.models import Wave
from vocapp.core.db import db
from vocapp.engagement.queries import SENTIMENT_SURVEYS
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given


@dataclass(frozen=True, slots=True)
class Region:
    """Where the ratings of an account stand among earlier ones of its region.

    `standing` (0 to 1) is None where too few tell, `answers` and `accounts` are how many there are and
    `before` is the moment from which on nothing counts; those three say why.
    """

    name: str
    table: RegionTable | None = None
    standing: float | None = None
    answers: int = 0
    accounts: int = 0
    before: datetime | None = None
    answers_needed: int = ANSWERS_NEEDED
    accounts_needed: int = ACCOUNTS_NEEDED


def region_of(account: Account, ratings: Sequence[int], *, before: datetime) -> Region:
    """Stand ratings of an account among those of its region from before the newest wave they belong to."""
    if not account.region or not ratings:
        return Region(account.region)
    histories = region_histories(before=before)
    everybody = RegionHistory(
        name="",
        counts=tuple(sum(one.counts[rating] for one in histories.values()) for rating in range(RATINGS)),
        accounts=sum(one.accounts for one in histories.values()),
    )
    own = histories.get(account.region, RegionHistory(account.region, (0,) * RATINGS, 0))
    table = region_table([own], everybody)
    standing = table.of(ratings) if table else None
    return Region(account.region, table, standing, own.n, own.accounts, before)


def region_histories(*, before: datetime) -> Mapping[str, RegionHistory]:
    """Return per region the standard NPS ratings given openly before a moment, at whatever account."""
    waves = (
        select(Wave.id)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .join(Survey, Survey.id == SurveyVersion.survey_id)
        .where(Survey.key.in_(SENTIMENT_SURVEYS), SurveyVersion.is_standard)
    )
    # By account first, in the order of an index that holds all of it: ten times fewer rows meet the accounts.
    given = (
        select(
            Response.account_id,
            *(
                func.sum(case((Response.rating == rating, 1), else_=0)).label(f"rated_{rating}")
                for rating in range(RATINGS)
            ),
        )
        .where(
            Response.wave_id.in_(waves),
            openly_given(),
            Response.quarantine_reason.is_(None),
            Response.rating.is_not(None),
            Response.answered_at < before,
        )
        .group_by(Response.account_id)
        .subquery()
    )
    counts = [func.sum(given.c[f"rated_{rating}"]) for rating in range(RATINGS)]
    rows = db.session.execute(
        select(Account.region, func.count(), *counts)
        .join(given, given.c.account_id == Account.id)
        .group_by(Account.region)
    )
    return {
        region: RegionHistory(region, tuple(int(count) for count in counted), accounts)
        for region, accounts, *counted in rows
    }
