"""The steps of a launch."""

from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select

from surveys.translation import phrase
from tests.builders import NOW, a_contact, a_user, a_wave, an_account, an_invitation
from tests.conftest import CheckingClient
from tests.vocapp.campaigns.builders import a_draft
from tests.vocapp.campaigns.pages import page, send
from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.models import Exclusion, Wave, wave_accounts
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db, transaction
from vocapp.core.jobs import Job
from vocapp.identity.models import User
from vocapp.workflows.launch_wave import launch_wave as plan

pytestmark = pytest.mark.usefixtures("march")


def chosen(wave: Wave) -> set[int]:
    rows = select(wave_accounts.c.account_id).where(wave_accounts.c.wave_id == wave.id)
    return set(db.session.scalars(rows))


def only_wave() -> Wave:
    return db.session.scalars(select(Wave)).one()


def test_choosing_a_survey_makes_a_draft_and_leads_to_its_accounts(client: CheckingClient, csm: User) -> None:
    page(client, "/waves/new")
    location = send(client, "/waves/new", survey="nps", name="Spring")
    wave = only_wave()
    assert location == f"/waves/{wave.id}/accounts"
    assert (wave.name, wave.state, wave.owner_id) == ("Spring", WaveState.DRAFT, csm.id)


def test_a_launch_begun_at_an_account_has_it_chosen(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)
    send(client, "/waves/new", survey="nps", account=account.id)
    assert chosen(only_wave()) == {account.id}


def test_nobody_gets_another_csms_account_into_a_wave(client: CheckingClient, csm: User) -> None:
    foreign = an_account(owner_id=a_user().id)
    send(client, "/waves/new", survey="nps", account=foreign.id)
    wave = only_wave()
    send(client, f"/waves/{wave.id}/accounts", shown=foreign.id, account=foreign.id)
    send(client, f"/waves/{wave.id}/accounts", choice="all")
    assert chosen(wave) == set()


def test_ticks_of_one_page_leave_the_choice_of_others_alone(client: CheckingClient, csm: User) -> None:
    first, second, third = (an_account(owner_id=csm.id) for _ in range(3))
    wave = a_draft(first, third, owner=csm)
    send(client, f"/waves/{wave.id}/accounts", shown=[first.id, second.id], account=second.id)
    assert chosen(wave) == {second.id, third.id}


def test_all_that_match_a_filter_are_chosen_at_once(client: CheckingClient, csm: User) -> None:
    emea = [an_account(owner_id=csm.id, region="EMEA") for _ in range(3)]
    an_account(owner_id=csm.id, region="APAC")
    wave = a_draft(owner=csm)
    page(client, f"/waves/{wave.id}/accounts?region=EMEA&q=account")
    send(client, f"/waves/{wave.id}/accounts?region=EMEA", choice="all")
    assert chosen(wave) == {account.id for account in emea}


def test_a_tick_answers_with_the_summary_when_htmx_asks(client: CheckingClient, csm: User) -> None:
    account = a_contact(an_account(owner_id=csm.id)).account
    wave = a_draft(owner=csm)
    response = client.post(
        f"/waves/{wave.id}/accounts",
        data={"shown": account.id, "account": account.id},
        headers={"HX-Request": "true"},
    )
    assert response.status_code == 200
    assert response.get_data(as_text=True).lstrip().startswith("<div")
    assert chosen(wave) == {account.id}


