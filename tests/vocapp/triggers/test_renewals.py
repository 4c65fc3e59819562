"""Renewals that come near ask so many days before, once."""

from datetime import timedelta

import pytest

from tests.builders import NOW
from tests.vocapp.triggers.builders import (
    a_trigger,
    an_earlier_ask,
    asked,
    asked_ids,
    change,
    fire,
    firings,
    outcomes,
)
from vocapp.accounts.models import Account
from vocapp.accounts.rules import AccountStatus


@pytest.fixture
def renewing(account, contact) -> Account:
    """An account that renews sixty days from now, and a trigger that asks then."""
    a_trigger(event_kind="renewal", delay_days=60, personas=[contact.personas[0].id])
    change(account, renewal_date=(NOW + timedelta(days=60)).date())
    return account


def test_a_renewal_asks_so_many_days_before(renewing, contact) -> None:
    fire(NOW - timedelta(days=1))
    assert asked() == []
    fire()
    fire(NOW + timedelta(days=3))
    assert asked_ids() == [contact.id]
    assert outcomes() == [("asked", "")]


def test_a_renewal_whose_day_had_come_before_the_trigger_was_on_asks_nobody(renewing) -> None:
    change(renewing, renewal_date=(NOW + timedelta(days=20)).date())
    fire()
    assert asked() == []


def test_a_renewal_that_moves_after_the_question_is_not_asked_about_again(renewing, contact) -> None:
    fire()
    change(renewing, renewal_date=(NOW + timedelta(days=100)).date())
    fire(NOW + timedelta(days=41))
    assert asked_ids() == [contact.id]


def test_a_renewal_that_moves_before_the_question_asks_on_its_new_day(renewing, contact) -> None:
    change(renewing, renewal_date=(NOW + timedelta(days=70)).date())
    fire()
    assert asked() == []
    fire(NOW + timedelta(days=12))
    assert asked_ids() == [contact.id]


def test_the_renewal_of_a_former_customer_asks_nobody(renewing) -> None:
    change(renewing, status=AccountStatus.CHURNED)
    fire()
    assert firings() == []


def test_a_renewal_moved_while_its_question_rests_is_withdrawn(renewing, contact) -> None:
    an_earlier_ask(contact, 20, is_transactional=True)
    fire()
    change(renewing, renewal_date=(NOW + timedelta(days=300)).date())
    fire(NOW + timedelta(days=12))
    assert outcomes() == [("left_out", "withdrawn")]
