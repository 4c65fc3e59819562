"""The board: who sees what, what presses, and how it looks without data."""

from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from sqlalchemy import event

from tests.builders import NOW, a_contact, a_profile, a_user, a_wave, an_account, an_invitation
from tests.vocapp.freshness.builders import a_left_suggestion, a_suggestion
from tests.vocapp.rosters.champion_builders import a_request
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db, transaction
from vocapp.freshness.service import dismiss_suggestion
from vocapp.identity.rules import RoleName

from .builders import a_customer, a_past_wave, answered, scored, stayed_silent


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def csm(client):
    user = a_user()
    client.sign_in(user)
    return user


def text_of(client, path="/"):
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(unescape(response.get_data(as_text=True)).split())


def test_a_newcomer_is_told_how_to_begin(client):
    client.sign_in(a_user(RoleName.ADMIN))
    text = text_of(client)
    assert "No accounts yet" in text
    assert "Load the demo company" in text


def test_a_csm_without_accounts_is_told_whom_to_ask(client, csm):
    a_customer(a_user())
    assert "You see the accounts you own" in text_of(client)


def test_a_csm_sees_only_accounts_they_own(client, csm):
    a_customer(csm, name="Mine")
    a_customer(a_user(), name="Somebody else’s")
    text = text_of(client)
    assert "Mine" in text
    assert "Somebody else’s" not in text


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.EXECUTIVE, RoleName.ADMIN])
def test_others_see_all_accounts_with_their_csm(client, role):
    owner = a_user(name="Ana Ferreira")
    a_customer(owner, name="Yarrow")
    client.sign_in(a_user(role))
    text = text_of(client)
    assert "Yarrow" in text
    assert "Ana Ferreira" in text


def test_an_account_that_left_is_not_on_the_board(client, csm):
    a_customer(csm, name="Here")
    a_customer(csm, name="Gone", status=AccountStatus.CHURNED)
    assert "Gone" not in text_of(client)


def test_an_account_never_asked_is_not_known_rather_than_bad(client, csm):
    a_customer(csm)
    text = text_of(client)
    assert "Not known yet" in text
    assert "never asked" in text


def test_the_worst_account_stands_first(client, csm):
    good, bad = a_customer(csm, name="Aaa"), a_customer(csm, name="Zzz")
    for wave in (a_past_wave(csm, 20), a_past_wave(csm, 10)):
        answered(wave, a_contact(good, personas=("decision_maker",)), 10)
        stayed_silent(wave, a_contact(bad, personas=("decision_maker",)))
    scored()
    text = text_of(client, "/?q=")
    table = text[text.index("<tbody>") :]
    assert table.index("Zzz") < table.index("Aaa")


def test_an_unhappy_person_who_may_be_contacted_is_to_be_called(client, csm):
    account = a_customer(csm, name="Yarrow", renewal_date=(NOW + timedelta(days=41)).date())
    ken = a_contact(account, personas=("decision_maker",), first_name="Ken", last_name="Ito")
    answered(a_past_wave(csm, 2), ken, 4, may_contact=True)
    text = text_of(client)
    assert "Call Ken Ito" in text
    assert "detractor (4), decision maker, renewal in 41 days" in text
    assert "1 person to talk to today" in text


def test_an_unhappy_person_who_said_no_is_left_alone(client, csm):
    ken = a_contact(a_customer(csm), personas=("decision_maker",), first_name="Ken", last_name="Ito")
    answered(a_past_wave(csm, 2), ken, 4, may_contact=False)
    assert "Call Ken Ito" not in text_of(client)


def test_a_person_who_answered_better_since_is_not_called(client, csm):
    ken = a_contact(a_customer(csm), first_name="Ken", last_name="Ito")
    answered(a_past_wave(csm, 3), ken, 2, may_contact=True)
    answered(a_past_wave(csm, 1), ken, 9, may_contact=True)
    assert "Call Ken Ito" not in text_of(client)


def test_a_doubtful_answer_calls_nobody(client, csm):
    ken = a_contact(a_customer(csm), first_name="Ken", last_name="Ito")
    answered(a_past_wave(csm, 2), ken, 2, may_contact=True, quarantine_reason="trap_field")
    assert "Call Ken Ito" not in text_of(client)


def test_somebody_silent_in_two_waves_is_to_be_reached(client, csm):
    ken = a_contact(a_customer(csm), personas=("decision_maker",), first_name="Ken", last_name="Ito")
    for weeks in (20, 10):
        stayed_silent(a_past_wave(csm, weeks), ken)
    text = text_of(client)
    assert "Reach out to Ken Ito" in text
    assert "decision maker, silent in 2 waves" in text


def test_one_silent_wave_is_no_reason_to_call(client, csm):
    ken = a_contact(a_customer(csm), first_name="Ken", last_name="Ito")
    stayed_silent(a_past_wave(csm), ken)
    assert "Reach out to Ken Ito" not in text_of(client)


def test_a_gap_says_whom_to_ask(client, csm):
    a_contact(a_customer(csm), personas=("champion",), first_name="Ana", last_name="Silva")
    assert "Ask Ana Silva for the missing decision maker" in text_of(client)