def test_ten_thousand_accounts_are_chosen_in_a_fixed_number_of_queries(
    client: CheckingClient, csm: User
) -> None:
    rows = [
        {"external_id": f"B-{n}", "external_key": f"B-{n}", "name": f"Big {n}", "owner_id": csm.id}
        for n in range(10_000)
    ]
    with transaction():
        db.session.execute(insert(Account), rows)
    wave = a_draft(owner=csm)
    statements: list[str] = []

    def count(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        send(client, f"/waves/{wave.id}/accounts", choice="all")
        choosing = len(statements)
        statements.clear()
        page(client, f"/waves/{wave.id}/accounts?page=100&sort=-name")
        showing = len(statements)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len(chosen(wave)) == 10_000
    assert choosing < 15
    assert showing < 25


def test_the_roster_says_who_is_asked_and_who_is_not_and_why(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)
    a_contact(account, first_name="Asked", last_name="Person")
    a_contact(account, first_name="Info", last_name="Desk", is_role_address=True)
    wave = a_draft(account, owner=csm)
    assert "Asked Person" in page(client, f"/waves/{wave.id}/people")
    excluded = page(client, f"/waves/{wave.id}/people?view=excluded")
    assert "Info Desk" in excluded
    assert "A shared mailbox, not a person" in excluded


def test_a_person_is_left_out_with_a_reason_and_asked_after_all(client: CheckingClient, csm: User) -> None:
    person = a_contact(an_account(owner_id=csm.id))
    wave = a_draft(person.account, owner=csm)
    address = f"/waves/{wave.id}/people/leave-out?q=x"
    assert send(client, address, contact=person.id, reason="On leave") == f"/waves/{wave.id}/people?q=x"
    assert db.session.scalars(select(Exclusion)).one().note == "On leave"
    assert "On leave" in page(client, f"/waves/{wave.id}/people?view=excluded")
    send(client, f"/waves/{wave.id}/people/{person.id}/ask")
    assert db.session.scalars(select(Exclusion)).all() == []


def test_nobody_is_left_out_without_a_reason(client: CheckingClient, csm: User) -> None:
    person = a_contact(an_account(owner_id=csm.id))
    wave = a_draft(person.account, owner=csm)
    send(client, f"/waves/{wave.id}/people/leave-out", contact=person.id, reason="  ")
    assert "Say in a few words why" in page(client, f"/waves/{wave.id}/people")


def test_the_preview_is_the_mail_each_person_gets(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)
    a_contact(account, first_name="Ken")
    karl = a_contact(account, first_name="Karl", language="de")
    wave = a_draft(account, owner=csm, personal_note="Dear {{first_name}}, it matters.")
    shown = page(client, f"/waves/{wave.id}/message?person={karl.id}")
    assert phrase("mail_greeting", "de", first_name="Karl") in shown
    assert "Dear Karl, it matters." in shown
    assert "Eine Frage von Ana Costa" in shown
    framed = client.get(f"/waves/{wave.id}/message/{karl.id}")
    assert "Dear Karl, it matters." in framed.get_data(as_text=True)
    assert "sandbox" in framed.headers["Content-Security-Policy"]
    assert "script-src" not in framed.headers["Content-Security-Policy"]


def test_the_mail_to_somebody_elsewhere_is_not_shown(client: CheckingClient, csm: User) -> None:
    wave = a_draft(a_contact(an_account(owner_id=csm.id)).account, owner=csm)
    page(client, f"/waves/{wave.id}/message/{a_contact().id}", 404)


def test_a_good_note_is_kept_and_leads_on(client: CheckingClient, csm: User) -> None:
    wave = a_draft(owner=csm)
    location = send(client, f"/waves/{wave.id}/message", note="Hello {{first_name}}", go="next")
    assert location == f"/waves/{wave.id}/check"
    assert wave.personal_note == "Hello {{first_name}}"


@pytest.mark.parametrize(
    ("note", "sentence"),
    [
        ("x" * 10_000, "Shorten the note to 2,000 characters; it has 10,000."),
        ("<b>hello</b>", "Write the note as plain text"),
        ("Dear {{nickname}}", "Nobody fills {{nickname}}"),
    ],
)
def test_a_bad_note_is_refused_with_one_sentence_and_stays_on_the_page(
    client: CheckingClient, csm: User, note: str, sentence: str
) -> None:
    wave = a_draft(owner=csm)
    shown = send(client, f"/waves/{wave.id}/message", 200, note=note)
    assert sentence in shown
    assert note.replace("<", "&lt;").replace(">", "&gt;") in shown
    assert wave.personal_note == ""


def test_the_check_says_plainly_that_answers_cannot_be_expected_yet(
    client: CheckingClient, csm: User
) -> None:
    wave = a_draft(a_contact(an_account(owner_id=csm.id)).account, owner=csm)
    assert "not known yet" in page(client, f"/waves/{wave.id}/check")


def test_the_check_expects_answers_from_the_past_of_the_accounts(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)
    old = a_wave(csm, state=WaveState.CLOSED)
    past = NOW - timedelta(days=120)
    for number in range(12):
        state = InvitationState.COMPLETED if number < 6 else InvitationState.SILENT
        an_invitation(old, a_contact(account), state=state, sent_at=past, created_at=past)
    wave = a_draft(account, owner=csm)
    shown = page(client, f"/waves/{wave.id}/check")
    assert "about 6 (" in shown
    assert "12 closed invitations" in shown


def test_launching_now_opens_the_wave_and_asks_for_its_mails(client: CheckingClient, csm: User) -> None:
    wave = a_draft(a_contact(an_account(owner_id=csm.id)).account, owner=csm)
    assert send(client, f"/waves/{wave.id}/check", when="now") == f"/waves/{wave.id}"
    assert wave.state == WaveState.OPEN
    assert db.session.scalars(select(Job.payload).where(Job.kind == "launch_wave")).all() == [
        {"wave_id": wave.id}
    ]


def test_a_later_launch_is_meant_in_the_users_time_zone(client: CheckingClient, csm: User) -> None:
    with transaction():
        csm.time_zone = "Asia/Kolkata"
    wave = a_draft(a_contact(an_account(owner_id=csm.id)).account, owner=csm)
    told = {"when": "later", "at": "2026-03-12T09:30", "closes_on": "2026-03-31", "sends_until": "2026-03-20"}
    send(client, f"/waves/{wave.id}/check", **told)
    assert wave.state == WaveState.SCHEDULED
    assert wave.launch_at is not None
    assert wave.closes_at is not None
    assert wave.launch_at.isoformat() == "2026-03-12T04:00:00+00:00"
    assert wave.closes_at.isoformat() == "2026-03-31T18:29:00+00:00"
    assert wave.send_by is not None
    assert wave.send_by.isoformat() == "2026-03-20T18:29:00+00:00"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"when": "later"}, "Say when the wave is to be launched."),
        ({"when": "later", "at": "2026-03-01T10:00"}, "The launch time lies in the past"),
        ({"when": "now", "closes_on": "2026-03-10"}, "The wave would close before it is launched"),
        ({"when": "now", "sends_until": "2026-03-10"}, "The last day for first mails is over already"),
        (
            {"when": "now", "closes_on": "2026-03-31", "sends_until": "2026-04-01"},
            "The last day for first mails must lie between",
        ),
        ({"when": "later", "at": "tomorrow"}, "Not a valid datetime value."),
        ({"when": "never"}, "Not a valid choice."),
    ],
)
def test_impossible_times_are_told_on_the_page(
    client: CheckingClient, csm: User, fields: dict[str, str], sentence: str
) -> None:
    wave = a_draft(a_contact(an_account(owner_id=csm.id)).account, owner=csm)
    assert sentence in send(client, f"/waves/{wave.id}/check", 200, **fields)
    assert wave.state == WaveState.DRAFT


