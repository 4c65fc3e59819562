"""Sending what is due, against real servers that take, refuse, put off, hang up or say nothing."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import time_machine

from tests.builders import NOW, an_invitation
from tests.integrations.mail.builders import HANG_UP, STAY_SILENT, ScriptedSink, free_port, smtp_server
from tests.vocapp.outbox.builders import a_message, at_full_speed, mail_through, messages, smtp, the_message
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db, transaction
from vocapp.core.gateways import gateways
from vocapp.core.jobs import Job
from vocapp.outbox.delivery import claim_due_messages, mark_lost_messages, record_outcome, start_sending
from vocapp.outbox.models import MailLane, Message
from vocapp.outbox.queries import counts_by_state, is_suppressed
from vocapp.outbox.rules import MessageState, Outcome
from vocapp.outbox.service import suppress_address
from vocapp.workflows.deliver_mail import deliver_mail, sweep_mail

PHASES = ("MAIL", "RCPT", "DATA", "content")


def deliver(app, port: int) -> None:
    with mail_through(app, smtp(port)):
        deliver_mail({})


def waiting_jobs() -> list[str]:
    return [job.kind for job in db.session.scalars(db.select(Job).where(Job.state == "queued"))]


def test_a_queued_message_arrives_once_with_its_message_id(app):
    message = a_message(to_address="ken@customer.example")
    with smtp_server() as (inbox, port):
        deliver(app, port)
        deliver(app, port)
    (envelope,) = inbox.envelopes
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert mail["Message-ID"] == message.message_id
    assert envelope.rcpt_tos == ["ken@customer.example"]


def test_the_mail_comes_from_our_address_in_the_csms_name_and_answers_go_to_the_csm(app):
    a_message(from_name="Ana Silva", reply_to="ana.silva@vendor.example")
    with smtp_server() as (inbox, port):
        deliver(app, port)
    mail = message_from_bytes(inbox.envelopes[0].content, policy=policy.default)
    assert mail["From"] == "Ana Silva <voice@vendor.example>"
    assert mail["Reply-To"] == "ana.silva@vendor.example"
    assert inbox.envelopes[0].mail_from == "voice@vendor.example"


def test_the_mail_says_that_a_program_sent_it_and_keeps_absence_notes_coming(app):
    a_message()
    with smtp_server() as (inbox, port):
        deliver(app, port)
    mail = message_from_bytes(inbox.envelopes[0].content, policy=policy.default)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] is None
    assert mail["X-Auto-Response-Suppress"] is None


@time_machine.travel(NOW, tick=False)
def test_an_accepted_message_is_sent(app):
    a_message()
    with smtp_server() as (_, port):
        deliver(app, port)
    assert (the_message().state, the_message().sent_at) == (MessageState.SENT, NOW)


def test_hundreds_of_messages_share_one_connection(app):
    at_full_speed()
    about = a_message().subject_id
    for _ in range(120):
        a_message(about=about)
    with ScriptedSink() as sink:
        deliver(app, sink.port)
        assert sink.connections == 1
        assert len(sink.contents) == 121


@pytest.mark.parametrize("phase", PHASES)
@time_machine.travel(NOW, tick=False)
def test_a_refusal_for_now_puts_the_message_off_for_five_minutes(app, phase):
    a_message(to_address="ken@customer.example")
    with ScriptedSink(**{phase: "450 4.2.1 try later"}) as sink:
        deliver(app, sink.port)
    message = the_message()
    assert message.state == MessageState.QUEUED
    assert message.next_attempt_at == NOW + timedelta(minutes=5)
    assert "450 4.2.1 try later" in message.reason
    assert not is_suppressed("ken@customer.example")


@pytest.mark.parametrize("phase", PHASES)
def test_a_refusal_for_good_fails_the_message_and_says_why(app, phase):
    a_message(to_address="ken@customer.example")
    with ScriptedSink(**{phase: "554 5.7.1 policy"}) as sink:
        deliver(app, sink.port)
    assert the_message().state == MessageState.FAILED
    assert "554 5.7.1 policy" in the_message().reason
    assert not is_suppressed("ken@customer.example")


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.4.4"])
def test_an_address_that_is_dead_for_good_is_suppressed(app, status):
    a_message(to_address="ken@customer.example")
    with ScriptedSink(RCPT=f"550 {status} nobody here") as sink:
        deliver(app, sink.port)
    assert is_suppressed("ken@customer.example")


@pytest.mark.parametrize("reply", ["550 5.7.1 spam", "552 5.2.2 full", "550 no status", "451 4.1.1 hm"])
def test_an_address_is_not_suppressed_for_our_or_passing_troubles(app, reply):
    a_message(to_address="ken@customer.example")
    with ScriptedSink(RCPT=reply) as sink:
        deliver(app, sink.port)
    assert not is_suppressed("ken@customer.example")


@pytest.mark.parametrize("said", [HANG_UP, STAY_SILENT])
def test_no_word_after_the_final_dot_leaves_the_message_in_doubt(app, said):
    a_message()
    with ScriptedSink(content=said) as sink:
        deliver(app, sink.port)
    assert the_message().state == MessageState.UNKNOWN


def test_a_message_in_doubt_is_never_sent_again_by_itself(app):
    a_message()
    with ScriptedSink(content=HANG_UP) as sink:
        deliver(app, sink.port)
    with smtp_server() as (inbox, port), time_machine.travel(NOW + timedelta(days=400)):
        sweep_mail({})
        deliver(app, port)
        assert inbox.envelopes == []


def test_messages_after_one_in_doubt_go_on(app):
    for _ in range(3):
        a_message()
    with ScriptedSink(content=["250 ok", HANG_UP, "250 ok"]) as sink:
        deliver(app, sink.port)
    assert [message.state for message in messages()] == ["sent", "unknown", "sent"]


@time_machine.travel(NOW, tick=False)
def test_a_server_that_cannot_be_reached_puts_all_off_and_counts_one_attempt(app):
    about = a_message().subject_id
    for _ in range(59):
        a_message(about=about)
    deliver(app, free_port())
    assert {message.state for message in messages()} == {MessageState.QUEUED}
    assert {message.next_attempt_at for message in messages()} == {NOW + timedelta(minutes=5)}
    assert sum(message.attempts for message in messages()) == 1


@pytest.mark.parametrize("reply", ["421 4.3.2 closing", "451 4.7.1 slow down"])
@time_machine.travel(NOW, tick=False)
def test_hosts_that_want_us_to_wait_are_left_alone_for_five_minutes(app, reply):
    for _ in range(3):
        a_message()
    with ScriptedSink(RCPT=reply) as sink:
        deliver(app, sink.port)
        deliver(app, sink.port)
        assert sum(command.startswith("RCPT") for command in sink.commands) == 1
    assert [message.attempts for message in messages()] == [1, 0, 0]
    assert db.session.get_one(MailLane, "customer.example").cooling_until == NOW + timedelta(minutes=5)


@pytest.mark.parametrize("phase", ["greeting", "EHLO", *PHASES])
def test_a_message_is_tried_on_schedule_for_three_days_and_then_fails(app, phase):
    with time_machine.travel(NOW, tick=False) as clock, ScriptedSink(**{phase: "450 4.2.1 later"}) as sink:
        a_message(to_address="ken@customer.example")
        minutes = []
        while (message := the_message()).state == MessageState.QUEUED:
            minutes.append((message.next_attempt_at - NOW) / timedelta(minutes=1))
            clock.move_to(message.next_attempt_at - timedelta(seconds=1))
            deliver(app, sink.port)
            assert the_message().attempts == len(minutes) - 1
            clock.move_to(message.next_attempt_at)
            deliver(app, sink.port)
    assert minutes == [0, 5, 20, 50, 110, 230, *range(470, 72 * 60 + 1, 480)]
    assert the_message().attempts == len(minutes)
    assert the_message().state == MessageState.FAILED
    assert the_message().reason.startswith("Given up.")
    assert not is_suppressed("ken@customer.example")


@time_machine.travel(NOW, tick=False)
def test_the_schedule_ends_when_the_survey_closes(app):
    with time_machine.travel(NOW, tick=False) as clock, ScriptedSink(RCPT="450 4.2.1 later") as sink:
        a_message(send_by=NOW + timedelta(minutes=60))
        minutes = []
        while (message := the_message()).state == MessageState.QUEUED:
            minutes.append((message.next_attempt_at - NOW) / timedelta(minutes=1))
            clock.move_to(message.next_attempt_at)
            deliver(app, sink.port)
    assert minutes == [0, 5, 20, 50]


@time_machine.travel(NOW, tick=False)
def test_a_message_whose_time_is_over_is_not_sent(app):
    with time_machine.travel(NOW - timedelta(hours=3), tick=False):
        a_message(send_by=NOW - timedelta(hours=1))
    with smtp_server() as (inbox, port):
        deliver(app, port)
    assert inbox.envelopes == []
    assert the_message().state == MessageState.FAILED


def test_a_message_for_later_waits_until_the_sweep_finds_it_due(app):
    with smtp_server() as (inbox, port), time_machine.travel(NOW, tick=False) as clock:
        a_message(send_at=NOW + timedelta(hours=1))
        sweep_mail({})
        deliver(app, port)
        assert (inbox.envelopes, waiting_jobs()) == ([], [])
        clock.shift(timedelta(hours=1))
        sweep_mail({})
        assert waiting_jobs() == ["deliver_mail"]
        deliver(app, port)
        assert len(inbox.envelopes) == 1


def test_a_letter_nobody_wants_any_more_is_cancelled(app):
    a_message(context={"user_id": 987654})
    with smtp_server() as (inbox, port):
        deliver(app, port)
    assert (the_message().state, inbox.envelopes) == (MessageState.CANCELLED, [])


def test_a_letter_that_cannot_be_written_fails_alone(app):
    a_message(template="unheard_of")
    a_message(context={})
    a_message(to_address="no address")
    a_message()
    with smtp_server() as (_, port):
        deliver(app, port)
    assert [message.state for message in messages()] == ["failed", "failed", "failed", "sent"]


def test_suppression_is_looked_up_when_messages_are_claimed(app):
    about = a_message(to_address="ken@customer.example").subject_id
    a_message(about=about)
    with transaction():
        suppress_address("ken@customer.example", reason="opted_out", source="page")
        db.session.execute(db.update(Message).values(state="queued", reason=None))
    with transaction():
        claimed = claim_due_messages(50, owner="me", now=NOW + timedelta(days=4000))
    assert claimed == [messages()[1].id]
    assert messages()[0].state == MessageState.SUPPRESSED


def test_suppression_is_looked_up_just_before_sending(app):
    later = NOW + timedelta(days=4000)
    message = a_message(to_address="ken@customer.example")
    with transaction():
        claim_due_messages(50, owner="me", now=later)
    with transaction():
        suppress_address("ken@customer.example", reason="opted_out", source="page")
        message.state = MessageState.QUEUED
    with transaction():
        assert not start_sending(message, owner="me", now=later)
    assert the_message().state == MessageState.SUPPRESSED


def test_a_claimed_message_is_not_claimed_again_until_its_claim_runs_out(app):
    later = NOW + timedelta(days=4000)
    a_message()
    with transaction():
        assert len(claim_due_messages(50, owner="one", now=later)) == 1
        assert claim_due_messages(50, owner="two", now=later + timedelta(seconds=5)) == []
        assert len(claim_due_messages(50, owner="two", now=later + timedelta(minutes=1))) == 1


def test_a_message_claimed_by_another_meanwhile_is_not_sent(app):
    later = NOW + timedelta(days=4000)
    message = a_message()
    with transaction():
        claim_due_messages(50, owner="one", now=later)
        claim_due_messages(50, owner="two", now=later + timedelta(minutes=1))
        assert not start_sending(message, owner="one", now=later)
        assert start_sending(message, owner="two", now=later)


def in_flight(owner: str = "one"):
    message = a_message()
    with transaction():
        claim_due_messages(50, owner=owner, now=NOW + timedelta(days=4000))
        start_sending(message, owner=owner, now=NOW)
    return message


def test_a_message_is_in_doubt_fifteen_minutes_after_its_worker_died(app):
    in_flight()
    with transaction():
        assert mark_lost_messages(now=NOW + timedelta(minutes=14)) == 0
        assert mark_lost_messages(now=NOW + timedelta(minutes=15)) == 1
    assert the_message().state == MessageState.UNKNOWN


def test_a_worker_that_reports_late_clears_the_doubt(app):
    message = in_flight()
    with transaction():
        mark_lost_messages(now=NOW + timedelta(minutes=15))
        record_outcome(message, Outcome(MessageState.SENT), owner="one", now=NOW)
    assert the_message().state == MessageState.SENT


def test_only_the_owner_may_report(app):
    message = in_flight()
    with transaction():
        record_outcome(message, Outcome(MessageState.SENT), owner="somebody else", now=NOW)
    assert the_message().state == MessageState.SENDING


def test_reporting_twice_changes_nothing_more(app):
    message = in_flight()
    with transaction():
        record_outcome(message, Outcome(MessageState.SENT), owner="one", now=NOW)
        record_outcome(message, Outcome(MessageState.FAILED, "?"), owner="one", now=NOW)
    assert the_message().state == MessageState.SENT


def test_an_accepted_invitation_is_sent_and_in_the_built_in_mailbox_delivered(app):
    invitation = an_invitation(state=InvitationState.PLANNED, sent_at=None, delivered_at=None)
    with time_machine.travel(NOW):
        an_invitation_message(invitation)
        deliver_mail({})
    assert db.session.get_one(Invitation, invitation.id).state == InvitationState.DELIVERED
    assert gateways().mail.list_mail().total == 1


def test_an_invitation_accepted_by_a_mail_server_is_not_yet_delivered(app):
    invitation = an_invitation(state=InvitationState.PLANNED, sent_at=None, delivered_at=None)
    with time_machine.travel(NOW), smtp_server() as (_, port):
        an_invitation_message(invitation)
        deliver(app, port)
    assert db.session.get_one(Invitation, invitation.id).state == InvitationState.SENT


def test_an_invitation_refused_for_good_bounced(app):
    invitation = an_invitation(state=InvitationState.PLANNED, sent_at=None, delivered_at=None)
    with time_machine.travel(NOW), ScriptedSink(RCPT="550 5.1.1 nobody") as sink:
        an_invitation_message(invitation)
        deliver(app, sink.port)
    assert db.session.get_one(Invitation, invitation.id).state == InvitationState.BOUNCED


def test_the_sweep_follows_up_what_a_worker_sent_before_it_died(app):
    invitation = an_invitation(state=InvitationState.PLANNED, sent_at=None, delivered_at=None)
    message = an_invitation_message(invitation)
    with transaction():
        claim_due_messages(50, owner="dead", now=NOW + timedelta(days=4000))
        start_sending(message, owner="dead", now=NOW)
        record_outcome(message, Outcome(MessageState.SENT), owner="dead", now=NOW)
    with time_machine.travel(NOW + timedelta(minutes=3)):
        sweep_mail({})
    assert db.session.get_one(Invitation, invitation.id).sent_at == NOW
    assert the_message().claimed_by is None


def test_a_sent_message_has_no_owner_left(app):
    a_message()
    with smtp_server() as (_, port):
        deliver(app, port)
    assert (the_message().claimed_by, the_message().claimed_until) == (None, None)


def test_an_invitation_carries_one_click_opt_out(app):
    invitation = an_invitation(state=InvitationState.PLANNED, sent_at=None, delivered_at=None)
    with time_machine.travel(NOW), smtp_server() as (inbox, port):
        an_invitation_message(invitation)
        deliver(app, port)
    head = inbox.envelopes[0].content.split(b"\r\n\r\n")[0]
    assert b"List-Unsubscribe: <http://127.0.0.1:8000/u/" in head
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head


def an_invitation_message(invitation: Invitation):
    return a_message(
        about=invitation.id,
        template="invitation",
        subject_kind="invitation",
        subject_id=invitation.id,
        context={},
    )


def test_every_state_is_counted(app):
    a_message()
    counts = counts_by_state()
    assert counts[MessageState.QUEUED] == 1
    assert set(counts) == set(MessageState)
