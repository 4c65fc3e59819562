"""Scores and what they are computed from, read only."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Select, and_, func, select

from surveys.measure import Measure, not_measured
from surveys.parameters import MethodParameters
from surveys.rates import Participation, turnout
from surveys.scoring import NpsCounts
from surveys.status import Status
from vocapp.accounts.models import Account
from vocapp.accounts.queries import footprint_of
from vocapp.core.db import db
from vocapp.engagement.queries import ACCOUNTS_AT_ONCE, active_contacts, participations
from vocapp.engagement.rules import (
    VOICES,
    Participations,
    People,
    Voice,
    participations_by_account,
    people_of,
    pooled,
    silent_waves,
)
from vocapp.relationship.models import AccountScore, CohortPrior
from vocapp.relationship.rules import Facts, Prior


def latest_scores(account_ids: Sequence[int] | None = None) -> dict[int, AccountScore]:
    """Return account id → the score that pages show, of some accounts or (None) of all."""
    scores = select(AccountScore).where(AccountScore.is_latest)
    if account_ids is not None:
        scores = scores.where(AccountScore.account_id.in_(account_ids))
    return {score.account_id: score for score in db.session.scalars(scores)}


def score_history(account_id: int) -> Sequence[AccountScore]:
    """Return the scores of an account, oldest first: one for each day on which something changed."""
    rows = select(AccountScore).where(AccountScore.account_id == account_id).order_by(AccountScore.as_of)
    return db.session.scalars(rows).all()


def scores_on(account_ids: Sequence[int] | None, on: date) -> dict[int, AccountScore]:
    """Return account id → the score in force on a date: the newest of that day or before."""
    scores = select(AccountScore).where(AccountScore.id.in_(_newest(account_ids, AccountScore.as_of <= on)))
    return {score.account_id: score for score in db.session.scalars(scores)}


def stored_scores(account_ids: Sequence[int], on: date) -> dict[int, Any]:
    """Return account id → what a new score of that date is compared with, as a plain row."""
    rows = db.session.execute(
        select(
            AccountScore.id,
            AccountScore.account_id,
            AccountScore.as_of,
            AccountScore.status,
            AccountScore.confidence,
            AccountScore.measures,
            AccountScore.method_version,
            AccountScore.computed_at,
        ).where(AccountScore.id.in_(_newest(account_ids, AccountScore.as_of <= on)))
    )
    return {row.account_id: row for row in rows}


def priors() -> dict[str, Prior]:
    """Return cohort → what its accounts are like, as the last full rescore found."""
    return {row.cohort: prior_of(row) for row in db.session.scalars(select(CohortPrior))}


def prior_of(row: CohortPrior) -> Prior:
    """Return the prior that a row holds."""
    return Prior(
        cohort=row.cohort,
        accounts=row.accounts,
        counts=NpsCounts(row.promoters, row.passives, row.detractors),
        kappa=row.kappa,
        has_mix=row.has_mix,
        engagement_mean=row.engagement_mean,
    )


def end_of_day(as_of: date) -> datetime:
    """Return the first moment that no longer belongs to a day (UTC)."""
    return datetime.combine(as_of + timedelta(days=1), time(), tzinfo=UTC)


def facts_of(account_ids: Sequence[int] | None, *, as_of: date, method: MethodParameters) -> Iterable[Facts]:
    """Yield what is known about accounts (None: all) at the end of a day, by id, as `method` reads it.

    Answers, outcomes, waves and contacts of later days do not exist yet; status and verification of contacts
    are today's, because no history of them is kept. At most `ACCOUNTS_AT_ONCE` accounts are held at a time.
    """
    accounts = select(Account.id, Account.external_key, Account.tier_id).order_by(Account.id)
    if account_ids is not None:
        accounts = accounts.where(Account.id.in_(account_ids))
    rows = db.session.execute(accounts).all()
    for start in range(0, len(rows), ACCOUNTS_AT_ONCE):
        yield from _facts(rows[start : start + ACCOUNTS_AT_ONCE], as_of, method)


def _facts(accounts: Sequence[Any], as_of: date, method: MethodParameters) -> Iterator[Facts]:
    ids = [account.id for account in accounts]
    until = end_of_day(as_of)
    rows = participations(ids, until=until, sentiment_window=method.sentiment_window)
    taken = participations_by_account(rows)
    people = _people_by_account(people_of(rows))
    silences = _silences_by_account(rows)
    known = active_contacts(ids, until=until)
    footprints = footprint_of(ids, as_of)
    previous = _statuses_before(ids, as_of)
    for account in accounts:
        footprint = footprints.get(account.id)
        yield _facts_from(
            account,
            footprint.measure if footprint else not_measured("the account is gone"),
            taken.get(account.id, ()),
            people.get(account.id, ()),
            method=method,
            active=known.get(account.id, 0),
            silence=silences.get(account.id, _NEVER_REACHED),
            previous=previous.get(account.id),
        )


def pooled_facts(
    account: Account,
    account_ids: Select[Any],
    *,
    footprint: Measure,
    as_of: date,
    method: MethodParameters,
) -> Facts:
    """Return what is known about several accounts as if they were one, at the end of a day.

    Everybody's invitations and answers count in one pool, by the same formulas as those of one account;
    `footprint` is the rolled-up one. The pool compares itself with accounts of `account`'s tier. There is no
    status of the day before. The number of statements does not depend on that of the accounts.
    """
    until = end_of_day(as_of)
    taken = participations(account_ids, until=until, sentiment_window=method.sentiment_window)
    rows = pooled(taken, account.id)
    return _facts_from(
        account,
        footprint,
        participations_by_account(rows).get(account.id, ()),
        _people_by_account(people_of(rows)).get(account.id, ()),
        method=method,
        active=sum(active_contacts(account_ids, until=until).values()),
        silence=_silences_by_account(rows).get(account.id, _NEVER_REACHED),
        previous=None,
    )


def _facts_from(
    account: Any,
    footprint: Measure,
    taken: Sequence[Participation],
    asked: Sequence["_Person"],
    *,
    method: MethodParameters,
    active: int,
    silence: "_Silence",
    previous: Status | None,
) -> Facts:
    present = [person for person in asked if person.is_active]
    rated = [person for person in present if person.rating >= 0]
    heard = Counter(person.voice for person in present)
    heard[Voice.NEVER_ASKED] += max(0, active - len(present))
    return Facts(
        account_id=account.id,
        key=account.external_key,
        tier_id=account.tier_id,
        footprint=footprint,
        turnout=turnout(taken, parameters=method.engagement()),
        outcomes=Counter(one.disposition for one in taken),
        ratings=[person.rating for person in rated],
        weights=[person.weight for person in rated],
        voices=heard,
        unanswered=sum(1 for one in present if one.rating < 0 and one.voice is Voice.SILENT),
        is_decision_maker_heard=any(person.is_decision_maker for person in rated),
        is_decision_maker_silent=any(
            person.is_decision_maker and person.voice is Voice.SILENT for person in present
        ),
        is_decision_maker_asked=silence.decision_maker_waves is not None,
        decision_maker_silent_waves=silence.decision_maker_waves or 0,
        silent_waves=silence.waves,
        last_heard=silence.last_heard,
        previous=previous,
    )


class _Silence(NamedTuple):
    """The latest waves in a row without an answer, of anybody and of decision makers; the last one with."""

    waves: int | None
    decision_maker_waves: int | None
    last_heard: date | None


_NEVER_REACHED = _Silence(None, None, None)


def _silences_by_account(rows: Participations) -> dict[int, _Silence]:
    deciders = silent_waves(rows, rows.is_decision_maker)
    everybody = silent_waves(rows, np.ones_like(rows.is_decision_maker))
    return {
        account: _Silence(
            waves,
            deciders[account][0] if account in deciders else None,
            datetime.fromtimestamp(last_heard, UTC).date() if last_heard >= 0 else None,
        )
        for account, (waves, last_heard) in everybody.items()
    }


class _Person(NamedTuple):
    voice: Voice
    rating: int
    weight: float
    is_active: bool
    is_decision_maker: bool


def _people_by_account(people: People) -> dict[int, list[_Person]]:
    found: dict[int, list[_Person]] = {}
    columns = (
        people.account,
        people.voice,
        people.rating,
        people.weight,
        people.is_active,
        people.is_decision_maker,
    )
    for account, voice, *others in zip(*(column.tolist() for column in columns), strict=True):
        found.setdefault(account, []).append(_Person(VOICES[voice], *others))
    return found


def _statuses_before(account_ids: Sequence[int], as_of: date) -> dict[int, Status]:
    """Return account id → the status of the newest earlier day, for hysteresis."""
    rows = db.session.execute(
        select(AccountScore.account_id, AccountScore.status).where(
            AccountScore.id.in_(_newest(account_ids, AccountScore.as_of < as_of))
        )
    )
    return {account_id: Status(status) for account_id, status in rows}


def _newest(account_ids: Sequence[int] | None, condition: ColumnElement[bool]) -> Select[Any]:
    """Return a select of the ids of each account's newest score among those that meet a condition."""
    days = select(AccountScore.account_id, func.max(AccountScore.as_of).label("as_of")).where(condition)
    if account_ids is not None:
        days = days.where(AccountScore.account_id.in_(account_ids))
    newest = days.group_by(AccountScore.account_id).subquery()
    return select(AccountScore.id).join(
        newest, and_(newest.c.account_id == AccountScore.account_id, newest.c.as_of == AccountScore.as_of)
    )
