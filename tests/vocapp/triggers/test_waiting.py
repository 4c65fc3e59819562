"""Questions that wait for working hours, and what happens to their event, person or trigger meanwhile."""

from datetime import timedelta

import pytest

from tests.builders import NOW, a_contact, a_user
from tests.vocapp.duplicates.builders import merged_pair
from tests.vocapp.triggers.builders import (
    a_trigger,
    an_event,
    asked,
    asked_ids,
    change,
    fire,
    firings,
    outcomes,
)
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.triggers.models import TriggerFiring
from vocapp.triggers.service import switch_off, switch_on

SATURDAY = NOW + timedelta(days=3)
MONDAY_MORNING = NOW + timedelta(days=5, hours=-1)


def test_at_the_weekend_a_question_waits_for_monday_morning(account, contact) -> None:
    a_trigger()
    an_event(account, contact, ended_at=SATURDAY - timedelta(days=1, hours=1))
    fire(SATURDAY)
    (firing,) = firings()
    assert (firing.outcome, firing.reason, firing.retry_at) == ("waiting", "out_of_hours", MONDAY_MORNING)
    fire(MONDAY_MORNING)
    assert outcomes() == [("asked", "")]


def test_the_hour_is_that_of_the_person(account, contact) -> None:
    change(contact, time_zone="America/Los_Angeles")
    a_trigger()
    an_event(account, contact)
    fire()
    assert firings()[0].retry_at == NOW.replace(hour=16)


@pytest.fixture
def waiting(account, contact) -> TriggerFiring:
    """A question that waits for Monday."""
    a_trigger()
    an_event(account, contact, ended_at=SATURDAY - timedelta(days=1, hours=1))
    fire(SATURDAY)
    return firings()[0]


def test_an_event_deleted_while_it_waits_asks_nobody(account, contact, waiting) -> None:
    an_event(account, contact, ended_at=SATURDAY - timedelta(days=1, hours=1), is_deleted=True)
    fire(MONDAY_MORNING)
    assert asked() == []
    assert [(one.reason, one.retry_at) for one in firings()] == [("withdrawn", None)]


def test_an_event_deleted_before_its_day_leaves_no_trace(account, contact) -> None:
    a_trigger()
    an_event(account, contact, is_deleted=True)
    fire()
    assert firings() == []


def test_a_case_opened_again_asks_when_it_is_closed_again(account, contact, waiting) -> None:
    an_event(account, contact, ended_at=None)
    fire(MONDAY_MORNING)
    assert [(one.outcome, one.reason) for one in firings()] == [("waiting", "reopened")]
    an_event(account, contact, ended_at=MONDAY_MORNING + timedelta(hours=2))
    fire(MONDAY_MORNING + timedelta(days=1))
    assert asked() == []
    fire(MONDAY_MORNING + timedelta(days=1, hours=3))
    assert asked_ids() == [contact.id]


def test_a_case_that_stays_open_is_forgotten(account, contact, waiting) -> None:
    an_event(account, contact, ended_at=None)
    for days in (0, 1, 20, 31):
        fire(MONDAY_MORNING + timedelta(days=days))
    assert [(one.reason, one.retry_at) for one in firings()] == [("withdrawn", None)]


def test_a_trigger_switched_off_meanwhile_asks_nobody_not_even_when_it_is_on_again(waiting) -> None:
    trigger, admin = db.session.merge(waiting).trigger, a_user(RoleName.ADMIN)
    with transaction():
        switch_off(trigger, by=admin)
    with transaction():
        switch_on(trigger, by=admin, now=SATURDAY + timedelta(hours=1))
    fire(MONDAY_MORNING)
    assert asked() == []
    assert outcomes() == [("left_out", "switched_off")]


def test_who_opts_out_while_the_question_waits_is_not_asked(contact, waiting) -> None:
    change(contact, status=ContactStatus.OPTED_OUT)
    fire(MONDAY_MORNING)
    assert outcomes() == [("left_out", "opted_out")]


def test_who_becomes_part_of_another_while_the_question_waits_is_asked_there(
    account, contact, waiting
) -> None:
    kept = a_contact(account)
    merged_pair(kept, contact)
    fire(MONDAY_MORNING)
    assert asked_ids() == [kept.id]
