"""Computes scores and stores them: one account after an answer, or all of them at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from vocapp.accounts.models import Account
from vocapp.core.db import db
from vocapp.engagement.queries import ACCOUNTS_AT_ONCE
from vocapp.method.queries import method_on
from vocapp.method.rules import Method
from vocapp.relationship.models import AccountScore, CohortPrior
from vocapp.relationship.queries import facts_of, priors, stored_scores
from vocapp.relationship.rules import (
    EVERYBODY,
    Facts,
    Prior,
    Sample,
    Score,
    cohort_priors,
    is_same_score,
    sample_of,
    score_accounts,
)

# A new day's row is written only for a change somebody could see: two tenths of a point of a hundred.
VISIBLE_CHANGE = 0.002


def rescore(account_ids: Sequence[int] | None, *, as_of: date, now: datetime) -> int:
    """Bring the scores of accounts up to date as of a day; return how many rows were written.

    None means all accounts, and refreshes the cohort priors first; a few accounts use the priors as last
    stored. Recomputing a day gives the same numbers: answers, outcomes, waves and contacts that came later
    are left out, and the method is that of the day; only status, personas and verification of contacts are
    today's, since no history of them is kept. Compute history in order of days: the status of a day depends
    on the day before. A second run writes nothing.
    """
    method = method_on(as_of)
    if account_ids is None:
        scores = score_everything(as_of=as_of, method=method)
        store_priors(scores.priors, as_of=as_of, now=now)
        return sum(store_scores(some, as_of=as_of, method=method, now=now) for some in scores.batches())
    # Waiting here, not at the end, lets the second of two rescores see what the first one saw and more.
    _hold(account_ids)
    facts = list(facts_of(account_ids, as_of=as_of, method=method.parameters))
    scored = score_accounts(facts, priors(), method.parameters)
    return store_scores(scored, as_of=as_of, method=method, now=now)


@dataclass(frozen=True)
class FullScore:
    """The scores of all accounts: priors first, then the accounts in batches, computed as they are taken."""

    priors: dict[str, Prior]
    facts: Sequence[Facts]
    method: Method

    def batches(self) -> Iterator[list[Score]]:
        """Yield the scores, some accounts at a time."""
        for start in range(0, len(self.facts), ACCOUNTS_AT_ONCE):
            some = self.facts[start : start + ACCOUNTS_AT_ONCE]
            yield score_accounts(some, self.priors, self.method.parameters)


def score_everything(*, as_of: date, method: Method) -> FullScore:
    """Read all accounts and find the priors of their cohorts by a method; writes nothing."""
    facts: list[Facts] = []
    samples: list[Sample] = []
    for one in facts_of(None, as_of=as_of, method=method.parameters):
        facts.append(one)
        samples.append(sample_of(one))
    return FullScore(cohort_priors(samples, method.parameters), facts, method)


def store_priors(found: dict[str, Prior], *, as_of: date, now: datetime) -> None:
    """Keep the priors of a full rescore for the single ones to come, unless newer ones are stored."""
    stored = {row.cohort: row for row in db.session.scalars(select(CohortPrior))}
    if EVERYBODY in stored and stored[EVERYBODY].as_of > as_of:
        return
    db.session.execute(delete(CohortPrior).where(CohortPrior.cohort.not_in(found)))
    for prior in found.values():
        values = _prior_values(prior)
        row = stored.get(prior.cohort)
        if row is None:
            db.session.add(CohortPrior(**values, as_of=as_of, computed_at=now))
        elif row.as_of != as_of or any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            row.as_of, row.computed_at = as_of, now
    db.session.flush()


def store_scores(
    scores: Iterable[Score],
    *,
    as_of: date,
    method: Method,
    now: datetime,
    read_at: datetime | None = None,
) -> int:
    """Store scores as of a day and return how many rows were written.

    A row of that day is rewritten when anything differs; without one, a row is added only if it differs
    visibly from the day before, or was made by another method. With `read_at`, accounts rescored since then
    are left alone: that rescore saw more.
    """
    by_account = {score.account_id: score for score in scores}
    if not by_account:
        return 0
    ids = sorted(by_account)
    _hold(ids)
    stored = stored_scores(ids, as_of)
    last = dict(
        db.session.execute(
            select(AccountScore.account_id, AccountScore.as_of).where(
                AccountScore.account_id.in_(ids), AccountScore.is_latest
            )
        ).all()
    )
    changed, added = [], []
    for account_id in ids:
        score, row = by_account[account_id], stored.get(account_id)
        if row is not None and read_at is not None and row.computed_at > read_at:
            continue
        if row is None or row.as_of != as_of:
            if row is None or not _is_stored(row, score, method, tolerance=VISIBLE_CHANGE):
                added.append(_values(score, method, now) | {"as_of": as_of, "account_id": account_id})
        elif not _is_stored(row, score, method, tolerance=0.0):
            changed.append(_values(score, method, now) | {"id": row.id})
    _write(added, changed, last)
    return len(added) + len(changed)


def _write(added: list[dict[str, Any]], changed: list[dict[str, Any]], last: dict[int, date]) -> None:
    newer = [row for row in added if row["account_id"] not in last or last[row["account_id"]] < row["as_of"]]
    superseded = [row["account_id"] for row in newer if row["account_id"] in last]
    if superseded:
        db.session.execute(
            update(AccountScore)
            .where(AccountScore.account_id.in_(superseded), AccountScore.is_latest)
            .values(is_latest=False)
        )
    is_newer = {row["account_id"] for row in newer}
    if added:
        rows = [row | {"is_latest": row["account_id"] in is_newer} for row in added]
        db.session.execute(insert(AccountScore), rows)
    if changed:
        db.session.execute(update(AccountScore), changed)


def _hold(account_ids: Sequence[int]) -> None:
    """Make others who would score these accounts wait for this transaction (SQLite has one writer anyway)."""
    db.session.execute(
        select(Account.id)
        .where(Account.id.in_(account_ids))
        .order_by(Account.id)
        .with_for_update(key_share=True)
    )


def _is_stored(row: Any, score: Score, method: Method, *, tolerance: float) -> bool:
    before = row.status, row.confidence, row.method_version
    after = score.status, score.confidence, method.number
    return before == after and is_same_score(row.measures, score.measures, tolerance=tolerance)


def _values(score: Score, method: Method, now: datetime) -> dict[str, Any]:
    return {
        "footprint": score.footprint,
        "engagement": score.engagement,
        "sentiment": score.sentiment,
        "nps": score.nps,
        "strength": score.strength,
        "answers": score.answers,
        "status": score.status.value,
        "confidence": score.confidence.value,
        "silent_waves": score.silent_waves,
        "decision_maker_silent_waves": score.decision_maker_silent_waves,
        "last_heard": score.last_heard,
        "measures": score.measures,
        "method_version": method.number,
        "computed_at": now,
    }


def _prior_values(prior: Prior) -> dict[str, Any]:
    return {
        "cohort": prior.cohort,
        "accounts": prior.accounts,
        "promoters": int(prior.counts.promoters),
        "passives": int(prior.counts.passives),
        "detractors": int(prior.counts.detractors),
        "kappa": prior.kappa,
        "has_mix": prior.has_mix,
        "engagement_mean": prior.engagement_mean,
    }
