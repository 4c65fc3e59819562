"""What is frozen before a paper is drawn."""

import json
from datetime import timedelta

import pytest

from tests.builders import NOW, a_contact, a_profile, a_tier, an_account, save
from tests.vocapp.relationship.builders import a_closed_wave, asked
from tests.vocapp.reports.builders import (
    account_snapshot,
    an_account_with_a_story,
    neighbours,
    say,
    snapshot_of,
)
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.core.errors import DomainError

pytestmark = pytest.mark.usefixtures("app")


def test_a_snapshot_is_plain_json():
    snapshot = snapshot_of(an_account_with_a_story())
    assert json.loads(json.dumps(snapshot)) == snapshot


def test_a_snapshot_of_an_account_that_is_gone_is_refused():
    with pytest.raises(DomainError, match="no longer here"):
        account_snapshot(999_999, now=NOW)


def test_an_account_without_anything_still_has_a_snapshot():
    snapshot = account_snapshot(an_account().id, now=NOW)
    assert (snapshot["score"], snapshot["people"], snapshot["quotes"], snapshot["waves"]) == (
        None,
        [],
        [],
        [],
    )


def test_people_are_counted_by_persona_and_outcome():
    snapshot = snapshot_of(an_account_with_a_story())
    counted = {row["persona"]: row["outcomes"] for row in snapshot["people"]}
    assert counted == {
        "Decision maker": {"silent": 1},
        "Champion": {"answered": 1},
        "Admin": {"answered": 1},
    }


def test_somebody_never_asked_is_not_silent():
    account = an_account_with_a_story()
    a_contact(account, personas=("champion",))
    champions = next(row for row in snapshot_of(account)["people"] if row["persona"] == "Champion")
    assert champions["outcomes"] == {"answered": 1, "never_asked": 1}


def test_a_bounced_address_is_not_reached_and_who_left_is_not_counted():
    account = an_account_with_a_story()
    a_contact(account, personas=("power_user",), status=ContactStatus.BOUNCED)
    a_contact(account, personas=("power_user",), status=ContactStatus.LEFT)
    users = next(row for row in snapshot_of(account)["people"] if row["persona"] == "Power user")
    assert users["outcomes"] == {"not_reached": 1}


def test_waves_carry_the_strength_of_their_end():
    waves = snapshot_of(an_account_with_a_story())["waves"]
    assert [(wave["asked"], wave["answered"]) for wave in waves] == [(3, 2)] * 3


def test_quotes_carry_a_persona_and_no_person():
    quotes = snapshot_of(an_account_with_a_story())["quotes"]
    assert [(quote["rating"], quote["persona"]) for quote in quotes] == [(4, "Admin"), (10, "Champion")]
    assert set(quotes[0]) == {"text", "rating", "persona", "language", "on"}


def test_names_of_the_accounts_people_are_not_quoted():
    account = an_account_with_a_story()
    person = a_contact(account, first_name="Wilhelmina", last_name="Okafor")
    say(person, a_closed_wave(NOW - timedelta(days=40)), 8, "Ask Wilhelmina, she knows.")
    texts = [quote["text"] for quote in snapshot_of(account)["quotes"]]
    assert "Ask [name], she knows." in texts


def test_comments_older_than_a_year_are_not_quoted():
    account = an_account()
    say(a_contact(account), a_closed_wave(NOW - timedelta(days=500)), 9, "Long ago.")
    assert snapshot_of(account)["quotes"] == []


def test_doubtful_answers_are_not_quoted():
    account = an_account()
    response = say(a_contact(account), a_closed_wave(), 9, "Click here.")
    response.quarantine_reason = "trap_field"
    save(response)
    assert snapshot_of(account)["quotes"] == []


def test_without_ten_others_there_is_no_percentile_and_a_reason():
    standing = snapshot_of(an_account_with_a_story())["standings"]["strength"]
    assert standing["percentile"] is None
    assert standing["reason"] == "no comparison: it takes 10 other accounts with a value, and there are 0"


def test_with_ten_others_there_is_a_percentile():
    account = an_account_with_a_story()
    neighbours(12)
    snapshot = snapshot_of(account)
    assert snapshot["standings"]["strength"]["n"] == 12
    assert len(snapshot["peers"]) == 12


def test_peers_have_no_names():
    account = an_account_with_a_story()
    others = neighbours(12)
    text = json.dumps(snapshot_of(account))
    assert not [other.name for other in others if f'"{other.name}"' in text]


def test_next_steps_name_the_silent_decision_maker_the_unhappy_and_the_gap():
    steps = snapshot_of(an_account_with_a_story())["steps"]["first"]
    assert {(step["kind"], step["persona"]) for step in steps} == {
        ("reach", "Decision maker"),
        ("talk", "Admin"),
        ("ask_champion", "Admin"),
    }


def test_nobody_asked_yet_means_a_first_wave():
    account = an_account()
    a_contact(account)
    assert snapshot_of(account)["steps"]["first"][0]["kind"] == "ask_all"


def test_nobody_known_means_a_first_contact():
    (step,) = snapshot_of(an_account())["steps"]["first"]
    assert (step["kind"], step["count"]) == ("find_first", 0)


def test_an_account_that_left_has_no_next_steps():
    account = an_account_with_a_story(status=AccountStatus.CHURNED)
    assert snapshot_of(account)["steps"] == {"first": [], "total": 0}


def test_at_most_five_steps_are_shown_and_all_are_counted():
    tier = a_tier("Tier 9", 9)
    personas = ("decision_maker", "champion", "admin", "power_user", "sponsor", "buyer", "legal")
    a_profile(tier, **dict.fromkeys(personas, 1))
    account = an_account(tier_id=tier.id)
    for persona in personas[1:]:
        contact = a_contact(account, personas=(persona,))
        for days in (150, 60):
            asked(contact, a_closed_wave(NOW - timedelta(days=days)))
    steps = snapshot_of(account)["steps"]
    assert len(steps["first"]) == 5
    assert steps["total"] > 5
