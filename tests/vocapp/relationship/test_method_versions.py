"""Scores and versions of the method: what a preview promises happens, and each day keeps its own."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from surveys.parameters import DEFAULT_METHOD, PARAMETERS, MethodParameters, faults_of
from tests.builders import NOW, a_tier, a_user, an_account, save
from tests.vocapp.relationship.builders import (
    TODAY,
    a_closed_wave,
    a_full_account,
    asked,
    people,
    rescored,
    score_of,
)
from vocapp.accounts.models import Account
from vocapp.accounts.rules import AccountStatus
from vocapp.core.db import db, transaction
from vocapp.core.jobs import Job
from vocapp.identity.rules import RoleName
from vocapp.method.models import MethodVersion
from vocapp.method.queries import version_numbered
from vocapp.method.rules import Method, Move, preview_from
from vocapp.method.service import ask_for_preview, begin_draft, request_force, save_draft
from vocapp.relationship.models import AccountScore
from vocapp.relationship.queries import latest_scores, score_history
from vocapp.relationship.what_if import colour_changes, is_quick, regions_of
from vocapp.workflows.preview_method import preview_method

pytestmark = pytest.mark.usefixtures("app")

YESTERDAY = TODAY - timedelta(days=1)
# Hardly anybody is below 5 and nearly everybody above 50: the most are green.
LENIENT = replace(DEFAULT_METHOD, green_from=50.0, red_below=5.0, certainty=51.0, minimum_component=0.0)


def a_world(size: int = 14) -> list[Account]:
    """Accounts from glowing to silent, scored by the version in force."""
    accounts = [a_full_account(region=("EMEA", "APAC")[number % 2]) for number in range(size)]
    early, late = a_closed_wave(NOW - timedelta(days=400)), a_closed_wave()
    for number, account in enumerate(accounts):
        crowd = people(account, "decision_maker", *["champion"] * 8)
        for place, person in enumerate(crowd):
            asked(person, early, rating=9 if place % 2 else None)
            asked(person, late, rating=None if place < number - 4 else 10 - (number * place) % 11)
    rescored(on=YESTERDAY)
    rescored()
    return accounts


def put_in_force(parameters: MethodParameters, *, days: int = 0) -> MethodVersion:
    now = NOW + timedelta(days=days)
    leader = a_user(RoleName.LEADER)
    with transaction():
        draft = begin_draft(by=leader, now=now)
        save_draft(draft.number, parameters, note="Try it", seen=0, by=leader, now=now)
        return request_force(draft.number, regions=(), accounts=0, seen=1, by=leader, now=now)


def colours() -> dict[int, str]:
    db.session.expire_all()
    return {account_id: score.status for account_id, score in latest_scores().items()}


def would_change(parameters: MethodParameters) -> list[Move]:
    return list(colour_changes(Method(99, parameters, TODAY), as_of=TODAY))


def test_who_would_change_colour_is_who_does():
    a_world()
    before = colours()
    promised = would_change(LENIENT)
    assert colours() == before
    assert {move.after for move in promised} >= {"green"}
    put_in_force(LENIENT)
    rescored()
    after = colours()
    assert promised == [
        Move(account_id, before[account_id], after[account_id])
        for account_id in sorted(before)
        if before[account_id] != after[account_id]
    ]


@st.composite
def methods(draw: st.DrawFn) -> MethodParameters:
    values = {}
    for one in draw(st.lists(st.sampled_from(PARAMETERS), min_size=1, max_size=6, unique=True)):
        if one.is_whole:
            values[one.key] = float(draw(st.integers(int(one.least), int(one.most))))
        else:
            values[one.key] = round(draw(st.floats(one.least, one.most)), 2)
    return replace(DEFAULT_METHOD, **values)


@given(parameters=methods().filter(lambda one: not faults_of(one) and one != DEFAULT_METHOD))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_if_equals_what_really_happens(parameters):
    if not latest_scores():
        a_world(9)
    with transaction():
        # The world as it was before the last example.
        db.session.execute(delete(MethodVersion).where(MethodVersion.number > 1))
        db.session.get(MethodVersion, 1).state = "in_force"
    rescored()
    before = colours()
    promised = would_change(parameters)
    put_in_force(parameters)
    rescored()
    after = colours()
    changed = {one: (before[one], after[one]) for one in before if before[one] != after[one]}
    assert {move.account_id: (move.before, move.after) for move in promised} == changed


def test_without_a_change_of_the_method_nobody_changes_colour():
    a_world()
    assert would_change(DEFAULT_METHOD) == []


def test_an_empty_company_has_nobody_who_would_change():
    assert would_change(LENIENT) == []
    assert regions_of([]) == []
    assert is_quick()


def test_former_customers_change_no_colour_that_anybody_looks_at():
    accounts = a_world(6)
    for account in accounts:
        account.status = AccountStatus.CHURNED
        save(account)
    assert would_change(LENIENT) == []


def test_an_account_that_was_never_scored_is_grey_before():
    account = a_full_account()
    wave = a_closed_wave()
    for person in people(account, "decision_maker", *["champion"] * 5):
        asked(person, wave)
    (move,) = would_change(DEFAULT_METHOD)
    assert (move.account_id, move.before) == (account.id, "grey")


def test_regions_are_told_once_and_the_missing_one_too():
    accounts = [an_account(region=region) for region in ("EMEA", "APAC", "EMEA", "")]
    assert regions_of([account.id for account in accounts]) == ["", "APAC", "EMEA"]


def test_a_new_version_begins_a_new_series_for_everybody_on_its_day():
    accounts = a_world(5)
    put_in_force(replace(DEFAULT_METHOD, half_life=11.0), days=2)
    rescored(on=TODAY + timedelta(days=2))
    for account in accounts:
        history = [(score.as_of, score.method_version) for score in score_history(account.id)]
        assert history[-1] == (TODAY + timedelta(days=2), 2)
        assert {version for day, version in history if day <= TODAY} == {1}


def test_a_quiet_day_after_it_adds_no_row():
    accounts = a_world(3)
    put_in_force(replace(DEFAULT_METHOD, half_life=11.0))
    rescored()
    before = [len(score_history(account.id)) for account in accounts]
    assert rescored() == 0
    assert rescored(accounts[0], on=TODAY) == 0
    assert [len(score_history(account.id)) for account in accounts] == before


def test_a_past_day_is_computed_again_by_the_version_of_that_day():
    a_world(6)
    columns = AccountScore.account_id, AccountScore.strength, AccountScore.status, AccountScore.method_version
    day = select(*columns).where(AccountScore.as_of == YESTERDAY).order_by(AccountScore.account_id)
    past = db.session.execute(day).all()
    put_in_force(LENIENT)
    rescored()
    rescored(on=YESTERDAY)
    db.session.expire_all()
    assert {row.method_version for row in past} == {1}
    assert db.session.execute(day).all() == past


def test_an_answer_within_the_day_is_scored_by_the_version_in_force():
    (account, *_) = a_world(4)
    put_in_force(replace(DEFAULT_METHOD, sentiment_days=90.0, half_life=3.0))
    rescored(account)
    assert score_of(account).method_version == 2


def test_a_shorter_window_leaves_older_answers_out_and_says_so():
    account = an_account()
    (person,) = people(account, "champion")
    asked(person, a_closed_wave(NOW - timedelta(days=200)), rating=9)
    rescored()
    assert score_of(account).answers == 1
    put_in_force(replace(DEFAULT_METHOD, sentiment_days=90.0))
    rescored()
    assert score_of(account).answers == 0
    assert "in the last 90 days" in score_of(account).measures["nps"]["reason"]


def test_a_job_works_out_what_a_page_cannot_wait_for():
    a_world(6)
    leader = a_user(RoleName.LEADER)
    with transaction():
        draft = begin_draft(by=leader, now=NOW)
        save_draft(draft.number, LENIENT, note="Try it", seen=0, by=leader, now=NOW)
        ask_for_preview(draft.number, as_of=TODAY)
    job = db.session.scalars(select(Job).where(Job.kind == "preview_method")).one()
    scores = db.session.scalars(select(AccountScore.id)).all()
    with time_machine.travel(NOW, tick=False):
        preview_method(job.payload)
    db.session.expire_all()
    kept = preview_from(version_numbered(draft.number).preview)
    assert kept.saves == 1
    assert {(move.account_id, move.after) for move in kept.moves} == {
        (move.account_id, move.after) for move in would_change(LENIENT)
    }
    assert db.session.scalars(select(AccountScore.id)).all() == scores


def test_a_job_for_a_draft_that_is_gone_does_nothing():
    a_tier()
    preview_method({"number": 7})
    preview_method({"number": 1})
    assert version_numbered(1).preview is None
