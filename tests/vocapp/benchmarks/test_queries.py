"""Standings from the database."""

import pytest

from tests.builders import a_tier
from tests.vocapp.benchmarks.builders import a_scored_account
from vocapp.accounts.rules import AccountStatus
from vocapp.benchmarks.queries import standing_of, standings_of
from vocapp.benchmarks.rules import Compared, Rung

pytestmark = pytest.mark.usefixtures("app")


def test_an_account_stands_among_others_of_its_tier():
    tier = a_tier()
    own = a_scored_account(strength=55.0, tier_id=tier.id)
    for number in range(10):
        a_scored_account(strength=10.0 * number, tier_id=tier.id)
    found = standing_of(own.id, Compared.STRENGTH)
    assert (found.rung, found.cohort, found.percentile) == (Rung.TIER, ("Tier 1",), 60.0)


def test_customers_who_left_are_nobodys_peers_but_can_be_looked_up():
    for number in range(10):
        a_scored_account(strength=10.0 * number)
    gone = a_scored_account(strength=55.0, status=AccountStatus.CHURNED)
    other = a_scored_account(strength=99.0)
    assert standing_of(gone.id, Compared.STRENGTH).n == 11
    assert standing_of(other.id, Compared.STRENGTH).n == 10


def test_few_answers_spread_the_standing_of_sentiment():
    for number in range(10):
        a_scored_account(strength=10.0 * number)
    prior = [4 * share / 37 for share in (16, 12, 9)]
    alpha = [4 + prior[0], prior[1], prior[2]]
    own = a_scored_account(strength=80.0, answers=4, measures={"nps_shrunk": {"alpha": alpha}})
    likely = standings_of(own.id)[Compared.SENTIMENT].likely
    assert likely is not None
    assert likely.low < 80 <= likely.high
