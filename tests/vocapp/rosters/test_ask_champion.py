"""Asking a champion, as the CSM sees it: preview, sending, what came back, doubtful forms."""

from datetime import timedelta

import pytest
import time_machine

from tests.builders import NOW, a_contact, a_persona, a_user
from tests.vocapp.rosters.champion_builders import (
    a_champion,
    a_doubtful_form,
    a_request,
    an_account_of_acme,
    evidence,
    link_of,
    messages_of,
    suggestions,
)
from vocapp.accounts.models import Persona, PersonaQuota, TierProfile
from vocapp.core.db import db, transaction
from vocapp.core.machines import Decision
from vocapp.identity.rules import RoleName
from vocapp.rosters.champion_queries import requests_of
from vocapp.rosters.champion_rules import ChampionAnswer, Named
from vocapp.rosters.rules import RequestState


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def csm(client):
    user = a_user(name="Ana Silva")
    client.sign_in(user)
    return user


@pytest.fixture
def champion(csm):
    return a_champion(an_account_of_acme(csm))


@pytest.fixture
def page(champion):
    return f"/accounts/{champion.account_id}/ask-champion"


def test_the_page_shows_the_mail_and_what_the_champion_will_see(client, page, champion):
    a_contact(champion.account, personas=("decision_maker",), first_name="Ken", email="ken@acme.example")
    text = client.get(page).text
    assert "Ana Silva asks: who else should we listen to?" in text
    assert "You know your colleagues at Acme better than we do." in text
    assert "Sets the product up and looks after it" in text
    assert "Nobody here is asked more often than every 90 days" in text
    assert "ken@acme.example" not in text


def test_the_person_of_the_address_is_chosen(client, page, champion):
    other = a_contact(champion.account, personas=("admin",), first_name="Bo")
    assert f'<option selected value="{other.id}"' in client.get(f"{page}?champion={other.id}").text
    assert f'<option selected value="{champion.id}"' in client.get(page).text


def test_looking_first_sends_nothing_and_shows_the_note(client, page, champion):
    shown = client.post(page, data={"champion": champion.id, "note": "Dear {{first_name}}!", "go": "look"})
    assert "Dear Zenobia!" in shown.text
    assert "Dear {{first_name}}!" in shown.text
    assert requests_of(champion.account_id) == []


def test_sending_leads_back_with_the_state_and_the_turn_used_up(client, page, champion):
    sent = client.post(page, data={"champion": champion.id, "note": "Hi", "go": "send"})
    assert (sent.status_code, sent.location) == (302, page)
    (request,) = requests_of(champion.account_id)
    assert (request.personal_note, request.contact_id) == ("Hi", champion.id)
    assert len(messages_of(request)) == 1
    text = client.get(page).text
    assert "gets your mail." in text
    assert "On its way" in text
    assert "You may ask again from Jun 9, 2026" in text
    assert 'name="go"' not in text


def test_a_second_turn_is_refused_with_its_day(client, page, champion):
    a_request(champion)
    answered = client.post(page, data={"champion": champion.id, "go": "send"})
    assert "you may ask again from 2026-06-09" in answered.text
    assert len(requests_of(champion.account_id)) == 1


@pytest.mark.parametrize("note", ["<b>Hi</b>", "x" * 2_001, "Dear {{frist_name}}"])
def test_a_note_that_cannot_be_sent_is_kept_and_explained(client, page, champion, note):
    answered = client.post(page, data={"champion": champion.id, "note": note, "go": "send"})
    assert answered.status_code == 200
    assert note in answered.get_data(as_text=True).replace("&lt;", "<").replace("&gt;", ">")
    assert requests_of(champion.account_id) == []


def test_nobody_of_another_account_can_be_chosen(client, page):
    stranger = a_contact()
    answered = client.post(page, data={"champion": stranger.id, "go": "send"})
    assert answered.status_code == 200
    assert "Not a valid choice" in answered.text


def test_an_account_without_people_offers_to_add_one(client, csm):
    account = an_account_of_acme(csm)
    assert "Nobody to ask yet" in client.get(f"/accounts/{account.id}/ask-champion").text


def test_a_persona_without_words_for_customers_is_named_to_the_csm_only(client, page, champion):
    profile, persona = db.session.query(TierProfile).one(), a_persona_unspoken()
    with transaction():
        db.session.add(PersonaQuota(profile=profile, persona=persona, required=1))
    assert "Not asked for, because we have no words for customers: Blocker." in client.get(page).text
    assert "Blocker" not in client.get(link_of(a_request(champion))).text


def test_an_administrators_words_are_what_customers_read(client, page, champion):
    persona = a_persona_unspoken()
    profile = db.session.query(TierProfile).one()
    with transaction():
        persona.customer_words = "Checks contracts"
        db.session.add(PersonaQuota(profile=profile, persona=persona, required=1))
    text = client.get(link_of(a_request(champion))).text
    assert "Checks contracts" in text
    assert "Blocker" not in text


