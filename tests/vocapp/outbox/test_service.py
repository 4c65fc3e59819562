"""Queueing, taking back, suppressing."""

import threading
from datetime import timedelta

import time_machine
from flask import Flask

from tests.builders import NOW, a_user
from tests.vocapp.outbox.builders import a_message, messages, the_message
from vocapp.core.db import db, transaction
from vocapp.core.jobs import Job
from vocapp.outbox.models import Suppression
from vocapp.outbox.queries import address_hash, is_suppressed, suppressed_hashes
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import cancel_messages, suppress_address


def jobs() -> list[str]:
    return [job.kind for job in db.session.scalars(db.select(Job))]


def test_a_new_message_is_queued_and_asks_for_its_delivery(app):
    message = a_message()
    assert message.state == MessageState.QUEUED
    assert jobs() == ["deliver_mail"]


def test_many_messages_ask_for_one_delivery(app):
    for _ in range(3):
        a_message()
    assert jobs() == ["deliver_mail"]


def test_asking_twice_with_one_key_gives_the_same_message_unchanged(app):
    first = a_message(key="invitation:1", to_address="ken@customer.example")
    again = a_message(key="invitation:1", to_address="other@customer.example")
    assert again.id == first.id
    assert the_message().to_address == "ken@customer.example"


def test_two_processes_that_queue_one_key_at_once_make_one_message(separate_app: Flask):
    start = threading.Barrier(4)
    made: list[int] = []

    def ask() -> None:
        with separate_app.app_context():
            start.wait()
            made.append(a_message(key="invitation:1", about=about).id)

    with separate_app.app_context():
        about = a_user().id
        db.session.rollback()
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1


@time_machine.travel(NOW, tick=False)
def test_a_message_for_later_asks_for_nothing_yet(app):
    message = a_message(send_at=NOW + timedelta(hours=3))
    assert message.next_attempt_at == NOW + timedelta(hours=3)
    assert jobs() == []


def test_a_message_to_a_suppressed_address_is_kept_and_never_queued(app):
    with transaction():
        suppress_address("Ken@Customer.example", reason="opted_out", source="page")
    message = a_message(to_address="ken@customer.example")
    assert message.state == MessageState.SUPPRESSED
    assert jobs() == []


def test_suppressing_an_address_stops_what_is_queued_for_it(app):
    a_message(to_address="Ken@customer.example")
    a_message(to_address="other@customer.example")
    with transaction():
        suppress_address("ken@customer.example", reason="opted_out", source="page")
    assert [message.state for message in messages()] == [MessageState.SUPPRESSED, MessageState.QUEUED]


def test_a_mail_a_user_asked_for_goes_to_a_suppressed_address_too(app):
    with transaction():
        suppress_address("ken@customer.example", reason="opted_out", source="page")
    assert a_message(to_address="ken@customer.example", subject_kind="user").state == MessageState.QUEUED


def test_suppressing_twice_keeps_the_first_reason(app):
    with transaction():
        suppress_address("ken@customer.example", reason="opted_out", source="page")
        suppress_address("ken@customer.example", reason="address_dead", source="server")
    assert db.session.scalars(db.select(Suppression.reason)).all() == ["opted_out"]


def test_the_suppression_list_holds_no_address(app):
    with transaction():
        suppress_address("ken@customer.example", reason="opted_out", source="page")
    kept = db.session.scalars(db.select(Suppression)).one()
    assert "ken" not in f"{kept.address_hash} {kept.reason} {kept.source}"


def test_suppression_forgives_case_and_space(app):
    with transaction():
        suppress_address(" Ken@customer.example", reason="opted_out", source="page")
    assert is_suppressed("ken@CUSTOMER.example ")
    assert not is_suppressed("ana@customer.example")


def test_many_addresses_are_looked_up_together(app):
    with transaction():
        suppress_address("p700@customer.example", reason="opted_out", source="page")
    found = suppressed_hashes(f"p{number}@customer.example" for number in range(1200))
    assert found == {address_hash("p700@customer.example")}


def test_cancelling_takes_back_only_what_is_queued_of_that_template(app):
    kept = a_message(subject_id=5, template="other")
    gone = a_message(subject_id=5, template="reminder")
    sent = a_message(subject_id=5, template="reminder")
    with transaction():
        sent.state = MessageState.SENT
    with transaction():
        assert cancel_messages("contact", 5, templates=["reminder"]) == 1
    assert [message.state for message in (kept, gone, sent)] == ["queued", "cancelled", "sent"]


def test_cancelling_twice_changes_nothing_more(app):
    a_message(subject_id=5)
    with transaction():
        cancel_messages("contact", 5, templates=["second_factor_lost"])
        assert cancel_messages("contact", 5, templates=["second_factor_lost"]) == 0
