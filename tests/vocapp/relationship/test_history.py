"""Scores day by day: what is written, what is the latest, and old days computed again."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.builders import NOW, a_wave, an_account
from tests.vocapp.relationship.builders import (
    TODAY,
    a_closed_wave,
    a_full_account,
    asked,
    people,
    rescored,
    score_of,
)
from vocapp.core.db import db, transaction
from vocapp.relationship.models import AccountScore, CohortPrior
from vocapp.relationship.queries import score_history, scores_on

pytestmark = pytest.mark.usefixtures("app")


def all_scores() -> list[tuple]:
    db.session.expire_all()
    rows = db.session.scalars(select(AccountScore).order_by(AccountScore.account_id, AccountScore.as_of))
    return [(row.account_id, row.as_of, row.is_latest, row.status, row.measures) for row in rows]


def test_status_hangs_on_to_the_day_before():
    account = a_full_account()
    wave = a_closed_wave()
    crowd = people(account, "decision_maker", *["champion"] * 18)
    for number, person in enumerate(crowd):
        asked(person, wave, rating=10 if number < 10 else None)
    rescored(account, on=TODAY - timedelta(days=2))
    assert score_of(account).status == "amber"
    with transaction():
        score_of(account).status = "green"
    rescored(account)
    assert score_of(account).status == "green"


def test_a_second_rescore_writes_nothing():
    accounts = [a_full_account() for _ in range(3)]
    wave = a_closed_wave()
    for number, account in enumerate(accounts):
        for person in people(account, "decision_maker", "champion"):
            asked(person, wave, rating=9 - number)
    assert rescored() == 3
    before = all_scores()
    assert rescored() == 0
    assert [rescored(account) for account in accounts] == [0, 0, 0]
    assert all_scores() == before


def test_a_quiet_day_adds_no_row():
    account = a_full_account()
    wave = a_closed_wave()
    for person in people(account, "decision_maker", "champion"):
        asked(person, wave, rating=9)
    rescored()
    assert rescored(on=TODAY + timedelta(days=1)) == 0
    assert [score.as_of for score in score_history(account.id)] == [TODAY]


def test_a_change_on_a_later_day_adds_a_row_and_moves_the_latest():
    account = an_account()
    (person,) = people(account, "champion")
    first, second = a_closed_wave(NOW - timedelta(days=100)), a_closed_wave(NOW - timedelta(days=30))
    asked(person, first, rating=9)
    asked(person, second)
    assert rescored(on=TODAY - timedelta(days=60)) == 1
    assert rescored() == 1
    db.session.expire_all()
    history = score_history(account.id)
    assert [score.is_latest for score in history] == [False, True]
    assert history[0].engagement == 1.0
    assert history[1].engagement < 0.5
    assert scores_on([account.id], TODAY - timedelta(days=30))[account.id].id == history[0].id
    assert scores_on([account.id], TODAY - timedelta(days=90)) == {}


def test_a_change_on_the_same_day_rewrites_the_row():
    account = an_account()
    first, second = people(account, "champion", "champion")
    wave = a_wave(launched_at=NOW - timedelta(days=3))
    asked(first, wave, rating=9)
    rescored(account)
    asked(second, wave, rating=0)
    assert rescored(account) == 1
    assert len(score_history(account.id)) == 1
    assert score_of(account).answers == 2


def test_an_old_day_computed_again_gives_the_same_numbers():
    accounts = [a_full_account() for _ in range(12)]
    early, late = a_closed_wave(NOW - timedelta(days=150)), a_closed_wave(NOW - timedelta(days=60))
    for number, account in enumerate(accounts):
        boss, friend = people(account, "decision_maker", "champion")
        asked(boss, early, rating=10 if number % 2 else None)
        asked(friend, early, rating=number % 11)
        asked(boss, late, rating=None if number % 3 else 6)
        asked(friend, late, rating=8)
    days = [TODAY - timedelta(days=120), TODAY - timedelta(days=45), TODAY - timedelta(days=20), TODAY]
    for day in days:
        rescored(on=day)
    before = all_scores()
    for day in days:
        assert rescored(on=day) == 0
    assert all_scores() == before
    assert len({row[1] for row in before}) >= 3


def test_an_old_day_computed_late_does_not_become_the_latest():
    account = an_account()
    (person,) = people(account, "champion")
    asked(person, a_closed_wave(NOW - timedelta(days=100)), rating=9)
    asked(person, a_closed_wave(NOW - timedelta(days=40)))
    rescored()
    priors = {row.cohort: row.as_of for row in db.session.scalars(select(CohortPrior))}
    rescored(on=TODAY - timedelta(days=60))
    assert score_of(account).as_of == TODAY
    assert [score.as_of for score in score_history(account.id)] == [TODAY - timedelta(days=60), TODAY]
    db.session.expire_all()
    assert {row.cohort: row.as_of for row in db.session.scalars(select(CohortPrior))} == priors
