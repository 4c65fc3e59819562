"""The weekly mail about assessments that wait, and the one action on the board."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.builders import a_company, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.assessments.builders import an_assessment
from vocapp.core.db import db, transaction
from vocapp.core.gateways import gateways
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import suppress_address
from vocapp.worker import JOBS, PERIODIC
from vocapp.workflows.deliver_mail import deliver_mail
from vocapp.workflows.remind_assessments import remind_assessments

WEDNESDAY = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(app: Flask) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(WEDNESDAY, tick=False) as clock:
        yield clock


def queued() -> list[Message]:
    return list(db.session.scalars(select(Message).order_by(Message.id)))


def delivered() -> list[Any]:
    deliver_mail({})
    mailbox = gateways().mailbox
    assert mailbox is not None
    return [mailbox.read_mail(mail.key) for mail in mailbox.list_mail().mails]


def test_the_job_is_known_and_runs_by_itself() -> None:
    assert ("remind_assessments" in JOBS, PERIODIC["remind_assessments"]) == (True, timedelta(days=1))


def test_the_mail_names_the_five_largest_and_counts_the_rest() -> None:
    csm = a_user(name="Ana Diaz")
    for number in range(7):
        an_account(owner_id=csm.id, name=f"Customer {number}", arr=Decimal(1000 * number))
    remind_assessments({})

    [mail] = delivered()

    text = mail.content.text
    assert mail.content.subject == "7 accounts wait for your assessment"
    assert [number for number in range(7) if f"Customer {number}" in text] == [2, 3, 4, 5, 6]
    assert "and 2 more." in text
    assert "http://127.0.0.1:8000/assessments" in text
    assert "Customer 6" in mail.content.html


def test_a_mail_about_one_account_reads_like_one() -> None:
    csm = a_user()
    account = an_account(owner_id=csm.id, name="Northwind", arr=None)
    an_assessment(account, at=WEDNESDAY - timedelta(days=120))
    remind_assessments({})

    [mail] = delivered()

    assert mail.content.subject == "1 account waits for your assessment"
    assert "Northwind: last assessed" in mail.content.text
    assert "more." not in mail.content.text


def test_a_name_in_markup_stays_text() -> None:
    an_account(owner_id=a_user().id, name="<b>Bold & Co</b>")
    remind_assessments({})

    [mail] = delivered()

    assert "&lt;b&gt;Bold &amp; Co" in mail.content.html


def test_however_often_it_runs_there_is_one_mail_a_week(clock: time_machine.Traveller) -> None:
    an_account(owner_id=a_user().id)
    for _day in range(5):
        remind_assessments({})
        clock.shift(timedelta(days=1))

    assert (
        len({message.key for message in queued()}) == 2
    )  # Sunday's belongs to Monday, and to the next week.
    assert [message.next_attempt_at.isocalendar().week for message in queued()] == [11, 12]


def test_the_next_week_brings_the_next_mail(clock: time_machine.Traveller) -> None:
    an_account(owner_id=a_user().id)
    remind_assessments({})
    clock.shift(timedelta(days=7))
    remind_assessments({})

    assert len(queued()) == 2


def test_nobody_hears_when_nothing_waits() -> None:
    csm = a_user()
    an_assessment(an_account(owner_id=csm.id), at=WEDNESDAY - timedelta(days=90))
    an_account(owner_id=csm.id, status="churned")
    an_account()
    remind_assessments({})

    assert queued() == []


def test_the_deactivated_and_those_who_only_read_hear_nothing() -> None:
    an_account(owner_id=a_user(active=False).id)
    an_account(owner_id=a_user(RoleName.EXECUTIVE).id)
    remind_assessments({})

    assert queued() == []


def test_a_leader_hears_only_about_their_own_accounts() -> None:
    leader = a_user(RoleName.LEADER)
    an_account(owner_id=leader.id, name="Mine")
    an_account(name="Not mine")
    remind_assessments({})

    [mail] = delivered()

    assert ("Mine" in mail.content.text, "Not mine" in mail.content.text) == (True, False)


def test_what_was_assessed_before_the_mail_went_out_is_not_asked_for() -> None:
    account = an_account(owner_id=a_user().id)
    remind_assessments({})
    an_assessment(account, at=WEDNESDAY)

    assert (delivered(), queued()[0].state) == ([], MessageState.CANCELLED)


def test_somebody_deactivated_before_the_mail_went_out_gets_none() -> None:
    csm = a_user()
    an_account(owner_id=csm.id)
    remind_assessments({})
    with transaction():
        csm.active = False

    assert delivered() == []


def test_an_address_that_is_dead_gets_none() -> None:
    csm = a_user()
    an_account(owner_id=csm.id)
    with transaction():
        suppress_address(csm.email, reason="bounced", source="test")
    remind_assessments({})

    assert [message.state for message in queued()] == [MessageState.SUPPRESSED]


def test_the_mail_waits_for_the_morning_where_its_reader_is(clock: time_machine.Traveller) -> None:
    an_account(owner_id=a_user(time_zone="America/Los_Angeles").id)
    remind_assessments({})

    assert queued()[0].next_attempt_at == datetime(2026, 3, 11, 16, 0, tzinfo=UTC)


def test_the_board_asks_for_one_assessment_at_most(client: CheckingClient) -> None:
    a_company()
    csm = a_user()
    for number in range(3):
        an_account(owner_id=csm.id, name=f"Customer {number}", arr=Decimal(1000 * number))
    client.sign_in(csm)

    page = client.get("/").text

    assert page.count("<bdi>Write down how the account stands") == 1
    assert len(re.findall(r'/accounts/\d+/assess"', page)) == 1


def test_the_board_asks_for_none_when_all_are_current(client: CheckingClient) -> None:
    a_company()
    csm = a_user()
    an_assessment(an_account(owner_id=csm.id), at=WEDNESDAY)
    client.sign_in(csm)

    assert "Write down how the account stands" not in client.get("/").text
