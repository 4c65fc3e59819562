"""Rescoring on demand and once a day, without holding up anybody who writes meanwhile.

What pages read ready-made is written down along with it: footprints, gaps, and people who look alike.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from vocapp.accounts.personas import begin_due_weights
from vocapp.admin.tiering import apply_automatic_rules
from vocapp.core.clock import utcnow
from vocapp.core.db import reading, transaction
from vocapp.coverage.recording import close_coverage, record_coverage, record_footprints
from vocapp.duplicates.recording import record_pairs
from vocapp.engagement.queries import ACCOUNTS_AT_ONCE
from vocapp.method.queries import method_on
from vocapp.relationship.service import rescore, score_everything, store_priors, store_scores
from vocapp.renewals.queries import accounts_whose_renewal_came
from vocapp.renewals.service import settle_renewals


def rescore_accounts(payload: Mapping[str, Any]) -> None:
    """Rescore the accounts named by `account_ids`, or with `all` every account. Safe to run twice."""
    if payload.get("all"):
        rescore_all(now=utcnow())
    else:
        rescore_some(payload["account_ids"], now=utcnow())


def rescore_everything(_payload: Mapping[str, Any]) -> None:
    """Begin the day: yesterday's sums, weights of today, renewals due, every score, then the nightly rules.

    Ages and confirmations move on by themselves, so every account is rescored.
    """
    now = utcnow()
    with transaction():
        close_coverage(now.date() - timedelta(days=1))
    with transaction():
        begin_due_weights(now.date())
    with transaction():
        settle_renewals(accounts_whose_renewal_came(now.date()), now=now)
    rescore_all(now=now)
    with transaction():
        apply_automatic_rules()


def rescore_some(account_ids: Sequence[int], *, now: datetime) -> None:
    """Rescore accounts in transactions of some at a time."""
    for start in range(0, len(account_ids), ACCOUNTS_AT_ONCE):
        some = account_ids[start : start + ACCOUNTS_AT_ONCE]
        with transaction():
            rescore(some, as_of=now.date(), now=now)
        # Apart from the scores, so that nobody who writes meanwhile waits for both.
        with transaction():
            record_footprints(some, on=now.date(), now=now)
        with transaction():
            record_pairs(some, now=now)


def rescore_all(*, now: datetime, on_scored: Callable[[int], object] = lambda _count: None) -> None:
    """Read and compute outside any write transaction, then write in short ones.

    An account that was rescored while this ran keeps that newer score. `on_scored` hears how many accounts
    were finished since it was last told.
    """
    as_of = now.date()
    with reading():
        scores = score_everything(as_of=as_of, method=method_on(as_of))
    with transaction():
        store_priors(scores.priors, as_of=as_of, now=now)
    for some in scores.batches():
        with transaction():
            store_scores(some, as_of=as_of, method=scores.method, now=now, read_at=now)
        account_ids = [score.account_id for score in some]
        with transaction():
            record_footprints(account_ids, on=as_of, now=now)
        with transaction():
            record_pairs(account_ids, now=now)
        on_scored(len(some))
    with transaction():
        record_coverage(as_of)
