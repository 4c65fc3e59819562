"""The page of silent accounts, the list of the portfolio and its file."""

import csv
import io
from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from sqlalchemy import event

from tests.builders import NOW, a_contact, a_tier, a_user
from vocapp.core.db import db
from vocapp.identity.rules import RoleName
from vocapp.portfolio.answer_rates import answer_rates

from .builders import a_customer, a_past_wave, answered, scored, stayed_silent
from .reading import text_of


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def leader(client):
    user = a_user(RoleName.LEADER)
    client.sign_in(user)
    return user


def a_silent(owner, waves=2, heard=True, **values):
    """An account whose two people answered once, or never, and then left so many waves unanswered."""
    account = a_customer(owner, **values)
    people = [a_contact(account, personas=("decision_maker",), last_name="Silva"), a_contact(account)]
    if heard:
        first = a_past_wave(owner, 10 * (waves + 1))
        for person in people:
            answered(first, person, 9)
    for weeks in range(10 * waves, 0, -10):
        wave = a_past_wave(owner, weeks)
        for person in people:
            stayed_silent(wave, person)
    return account


def an_answering(owner, **values):
    account = a_customer(owner, **values)
    answered(a_past_wave(owner), a_contact(account), 9)
    return account


def rows_of(client, path):
    """The rows of a saved file."""
    response = client.get(path)
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.get_data().decode("utf-8-sig"))))


def test_silent_accounts_are_named_with_who_since_when_and_what_they_are_worth(client, leader):
    owner = a_user(name="Ana Ferreira")
    a_silent(owner, name="Meridian", arr=1_200_000, currency="EUR", region="EMEA")
    a_silent(owner, name="Umbra", arr=300_000, currency="USD", waves=1, heard=False)
    an_answering(owner, name="Yarrow", arr=50_000, currency="EUR")
    scored()
    text = text_of(client, "/portfolio/silent")
    assert "2 accounts: €1.2M + $300K a year" in text
    assert "At 2 of 3 accounts that closed waves have reached, nobody answered the latest one" in text
    assert "1 for two waves or more, 1 has never answered" in text
    assert "Nobody answered the latest 2 waves, last heard in the wave of" in text
    assert "Nobody answered the latest wave, never heard before" in text
    assert "Silva" in text
    assert "Yarrow" not in text


def test_a_silent_decision_maker_is_told_apart_from_a_silent_account(client, leader):
    owner = a_user()
    account = a_customer(owner, name="Kitano")
    boss, friend = a_contact(account, personas=("decision_maker",)), a_contact(account)
    wave = a_past_wave(owner)
    stayed_silent(wave, boss)
    answered(wave, friend, 8)
    scored()
    text = text_of(client, "/portfolio/silent")
    assert "No decision maker answered the latest wave; others did." in text
    assert "Kitano" in text_of(client, "/portfolio/silent?silence=decider")
    assert "Kitano" not in text_of(client, "/portfolio/silent?silence=whole")


def test_filters_answer_which_accounts_of_a_tier_in_a_region_went_silent_and_compare_with_all(client, leader):
    owner = a_user()
    a_silent(owner, name="Meridian", region="EMEA", arr=500_000, currency="EUR")
    a_silent(owner, name="Sundial", region="Americas")
    an_answering(owner, name="Yarrow", region="EMEA")
    an_answering(owner, name="Juniper", region="Americas")
    an_answering(owner, name="Linden", region="Americas")
    scored()
    text = text_of(client, f"/portfolio/silent?tier={a_tier().id}&region=EMEA")
    assert "1 account: €500K a year" in text
    assert "That is 50%; of all your accounts it is 40% (2 of 5)." in text
    assert "Sundial" not in text


def test_missing_and_negative_arr_is_said_counted_and_in_no_sum(client, leader):
    owner = a_user()
    a_silent(owner, arr=1000, currency="EUR")
    a_silent(owner, arr=-500, currency="EUR")
    a_silent(owner, arr=None)
    scored()
    text = text_of(client, "/portfolio/silent")
    assert "3 accounts: €1K a year" in text
    assert "ARR is not known at 1 account, ARR is negative at 1 account: left out of every sum." in text


def test_before_a_wave_has_closed_nobody_is_called_silent(client, leader):
    a_contact(a_customer(a_user()))
    scored()
    text = text_of(client, "/portfolio/silent")
    assert "No closed wave has reached anybody here yet, so nobody can be called silent." in text
    assert "No silent account" in text


def test_where_everybody_is_silent_silence_may_be_chance(client, leader):
    owner = a_user()
    for _unused in range(3):
        a_silent(owner, heard=False, waves=1)
    scored()
    text = text_of(client, "/portfolio/silent")
    assert "At 3 of 3 accounts" in text
    assert "May be chance" in text
    assert "Hardly chance" not in text


