"""What the board says to do next about people: suggestions, seats, champions."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from tests.builders import NOW, a_contact, a_profile, a_user
from tests.vocapp.freshness.builders import a_left_suggestion, a_suggestion
from tests.vocapp.rosters.champion_builders import a_request
from vocapp.accounts.rules import AccountStatus, ContactStatus

from .builders import a_customer, a_past_wave, answered
from .reading import text_of


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def csm(client):
    user = a_user()
    client.sign_in(user)
    return user


def test_somebody_named_waits_for_a_decision(client, csm):
    account = a_customer(csm)
    ken = a_contact(account, first_name="Ken", last_name="Ito")
    suggestion = a_suggestion(account, named_by_id=ken.id, values={"first_name": "Mei", "last_name": "Ono"})
    text = text_of(client)
    assert "Decide about Mei Ono" in text
    assert "named by Ken Ito as the right person" in text
    assert f'href="/suggestions?account={account.id}#suggestion-{suggestion.id}">Decide' in text


def test_somebody_said_to_be_gone_waits_for_a_decision(client, csm):
    a_left_suggestion(a_contact(a_customer(csm), first_name="Ken", last_name="Ito"))
    assert "Decide whether Ken Ito has left" in text_of(client)


def test_several_suggestions_about_an_account_are_one_action(client, csm):
    account = a_customer(csm, name="Halden Robotics")
    ken = a_contact(account, first_name="Ken", last_name="Ito")
    a_suggestion(account, values={"first_name": "Mei", "last_name": "Ono"})
    a_suggestion(account, values={"first_name": "Bo", "last_name": "Ek"})
    a_left_suggestion(ken)
    text = text_of(client)
    assert "3 suggestions about Halden Robotics" in text
    assert "2 new people, 1 said to be gone" in text
    assert f'href="/suggestions?account={account.id}">Decide' in text
    assert "3 suggestions to decide" in text
    assert "Decide about" not in text


def test_suggestions_at_a_former_customer_are_not_counted(client, csm):
    a_customer(csm)
    a_suggestion(a_customer(csm, status=AccountStatus.CHURNED))
    assert "to decide" not in text_of(client)


def test_a_champion_asked_lately_is_not_asked_again(client, csm):
    champion = a_contact(a_customer(csm), personas=("champion",), first_name="Ana", last_name="Silva")
    a_request(champion)
    text = text_of(client)
    assert "Ask Ana Silva" not in text
    assert "no answer yet" not in text


def test_a_champion_who_did_not_answer_the_reminder_is_spoken_to(client, csm):
    champion = a_contact(a_customer(csm), personas=("champion",), first_name="Ana", last_name="Silva")
    a_request(champion, at=NOW - timedelta(days=9), reminded_at=NOW - timedelta(days=2))
    text = text_of(client)
    assert "Speak to Ana Silva" in text
    assert "asked for names on Mar 2, 2026, no answer yet" in text
    assert "Ask Ana Silva" not in text


def test_nobody_is_spoken_to_about_seats_that_were_filled_since(client, csm):
    account = a_customer(csm)
    champion = a_contact(account, personas=("champion",), first_name="Ana", last_name="Silva")
    a_request(champion, at=NOW - timedelta(days=9), reminded_at=NOW - timedelta(days=2))
    a_contact(account, personas=("decision_maker",))
    assert "Speak to Ana Silva" not in text_of(client)


def test_a_second_seat_is_not_called_missing(client, csm):
    a_profile(decision_maker=2, champion=1)
    account = a_customer(csm)
    a_contact(account, personas=("champion",), first_name="Ana", last_name="Silva")
    a_contact(account, personas=("decision_maker",))
    text = text_of(client)
    assert "Ask Ana Silva for another decision maker" in text
    assert "1 of 2 known" in text


def test_a_champion_who_left_is_to_be_followed(client, csm):
    account = a_customer(csm)
    gone = {"status": ContactStatus.LEFT, "first_name": "Ken", "last_name": "Ito"}
    a_contact(account, personas=("champion",), **gone)
    a_contact(account, personas=("decision_maker",))
    text = text_of(client)
    assert "Name a new champion" in text
    assert "Ken Ito was the champion and has left" in text
    assert f"/accounts/{account.id}/people/new?persona=champion" in text


def test_a_successor_is_to_be_confirmed_once(client, csm):
    account = a_customer(csm)
    a_contact(account, personas=("champion",), status=ContactStatus.LEFT, first_name="Ken", last_name="Ito")
    a_contact(account, personas=("champion",), verified_on=None, first_name="Mei", last_name="Ono")
    a_contact(account, personas=("decision_maker",))
    text = text_of(client)
    assert text.count("<bdi>Confirm Mei Ono</bdi>") == 1
    assert "champion, not confirmed lately, Ken Ito has left" in text


def test_an_account_that_hangs_on_one_person_asks_who_else_there_is(client, csm):
    account = a_customer(csm)
    a_contact(account, personas=("champion",))
    ken = a_contact(account, personas=("decision_maker",), first_name="Ken", last_name="Ito")
    answered(a_past_wave(csm), ken, 9)
    text = text_of(client)
    assert "Ask Ken Ito who else to listen to" in text
    assert "only Ken Ito answers us" in text


def test_a_gap_at_an_account_that_hangs_on_one_person_says_both_at_once(client, csm):
    account = a_customer(csm)
    ken = a_contact(account, personas=("champion",), first_name="Ken", last_name="Ito")
    answered(a_past_wave(csm), ken, 9)
    text = text_of(client)
    assert "nobody is known in that seat, only Ken Ito answers us" in text
    assert "who else to listen to</bdi>" not in text
