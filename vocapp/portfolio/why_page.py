"""The page that says where the numbers of an account come from, read for one account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import select

from surveys.sensitivity import AccountSensitivity
from surveys.shrinkage import Confidence
from surveys.silence import SilenceJudgement
from surveys.status import Status
from surveys.trend import Trend
from vocapp.accounts.models import Account
from vocapp.benchmarks.models import OuterBenchmark
from vocapp.benchmarks.outer_rules import OuterMeasure
from vocapp.benchmarks.queries import figures_for, standings_by_wave, standings_of
from vocapp.benchmarks.rules import Compared, Standing
from vocapp.core.db import db
from vocapp.engagement.queries import active_contacts, participations
from vocapp.engagement.rules import people_of
from vocapp.method.queries import method_on, methods_by_number
from vocapp.method.rules import Method
from vocapp.portfolio.answer_rates import answer_rates
from vocapp.portfolio.regional import Region, region_of
from vocapp.portfolio.why_rules import (
    Change,
    RatedPerson,
    ScoredDay,
    Sentiment,
    change_between,
    other_weights,
    sentiment_of,
    silence_of,
    trend_of,
)
from vocapp.relationship.models import AccountScore
from vocapp.relationship.queries import end_of_day, latest_scores
from vocapp.timeline.queries import score_days, wave_runs
from vocapp.timeline.story import WaveRun, score_on

WAVES_LOOKED_AT = 24


@dataclass(frozen=True, slots=True)
class ClosedWave:
    """A wave that has closed, and where the account stood among others then; empty where not kept."""

    run: WaveRun
    standings: Mapping[Compared, Standing]


@dataclass(frozen=True, slots=True)
class WhyPage:
    """Everything on the page."""

    account: Account
    score: AccountScore | None
    method: Method
    weights: AccountSensitivity | None
    days: Sequence[ScoredDay]
    change: Change | None
    sentiment: Sentiment
    list_size: int
    region: Region
    trend: Trend
    silence: SilenceJudgement | None
    standings: Mapping[Compared, Standing]
    waves: Sequence[ClosedWave]
    outside: Mapping[OuterMeasure, OuterBenchmark]


def why_page(account: Account, *, since: date | None, until: date | None, now: datetime) -> WhyPage:
    """Return where an account's numbers come from, in a fixed number of statements.

    `since` and `until` choose the two days whose strengths are compared.
    """
    method, days, methods = method_on(now.date()), _scored_days(account.id), methods_by_number()
    score = latest_scores([account.id]).get(account.id)
    people, newest = _rated(account.id, now=now, method=method)
    list_size = active_contacts([account.id], until=end_of_day(now.date())).get(account.id, 0)
    runs, kept = wave_runs(account.id, most=WAVES_LOOKED_AT), standings_by_wave(account.id)
    return WhyPage(
        account=account,
        score=score,
        method=method,
        weights=_weights(account, score, days, methods) if score else None,
        days=days,
        change=change_between(days, since, until, methods),
        sentiment=sentiment_of(people, list_size=list_size),
        list_size=list_size,
        region=region_of(account, [one.rating for one in people], before=newest),
        trend=_trend(account.id, runs, today=now.date()),
        silence=_silence(account, runs, method),
        standings=standings_of(account.id),
        waves=[ClosedWave(run, kept.get(run.wave_id, {})) for run in runs if not run.is_open],
        outside=figures_for(account),
    )


def _scored_days(account_id: int) -> list[ScoredDay]:
    columns = (
        AccountScore.as_of,
        AccountScore.strength,
        AccountScore.footprint,
        AccountScore.engagement,
        AccountScore.sentiment,
        AccountScore.status,
        AccountScore.method_version,
    )
    rows = select(*columns).where(AccountScore.account_id == account_id).order_by(AccountScore.as_of)
    return [ScoredDay(*row) for row in db.session.execute(rows)]


def _weights(
    account: Account, score: AccountScore, days: Sequence[ScoredDay], methods: Mapping[int, Method]
) -> AccountSensitivity | None:
    before = [day.status for day in days if day.as_of < score.as_of]
    return other_weights(
        account.external_key,
        score.measures,
        confidence=Confidence(score.confidence),
        previous=Status(before[-1]) if before else None,
        parameters=methods[score.method_version].parameters.strength(),
    )


def _rated(account_id: int, *, now: datetime, method: Method) -> tuple[list[RatedPerson], datetime]:
    """Return the people whose answers make the account's sentiment, and when their newest wave began."""
    window = method.parameters.sentiment_window
    rows = participations([account_id], until=end_of_day(now.date()), sentiment_window=window)
    people = people_of(rows)
    counts = people.is_active & (people.rating >= 0)
    columns = (people.rating, people.weight, people.is_decision_maker)
    rated = [RatedPerson(*row) for row in zip(*(column[counts].tolist() for column in columns), strict=True)]
    launched = rows.launched[rows.counts_as_sentiment]
    newest = datetime.fromtimestamp(int(launched.max()), tz=UTC) if launched.size else now
    return rated, newest


def _trend(account_id: int, runs: Sequence[WaveRun], *, today: date) -> Trend:
    """Return the trend of strength over the waves that have closed, oldest first."""
    scores = score_days(account_id)
    ends = [run.closes_at.date() for run in reversed(runs) if not run.is_open and run.closes_at is not None]
    found = [score_on(scores, end) for end in ends if end <= today]
    return trend_of([(one.strength, one.method_version) for one in found if one is not None])


def _silence(account: Account, runs: Sequence[WaveRun], method: Method) -> SilenceJudgement | None:
    """Judge the silence of the latest closed wave by how often accounts like this one answer."""
    latest = next((run for run in runs if not run.is_open), None)
    if latest is None:
        return None
    asked = latest.count("answered", "partial", "declined", "silent")
    # To decline is to answer.
    heard = latest.answered + latest.count("declined")
    rates = answer_rates(fewest=method.parameters.tier_accounts)
    return silence_of(asked=asked, answered=heard, response_rate=rates.of_tier(account.tier_id))
