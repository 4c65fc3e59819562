"""The pages of distributions and of tier by region."""

import re
from collections.abc import Iterator

import pytest
import time_machine

from tests.builders import NOW, a_contact, a_tier, a_user, save
from vocapp.identity.rules import RoleName
from vocapp.relationship.models import AccountScore

from .builders import a_customer, scored
from .reading import text_of
from .test_board import statements_of


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def leader(client):
    user = a_user(RoleName.LEADER)
    client.sign_in(user)
    return user


def a_scored(owner, strength=60.0, status="amber", silent=None, **values):
    """An account with a score as it is stored."""
    account = a_customer(owner, **values)
    save(
        AccountScore(
            account_id=account.id,
            as_of=NOW.date(),
            strength=strength,
            status=status,
            confidence="medium" if strength is not None else "none",
            silent_waves=silent,
            measures={"strength": {"value": strength, "ci": None}},
        )
    )
    return account


def test_a_distribution_says_from_how_many_and_where_the_middle_lies(client, leader):
    owner = a_user()
    for strength in (40, 50, 60, 70, 80):
        a_scored(owner, float(strength))
    a_scored(owner, None, "grey")
    text = text_of(client, "/portfolio/distribution")
    assert "5 of 6 accounts are measured." in text
    assert "The middle one stands at 60; half of them lie between 50 and 70." in text
    assert "5 accounts with a colour are too few to judge whether colours tell accounts apart." in text


def test_one_colour_over_all_raises_the_alarm_in_words(client, leader):
    owner = a_user()
    for number in range(20):
        a_scored(owner, 80.0, "green" if number < 18 else "red")
    text = text_of(client, "/portfolio/distribution")
    assert "Colours hardly tell accounts apart: 90% of 20 accounts with a colour are “Strong”" in text
    assert "nothing is shifted by itself" in text


def test_the_weakest_half_and_its_share_of_arr_are_told_per_currency(client, leader):
    owner = a_user()
    for number in range(6):
        a_scored(owner, 30.0 + 10 * number, arr=900_000 if number < 3 else 100_000, currency="EUR")
        a_scored(owner, 30.0 + 10 * number, arr=100_000, currency="USD")
    text = text_of(client, "/portfolio/distribution")
    said = "The weakest half of 6 accounts brings 90% of the ARR (€2.7M of €3M): more than their number."
    assert said in text
    assert "brings 50% of the ARR ($300K of $600K): about as much as their number." in text


def test_missing_and_negative_arr_are_left_out_and_counted(client, leader):
    owner = a_user()
    for arr in (None, -100, 0, 1000):
        a_scored(owner, arr=arr)
    text = text_of(client, "/portfolio/distribution")
    assert "ARR is not known at 1 account, ARR is negative at 1 account: left out of every sum." in text
    assert "2 measured accounts with ARR are too few for shares." in text


def test_everybody_equal_is_a_distribution_without_a_warning(client, leader):
    owner = a_user()
    for _unused in range(5):
        a_scored(owner, 100.0, "green", region="EMEA", silent=0)
    assert "At least half of them stand at 100." in text_of(client, "/portfolio/distribution")
    text = text_of(client, "/portfolio/tiers-by-region")
    assert "all the same" in text
    assert "none of 5 silent" in text


def test_a_cell_says_mean_interval_arr_at_risk_and_silence_and_leads_to_its_lists(client, leader):
    owner = a_user()
    for number in range(5):
        a_scored(
            owner,
            30.0 + number,
            "red" if number < 2 else "amber",
            silent=1 if number < 3 else 0,
            region="EMEA",
            arr=100_000,
            currency="EUR",
        )
    a_scored(owner, 80.0, "green", region="Americas")
    text = text_of(client, "/portfolio/tiers-by-region")
    assert "32</span> <small>30 to 34</small>" in text
    assert "2 at risk</a>: €200K" in text
    assert "3 of 5 silent</a>: 60%" in text
    assert "too few to say" in text
    tier = a_tier().id
    for link in re.findall(r'href="(/portfolio/[a-z]+\?[^"]*)"', text):
        assert client.get(link).status_code == 200
    assert f"/portfolio/silent?tier={tier}&region=EMEA&silence=whole" in text
    assert f"/portfolio/accounts?tier={tier}&region=EMEA&status=red" in text


def test_accounts_without_tier_or_region_have_a_row_and_a_column_of_their_own(client, leader):
    a_scored(a_user(), tier_id=None, region="")
    text = text_of(client, "/portfolio/tiers-by-region")
    assert "No tier" in text
    assert "No region" in text


@pytest.mark.parametrize("path", ["/portfolio/distribution", "/portfolio/tiers-by-region"])
def test_empty_one_account_and_a_filter_without_accounts_have_their_states(client, leader, path):
    assert "No accounts yet" in text_of(client, path)
    a_scored(a_user())
    assert "1 account" in text_of(client, path)
    assert "No accounts match" in text_of(client, f"{path}?region=Nowhere")


@pytest.mark.parametrize("path", ["/portfolio/distribution", "/portfolio/tiers-by-region"])
def test_an_account_that_nobody_scored_is_not_zero(client, leader, path):
    a_contact(a_customer(a_user(), region="EMEA"))
    scored()
    text = text_of(client, path)
    assert ">0<" not in text.replace("0 <small", "")
    assert "too few to say" in text or "Nothing is measured yet" in text


@pytest.mark.parametrize("path", ["/portfolio/distribution", "/portfolio/tiers-by-region"])
def test_a_page_of_the_whole_takes_as_many_statements_for_many_accounts(client, leader, path):
    owner = a_user()
    a_scored(owner, region="EMEA")
    few = statements_of(client, path)
    for number in range(12):
        a_scored(owner, 30.0 + number, region=f"Region {number % 3}", currency=("EUR", "USD")[number % 2])
    assert statements_of(client, path) == few


@pytest.mark.parametrize("path", ["/portfolio/distribution", "/portfolio/tiers-by-region"])
def test_a_csm_sees_their_own_accounts_only(client, path):
    me = a_user()
    a_scored(me, region="Mine")
    a_scored(a_user(), region="Theirs")
    client.sign_in(me)
    text = text_of(client, path)
    assert "Theirs" not in text
    assert "1 account" in text