def test_the_base_rate_is_that_of_answers_to_closed_waves_and_not_engagement(client, leader):
    owner = a_user()
    a_silent(owner, heard=False, waves=1)
    answering = a_customer(owner)
    wave = a_past_wave(owner, 40)
    for number in range(6):
        person = a_contact(answering)
        if number < 4:
            answered(wave, person, 9, state="partial")
        else:
            stayed_silent(wave, person)
    scored()
    # Four of eight; half an answer each makes engagement, and that of two accounts would be averaged.
    assert answer_rates(fewest=10).of_tier(answering.tier_id) == 0.5
    assert "May be chance" in text_of(client, "/portfolio/silent")
    running = a_past_wave(owner, 1, state="open", closed_at=None)
    for _number in range(8):
        answered(running, a_contact(answering), 9)
    scored()
    assert answer_rates(fewest=2).of_tier(answering.tier_id) == 0.5
    assert answer_rates(fewest=2).of_tier(None) == 0.5
    other = a_customer(owner, tier_id=a_tier("Tier 2", 2).id)
    answered(a_past_wave(owner, 30), a_contact(other), 9)
    scored()
    assert answer_rates(fewest=1).of_tier(other.tier_id) == 1.0
    assert answer_rates(fewest=2).of_tier(other.tier_id) == pytest.approx(5 / 9)


def test_an_empty_company_begins_with_its_accounts(client, leader):
    assert "No accounts yet" in text_of(client, "/portfolio/silent")
    assert "No accounts yet" in text_of(client, "/portfolio/accounts")


def test_a_csm_sees_only_their_own_silence(client):
    me = a_user()
    a_silent(me, name="Mine")
    a_silent(a_user(), name="Theirs")
    scored()
    client.sign_in(me)
    assert "Theirs" not in text_of(client, "/portfolio/silent")
    assert [row["name"] for row in rows_of(client, "/portfolio/accounts.csv")] == ["Mine"]


def test_the_list_holds_what_the_filters_say_and_the_file_holds_the_same(client, leader):
    owner = a_user(name="Ana Ferreira")
    a_silent(owner, name="Meridian", region="EMEA", arr=500_000, currency="EUR", external_id="M-1")
    an_answering(owner, name="Yarrow", region="EMEA")
    scored()
    text = text_of(client, "/portfolio/accounts?region=EMEA&silence=whole")
    assert "Meridian" in text
    assert "Yarrow" not in text
    (row,) = rows_of(client, "/portfolio/accounts.csv?region=EMEA&silence=whole")
    told = {name: row[name] for name in ("external_id", "name", "owner", "silent_waves", "currency")}
    assert told == {
        "external_id": "M-1",
        "name": "Meridian",
        "owner": "Ana Ferreira",
        "silent_waves": "2",
        "currency": "EUR",
    }
    assert float(row["strength_low"]) <= float(row["strength"]) <= float(row["strength_high"])


def test_what_nobody_measured_is_empty_in_the_file_and_never_zero(client, leader):
    a_customer(a_user(), name="Juniper", arr=None)
    (row,) = rows_of(client, "/portfolio/accounts.csv")
    assert [row[name] for name in ("arr", "strength", "strength_low", "nps", "silent_waves")] == [""] * 5


def test_renewals_are_chosen_by_quarter(client, leader):
    owner = a_user()
    a_customer(owner, name="Early", renewal_date=date(2026, 6, 30))
    a_customer(owner, name="Late", renewal_date=date(2026, 7, 1))
    a_customer(owner, name="Open", renewal_date=None)
    named = {
        quarter: [row["name"] for row in rows_of(client, f"/portfolio/accounts.csv?renewal={quarter}")]
        for quarter in ("2026-Q2", "2026-Q3", "-", "nonsense")
    }
    assert named == {"2026-Q2": ["Early"], "2026-Q3": ["Late"], "-": ["Open"], "nonsense": []}


def test_accounts_without_tier_or_region_are_a_choice_of_their_own(client, leader):
    owner = a_user()
    a_customer(owner, name="Placed", region="EMEA")
    a_customer(owner, name="Adrift", tier_id=None, region="")
    assert [row["name"] for row in rows_of(client, "/portfolio/accounts.csv?tier=-")] == ["Adrift"]
    assert [row["name"] for row in rows_of(client, "/portfolio/accounts.csv?region=-")] == ["Adrift"]


@pytest.mark.parametrize("path", ["/portfolio/silent", "/portfolio/accounts"])
def test_a_list_takes_as_many_statements_for_one_account_as_for_twelve(client, leader, path):
    def statements() -> int:
        counted = []

        def note(_connection, _cursor, statement, *_rest) -> None:
            counted.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        assert client.get(path).status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
        return len(counted)

    owner = a_user()
    a_silent(owner)
    scored()
    few = statements()
    for number in range(11):
        a_silent(owner, waves=1 + number % 2)
    scored()
    assert statements() == few


def test_a_filter_of_the_list_can_be_kept(client, leader):
    a_customer(a_user())
    sent = {"place": "silent", "query": "silence=long", "name": "Long silent"}
    client.post("/filters", data=sent)
    assert "Long silent" in text_of(client, "/portfolio/silent")


def test_an_account_heard_long_ago_is_not_one_without_an_answer(client, leader):
    account = a_customer(leader, name="Once")
    person = a_contact(account)
    answered(a_past_wave(leader, 70), person, 9)
    stayed_silent(a_past_wave(leader, 10), person)
    scored()
    assert "no answer that counts now" in text_of(client, "/portfolio/accounts")
