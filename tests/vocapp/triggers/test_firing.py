"""Whom an event asks, when, and who is left out for which reason."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from tests.builders import (
    NOW,
    a_contact,
    a_tier,
    a_user,
    an_account,
    save,
)
from tests.vocapp.duplicates.builders import merged_pair
from tests.vocapp.triggers.builders import (
    YESTERDAY,
    a_transactional_survey,
    a_trigger,
    an_earlier_ask,
    an_event,
    asked,
    asked_ids,
    change,
    fire,
    firings,
    outcomes,
)
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.campaigns.models import Invitation, Wave, wave_accounts
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.campaigns.service import close_wave
from vocapp.core.db import db, transaction
from vocapp.duplicates.account_merging import merge_accounts
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import Message
from vocapp.questionnaires.models import SurveyVersion
from vocapp.triggers.models import TriggerWave

pytestmark = pytest.mark.usefixtures("app")


def test_a_closed_case_asks_its_person_in_a_wave_of_the_month_by_the_owner(account, contact) -> None:
    a_trigger()
    an_event(account, contact)
    fire()
    (invitation,) = asked()
    wave = invitation.wave
    assert (invitation.contact_id, invitation.state) == (contact.id, InvitationState.PLANNED)
    assert (wave.name, wave.owner_id, wave.state) == (
        "Case closed · March 2026", account.owner_id, WaveState.OPEN,
    )  # fmt: skip
    assert wave.closes_at.date() == date(2026, 4, 22)
    assert db.session.scalars(select(wave_accounts.c.owner_id)).all() == [account.owner_id]
    assert db.session.scalars(select(Message.key)).all() == [f"invitation:{invitation.id}"]
    (firing,) = firings()
    assert (firing.outcome, firing.contact_id, firing.wave_id) == ("asked", contact.id, wave.id)


def test_an_event_told_twice_asks_once(account, contact) -> None:
    a_trigger()
    for _time in range(2):
        an_event(account, contact)
        fire()
    an_event(account, contact, title="Printer still on fire", ended_at=YESTERDAY + timedelta(hours=1))
    fire(NOW + timedelta(days=40))
    assert len(asked()) == 1
    assert outcomes() == [("asked", "")]


def test_a_case_that_is_open_or_closed_this_morning_asks_nobody(account, contact) -> None:
    a_trigger()
    an_event(account, contact, ended_at=None)
    an_event(account, contact, key="501", ended_at=NOW - timedelta(hours=2))
    fire()
    assert (asked(), firings()) == ([], [])


@pytest.mark.parametrize("kind", ["onboarding", "milestone"])
def test_what_is_finished_counts_from_the_moment_it_happened(account, contact, kind) -> None:
    a_trigger(event_kind=kind)
    an_event(account, contact, kind=kind, occurred_at=YESTERDAY, ended_at=None)
    an_event(account, contact, key="501")
    fire()
    assert asked_ids() == [contact.id]
    assert len(firings()) == 1


def test_a_trigger_that_is_off_or_was_off_then_asks_nobody(account, contact) -> None:
    a_trigger(active_since=None)
    a_trigger(active_since=YESTERDAY + timedelta(seconds=1))
    an_event(account, contact)
    fire()
    assert (asked(), firings()) == ([], [])


def test_a_survey_put_away_is_asked_no_more(account, contact) -> None:
    trigger = a_trigger()
    change(trigger.survey, archived_at=NOW)
    an_event(account, contact)
    fire()
    assert asked() == []


def test_only_accounts_of_the_chosen_tiers_and_products_are_looked_at(account, contact) -> None:
    tier = a_tier()
    trigger = a_trigger(tiers=[tier.id], products=["Press"])
    an_event(account, contact)
    fire()
    assert firings() == []
    change(account, tier_id=tier.id, product="Other")
    fire()
    assert firings() == []
    change(account, product="Press")
    fire()
    assert [one.trigger_id for one in firings()] == [trigger.id]


def test_an_event_that_names_nobody_asks_who_plays_the_chosen_personas(account) -> None:
    champion = a_contact(account, personas=("champion",))
    admin = a_contact(account, personas=("admin",))
    a_contact(account, personas=("power_user",))
    a_contact(account, personas=("champion",), status=ContactStatus.LEFT)
    a_contact(personas=("champion",))
    a_trigger(personas=[champion.personas[0].id, admin.personas[0].id])
    an_event(account)
    fire()
    assert asked_ids() == [champion.id, admin.id]
    assert outcomes() == [("asked", "")] * 2
    fire(NOW + timedelta(minutes=5))
    assert len(firings()) == 2


def test_an_event_with_a_person_asks_nobody_else(account, contact) -> None:
    champion = a_contact(account, personas=("champion",))
    a_trigger(personas=[champion.personas[0].id])
    an_event(account, contact)
    fire()
    assert asked_ids() == [contact.id]


def test_without_a_person_or_personas_nobody_is_asked(account) -> None:
    a_contact(account)
    a_trigger()
    an_event(account)
    fire()
    assert outcomes() == [("left_out", "nobody")]


def test_an_event_about_somebody_we_do_not_know_asks_nobody_in_their_place(account) -> None:
    champion = a_contact(account)
    a_trigger(personas=[champion.personas[0].id])
    an_event(account, details={"names_a_stranger": True})
    fire()
    assert outcomes() == [("left_out", "stranger")]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": ContactStatus.LEFT}, "left"),
        ({"status": ContactStatus.OPTED_OUT}, "opted_out"),
        ({"status": ContactStatus.BOUNCED}, "bounced"),
        ({"is_role_address": True}, "role_address"),
    ],
)
def test_the_rules_of_waves_hold(account, contact, changes, reason) -> None:
    a_trigger()
    an_event(account, contact)
    change(contact, **changes)
    fire()
    assert asked() == []
    assert outcomes() == [("left_out", reason)]


def test_a_former_customer_is_not_asked(account, contact) -> None:
    a_trigger()
    an_event(account, contact)
    change(account, status=AccountStatus.CHURNED)
    fire()
    assert outcomes() == [("left_out", "account_churned")]


def test_somebody_who_went_to_another_account_is_not_asked_about_this_one(account, contact) -> None:
    a_trigger()
    an_event(account, contact)
    change(contact, account_id=an_account().id)
    fire()
    assert outcomes() == [("left_out", "left")]


def test_the_person_a_record_became_part_of_is_asked(account, contact) -> None:
    kept = a_contact(account)
    a_trigger()
    an_event(account, contact)
    merged_pair(kept, contact)
    fire()
    assert asked_ids() == [kept.id]


def test_events_of_a_merged_account_ask_there(account) -> None:
    loser = an_account(owner_id=account.owner_id)
    contact = a_contact(loser)
    a_trigger()
    an_event(loser, contact)
    with transaction():
        merge_accounts(db.session.merge(loser), db.session.merge(account), actor_id=None, now=NOW)
    fire()
    assert [(one.contact_id, one.account_id) for one in asked()] == [(contact.id, account.id)]


@pytest.mark.parametrize("is_transactional", [True, False])
def test_who_was_asked_lately_is_asked_when_they_have_rested(account, contact, is_transactional) -> None:
    a_trigger()
    an_earlier_ask(contact, 20, is_transactional=is_transactional)
    an_event(account, contact)
    fire()
    (firing,) = firings()
    assert (firing.outcome, firing.reason) == ("left_out", "asked_recently")
    assert firing.retry_at == NOW + timedelta(days=10)
    fire(NOW + timedelta(days=9))
    assert len(asked()) == 1
    fire(NOW + timedelta(days=12))
    assert len(asked()) == 2
    assert outcomes() == [("asked", "")]


def test_a_rest_that_ends_too_late_is_not_waited_for(account, contact) -> None:
    a_trigger()
    an_earlier_ask(contact, 0, is_transactional=False)
    an_event(account, contact)
    fire()
    assert [(one.reason, one.retry_at) for one in firings()] == [("asked_recently", None)]


def test_a_relationship_survey_eighty_days_ago_keeps_nobody_out(account, contact) -> None:
    a_trigger()
    an_earlier_ask(contact, 31, is_transactional=False)
    an_event(account, contact)
    fire()
    assert outcomes() == [("asked", "")]


def test_two_cases_of_one_person_ask_once(account, contact) -> None:
    a_trigger()
    an_event(account, contact)
    an_event(account, contact, key="501")
    fire()
    assert asked_ids() == [contact.id]
    assert outcomes() == [("asked", ""), ("left_out", "asked_recently")]


def test_two_triggers_ask_nobody_twice_about_one_event_however_long_they_wait(account, contact) -> None:
    a_trigger(delay_days=0)
    a_trigger(delay_days=1)
    an_event(account, contact)
    fire()
    for days in range(25, 35):
        fire(NOW + timedelta(days=days))
    assert asked_ids() == [contact.id]


def test_on_the_thirty_first_the_wave_of_the_month_asks_nobody_a_second_time(account, contact) -> None:
    first = NOW.replace(month=7, day=1)
    a_trigger(active_since=NOW)
    an_event(account, contact, ended_at=first - timedelta(days=1))
    fire(first)
    an_event(account, contact, key="501", ended_at=first + timedelta(days=29))
    fire(first + timedelta(days=30))
    last = firings()[-1]
    assert (last.outcome, last.reason, last.retry_at) == (
        "left_out", "asked_recently", NOW.replace(month=8, day=1, hour=0),
    )  # fmt: skip
    fire(first.replace(month=8, day=3))
    assert len(asked()) == 2
    assert len({one.wave_id for one in asked()}) == 2


def test_late_news_is_noted_and_asks_nobody(account, contact) -> None:
    a_trigger(active_since=NOW - timedelta(days=200))
    an_event(account, contact, ended_at=NOW - timedelta(days=31, hours=1))
    an_event(account, contact, key="501", ended_at=NOW - timedelta(days=100))
    fire()
    assert outcomes() == [("left_out", "too_late")]


def test_a_share_asks_the_same_events_whoever_looks(account, contact) -> None:
    a_trigger(share=30)
    for number in range(60):
        an_event(account, a_contact(account), key=str(number))
    fire()
    sampled = {one.event_key for one in firings() if one.reason == "sampled_out"}
    assert 30 <= len(sampled) <= 54
    assert len(asked()) == 60 - len(sampled)


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"owner_id": None}, "no_sender"), ({}, "")],
)
def test_an_account_nobody_owns_is_asked_by_nobody(account, contact, values, reason) -> None:
    a_trigger()
    an_event(account, contact)
    change(account, **values)
    fire()
    assert [one.reason for one in firings()] == [reason]


def test_a_sender_who_left_asks_nobody(account, contact) -> None:
    a_trigger(sender_id=a_user(RoleName.LEADER, active=False).id)
    an_event(account, contact)
    fire()
    assert outcomes() == [("left_out", "no_sender")]


def test_a_fixed_sender_asks_the_accounts_of_everybody(account, contact) -> None:
    sender = a_user(RoleName.LEADER)
    a_trigger(sender_id=sender.id)
    an_event(account, contact)
    fire()
    assert asked()[0].wave.owner_id == sender.id


def test_a_csm_does_not_ask_the_people_of_another(account, contact) -> None:
    a_trigger(sender_id=a_user().id)
    an_event(account, contact)
    fire()
    assert outcomes() == [("left_out", "no_sender")]


def test_a_wave_closed_by_hand_stays_closed(account, contact) -> None:
    a_trigger()
    an_event(account, contact)
    fire()
    with transaction():
        close_wave(asked()[0].wave_id, now=NOW)
    an_event(account, a_contact(account), key="501")
    fire()
    assert outcomes() == [("asked", ""), ("left_out", "wave_closed")]


def test_one_wave_takes_a_month_and_the_newest_version_begins_with_the_next(account) -> None:
    trigger = a_trigger()
    for number in range(3):
        an_event(account, a_contact(account), key=str(number))
    fire()
    first = a_transactional_survey()
    newest = save(SurveyVersion(survey_id=trigger.survey_id, number=2, definition=first.definition))
    an_event(account, a_contact(account), key="9")
    fire()
    later = NOW + timedelta(days=28)
    an_event(account, a_contact(account), key="10", ended_at=later - timedelta(days=1, hours=1))
    fire(later)
    waves = db.session.scalars(select(Wave).order_by(Wave.id)).all()
    assert [wave.survey_version_id for wave in waves] == [first.id, newest.id]
    assert db.session.scalars(select(TriggerWave.period).order_by(TriggerWave.period)).all() == [
        "2026-03",
        "2026-04",
    ]
    counts = select(func.count()).select_from(Invitation).group_by(Invitation.wave_id)
    assert db.session.scalars(counts.order_by(Invitation.wave_id)).all() == [4, 1]


def test_the_mail_goes_out_like_any_other(account, contact) -> None:
    a_trigger()
    an_event(account, contact)
    fire()
    (message,) = db.session.scalars(select(Message)).all()
    assert (message.template, message.to_address, message.from_name) == (
        "invitation", contact.email, "Ana Costa",
    )  # fmt: skip
    with time_machine.travel(NOW, tick=False):
        assert message.send_by == asked()[0].wave.closes_at