def test_an_administrator_writes_the_words_for_customers(client, champion):
    persona = a_persona_unspoken()
    client.sign_in(a_user(RoleName.ADMIN))
    address = f"/settings/personas/{persona.id}"
    assert "In words for customers" in client.get(address).text
    client.post(address, data={"name": "Blocker", "customer_words": "Checks contracts"})
    assert db.session.get(Persona, persona.id).customer_words == "Checks contracts"


def a_persona_unspoken():
    return a_persona("blocker", 1.0)


def test_what_came_back_is_counted_and_leads_to_the_suggestions(client, page, champion):
    link = link_of(a_request(champion))
    client.post(
        link, data={f"person-{champion.id}": "right", "other-1-name": "Bo Ek", "comment": "We moved."}
    )
    text = client.get(page).text
    assert "1 person is still right, 1 new person named." in text
    assert "We moved." in text
    assert f'href="/suggestions?account={champion.account_id}"' in text
    assert "Answered on Mar 11, 2026" in text


def test_withdrawing_closes_the_page_and_cancels_the_mail(client, page, champion):
    request = a_request(champion, is_sent=False)
    back = client.post(f"/roster-requests/{request.id}/withdraw")
    assert back.location == page
    assert client.get(link_of(request)).status_code == 410
    assert [mail.state for mail in messages_of(request)] == ["cancelled"]
    assert "Withdrawn" in client.get(page).text
    # Nobody was bothered, so one may ask again.
    assert 'name="go"' in client.get(page).text


@pytest.mark.parametrize(
    ("state", "mail", "words"),
    [
        (RequestState.SENT, "sent", "Sent, no answer yet; open until"),
        (RequestState.EXPIRED, "sent", "without an answer"),
        (RequestState.FAILED, "failed", "The mail could not be delivered"),
        (RequestState.PLANNED, "suppressed", "nobody may write to this address"),
        (RequestState.PLANNED, "unknown", "Nobody knows whether the mail arrived"),
    ],
)
def test_every_state_has_its_words(client, page, champion, state, mail, words):
    request = a_request(champion, is_sent=state != RequestState.PLANNED, state=state)
    with transaction():
        messages_of(request)[0].state = mail
    assert words in client.get(page).text


def test_a_doubtful_form_waits_and_counts_once_released(client, page, champion):
    request = a_request(champion)
    answer = ChampionAnswer(named=(Named("", "Bo Ek", ""),), comment="Hello").as_json()
    form = a_doubtful_form(request, answer=answer)
    text = client.get(page).text
    assert "A field that people cannot see was filled in." in text
    assert "Bo Ek" in text
    back = client.post(f"/roster-requests/{request.id}/forms/{form.number}/release")
    assert back.location == page
    db.session.expire_all()
    assert (request.state, request.revision) == (RequestState.ANSWERED, 1)
    assert [one.values["first_name"] for one in suggestions()] == ["Bo"]
    assert "A form that may not come from a person" not in client.get(page).text
    client.post(f"/roster-requests/{request.id}/forms/{form.number}/release")
    assert len(suggestions()) == 1


def test_a_doubtful_form_that_is_kept_out_changes_nothing(client, page, champion):
    request = a_request(champion)
    form = a_doubtful_form(request)
    client.post(f"/roster-requests/{request.id}/forms/{form.number}/keep-out")
    db.session.expire_all()
    assert (form.decision, request.state) == (Decision.KEPT_OUT, RequestState.SENT)
    assert evidence() == []
    assert "A form that may not come from a person" not in client.get(page).text


def test_a_plain_form_cannot_be_released(client, champion):
    request = a_request(champion)
    a_doubtful_form(request, quarantine_reason=None)
    assert client.post(f"/roster-requests/{request.id}/forms/1/release").status_code == 404
    assert client.post(f"/roster-requests/{request.id}/forms/7/release").status_code == 404


def test_an_executive_reads_and_cannot_ask(client, champion):
    request = a_request(champion)
    client.sign_in(a_user(RoleName.EXECUTIVE))
    text = client.get(f"/accounts/{champion.account_id}/ask-champion").text
    assert "Sent, no answer yet" in text
    assert "Withdraw" not in text
    assert client.post(f"/roster-requests/{request.id}/withdraw").status_code == 403


def test_the_board_leads_to_asking_until_somebody_was_asked(client, champion, clock):
    clock.move_to(NOW + timedelta(minutes=1))
    board = client.get("/").text
    assert f"/accounts/{champion.account_id}/ask-champion?champion={champion.id}" in board
    a_request(champion)
    assert "/ask-champion" not in client.get("/").text


def test_an_empty_seat_of_the_account_page_leads_to_asking(client, champion):
    text = client.get(f"/accounts/{champion.account_id}").text
    assert f"/accounts/{champion.account_id}/ask-champion?champion={champion.id}" in text
    assert "Ask by mail" in text
