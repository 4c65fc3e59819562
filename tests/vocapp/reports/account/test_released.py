"""Two editions for one customer, laid side by side: the difference of their figures is nobody's answer."""

import json
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from tests.builders import NOW, a_company, a_contact, a_profile, a_response, a_tier, a_user, an_account, save
from tests.vocapp.relationship.builders import a_closed_wave, asked, rescored
from tests.vocapp.reports.builders import neighbours
from vocapp.core.db import db, transaction
from vocapp.reports.account.customer import LEAST
from vocapp.reports.account.released import tells_a_handful
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.models import Report
from vocapp.reports.printing import page_of_report
from vocapp.reports.rules import Audience, Order, ReportKind, ReportState, snapshot_id
from vocapp.responses.models import Response
from vocapp.workflows import render_report

# What somebody at the customer reads of what their colleagues think.
TOLD = ("score", "standings", "place", "before", "peers", "quotes")


@pytest.fixture
def account(app):
    a_company()
    tier = a_tier("Tier 1")
    a_profile(tier, admin=2)
    neighbours(12)
    return an_account(tier_id=tier.id, owner_id=a_user().id, external_id="A", external_key="A")


@pytest.fixture
def wave(account):
    return a_closed_wave(NOW - timedelta(days=60))


def answer(account, wave, rating):
    person = a_contact(account, personas=("admin",), created_at=NOW - timedelta(days=900))
    asked(person, wave, rating=rating)
    return person


def edition(account, *, is_kept=True):
    """What an edition for the customer says today; one that is kept may be in their hands."""
    rescored()
    order = Order(ReportKind.ACCOUNT, account_id=account.id, audience=Audience.CUSTOMER)
    snapshot = take_snapshot(order, now=NOW)
    if is_kept:
        made = {"kind": "account", "account_id": account.id, "audience": Audience.CUSTOMER}
        made |= {"state": ReportState.READY, "snapshot_id": snapshot_id(snapshot), "created_at": NOW}
        save(Report(snapshot=snapshot, pdf=b"%PDF", **made))
    return snapshot


def told(snapshot):
    return {name: snapshot[name] for name in TOLD}


def test_after_five_answers_the_sixth_cannot_be_worked_out(account, wave):
    for rating in (9, 9, 8, 7, 10):
        answer(account, wave, rating)
    five = edition(account)
    assert five["score"]["answers"] == LEAST
    answer(account, wave, 0)
    six = edition(account)
    assert told(six) == told(five)
    assert [wave["strength"] for wave in six["waves"]] == [wave["strength"] for wave in five["waves"]]
    assert six["opinions_of"] == five["as_of"]
    assert "fewer than five answers have changed" in page_of_report(six)
    for _each in range(3):
        answer(account, wave, 10)
    assert told(edition(account)) == told(five)
    answer(account, wave, 10)
    ten = edition(account)
    assert ten["score"]["answers"] == 10
    assert ten["opinions_of"] is None
    assert told(ten) != told(five)


def test_an_answer_that_changes_or_goes_is_not_told_either(account, wave):
    people = [answer(account, wave, 9) for _each in range(8)]
    first = edition(account)
    with transaction():
        people[0].status = "left"
    assert told(edition(account)) == told(first)
    second = a_closed_wave(NOW - timedelta(days=25))
    for person in people[1:4]:
        asked(person, second, rating=2)
    assert told(edition(account)) == told(first)
    asked(people[4], second, rating=1)
    assert told(edition(account)) != told(first)


def test_words_that_one_person_added_are_not_quoted_beside_the_same_answers(account, wave):
    people = [answer(account, wave, rating) for rating in (9, 9, 8, 7, 10)]
    first = edition(account)
    said = db.session.scalars(select(Response).where(Response.contact_id == people[0].id)).one()
    with transaction():
        said.comment = "It never works, and nobody answers the phone."
    assert told(edition(account)) == told(first)
    for _each in range(5):
        answer(account, wave, 3)
    assert [quote["text"] for quote in edition(account)["quotes"]] == [said.comment]


def test_words_that_no_score_knows_of_yet_are_not_quoted_beside_the_same_answers(account, wave):
    for rating in (9, 9, 8, 7, 10):
        answer(account, wave, rating)
    first = edition(account)
    later = NOW + timedelta(days=1)
    invitation = asked(a_contact(account, personas=("admin",)), wave)
    a_response(invitation, rating=0, comment="It never works.", answered_at=later, changed_at=later)
    order = Order(ReportKind.ACCOUNT, account_id=account.id, audience=Audience.CUSTOMER)
    assert take_snapshot(order, now=later + timedelta(hours=1))["quotes"] == first["quotes"]


def test_two_editions_frozen_at_once_do_not_differ_by_a_handful_either(account, wave, monkeypatch):
    for rating in (9, 9, 8, 7, 10):
        answer(account, wave, rating)
    rescored()
    report = save(Report(kind="account", account_id=account.id, audience=Audience.CUSTOMER))
    others = []

    @contextmanager
    def late():
        if not others:
            answer(account, wave, 0)
            others.append(edition(account))
        with transaction():
            yield

    monkeypatch.setattr(render_report, "transaction", late)
    monkeypatch.setattr(render_report, "print_report", lambda *_all, **_more: b"%PDF")
    render_report.render_report({"report_id": report.id})
    assert report.state == ReportState.READY
    heard = [*others[0]["heard"], *report.snapshot["heard"]]
    assert not any(tells_a_handful(one, other) for one in heard for other in heard)


def test_two_waves_in_one_paper_do_not_tell_an_answer_between_them(account):
    earlier, later = (a_closed_wave(NOW - timedelta(days=days)) for days in (150, 60))
    for rating in (9, 9, 8, 7, 10):
        answer(account, earlier, rating)
    rescored(on=(NOW - timedelta(days=129)).date())
    answer(account, later, 0)
    rescored(on=(NOW - timedelta(days=39)).date())
    paper = edition(account)
    assert [wave["strength"] is not None for wave in paper["waves"]] == [False, True]
    assert paper["before"] is None


def test_editions_that_nobody_may_have_bind_nobody(account, wave):
    for rating in (9, 9, 8, 7, 10):
        answer(account, wave, rating)
    five = edition(account, is_kept=False)
    answer(account, wave, 0)
    assert told(edition(account)) != told(five)


@pytest.mark.parametrize("seed", range(3))
def test_whoever_collects_every_edition_has_no_two_that_differ_by_a_handful(account, wave, seed):
    chance = Random(seed)
    people, collected = [], []
    for _step in range(10):
        for _each in range(chance.randint(1, 4)):
            people.append(answer(account, wave, chance.randint(0, 10)))
        if chance.random() < 0.3:
            with transaction():
                chance.choice(people).status = "left"
        collected += edition(account)["heard"]
    assert len({json.dumps(answers, sort_keys=True) for answers in collected}) > 1
    assert not any(tells_a_handful(one, other) for one in collected for other in collected)