def test_an_account_without_people_asks_for_a_first_one(client, csm):
    a_customer(csm)
    assert "Find a first person to talk to" in text_of(client)


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


def test_findings_stand_under_the_name_of_the_account(client, csm):
    a_contact(a_customer(csm, name="Yarrow"), personas=("decision_maker",))
    text = text_of(client)
    assert "Champion missing" in text[text.index("<tbody>") :]


def test_an_executive_is_led_to_pages_they_may_see(client):
    a_contact(a_customer(a_user()), personas=("champion",), first_name="Ana", last_name="Silva")
    client.sign_in(a_user(RoleName.EXECUTIVE))
    text = text_of(client)
    assert "Ask by mail" not in text
    assert "Open the account" in text


def test_the_order_is_explained_where_it_is_not_plain(client, csm):
    a_customer(csm)
    assert "Worst first: at risk" in text_of(client)
    assert "Worst first: at risk" not in text_of(client, "/?sort=name")


def test_where_no_account_matches_nothing_is_explained(client, csm):
    a_customer(csm)
    text = text_of(client, "/?q=zzz")
    assert "No accounts match" in text
    assert "Worst first: at risk" not in text
    assert "confirmed lately" not in text


def test_a_leader_gets_from_csms_to_gaps_and_how_they_are_closed(client):
    a_customer(a_user())
    client.sign_in(a_user(RoleName.LEADER))
    text = text_of(client, "/?by=csm")
    assert 'href="/gaps"' in text
    assert 'href="/stewardship"' in text


def test_what_was_decided_waits_no_more(client, csm):
    suggestion = a_suggestion(a_customer(csm))
    with transaction():
        dismiss_suggestion(suggestion, by=csm, now=NOW)
    assert "Decide about" not in text_of(client)


def test_a_draft_waits_to_be_launched(client, csm):
    a_customer(csm)
    a_wave(csm, name="Spring", state=WaveState.DRAFT, launched_at=None, launch_at=None, closes_at=None)
    assert "Launch “Spring”" in text_of(client)


def test_an_open_wave_shows_how_far_it_got_and_when_it_closes(client, csm):
    contact = a_contact(a_customer(csm))
    wave = a_wave(csm, name="Spring", closes_at=NOW + timedelta(days=2))
    an_invitation(wave, contact)
    text = text_of(client)
    assert "a wave closing Friday" in text
    assert "Answered" in text


def test_a_leader_sees_csms_as_rows_on_demand(client):
    owner = a_user(name="Ana Ferreira")
    a_customer(owner, currency="EUR", arr=1000)
    a_customer(owner, currency="USD", arr=2000)
    client.sign_in(a_user(RoleName.LEADER))
    text = text_of(client, "/?by=csm")
    assert "Ana Ferreira" in text
    assert "€1K" in text
    assert "$2K" in text
    assert "€3K" not in text


def test_a_csm_gets_no_rows_of_csms(client, csm):
    a_customer(csm)
    assert "By CSM" not in text_of(client, "/?by=csm")


@pytest.mark.parametrize(
    "query",
    ["tier=abc", "status=purple", "sort=evil", "page=-3", "page=99999", "owner=x", "region=%00", "q=%25%27"],
)
def test_nonsense_in_the_address_is_no_error(client, csm, query):
    a_customer(csm)
    client.get(f"/?{query}")


def test_filters_narrow_the_list(client, csm):
    a_customer(csm, name="Aaa", region="DACH")
    a_customer(csm, name="Zzz", region="Nordics")
    text = text_of(client, "/?region=DACH")
    table = text[text.index("<tbody>") :]
    assert "Aaa" in table
    assert "Zzz" not in table


def test_long_and_foreign_names_and_markup_are_shown_as_they_are(client, csm):
    for name in ("W" * 90, "شركة النور للتجارة", "<b>Bold & Co</b>"):
        a_customer(csm, name=name)
    text = text_of(client)
    assert "W" * 90 in text
    assert "شركة النور للتجارة" in text
    assert "<b>Bold & Co</b>" in text


def statements_of(client, path):
    seen = []
    engine = db.session.get_bind().engine

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        text_of(client, path)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.parametrize("path", ["/", "/?by=csm", "/portfolio"])
def test_the_number_of_statements_does_not_grow_with_accounts(client, path):
    owner = a_user()
    wave = a_past_wave(owner)
    client.sign_in(a_user(RoleName.LEADER))

    def add(number):
        for _unused in range(number):
            account = a_customer(owner)
            champion = a_contact(account, personas=("champion",))
            answered(wave, champion, 3, may_contact=True)
            a_suggestion(account, values={"last_name": "Ono"})
            a_left_suggestion(champion)
            a_suggestion(a_customer(owner))
            a_request(champion, reminded_at=NOW)
        scored()

    add(3)
    few = statements_of(client, path)
    add(9)
    assert statements_of(client, path) == few


def test_fifty_accounts_make_a_page(client, csm):
    for _unused in range(52):
        an_account(owner_id=csm.id)
    assert "1 to 50 of 52" in text_of(client)
    assert "51 to 52 of 52" in text_of(client, "/?page=2")
