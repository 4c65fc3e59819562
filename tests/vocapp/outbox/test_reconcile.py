"""Mails in doubt: settled where somebody can be asked, never sent again where nobody can."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from integrations.errors import Retryable
from integrations.mail.lookup import Fate, Found
from integrations.mail.relay_log import RelayLog
from tests.builders import NOW, an_invitation
from tests.integrations.mail.builders import HANG_UP, ScriptedSink, smtp_server
from tests.vocapp.outbox.builders import a_message, mail_through, messages, smtp, the_message
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db, transaction
from vocapp.core.delivery_settings import DeliverySettings
from vocapp.core.gateways import EXTENSION_KEY
from vocapp.outbox.delivery import claim_due_messages, mark_lost_messages, start_sending
from vocapp.outbox.events import record_mail_event
from vocapp.outbox.models import Message
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.rules import MailEventKind, MessageState
from vocapp.workflows.deliver_mail import deliver_mail, sweep_mail
from vocapp.workflows.reconcile_mail import reconcile_mail, reconcile_old_mail

LATER = NOW + timedelta(minutes=20)


class Answers:
    """A look-up that says what it is told, and keeps what it was asked."""

    def __init__(self, found: Found | None = None) -> None:
        self.found = found
        self.asked: list[dict[str, Any]] = []

    def find(self, message_ids, **times):
        self.asked.append({"ids": list(message_ids), **times})
        return {} if self.found is None else dict.fromkeys(message_ids, self.found)


@contextmanager
def asking(app: Flask, lookup: Any = None, **delivery: Any) -> Iterator[None]:
    before = app.extensions[EXTENSION_KEY]
    settings = replace(before.settings, delivery=DeliverySettings(**delivery))
    app.extensions[EXTENSION_KEY] = replace(before, settings=settings, mail_lookup=lookup)
    try:
        yield
    finally:
        app.extensions[EXTENSION_KEY] = before


def in_doubt(*, at=NOW, **values: Any) -> Message:
    with time_machine.travel(at, tick=False):
        message = a_message(**values)
    with transaction():
        claim_due_messages(9, owner="dead", now=at)
        assert start_sending(message, owner="dead", now=at)
    with transaction():
        mark_lost_messages(now=at + timedelta(minutes=15))
    return message


def reconcile(app: Flask, lookup: Any = None, *, at=LATER, job=reconcile_mail, **delivery: Any) -> None:
    with asking(app, lookup, **delivery), time_machine.travel(at, tick=False):
        job({})


def test_a_mail_the_relay_has_is_sent_since_the_relay_took_it(app):
    in_doubt()
    reconcile(app, Answers(Found(Fate.ACCEPTED, NOW + timedelta(seconds=3))))
    assert (the_message().state, the_message().sent_at) == (MessageState.SENT, NOW + timedelta(seconds=3))


def test_what_follows_from_a_mail_found_sent_is_done_by_the_sweep(app):
    invitation = an_invitation(state=InvitationState.PLANNED, sent_at=None, delivered_at=None)
    in_doubt(subject_kind="invitation", subject_id=invitation.id)
    reconcile(app, Answers(Found(Fate.ACCEPTED, NOW)))
    with time_machine.travel(LATER + timedelta(minutes=1)):
        sweep_mail({})
    assert db.session.get_one(Invitation, invitation.id).sent_at == NOW


def test_a_mail_the_relay_never_had_goes_out_again_once(app):
    in_doubt()
    reconcile(app, Answers(Found(Fate.NEVER)))
    assert the_message().state == MessageState.QUEUED
    with (
        time_machine.travel(LATER, tick=False),
        smtp_server() as (inbox, port),
        mail_through(app, smtp(port)),
    ):
        deliver_mail({})
        deliver_mail({})
    assert len(inbox.envelopes) == 1
    assert the_message().state == MessageState.SENT


def test_a_mail_the_relay_never_had_and_whose_time_is_over_is_given_up(app):
    in_doubt(send_by=NOW + timedelta(minutes=10))
    reconcile(app, Answers(Found(Fate.NEVER)))
    assert (the_message().state, the_message().cause) == (MessageState.FAILED, "too_late")


def test_a_mail_that_came_back_failed_and_a_dead_address_is_suppressed(app):
    invitation = an_invitation(state=InvitationState.PLANNED, sent_at=None, delivered_at=None)
    in_doubt(
        subject_kind="invitation", subject_id=invitation.id, template="invitation", to_address="k@c.example"
    )
    reconcile(app, Answers(Found(Fate.BOUNCED, NOW, "5.1.1", "(no such user)")))
    assert (the_message().state, the_message().cause) == (MessageState.FAILED, "dead_address")
    assert "no such user" in the_message().reason
    assert is_suppressed("k@c.example")
    assert db.session.get_one(Invitation, invitation.id).state == InvitationState.BOUNCED


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", ""])
def test_a_mail_that_came_back_for_another_reason_suppresses_nobody(app, status):
    in_doubt(to_address="k@c.example")
    reconcile(app, Answers(Found(Fate.BOUNCED, NOW, status)))
    assert the_message().state == MessageState.FAILED
    assert not is_suppressed("k@c.example")


@pytest.mark.parametrize("lookup", [None, Answers(None)])
def test_a_mail_nobody_can_decide_stays_in_doubt_and_is_not_sent_again(app, lookup):
    in_doubt()
    reconcile(app, lookup)
    with (
        time_machine.travel(LATER, tick=False),
        smtp_server() as (inbox, port),
        mail_through(app, smtp(port)),
    ):
        deliver_mail({})
    assert (the_message().state, inbox.envelopes) == (MessageState.UNKNOWN, [])


def test_a_look_up_that_cannot_be_asked_changes_nothing(app):
    class Away:
        def find(self, *_, **__):
            raise Retryable("The log of the mail relay cannot be read.")

    in_doubt()
    reconcile(app, Away())
    assert the_message().state == MessageState.UNKNOWN


def test_nobody_is_asked_about_a_mail_that_may_still_be_on_its_way(app):
    in_doubt()
    lookup = Answers(Found(Fate.NEVER))
    reconcile(app, lookup, at=NOW + timedelta(minutes=14))
    assert lookup.asked == []
    reconcile(app, lookup, at=NOW + timedelta(minutes=15))
    (asked,) = lookup.asked
    assert (asked["since"], asked["until"]) == (NOW, NOW + timedelta(minutes=15))


def test_old_doubts_are_asked_about_apart_from_new_ones_and_less_often(app):
    old = in_doubt(at=NOW - timedelta(days=2))
    new = in_doubt()
    lookup = Answers(None)
    reconcile(app, lookup, at=LATER)
    assert [asked["ids"] for asked in lookup.asked] == [[new.message_id]]
    reconcile(app, lookup, job=reconcile_old_mail)
    assert [asked["ids"] for asked in lookup.asked[1:]] == [[old.message_id], [new.message_id]]


def test_nobody_can_say_of_many_old_doubts_and_the_others_are_asked_about_all_the_same(app, monkeypatch):
    monkeypatch.setattr("vocapp.workflows.reconcile_mail.AT_ONCE", 2)
    doubts = [in_doubt(at=NOW - timedelta(days=1, hours=hour)).message_id for hour in range(5)]
    lookup = Answers(None)
    reconcile(app, lookup, job=reconcile_old_mail)
    assert sorted(name for asked in lookup.asked for name in asked["ids"]) == sorted(doubts)


def test_what_has_been_in_doubt_for_a_week_is_asked_about_no_more(app):
    in_doubt(at=NOW - timedelta(days=8))
    lookup = Answers(None)
    reconcile(app, lookup, job=reconcile_old_mail)
    assert lookup.asked == []


def test_a_mail_settled_meanwhile_is_left_as_it_is(app):
    message = in_doubt()

    class Meanwhile(Answers):
        def find(self, message_ids, **times):
            with transaction():
                db.session.execute(db.update(Message).values(state="sent", sent_at=NOW))
            return super().find(message_ids, **times)

    reconcile(app, Meanwhile(Found(Fate.NEVER)))
    assert db.session.get_one(Message, message.id, populate_existing=True).state == MessageState.SENT


def hear(message: Message | None, at, *, key: str, source: str = "ses", received=None) -> None:
    with transaction():
        record_mail_event(
            message=message,
            kind=MailEventKind.ACCEPTED,
            source=source,
            event_key=key,
            occurred_at=at,
            now=received or at,
        )


def test_an_event_that_came_while_the_mail_was_on_its_way_settles_it(app):
    message = a_message()
    with transaction():
        claim_due_messages(9, owner="dead", now=NOW + timedelta(days=4000))
        start_sending(message, owner="dead", now=NOW)
    hear(message, NOW + timedelta(seconds=2), key="ses:1")
    assert the_message().state == MessageState.SENDING
    with transaction():
        mark_lost_messages(now=NOW + timedelta(minutes=15))
    reconcile(app)
    assert (the_message().state, the_message().sent_at) == (MessageState.SENT, NOW + timedelta(seconds=2))


def test_the_silence_of_a_provider_that_reports_everything_puts_a_mail_back(app):
    in_doubt()
    hear(None, NOW + timedelta(minutes=30), key="ses:other")
    hear(None, NOW + timedelta(minutes=61), key="ses:later")
    reconcile(app, mail_events="ses", at=NOW + timedelta(minutes=59))
    assert the_message().state == MessageState.UNKNOWN
    reconcile(app, mail_events="ses", at=NOW + timedelta(minutes=65))
    assert the_message().state == MessageState.QUEUED


@pytest.mark.parametrize(
    ("provider", "heard"),
    [("ses", ()), ("ses", (30,)), ("ses", (61,)), ("postmark", (30, 61)), (None, (30, 61))],
)
def test_the_silence_of_a_provider_that_may_be_cut_off_proves_nothing(app, provider, heard):
    in_doubt()
    for minute in heard:
        hear(None, NOW + timedelta(minutes=minute), key=f"{minute}", source=provider or "ses")
    reconcile(app, mail_events=provider, at=NOW + timedelta(minutes=70))
    assert the_message().state == MessageState.UNKNOWN


def test_by_the_log_of_a_relay_every_doubt_is_cleared_up(app, tmp_path: Path):
    """One mail was taken and no reply came, one was lost with the connection: the relay's log tells which."""
    log = tmp_path / "mail.log"
    with time_machine.travel(NOW, tick=False), ScriptedSink(content=HANG_UP) as sink:
        a_message(key="taken"), a_message(key="lost")
        with mail_through(app, smtp(sink.port)):
            deliver_mail({})
    assert [message.state for message in messages()] == [MessageState.UNKNOWN] * 2
    taken = messages()[0].message_id
    log.write_text(
        f"{(NOW - timedelta(hours=1)).isoformat()} relay postfix/master[1]: daemon started\n"
        f"{NOW.isoformat()} relay postfix/cleanup[7]: 4A0F1C0012: message-id={taken}\n"
        f"{NOW.isoformat()} relay postfix/qmgr[3]: 4A0F1C0012: from=<v@vendor.example>, size=9\n"
        f"{LATER.isoformat()} relay postfix/anvil[9]: statistics: max cache size 1\n"
    )
    reconcile(app, RelayLog(log))
    assert [message.state for message in messages()] == [MessageState.SENT, MessageState.QUEUED]
