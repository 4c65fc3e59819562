"""The board: who sees what, what presses, and how it looks without data."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event

from tests.builders import NOW, a_contact, a_user, a_wave, an_account, an_invitation
from tests.vocapp.freshness.builders import a_left_suggestion, a_suggestion
from tests.vocapp.rosters.champion_builders import a_request
from vocapp.accounts.rules import AccountStatus
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db, transaction
from vocapp.freshness.service import dismiss_suggestion
from vocapp.identity.rules import RoleName

from .builders import a_customer, a_past_wave, answered, scored, stayed_silent
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


def test_an_unhappy_person_who_was_not_asked_for_it_is_to_be_called(client, csm):
    ken = a_contact(a_customer(csm), personas=("champion",), first_name="Ken", last_name="Ito")
    answered(a_past_wave(csm, 2), ken, 4, may_contact=None)
    assert "Call Ken Ito" in text_of(client)


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
