"""Scores of small worlds, computed through the database."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from tests.builders import NOW, a_response, a_wave, an_account, an_invitation, save
from tests.vocapp.relationship.builders import (
    TODAY,
    a_closed_wave,
    a_full_account,
    asked,
    people,
    rescored,
    score_of,
)
from tests.vocapp.relationship.test_rules import EIGHT, ratings
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db, transaction
from vocapp.relationship.models import AccountScore, CohortPrior
from vocapp.relationship.queries import latest_scores

pytestmark = pytest.mark.usefixtures("app")


def test_a_silent_person_counts_as_zero():
    account = an_account()
    (person,) = people(account, "champion")
    asked(person, a_closed_wave())
    rescored(account)
    score = score_of(account)
    assert score.engagement == 0.0
    assert score.measures["engagement"]["state"] == "measured"
    assert score.measures["people"]["silent"] == 1


@pytest.mark.parametrize(
    ("outcome", "people_word"),
    [
        (None, "never_asked"),
        (InvitationState.DELIVERED, "waiting"),
        (InvitationState.BOUNCED, "not_reached"),
        (InvitationState.REFERRED, "not_reached"),
    ],
)
def test_without_an_outcome_engagement_is_null(outcome, people_word):
    account = an_account()
    (person,) = people(account, "champion")
    if outcome is not None:
        asked(person, a_wave(launched_at=NOW - timedelta(days=1)), outcome)
    rescored(account)
    score = score_of(account)
    assert score.engagement is None
    assert score.measures["engagement"]["state"] == "not_measured"
    assert {word: n for word, n in score.measures["people"].items() if n} == {people_word: 1}


def test_bounces_do_not_lower_engagement():
    account = an_account()
    here, gone = people(account, "champion", "champion")
    wave = a_closed_wave()
    asked(here, wave, rating=9)
    asked(gone, wave, InvitationState.BOUNCED)
    rescored(account)
    assert score_of(account).engagement == 1.0


def test_a_declined_invitation_is_worth_a_quarter():
    account = an_account()
    (person,) = people(account, "champion")
    asked(person, a_closed_wave(), InvitationState.DECLINED)
    rescored(account)
    assert score_of(account).engagement == 0.25


def test_a_rating_alone_is_worth_half():
    account = an_account()
    (person,) = people(account, "champion")
    a_response(an_invitation(a_wave(), person), rating=9, state="partial")
    rescored(account)
    assert score_of(account).engagement == 0.5


def test_an_answer_gives_every_measure():
    account = a_full_account()
    boss, friend = people(account, "decision_maker", "champion")
    wave = a_wave(launched_at=NOW - timedelta(days=3))
    asked(boss, wave, rating=9)
    asked(friend, wave, InvitationState.DELIVERED)
    rescored(account)
    score = score_of(account)
    assert (score.footprint, score.engagement, score.nps, score.answers) == (1.0, 1.0, 1.0, 1)
    assert score.strength is not None
    assert score.measures["strength"]["state"] == "provisional"
    assert score.measures["people"]["waiting"] == 1


def test_the_engagement_of_the_method_page_comes_out_of_the_database():
    account = an_account()
    boss, champion, user, other = people(account, "decision_maker", "champion", "user", "second_user")
    for persona, weight in ((boss.personas[0], 3.0), (user.personas[0], 1.0), (other.personas[0], 1.0)):
        persona.weight = weight
    half_a_year = timedelta(days=365.25 / 2)
    late, early = (
        a_closed_wave(NOW - timedelta(days=30)),
        a_closed_wave(NOW - timedelta(days=30) - half_a_year),
    )
    asked(boss, late)
    asked(boss, early)
    asked(champion, late, rating=9)
    asked(champion, early, rating=9)
    asked(user, late, rating=9)
    asked(user, early)
    asked(other, late, InvitationState.BOUNCED)
    asked(other, early, rating=9)
    save(
        CohortPrior(
            cohort="all",
            accounts=20,
            promoters=16,
            passives=12,
            detractors=9,
            kappa=4.0,
            has_mix=True,
            engagement_mean=0.45,
            as_of=TODAY,
        )
    )
    rescored(account)
    measures = score_of(account).measures
    assert measures["engagement"]["value"] == pytest.approx(0.46771127, abs=1e-6)
    assert measures["engagement"]["n_eff"] == pytest.approx(5.57660324, abs=1e-6)
    assert measures["engagement"]["n"] == 7
    assert measures["engagement_shrunk"]["value"] == pytest.approx(0.46031355, abs=1e-6)
    assert measures["engagement"]["ci"] == pytest.approx([0.21259789, 0.71792406], abs=1e-6)


def test_the_eight_accounts_of_the_method_page_come_out_of_the_database():
    wave = a_closed_wave()
    accounts = []
    for counts in EIGHT:
        accounts.append(an_account())
        given = ratings(*counts)
        for person, rating in zip(people(accounts[-1], *["champion"] * len(given)), given, strict=True):
            asked(person, wave, rating=rating)
    rescored()
    for account, (mean, sd) in zip(accounts, EIGHT.values(), strict=True):
        shrunk = score_of(account).measures["nps_shrunk"]
        assert shrunk["value"] == pytest.approx(mean, abs=1e-6)
        assert shrunk["sd"] == pytest.approx(sd, abs=1e-6)


def test_only_the_latest_answer_of_each_active_person_counts():
    account = an_account()
    stays, leaves = people(account, "champion", "champion")
    early, late = a_closed_wave(NOW - timedelta(days=150)), a_closed_wave(NOW - timedelta(days=60))
    asked(stays, early, rating=2)
    asked(stays, late, rating=9)
    asked(leaves, late, rating=0)
    leaves.status = "left"
    save(leaves)
    rescored(account)
    assert score_of(account).measures["classes"] == {
        "promoters": 1,
        "passives": 0,
        "detractors": 0,
        "silent": 0,
    }


def test_silent_people_without_an_answer_are_a_fourth_class():
    account = an_account()
    once, never, promoter = people(account, *["champion"] * 3)
    early, late = a_closed_wave(NOW - timedelta(days=150)), a_closed_wave(NOW - timedelta(days=60))
    asked(once, early, rating=7)
    asked(once, late)
    asked(never, late)
    asked(promoter, late, rating=10)
    rescored(account)
    measures = score_of(account).measures
    assert measures["classes"] == {"promoters": 1, "passives": 1, "detractors": 0, "silent": 1}
    assert measures["people"]["silent"] == 2
    assert measures["nps"]["value"] == 0.5


def test_a_decision_maker_silent_in_two_waves_is_red():
    account = a_full_account()
    boss, friend = people(account, "decision_maker", "champion")
    for launched in (NOW - timedelta(days=150), NOW - timedelta(days=60)):
        wave = a_closed_wave(launched)
        asked(boss, wave)
        asked(friend, wave, rating=10)
    rescored(account)
    score = score_of(account)
    assert score.status == "red"
    assert score.measures["decision_maker"] == {"is_heard": False, "is_silent": True, "silent_waves": 2}
    assert "One of two silent, the decision maker" in score.measures["reason"]


def test_an_account_that_went_silent_says_since_when_and_how_often():
    account = a_full_account()
    boss, friend = people(account, "decision_maker", "champion")
    heard, first, second = (a_closed_wave(NOW - timedelta(days=days)) for days in (200, 130, 60))
    asked(friend, heard, rating=9)
    for wave in (first, second):
        asked(friend, wave)
    asked(boss, second)
    rescored(account)
    score = score_of(account)
    assert (score.silent_waves, score.decision_maker_silent_waves) == (2, 1)
    assert score.last_heard == (NOW - timedelta(days=200)).date()


def test_an_account_nobody_has_asked_is_not_silent():
    account = a_full_account()
    people(account, "champion")
    rescored(account)
    score = score_of(account)
    assert (score.silent_waves, score.decision_maker_silent_waves, score.last_heard) == (None, None, None)


def test_one_account_is_scored_alone_as_among_all():
    wave = a_closed_wave()
    accounts = [a_full_account() for _ in range(12)]
    for number, account in enumerate(accounts):
        boss, friend, third = people(account, "decision_maker", "champion", "champion")
        asked(boss, wave, rating=number % 11)
        asked(friend, wave, InvitationState.DECLINED)
        asked(third, wave)
    rescored()
    together = {account.id: score_of(account).measures for account in accounts}
    with transaction() as session:
        session.execute(AccountScore.__table__.delete())
    for account in accounts:
        rescored(account)
    assert {account.id: score_of(account).measures for account in accounts} == together


def test_tiers_with_ten_accounts_are_measured_against_their_own():
    wave = a_closed_wave()
    accounts = [a_full_account() for _ in range(10)]
    for account in accounts:
        asked(*people(account, "champion"), wave, rating=9)
    alone = an_account()
    asked(*people(alone, "champion"), wave, rating=2)
    rescored()
    assert {row.cohort for row in db.session.scalars(select(CohortPrior))} == {
        "all",
        f"tier:{accounts[0].tier_id}",
    }
    assert score_of(accounts[0]).measures["prior"]["cohort"] == f"tier:{accounts[0].tier_id}"
    assert score_of(alone).measures["prior"]["cohort"] == "all"


def test_an_empty_company_has_no_scores():
    assert rescored() == 0
    assert latest_scores() == {}


def test_accounts_without_contacts_are_grey_and_say_why():
    account = a_full_account()
    rescored()
    score = score_of(account)
    assert (score.status, score.footprint, score.engagement, score.strength) == ("grey", 0.0, None, None)
    assert score.measures["reason"] == "Nobody is known who can be asked; none of 2 seats is filled."


def test_one_answer_gives_numbers_that_call_themselves_a_hint():
    account = a_full_account()
    boss, friend = people(account, "decision_maker", "champion")
    asked(boss, a_wave(launched_at=NOW - timedelta(days=1)), rating=10)
    rescored()
    score = score_of(account)
    assert (score.nps, score.answers, score.confidence) == (1.0, 1, "low")
    assert score.measures["nps"]["state"] == "provisional"
    assert score.measures["people"]["never_asked"] == 1
    assert friend.id


def test_only_bounces_are_nothing_measured():
    account = a_full_account()
    wave = a_closed_wave()
    for person in people(account, "decision_maker", "champion"):
        asked(person, wave, InvitationState.BOUNCED)
    rescored()
    score = score_of(account)
    assert (score.engagement, score.sentiment, score.strength, score.status) == (None, None, None, "grey")
    assert score.measures["reason"].startswith("No mail has reached anybody")


def test_all_accounts_silent_is_measured_and_low():
    wave = a_closed_wave()
    accounts = [a_full_account() for _ in range(3)]
    for account in accounts:
        for person in people(account, "decision_maker", "champion"):
            asked(person, wave)
    rescored()
    for account in accounts:
        score = score_of(account)
        assert (score.engagement, score.sentiment, score.nps) == (0.0, None, None)
        assert score.measures["strength"]["state"] == "provisional"
        assert score.measures["reason"].startswith("Both silent, decision maker among them")


def test_one_account_takes_a_fixed_number_of_statements():
    wave = a_closed_wave()
    small, large = a_full_account(), a_full_account()
    asked(*people(small, "champion"), wave, rating=9)
    for person in people(large, *["champion"] * 20):
        asked(person, wave, rating=9)
    rescored()

    def statements(account) -> int:
        seen: list[str] = []

        def note(_connection, _cursor, statement, *_rest) -> None:
            seen.append(statement)

        event.listen(db.session.connection(), "before_cursor_execute", note)
        rescored(account)
        event.remove(db.session.connection(), "before_cursor_execute", note)
        return len(seen)

    assert statements(small) == statements(large) <= 21
