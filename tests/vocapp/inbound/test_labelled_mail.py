"""Labelled replies in many languages through the whole of it: who is away, who left, which human is lost.

The mails are synthetic (own work, CC0) and stand beside the tests of the classifier.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from integrations.mail.classify.judging import classify
from tests.builders import a_company, a_contact, a_user, a_wave, an_account, an_invitation
from tests.vocapp.inbound.builders import a_sent_message, taken_in
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.freshness.models import Suggestion
from vocapp.identity.models import User
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import InboundState
from vocapp.outbox.models import Message
from vocapp.outbox.return_path import return_path_of
from vocapp.workflows.inbound_received import follow_verdict

pytestmark = pytest.mark.usefixtures("app", "bounce_domain")

REPLIES = Path("tests/integrations/mail/classify/replies")
RECEIVED = datetime(2026, 8, 10, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def on_that_day() -> Iterator[None]:
    with time_machine.travel(RECEIVED, tick=False):
        yield


def labelled(*, automatic: bool) -> list[dict[str, str]]:
    with (REPLIES / "labels.csv").open(encoding="utf-8", newline="") as labels:
        return [row for row in csv.DictReader(labels) if row["automatic"] == ("1" if automatic else "0")]


def came_back(file: str, csm: User) -> InboundMail:
    """Have a mail answer one of ours, and do what follows from it."""
    person = a_contact(an_account(owner_id=csm.id))
    message = a_sent_message(an_invitation(a_wave(csm, is_any_hour=True), person))
    raw = (REPLIES / file).read_bytes()
    mail = taken_in(raw, to=return_path_of(message), at=RECEIVED)
    follow_verdict(mail.id, classify(raw, received_on=RECEIVED.date()))
    assert mail.contact_id == person.id
    return mail


def suggested(mail: InboundMail) -> set[tuple[str, str]]:
    proposed = db.select(Suggestion).where(Suggestion.source_id == mail.id)
    return {(each.kind, each.values.get("email", "")) for each in db.session.scalars(proposed)}


def test_no_human_reply_is_lost_and_none_changes_anybody() -> None:
    a_company()
    csm = a_user()
    rows = labelled(automatic=False)
    mails = [came_back(row["file"], csm) for row in rows]
    assert {(mail.kind, mail.state) for mail in mails} == {("human", InboundState.HANDLED)}
    told = db.session.scalars(db.select(Message).where(Message.template == "reply_received")).all()
    assert {message.subject_id for message in told} == {mail.id for mail in mails}
    people = db.session.scalars(db.select(Contact)).all()
    assert {person.status for person in people} == {ContactStatus.ACTIVE}
    assert {person.absent_until for person in people} == {None}


def test_what_mailboxes_say_becomes_absences_and_suggestions_and_no_status() -> None:
    a_company()
    csm = a_user()
    wrong = []
    for row in labelled(automatic=True):
        mail = came_back(row["file"], csm)
        person = db.session.get_one(Contact, mail.contact_id or 0, populate_existing=True)
        seen = (person.status, str(person.absent_until or ""), person.is_on_leave, suggested(mail))
        if seen != expected(row):
            wrong.append((row["file"], seen))
    assert wrong == []
    assert not db.session.scalars(db.select(Message).where(Message.template == "reply_received")).all()


def expected(row: dict[str, str]) -> tuple[str, str, bool, set[tuple[str, str]]]:
    """What a label asks for: status, until when they are away, whether on leave, what is suggested."""
    until, is_long, proposed = "", False, set[tuple[str, str]]()
    if row["freshness"] in ("alive", "absent_long"):
        until, is_long = row["return_date"], row["freshness"] == "absent_long"
    elif row["freshness"] == "left":
        proposed = {("left", "")} | ({("new_person", row["replacement"])} if row["replacement"] else set())
    elif row["freshness"] == "address_changed" and row["replacement"]:
        proposed = {("correction", row["replacement"])}
    return ContactStatus.ACTIVE, until, is_long, proposed
