"""Several schedulers, a worker that dies, and events that change meanwhile; on a database of their own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from tests.builders import NOW, a_company, a_contact, a_user, an_account
from tests.vocapp.triggers.builders import a_trigger, an_event, fire, firings
from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.models import Invitation, Wave
from vocapp.core.db import db, transaction
from vocapp.duplicates.account_merging import merge_accounts
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import Message
from vocapp.signals.models import AccountEvent
from vocapp.triggers import firing as firing_module
from vocapp.triggers.models import Trigger, TriggerFiring
from vocapp.triggers.service import switch_off
from vocapp.workflows import fire_triggers as workflow
from vocapp.workflows.fire_triggers import fire_triggers

PEOPLE = 6


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def at_once(app, *calls):
    """Run calls at the same moment, each in its own context; raises what any of them raises."""
    gate = threading.Barrier(len(calls))

    def run(call):
        with app.app_context():
            gate.wait()
            call()
            db.session.remove()

    with time_machine.travel(NOW, tick=False), ThreadPoolExecutor(len(calls)) as threads:
        for done in [threads.submit(run, call) for call in calls]:
            done.result()


@pytest.fixture
def due(separate_app):
    """Six people of one owner with a case each that was closed yesterday."""
    with separate_app.app_context():
        a_company()
        account = an_account(owner_id=a_user().id)
        a_trigger()
        for number in range(PEOPLE):
            an_event(account, a_contact(account), key=str(number))
    return separate_app


def test_four_schedulers_at_once_ask_everybody_once_in_one_wave(due):
    at_once(due, *[lambda: fire_triggers({})] * 4)
    with due.app_context():
        assert count(Invitation) == count(Message) == count(TriggerFiring) == PEOPLE
        assert count(Wave) == 1
        assert {one.outcome for one in firings()} == {"asked"}


def test_two_triggers_at_once_ask_nobody_twice(due):
    with due.app_context():
        a_trigger(name="Case closed, again")
    at_once(due, *[lambda: fire_triggers({})] * 4)
    with due.app_context():
        assert count(Invitation) == PEOPLE
        assert sorted(one.outcome for one in firings()) == ["asked"] * PEOPLE + ["left_out"] * PEOPLE


def test_one_address_at_two_accounts_is_asked_once_by_two_schedulers(separate_app):
    with separate_app.app_context():
        a_company()
        for number in range(2):
            account = an_account(owner_id=a_user().id)
            a_trigger(name=f"Case closed {number}", products=[])
            an_event(account, a_contact(account, email="ana@customer.example"), key=str(number))
    at_once(separate_app, *[lambda: fire_triggers({})] * 2)
    with separate_app.app_context():
        assert count(Invitation) == 1


def test_a_worker_that_dies_in_the_middle_leaves_nothing_half_done(due, monkeypatch):
    asked = []
    whole = firing_module._note

    def dies(*arguments):
        asked.append(arguments)
        if len(asked) == 3:
            raise KeyboardInterrupt
        whole(*arguments)

    with due.app_context():
        monkeypatch.setattr(firing_module, "_note", dies)
        with pytest.raises(KeyboardInterrupt):
            fire()
        assert count(Invitation) == count(TriggerFiring) == 2
        monkeypatch.undo()
        fire()
        assert count(Invitation) == count(Message) == count(TriggerFiring) == PEOPLE
        assert count(Wave) == 1


def test_events_deleted_between_reading_and_asking_ask_nobody(due, monkeypatch):
    whole = workflow.fire_event

    def late(trigger_id, event, *, now):
        db.session.execute(update(AccountEvent).values(is_deleted=True))
        whole(trigger_id, event, now=now)

    with due.app_context():
        monkeypatch.setattr(workflow, "fire_event", late)
        fire()
        assert count(Invitation) == count(TriggerFiring) == 0


def test_a_trigger_switched_off_while_it_asks_asks_nobody_from_then_on(due):
    with due.app_context():
        admin_id = a_user(RoleName.ADMIN).id

    def off():
        with transaction():
            trigger = db.session.scalars(select(Trigger)).one()
            switch_off(trigger, by=db.session.get_one(User, admin_id))

    at_once(due, lambda: fire_triggers({}), off)
    with due.app_context():
        before = count(Invitation)
        fire(NOW + timedelta(minutes=5))
        assert count(Invitation) == count(TriggerFiring) == before


def test_events_told_again_while_they_ask_are_each_looked_at_once(due):
    with due.app_context():
        told = db.session.execute(select(Contact.account_id, Contact.id).order_by(Contact.id)).all()

    def tell():
        for number, (account_id, contact_id) in enumerate(told):
            account = db.session.get_one(Account, account_id)
            an_event(account, db.session.get_one(Contact, contact_id), key=str(number), title="Told again")

    at_once(due, lambda: fire_triggers({}), tell, lambda: fire_triggers({}), tell)
    with due.app_context():
        assert count(Invitation) == count(TriggerFiring) == PEOPLE


def test_an_account_merged_while_it_is_asked_is_asked_once(due):
    with due.app_context():
        loser_id = db.session.scalars(select(Contact.account_id)).first()
        winner_id = an_account(owner_id=a_user().id).id

    def merge():
        with transaction():
            accounts = [db.session.get_one(Account, number) for number in (loser_id, winner_id)]
            merge_accounts(*accounts, actor_id=None, now=NOW)

    at_once(due, lambda: fire_triggers({}), merge, lambda: fire_triggers({}))
    with due.app_context():
        fire(NOW + timedelta(minutes=5))
        assert count(Invitation) == count(TriggerFiring) == PEOPLE
        assert {one.account_id for one in firings()} == {winner_id}
