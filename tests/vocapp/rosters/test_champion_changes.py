"""Champions who change their mind, or leave, while their link still works."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.builders import NOW, a_contact, an_account, save
from tests.conftest import CheckingClient
from vocapp.accounts.models import Account, Contact, Persona
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db, transaction
from vocapp.freshness.models import Evidence
from vocapp.freshness.service import record_bounce
from vocapp.outbox.rules import MessageState
from vocapp.responses.opting_out import opt_out
from vocapp.rosters.champion import queue_due_reminders
from vocapp.rosters.champion_letters import reminder_letter, request_letter
from vocapp.rosters.models import RosterRequest

from .champion_builders import a_champion, a_request, link_of, messages_of, suggestions

BEFORE = (NOW - timedelta(days=5)).date()


@pytest.fixture
def request_(app: Flask) -> RosterRequest:
    return a_request(a_champion(), at=NOW)


@pytest.fixture
def ken(request_: RosterRequest) -> Contact:
    account = db.session.get_one(Account, request_.account_id)
    return a_contact(account, first_name="Ken", last_name="Ito", verified_on=BEFORE)


def say(client: CheckingClient, request: RosterRequest, minute: int, **fields: str) -> None:
    with time_machine.travel(NOW + timedelta(minutes=minute), tick=False):
        assert client.post(link_of(request), data=fields).status_code == 303
    db.session.expire_all()


def code_of(client: CheckingClient, request: RosterRequest) -> int:
    with time_machine.travel(NOW + timedelta(minutes=9), tick=False):
        return client.get(link_of(request)).status_code


@pytest.mark.parametrize("last_word", ["right", "left", "changed"])
def test_of_a_champion_who_changes_their_mind_the_last_word_counts(client, request_, ken, last_word):
    fields = {f"person-{ken.id}-title": "CFO"}
    for minute, said in enumerate(("right", "left", "right", "left", "changed", last_word), start=1):
        say(client, request_, minute, **{f"person-{ken.id}": said}, **fields)
    expected = {"right": NOW.date(), "left": None, "changed": BEFORE}
    assert ken.verified_on == expected[last_word]
    kinds = {"right": [], "left": ["left"], "changed": ["correction"]}
    assert [one.kind for one in suggestions()] == kinds[last_word]


def test_what_a_csm_took_back_stays_taken_back_whatever_the_champion_repeats(client, request_, ken):
    say(client, request_, 1, **{f"person-{ken.id}": "left"})
    evidence = db.session.scalars(select(Evidence).where(Evidence.kind == "said_left")).one()
    evidence.undone_at, evidence.undone_by_id = NOW, request_.sender_id
    ken.verified_on = BEFORE
    save(ken)
    say(client, request_, 2, **{f"person-{ken.id}": "left", "comment": "Once more"})
    assert ken.verified_on == BEFORE


def test_the_page_is_closed_to_somebody_who_left(client, request_, ken):
    assert code_of(client, request_) == 200
    request_.contact.status = ContactStatus.LEFT
    save(request_.contact)
    assert code_of(client, request_) == 410


def test_the_page_is_closed_to_somebody_who_works_at_another_account_now(client, request_, ken):
    request_.contact.account_id = an_account().id
    save(request_.contact)
    assert code_of(client, request_) == 410
    assert request_letter(messages_of(request_)[0]) is None


def test_nobody_is_reminded_in_the_name_of_somebody_who_left_us(request_):
    request_.sender.active = False
    request_.reminder_due_at = NOW
    save(request_)
    with transaction():
        assert queue_due_reminders(now=NOW) == 1
    assert [message.template for message in messages_of(request_)] == ["roster_request"]
    assert reminder_letter(messages_of(request_)[0]) is None


def test_nobody_is_reminded_at_a_former_customer(request_):
    request_.account.status = "churned"
    request_.reminder_due_at = NOW
    save(request_)
    with transaction():
        queue_due_reminders(now=NOW)
    assert [message.template for message in messages_of(request_)] == ["roster_request"]


def test_a_retired_part_is_not_shown(client, request_, ken):
    persona = db.session.scalars(select(Persona).where(Persona.key == "champion")).one()
    persona.customer_words = "Shepherds the rollout"
    save(persona)
    with time_machine.travel(NOW, tick=False):
        assert b"Shepherds" in client.get(link_of(request_)).data
        persona.retired_on = NOW.date()
        save(persona)
        assert b"Shepherds" not in client.get(link_of(request_)).data


def test_opting_out_takes_back_the_mail_and_closes_the_page(client, request_):
    with transaction():
        opt_out(request_, source="page", now=NOW)
    assert code_of(client, request_) == 410
    assert messages_of(request_)[0].state in {MessageState.CANCELLED, MessageState.SUPPRESSED}


def test_a_mail_to_a_merged_records_address_speaks_against_nobody(request_, ken):
    double = a_contact(
        ken.account, email="k.ito@acme.example", status=ContactStatus.LEFT, merged_into_id=ken.id
    )
    with transaction():
        record_bounce(double.email, message_id=1, occurred_at=NOW, now=NOW)
    assert (ken.status, ken.verified_on) == (ContactStatus.ACTIVE, BEFORE)
