"""What is heard of messages afterwards: once each, in any order, with the same end."""

from datetime import timedelta
from itertools import permutations

import pytest

from tests.builders import NOW
from tests.vocapp.outbox.builders import a_message, the_message
from vocapp.core.db import db, transaction
from vocapp.outbox.delivery import claim_due_messages, mark_lost_messages, record_outcome, start_sending
from vocapp.outbox.events import record_mail_event
from vocapp.outbox.models import MailEvent, Message, Suppression
from vocapp.outbox.queries import is_suppressed, message_by_message_id, unclosed_messages
from vocapp.outbox.rules import MailEventKind, MessageState, Outcome

FAR = timedelta(days=4000)


def hear(kind: MailEventKind, *, key: str = "", message: Message | None = None, **values) -> bool:
    with transaction():
        return record_mail_event(
            **{
                "message": message or the_message(),
                "kind": kind,
                "source": "postmark",
                "event_key": key or f"postmark:{kind}",
                "occurred_at": NOW,
                "now": NOW,
                **values,
            }
        )


def in_doubt(**values) -> Message:
    message = a_message(**values)
    with transaction():
        claim_due_messages(1, owner="dead", now=NOW + FAR)
        start_sending(message, owner="dead", now=NOW)
    with transaction():
        mark_lost_messages(now=NOW + FAR)
    return message


def test_an_event_is_noted_once(app):
    a_message()
    assert hear(MailEventKind.DELIVERED)
    assert not hear(MailEventKind.DELIVERED)
    assert db.session.scalar(db.select(db.func.count()).select_from(MailEvent)) == 1


def test_an_event_about_no_message_of_ours_is_noted_all_the_same(app):
    with transaction():
        assert record_mail_event(
            message=None,
            kind=MailEventKind.BOUNCED,
            source="dsn",
            event_key="dsn:1",
            occurred_at=NOW,
            status="5.1.1",
            now=NOW,
        )
    assert db.session.scalars(db.select(MailEvent)).one().message_id is None


@pytest.mark.parametrize("kind", MailEventKind)
def test_whatever_is_heard_of_a_message_in_doubt_the_server_had_it(app, kind):
    in_doubt()
    hear(kind)
    assert (the_message().state, the_message().sent_at) == (MessageState.SENT, NOW)


def test_what_follows_from_a_message_an_event_settled_is_left_to_the_sweep(app):
    message = in_doubt()
    hear(MailEventKind.ACCEPTED)
    assert [each.id for each in unclosed_messages(NOW, limit=9)] == [message.id]


def test_a_message_about_to_be_tried_again_is_not_once_it_is_known_to_have_arrived(app):
    message = a_message()
    with transaction():
        claim_due_messages(1, owner="one", now=NOW + FAR)
        start_sending(message, owner="one", now=NOW)
        record_outcome(message, Outcome(MessageState.QUEUED, "later"), owner="one", now=NOW)
    hear(MailEventKind.DELIVERED)
    assert the_message().state == MessageState.SENT


def test_a_message_that_was_never_tried_is_not_settled_by_a_stray_event(app):
    a_message()
    hear(MailEventKind.DELIVERED)
    assert the_message().state == MessageState.QUEUED


@pytest.mark.parametrize("state", ["failed", "suppressed", "cancelled", "sent"])
def test_an_event_does_not_undo_a_final_state(app, state):
    message = a_message()
    with transaction():
        message.state = state
    hear(MailEventKind.ACCEPTED)
    assert the_message().state == state


@pytest.mark.parametrize(
    "order",
    list(
        permutations(
            [
                (MailEventKind.ACCEPTED, 0),
                (MailEventKind.DELIVERED, 5),
                (MailEventKind.BOUNCED, 9),
                (MailEventKind.BOUNCED, 7),
            ]
        )
    ),
)
def test_the_order_of_events_does_not_matter(app, order):
    in_doubt()
    for kind, minutes in order:
        hear(kind, key=f"{kind}:{minutes}", occurred_at=NOW + timedelta(minutes=minutes))
        hear(kind, key=f"{kind}:{minutes}", occurred_at=NOW + timedelta(minutes=minutes))
    message = the_message()
    assert message.state == MessageState.SENT
    assert message.delivered_at == NOW + timedelta(minutes=5)
    assert message.bounced_at == NOW + timedelta(minutes=7)


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.4.4"])
def test_a_bounce_of_a_dead_address_suppresses_it(app, status):
    a_message(to_address="ken@customer.example")
    hear(MailEventKind.BOUNCED, status=status)
    assert is_suppressed("ken@customer.example")


@pytest.mark.parametrize("status", ["", "5.2.2", "5.7.1", "4.1.1", "5.0.0"])
def test_a_bounce_for_another_reason_suppresses_nobody(app, status):
    a_message(to_address="ken@customer.example")
    hear(MailEventKind.BOUNCED, status=status)
    assert not is_suppressed("ken@customer.example")


def test_a_complaint_suppresses_for_good(app):
    a_message(to_address="ken@customer.example")
    hear(MailEventKind.COMPLAINED)
    assert db.session.scalars(db.select(Suppression)).one().reason == "complained"
    assert the_message().complained_at == NOW


def test_a_message_is_found_by_its_message_id_with_or_without_brackets(app):
    message = a_message()
    assert message_by_message_id(message.message_id).id == message.id
    assert message_by_message_id(f" {message.message_id[1:-1]} ").id == message.id
    assert message_by_message_id("<nobody@vendor.example>") is None
