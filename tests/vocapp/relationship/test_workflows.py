"""What follows an answer, a closed wave and a new day."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.builders import NOW, a_persona, a_profile, a_tier, a_user, a_wave, an_account, save
from tests.vocapp.relationship.builders import TODAY, a_closed_wave, asked, people, score_of
from vocapp.accounts.models import TierRule
from vocapp.accounts.personas import weigh_persona
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db, transaction
from vocapp.coverage.models import CoverageDay
from vocapp.identity.rules import RoleName
from vocapp.method.rules import AS_DELIVERED
from vocapp.relationship.models import AccountScore, CohortPrior
from vocapp.relationship.queries import latest_scores
from vocapp.relationship.service import rescore, score_everything, store_scores
from vocapp.workflows.rescore import rescore_accounts, rescore_all, rescore_everything
from vocapp.workflows.response_received import response_received
from vocapp.workflows.wave_closed import wave_closed

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def _present():
    with time_machine.travel(NOW, tick=False):
        yield


def test_an_answer_moves_its_accounts_numbers_and_no_others():
    account, other = an_account(), an_account()
    wave = a_wave(launched_at=NOW - timedelta(days=1))
    asked(*people(account, "champion"), wave, rating=9)
    asked(*people(other, "champion"), wave, rating=2)
    response_received({"response_id": 1, "account_id": account.id})
    assert score_of(account).nps == 1.0
    assert set(latest_scores()) == {account.id}


def test_the_end_of_a_wave_makes_silence_count_for_every_account_it_asked():
    asked_, other = an_account(), an_account()
    wave = a_closed_wave()
    asked(*people(asked_, "champion"), wave)
    wave_closed({"wave_id": wave.id})
    assert score_of(asked_).engagement == 0.0
    assert other.id not in latest_scores()


def test_a_wave_that_asked_nobody_changes_nothing():
    wave_closed({"wave_id": a_closed_wave().id})
    assert latest_scores() == {}


def test_accounts_are_rescored_by_name():
    account, other = an_account(), an_account()
    rescore_accounts({"account_ids": [account.id]})
    assert set(latest_scores()) == {account.id}
    assert other.id


def test_everything_is_rescored_with_its_priors():
    accounts = [an_account() for _ in range(3)]
    wave = a_closed_wave()
    for account in accounts:
        asked(*people(account, "champion"), wave, rating=9)
    rescore_accounts({"all": True})
    assert set(latest_scores()) == {account.id for account in accounts}
    assert db.session.scalars(select(CohortPrior.accounts)).all() == [3]


def test_a_new_day_without_news_adds_nothing():
    account = an_account()
    asked(*people(account, "champion"), a_closed_wave(), rating=9)
    rescore_everything({})
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        rescore_everything({})
    assert db.session.scalars(select(AccountScore.as_of)).all() == [TODAY]


def test_a_full_rescore_leaves_alone_what_was_rescored_while_it_ran():
    account = an_account()
    first, second = people(account, "champion", "champion")
    wave = a_wave(launched_at=NOW - timedelta(days=1))
    asked(first, wave, rating=9)
    started = score_everything(as_of=TODAY, method=AS_DELIVERED)
    later = NOW + timedelta(seconds=2)
    asked(second, wave, rating=0)
    with transaction():
        rescore([account.id], as_of=TODAY, now=later)
    with transaction():
        for some in started.batches():
            assert store_scores(some, as_of=TODAY, method=AS_DELIVERED, now=NOW, read_at=NOW) == 0
    assert score_of(account).answers == 2


def test_the_progress_of_a_full_rescore_is_told():
    for _ in range(3):
        an_account()
    told: list[int] = []
    rescore_all(now=NOW, on_scored=told.append)
    assert sum(told) == 3


def test_an_account_that_is_gone_is_not_scored():
    response_received({"response_id": 1, "account_id": 999})
    assert latest_scores() == {}


def test_a_waiting_person_becomes_silent_when_the_wave_has_closed():
    account = an_account()
    (person,) = people(account, "champion")
    wave = a_wave(launched_at=NOW - timedelta(days=21))
    invitation = asked(person, wave, InvitationState.DELIVERED)
    rescore_accounts({"account_ids": [account.id]})
    assert (score_of(account).engagement, score_of(account).measures["people"]["waiting"]) == (None, 1)
    with transaction():
        invitation.state, invitation.settled_at = InvitationState.SILENT, NOW
    wave_closed({"wave_id": wave.id})
    assert (score_of(account).engagement, score_of(account).measures["people"]["silent"]) == (0.0, 1)


def test_a_new_day_begins_with_the_weights_that_hold_from_it_on():
    admin, persona = a_user(RoleName.ADMIN), a_persona("champion", 2.0)
    weigh_persona(persona, 7.0, effective_from=TODAY, by=admin, today=TODAY - timedelta(days=1))

    rescore_everything({})

    db.session.refresh(persona)
    assert persona.weight == 7.0


def test_a_new_day_ends_with_the_rules_applied_each_night():
    account, tier = an_account(segment="Enterprise"), a_tier()
    conditions = {"segments": ["Enterprise"]}
    save(TierRule(name="Big ones", tier_id=tier.id, conditions=conditions, is_automatic=True))

    rescore_everything({})

    db.session.refresh(account)
    assert account.tier_id == tier.id


def test_a_weight_that_changes_leaves_the_scores_of_earlier_days_alone():
    account, admin = an_account(tier_id=a_tier().id), a_user(RoleName.ADMIN)
    a_profile(champion=1, decision_maker=1)
    wave = a_closed_wave()
    champion, decider = people(account, "champion", "decision_maker")
    asked(champion, wave, rating=9)
    asked(decider, wave)
    yesterday = TODAY - timedelta(days=1)
    rescore([account.id], as_of=yesterday, now=NOW)
    weigh_persona(champion.personas[0], 50.0, effective_from=TODAY, by=admin, today=TODAY)

    assert rescore([account.id], as_of=yesterday, now=NOW) == 0
    assert rescore([account.id], as_of=TODAY, now=NOW) == 1


def test_a_night_sums_up_the_day_before_as_it_ended():
    a_profile(champion=1)
    account = an_account(tier_id=a_tier().id)
    rescore_everything({})
    people(account, "champion")
    rescore_accounts({"account_ids": [account.id]})
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        rescore_everything({})
    held = select(CoverageDay.on_day, CoverageDay.verified_seats).order_by(CoverageDay.on_day)
    assert db.session.execute(held).all() == [(TODAY, 1), (TODAY + timedelta(days=1), 1)]


def test_nights_on_which_nothing_ran_are_not_made_up():
    an_account()
    rescore_everything({})
    with time_machine.travel(NOW + timedelta(days=5), tick=False):
        rescore_everything({})
    days = db.session.scalars(select(CoverageDay.on_day).order_by(CoverageDay.on_day)).all()
    assert days == [TODAY, TODAY + timedelta(days=5)]
