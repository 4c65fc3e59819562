"""The yearly look at the method: one mail to those who may change it, while nobody has looked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from surveys.parameters import DEFAULT_METHOD
from tests.builders import a_company, a_user
from vocapp.core.db import db, transaction
from vocapp.core.gateways import gateways
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.method.models import MethodVersion
from vocapp.method.service import begin_draft, note_review, request_force, save_draft
from vocapp.outbox.models import Message
from vocapp.worker import JOBS, PERIODIC
from vocapp.workflows.deliver_mail import deliver_mail
from vocapp.workflows.remind_method_review import remind_method_review

WEDNESDAY = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
TODAY = WEDNESDAY.date()


@pytest.fixture(autouse=True)
def clock(app: Flask) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(WEDNESDAY, tick=False) as clock:
        a_company()
        yield clock


def a_leader(name: str = "Mara Lindqvist") -> User:
    return a_user(RoleName.LEADER, name=name)


def due_on(day: date) -> None:
    with transaction():
        db.session.get(MethodVersion, 1).next_review_on = day


def queued() -> list[Message]:
    return list(db.session.scalars(select(Message).order_by(Message.id)))


def delivered() -> list[Any]:
    deliver_mail({})
    mailbox = gateways().mailbox
    assert mailbox is not None
    return [mailbox.read_mail(mail.key) for mail in mailbox.list_mail().mails]


def test_the_job_is_known_and_runs_by_itself() -> None:
    assert ("remind_method_review" in JOBS, PERIODIC["remind_method_review"]) == (True, timedelta(days=1))


def test_nobody_is_written_to_before_it_is_due() -> None:
    a_leader()
    due_on(TODAY + timedelta(days=1))
    remind_method_review({})
    assert queued() == []


def test_those_who_may_change_the_method_are_written_to_once() -> None:
    people = [a_leader(), a_user(RoleName.ADMIN)]
    a_user(RoleName.CSM)
    a_user(RoleName.EXECUTIVE)
    a_user(RoleName.LEADER, active=False)
    due_on(TODAY - timedelta(days=3))
    for _unused in range(3):
        remind_method_review({})
    assert [message.to_address for message in queued()] == [person.email for person in people]


def test_the_mail_says_what_differs_from_the_defaults() -> None:
    leader = a_leader()
    with transaction():
        draft = begin_draft(by=leader, now=WEDNESDAY)
        half = replace(DEFAULT_METHOD, half_life=6.0)
        save_draft(draft.number, half, note="Sooner", seen=0, by=leader, now=WEDNESDAY)
        request_force(draft.number, regions=(), accounts=0, seen=1, by=leader, now=WEDNESDAY)
    with transaction():
        db.session.get(MethodVersion, 2).next_review_on = TODAY
    remind_method_review({})
    [mail] = delivered()
    assert mail.content.subject == "The yearly look at how scores are made is due"
    assert "Hello Mara Lindqvist," in mail.content.text
    assert "version 2 of the method has made the scores for a year" in mail.content.text
    assert "- Half-life: 6 months instead of 12 months" in mail.content.text
    assert "http://127.0.0.1:8000/method/parameters" in mail.content.text
    assert "Half-life: 6 months instead of 12 months" in mail.content.html


def test_without_changes_it_says_that_all_are_defaults() -> None:
    a_leader()
    due_on(TODAY)
    remind_method_review({})
    [mail] = delivered()
    assert "All of them are the defaults." in mail.content.text


def test_once_somebody_looked_no_mail_leaves() -> None:
    leader = a_leader()
    due_on(TODAY)
    remind_method_review({})
    with transaction():
        note_review(1, by=leader, today=TODAY)
    assert delivered() == []


def test_whoever_may_no_longer_decide_gets_no_mail() -> None:
    leader = a_leader()
    due_on(TODAY)
    remind_method_review({})
    with transaction():
        leader.active = False
    assert delivered() == []


def test_the_next_year_brings_another_mail(clock: time_machine.Traveller) -> None:
    leader = a_leader()
    due_on(TODAY)
    remind_method_review({})
    with transaction():
        note_review(1, by=leader, today=TODAY)
    clock.move_to(WEDNESDAY + timedelta(days=366))
    remind_method_review({})
    assert len(queued()) == 2
