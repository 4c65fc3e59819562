"""Triggers in Settings: made, switched, previewed in words, and explained event by event."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.builders import NOW, a_company, a_contact, a_persona, a_tier, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.triggers.builders import (
    YESTERDAY,
    a_transactional_survey,
    a_trigger,
    an_event,
    asked,
    fire,
)
from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.models import Wave
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.questionnaires.models import Survey
from vocapp.questionnaires.queries import listed_surveys
from vocapp.triggers.models import Trigger, TriggerFiring


@pytest.fixture
def admin(client: CheckingClient) -> CheckingClient:
    a_company()
    a_transactional_survey()
    client.sign_in(a_user(RoleName.ADMIN))
    return client


def filled(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Case closed",
        "kind": "case",
        "delay_days": "1",
        "share": "100",
        "survey": "ces-after",
        "sender": "0",
        "go": "save",
        **changes,
    }


def stored() -> list[Trigger]:
    rows = select(Trigger).order_by(Trigger.id)
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def words_of(response: Any) -> str:
    return " ".join(response.get_data(as_text=True).replace("<bdi>", "").replace("</bdi>", "").split())


def test_without_triggers_the_page_says_what_they_are_for(admin: CheckingClient) -> None:
    page = words_of(admin.get("/settings/triggers"))
    assert "No triggers yet" in page
    assert "/settings/triggers/new" in page


def test_a_new_trigger_is_off_until_it_is_switched_on(admin: CheckingClient) -> None:
    response = admin.post("/settings/triggers/new", data=filled(), follow_redirects=True)
    assert "It asks nobody until you switch it on." in words_of(response)
    (trigger,) = stored()
    assert (trigger.active_since, trigger.survey.key, trigger.sender_id) == (None, "ces-after", None)
    before = utcnow()
    admin.post(f"/settings/triggers/{trigger.id}/switch", data={"to": "on"})
    active_since = stored()[0].active_since
    assert active_since is not None
    assert active_since >= before
    admin.post(f"/settings/triggers/{trigger.id}/switch", data={"to": "off"})
    assert stored()[0].active_since is None


def test_a_survey_of_the_library_is_published_with_its_first_trigger(admin: CheckingClient) -> None:
    admin.post("/settings/triggers/new", data=filled(survey="nps"))
    assert "nps" in db.session.scalars(select(Survey.key)).all()
    assert stored()[0].survey.key == "nps"


def test_looking_first_says_it_in_words_and_stores_nothing(admin: CheckingClient) -> None:
    tier, champion = a_tier(), a_persona()
    account = an_account(tier_id=tier.id)
    for number in range(9):
        moment = utcnow() - timedelta(days=number)
        an_event(
            account, a_contact(account), key=str(number), occurred_at=moment, ended_at=moment, now=moment
        )
    sent = filled(go="look", tiers=str(tier.id), personas=str(champion.id), share="50")
    page = words_of(admin.post("/settings/triggers/new", data=sent))
    name = next(survey.name for survey in listed_surveys() if survey.key == "ces-after")
    assert (
        f"When a case is closed at an account of Tier 1, its contact is asked <b>{name}</b> the next working"
        " day, by the account's owner, for 50% of the events; about 2 people a month by the last 90 days."
        " When it names nobody, whoever is Champion there is asked."
    ) in page
    assert stored() == []


def test_a_renewal_is_told_by_the_renewals_to_come(admin: CheckingClient) -> None:
    champion = a_persona()
    account = an_account(renewal_date=(utcnow() + timedelta(days=100)).date())
    for _number in range(3):
        a_contact(account, personas=("champion",))
    sent = filled(go="look", kind="renewal", delay_days="60", personas=str(champion.id))
    page = words_of(admin.post("/settings/triggers/new", data=sent))
    assert "60 days before the renewal, whoever is Champion there is asked" in page
    assert "about one person a month by the renewals of the next 90 days" in page


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "renewal", "delay_days": "60"}, "choose the personas who are asked about it"),
        ({"delay_days": "91"}, "Choose 0 to 90 days"),
        ({"share": "0"}, "One entry needs another look"),
        ({"name": " "}, "Give the trigger a name"),
        ({"survey": "nothing"}, "One entry needs another look"),
        ({"sender": "999999"}, "One entry needs another look"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    admin: CheckingClient, changes: dict[str, str], reason: str
) -> None:
    assert reason in words_of(admin.post("/settings/triggers/new", data=filled(**changes)))
    assert stored() == []


def test_a_change_of_what_it_looks_at_begins_anew_and_another_name_does_not(admin: CheckingClient) -> None:
    trigger = a_trigger()
    since = trigger.active_since
    admin.post(f"/settings/triggers/{trigger.id}", data=filled(name="Ticket solved"))
    assert (stored()[0].name, stored()[0].active_since) == ("Ticket solved", since)
    admin.post(f"/settings/triggers/{trigger.id}", data=filled(delay_days="2"))
    active_since = stored()[0].active_since
    assert active_since is not None
    assert active_since > utcnow() - timedelta(minutes=1)


def test_the_form_shows_what_a_trigger_does(admin: CheckingClient) -> None:
    tier = a_tier()
    trigger = a_trigger(tiers=[tier.id], products=["Press"], share=30, delay_days=4)
    page = words_of(admin.get(f"/settings/triggers/{trigger.id}"))
    assert 'value="30"' in page
    assert 'value="4"' in page
    assert "at an account of Tier 1 with Press" in page
    assert "after 4 days, on a working day" in page


@pytest.fixture
def asked_and_left_out(admin: CheckingClient) -> tuple[Trigger, Account, Contact]:
    """A trigger that asked Ben today and left somebody out who has left."""
    account = an_account(name="Acme", owner_id=a_user(name="Ana Costa").id)
    ben = a_contact(account, first_name="Ben", last_name="Okafor")
    trigger = a_trigger(active_since=YESTERDAY - timedelta(days=1))
    an_event(account, ben)
    an_event(account, a_contact(account, status="left"), key="501", title="Scanner stuck")
    fire()
    return trigger, account, ben


@pytest.mark.usefixtures("asked_and_left_out")
def test_the_list_says_what_each_did_lately(admin: CheckingClient) -> None:
    with transaction():
        db.session.execute(update(TriggerFiring).values(at=utcnow()))
    page = words_of(admin.get("/settings/triggers"))
    assert "<dt>Asked in 30 days</dt><dd>1</dd>" in page
    assert "<dt>Left out in 30 days</dt><dd>1</dd>" in page
    assert "Has left the company" in page


def test_the_log_names_event_account_person_and_reason(
    admin: CheckingClient, asked_and_left_out: Any
) -> None:
    trigger, account, ben = asked_and_left_out
    page = words_of(admin.get(f"/settings/triggers/{trigger.id}/log"))
    for words in ("Printer on fire", "Scanner stuck", "Acme", "Ben Okafor", "Has left the company"):
        assert words in page
    assert f"/accounts/{account.id}" in page
    assert f"/people/{ben.id}" in page
    only_asked = words_of(admin.get(f"/settings/triggers/{trigger.id}/log?outcome=asked"))
    assert "Printer on fire" in only_asked
    assert "Scanner stuck" not in only_asked


def test_a_wave_says_which_trigger_opened_it(admin: CheckingClient, asked_and_left_out: Any) -> None:
    trigger, *_others = asked_and_left_out
    wave_id = asked()[0].wave_id
    assert f"/settings/triggers/{trigger.id}/log" in words_of(admin.get(f"/waves/{wave_id}"))
    assert "by a trigger" in words_of(admin.get("/waves"))
    admin.sign_in(db.session.get_one(Wave, wave_id).owner)
    page = words_of(admin.get(f"/waves/{wave_id}"))
    assert "Opened by the trigger Case closed" in page
    assert "/settings/triggers" not in page


def test_deleting_a_trigger_keeps_its_waves(admin: CheckingClient, asked_and_left_out: Any) -> None:
    trigger, *_others = asked_and_left_out
    wave_id = asked()[0].wave_id
    admin.post(f"/settings/triggers/{trigger.id}/delete")
    assert stored() == []
    assert admin.get(f"/waves/{wave_id}").status_code == 200
    assert admin.get(f"/settings/triggers/{trigger.id}").status_code == 404
    fire(NOW + timedelta(minutes=5))
    assert len(asked()) == 1