def test_a_draft_without_anybody_is_told_so(client: CheckingClient, csm: User) -> None:
    wave = a_draft(owner=csm)
    assert "Choose at least one account" in send(client, f"/waves/{wave.id}/check", 200, when="now")


def test_going_back_loses_nothing(client: CheckingClient, csm: User) -> None:
    person = a_contact(an_account(owner_id=csm.id))
    wave = a_draft(person.account, owner=csm, personal_note="Hello.")
    send(client, f"/waves/{wave.id}/people/leave-out", contact=person.id, reason="On leave")
    send(client, f"/waves/{wave.id}/survey", survey="nps", name="Renamed")
    assert (wave.name, wave.personal_note, chosen(wave)) == ("Renamed", "Hello.", {person.account_id})
    assert db.session.scalars(select(Exclusion)).one().note == "On leave"


def test_a_draft_can_be_discarded(client: CheckingClient, csm: User) -> None:
    wave = a_draft(an_account(owner_id=csm.id), owner=csm)
    send(client, f"/waves/{wave.id}/discard")
    assert db.session.scalars(select(Wave)).all() == []


@pytest.mark.parametrize("step", ["survey", "accounts", "people", "message", "check"])
def test_the_steps_of_a_launched_wave_lead_to_its_page(client: CheckingClient, csm: User, step: str) -> None:
    wave = a_wave(csm)
    response = client.get(f"/waves/{wave.id}/{step}")
    assert (response.status_code, response.headers["Location"]) == (302, f"/waves/{wave.id}")


