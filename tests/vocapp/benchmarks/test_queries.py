"""Standings from the database."""

import pytest

from surveys.catalog import load_survey
from surveys.documents import definition_to_json
from tests.builders import (
    a_contact,
    a_response,
    a_survey_version,
    a_tier,
    a_user,
    a_wave,
    an_invitation,
    save,
)
from tests.vocapp.benchmarks.builders import a_scored_account
from vocapp.accounts.rules import AccountStatus
from vocapp.benchmarks.queries import standing_of, standings_of
from vocapp.benchmarks.rules import CUSTOM_WORDING, Compared, Rung
from vocapp.core.clock import utcnow
from vocapp.questionnaires.models import SurveyVersion

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


def test_answers_to_custom_wording_count_for_the_account_and_compare_with_nobody():
    tier = a_tier()
    own = a_scored_account(strength=55.0, tier_id=tier.id)
    others = [a_scored_account(strength=10.0 * number, tier_id=tier.id) for number in range(11)]
    survey = a_survey_version("nps").survey
    document = definition_to_json(load_survey("nps"))
    custom = save(SurveyVersion(survey_id=survey.id, number=2, definition=document, is_standard=False))
    for account in (own, others[0]):
        wave = a_wave(a_user(), survey_version_id=custom.id)
        a_response(an_invitation(wave, a_contact(account)), rating=9, answered_at=utcnow())

    found = standings_of(own.id)
    assert (found[Compared.STRENGTH].value, found[Compared.STRENGTH].percentile) == (55.0, None)
    assert found[Compared.STRENGTH].reason == CUSTOM_WORDING
    assert found[Compared.STRENGTH].n == 10
    assert found[Compared.ENGAGEMENT].reason != CUSTOM_WORDING
