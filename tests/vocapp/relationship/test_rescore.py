"""Scores of small worlds, computed through the database."""

from datetime import timedelta

import pytest

from tests.builders import NOW, a_profile, a_tier, a_wave, an_account
from tests.vocapp.relationship.builders import a_closed_wave, asked, people, rescored, score_of
from vocapp.campaigns.rules import InvitationState

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


def test_an_answer_gives_every_measure():
    tier = a_tier()
    a_profile(tier, decision_maker=1, champion=1)
    account = an_account(tier_id=tier.id)
    boss, friend = people(account, "decision_maker", "champion")
    wave = a_wave(launched_at=NOW - timedelta(days=3))
    asked(boss, wave, rating=9)
    asked(friend, wave, InvitationState.DELIVERED)
    rescored(account)
    score = score_of(account)
    assert (score.footprint, score.engagement, score.nps) == (1.0, 1.0, 1.0)
    assert score.strength is not None
    assert score.measures["strength"]["state"] == "provisional"
    assert score.measures["people"]["waiting"] == 1