@pytest.mark.parametrize("step", ["survey", "accounts", "people", "people?view=excluded", "message", "check"])
def test_every_step_of_an_empty_draft_has_its_state(client: CheckingClient, csm: User, step: str) -> None:
    assert "<h1" in page(client, f"/waves/{a_draft(owner=csm).id}/{step}")


def test_a_user_without_accounts_is_told_what_a_wave_needs(client: CheckingClient, csm: User) -> None:
    wave = a_draft(owner=csm)
    assert "You have no accounts to ask" in page(client, f"/waves/{wave.id}/accounts")


def test_hostile_names_are_text_on_every_page(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id, name="<script>alert(1)</script> {{7*7}} " + "x" * 90)
    person: Contact = a_contact(account, first_name="\u202e<img src=x>", last_name="{% raw %}")
    wave = a_draft(account, owner=csm)
    for step in ("accounts", "people", f"message?person={person.id}", "check"):
        assert "<script>alert" not in page(client, f"/waves/{wave.id}/{step}")


def test_who_has_nobody_to_ask_is_led_on_instead_of_into_a_dead_form(
    client: CheckingClient, csm: User
) -> None:
    assert "There is nobody to ask yet" in page(client, "/waves/new")
    wave = a_draft(owner=csm)
    empty = page(client, f"/waves/{wave.id}/check")
    assert "No account is chosen" in empty
    assert 'name="closes_on"' not in empty
    person = a_contact(an_account(owner_id=csm.id))
    an_invitation(a_wave(csm), person, sent_at=NOW - timedelta(days=10))
    wave = a_draft(person.account, owner=csm)
    resting = page(client, f"/waves/{wave.id}/check")
    assert "The first can be asked again from May 20, 2026" in resting
    assert 'name="at"' in resting
    assert "There is nobody to ask yet" not in page(client, "/waves/new")


def test_a_wave_says_what_happens_next_until_its_first_mail_has_left(
    client: CheckingClient, csm: User
) -> None:
    person = a_contact(an_account(owner_id=csm.id), time_zone="Asia/Tokyo")
    back = NOW.date() + timedelta(days=30)
    a_contact(person.account, absent_until=back)
    wave = a_draft(person.account, owner=csm)
    send(client, f"/waves/{wave.id}/check", when="now")
    assert "its mails are being planned" in page(client, f"/waves/{wave.id}")
    plan({"wave_id": wave.id})
    shown = page(client, f"/waves/{wave.id}")
    assert "The mail to one person is planned; it has not left yet." in shown
    assert "The first leaves Mar 12, 2026" in shown
    away = page(client, f"/waves/{wave.id}?view=excluded")
    assert "comes back too late for this wave, so will not be asked in it" in away
