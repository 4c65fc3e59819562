"""Bounces and complaints that come in: who is written to no more, and who is, whatever a report says."""

import pytest

from tests.builders import NOW, a_contact, an_account
from tests.vocapp.inbound.builders import (
    DOMAIN,
    a_bounce,
    a_complaint,
    a_sent_message,
    an_asked_person,
    bounced,
    came_in,
    person_of,
    taken_in,
)
from tests.vocapp.outbox.builders import a_message
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db, transaction
from vocapp.freshness.models import Evidence
from vocapp.inbound.incoming_queries import whole_mail
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import InboundState
from vocapp.inbound.service import judge_again
from vocapp.outbox.delivery import record_outcome
from vocapp.outbox.models import MailEvent, Message, Suppression
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.return_path import opt_out_address_of, return_path_of
from vocapp.outbox.rules import DEAD_STATUSES, MessageState, Outcome
from vocapp.worker import run_due_jobs
from vocapp.workflows.inbound_received import inbound_received
from vocapp.workflows.mail_settled import follow_up_sent

pytestmark = pytest.mark.usefixtures("app", "bounce_domain")


def state_of(invitation: Invitation) -> str:
    return db.session.get_one(Invitation, invitation.id, populate_existing=True).state


def count(table: type) -> int:
    return db.session.scalar(db.select(db.func.count()).select_from(table))


@pytest.mark.parametrize("status", sorted(DEAD_STATUSES))
def test_a_dead_address_is_written_to_no_more(status: str) -> None:
    invitation, message = an_asked_person()
    mail = bounced(message, status=status)
    assert is_suppressed(message.to_address)
    assert person_of(invitation).status == ContactStatus.BOUNCED
    assert state_of(invitation) == InvitationState.BOUNCED
    assert (mail.state, mail.kind, mail.recipient) == (InboundState.HANDLED, "bounce", message.to_address)
    assert (mail.message_id, mail.invitation_id, mail.contact_id) == (
        message.id,
        invitation.id,
        invitation.contact_id,
    )


def test_everybody_with_the_address_is_noted_as_not_reached() -> None:
    invitation, message = an_asked_person(email="shared@customer.example")
    other = a_contact(an_account(), email="shared@customer.example")
    bounced(message)
    assert person_of(invitation).status == db.session.get_one(type(other), other.id).status == "bounced"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("5.7.1", "smtp; 550 blocked by policy"),
        ("5.2.2", "smtp; 552 mailbox full"),
        ("4.4.1", "smtp; 451 timed out"),
        ("5.0.0", "smtp; 550 no"),
        ("5.3.4", "smtp; 552 too large"),
        # The server's own words tell more than the report.
        ("5.1.1", "smtp; 550 5.7.1 spam refused"),
    ],
)
def test_a_soft_or_policy_bounce_leaves_the_person_as_they_are(status: str, said: str) -> None:
    invitation, message = an_asked_person()
    mail = bounced(message, status=status, said=said)
    assert mail.state == InboundState.HANDLED
    assert not is_suppressed(message.to_address)
    assert person_of(invitation).status == ContactStatus.ACTIVE
    assert count(Evidence) == 0
    # Nobody was asked by a mail that came back, so nobody is silent.
    assert state_of(invitation) == InvitationState.BOUNCED


def test_a_delay_changes_nothing_but_is_noted() -> None:
    invitation, message = an_asked_person()
    bounced(message, action="delayed", status="4.4.7")
    assert state_of(invitation) == InvitationState.DELIVERED
    assert db.session.scalars(db.select(MailEvent.kind)).all() == ["deferred"]
    assert db.session.get_one(Message, message.id).bounced_at is None


def test_a_report_of_delivery_is_no_bounce() -> None:
    invitation, message = an_asked_person()
    bounced(message, action="delivered", status="2.0.0", said="smtp; 250 fine")
    assert state_of(invitation) == InvitationState.DELIVERED
    assert db.session.get_one(Message, message.id).delivered_at == NOW


def test_a_bounce_about_another_address_than_ours_suppresses_neither() -> None:
    invitation, message = an_asked_person()
    mail = bounced(message, recipient="somebody@elsewhere.example")
    assert not is_suppressed("somebody@elsewhere.example")
    assert not is_suppressed(message.to_address)
    assert person_of(invitation).status == ContactStatus.ACTIVE
    assert mail.recipient == "somebody@elsewhere.example"
    assert "another address" in mail.note


def test_the_message_id_leads_to_our_mail_where_the_return_path_was_lost() -> None:
    _invitation, message = an_asked_person()
    mail = came_in(a_bounce(message), to="voice@vendor.example")
    assert mail.message_id == message.id
    assert is_suppressed(message.to_address)


def test_a_tampered_return_path_changes_nothing_whatever_the_report_says() -> None:
    invitation, message = an_asked_person()
    address = return_path_of(message)
    seal = address.index("@") - 1
    for place in (address.index("+") + 1, address.index(".") + 1, seal):
        changed = address[:place] + ("b" if address[place] != "b" else "c") + address[place + 1 :]
        mail = came_in(a_bounce(message), to=changed)
        assert mail.state == InboundState.QUARANTINED
        assert "pretends" in mail.note
    assert state_of(invitation) == InvitationState.DELIVERED
    assert person_of(invitation).status == ContactStatus.ACTIVE
    assert (count(Suppression), count(MailEvent), count(Evidence)) == (0, 0, 0)


def test_a_bounce_of_no_mail_of_ours_is_only_kept() -> None:
    _invitation, message = an_asked_person()
    raw = a_bounce(message).replace(message.message_id.encode(), b"<guess@vendor.example>")
    mail = came_in(raw, to="voice@vendor.example")
    assert (mail.state, mail.recipient) == (InboundState.IGNORED, message.to_address)
    assert not is_suppressed(message.to_address)


def test_the_same_bounce_judged_twice_is_heard_once() -> None:
    _invitation, message = an_asked_person()
    mail = bounced(message)
    inbound_received({"mail_id": mail.id})
    assert (count(MailEvent), count(Evidence)) == (1, 1)


def test_a_mail_that_is_taken_for_another_when_judged_again_has_what_follows_from_that() -> None:
    invitation, message = an_asked_person()
    mail = bounced(message, status="4.4.7", action="delayed")
    assert person_of(invitation).status == ContactStatus.ACTIVE
    for _twice in range(2):
        with transaction():
            mail.raw = a_bounce(message)
            assert judge_again(mail.id)
        run_due_jobs()
        db.session.expire_all()
        assert person_of(invitation).status == ContactStatus.BOUNCED
        found = whole_mail(mail.id)
        assert found is not None
        assert [event.kind for event in found.events] == ["deferred", "bounced"]


def test_two_bounces_of_one_mail_speak_against_a_person_once() -> None:
    _invitation, message = an_asked_person()
    bounced(message)
    came_in(a_bounce(message).replace(b"I could", b"We could"), to=return_path_of(message))
    assert count(InboundMail) == 2
    assert count(Evidence) == 1


@pytest.mark.parametrize("state", [MessageState.SENDING, MessageState.UNKNOWN])
def test_a_bounce_that_comes_before_our_own_outcome_ends_the_same(state: MessageState) -> None:
    invitation, _message = an_asked_person(InvitationState.PLANNED)
    message = db.session.scalars(db.select(Message)).one()
    with transaction():
        message.state, message.claimed_by, message.sent_at = state, "worker", None
        db.session.get_one(Invitation, invitation.id).sent_at = None
    bounced(message)
    with transaction():
        record_outcome(message, Outcome(MessageState.SENT), owner="worker", now=NOW)
    with transaction():
        follow_up_sent([(db.session.get_one(Message, message.id, populate_existing=True), NOW)])
    assert state_of(invitation) == InvitationState.BOUNCED
    assert person_of(invitation).status == ContactStatus.BOUNCED
    assert db.session.get_one(Message, message.id, populate_existing=True).state == MessageState.SENT


def test_an_answer_outlives_a_bounce() -> None:
    invitation, message = an_asked_person(InvitationState.COMPLETED)
    bounced(message)
    assert state_of(invitation) == InvitationState.COMPLETED


def test_a_bounced_reminder_leaves_the_invitation_open() -> None:
    invitation, _message = an_asked_person()
    bounced(a_sent_message(invitation, template="reminder"), status="5.2.2", said="smtp; 552 full")
    assert state_of(invitation) == InvitationState.DELIVERED


def test_a_dead_address_is_noted_with_its_people_whatever_the_mail_was() -> None:
    contact = a_contact(email="kim@customer.example")
    message = a_message(to_address="kim@customer.example", subject_kind="answer")
    bounced(message)
    assert db.session.get_one(type(contact), contact.id, populate_existing=True).status == "bounced"


def test_a_complaint_opts_out_and_is_counted() -> None:
    invitation, message = an_asked_person()
    mail = came_in(a_complaint(message), to="fbl@vendor.example")
    assert (mail.state, mail.kind, mail.reason) == (InboundState.HANDLED, "complaint", "spam_report")
    assert person_of(invitation).status == ContactStatus.OPTED_OUT
    assert state_of(invitation) == InvitationState.OPTED_OUT
    assert is_suppressed(message.to_address)
    assert db.session.get_one(Message, message.id).complained_at == NOW


def test_an_opt_out_a_provider_passes_on_is_no_complaint() -> None:
    invitation, message = an_asked_person()
    came_in(a_complaint(message, feedback="opt-out"), to="fbl@vendor.example")
    assert person_of(invitation).status == ContactStatus.OPTED_OUT
    assert db.session.get_one(Message, message.id).complained_at is None


def test_not_spam_is_nothing() -> None:
    invitation, message = an_asked_person()
    mail = came_in(a_complaint(message, feedback="not-spam"), to="fbl@vendor.example")
    assert mail.state == InboundState.IGNORED
    assert person_of(invitation).status == ContactStatus.ACTIVE
    assert count(MailEvent) == 0


@pytest.mark.parametrize("raw", [b"Subject: unsubscribe\r\nFrom: ana@customer.example\r\n\r\n", b"", b"\x00"])
def test_any_mail_to_the_opt_out_address_opts_out(raw: bytes) -> None:
    invitation, message = an_asked_person(email="old@customer.example")
    mail = came_in(raw, to=opt_out_address_of(message) or "")
    assert mail.state == InboundState.HANDLED
    assert person_of(invitation).status == ContactStatus.OPTED_OUT
    assert is_suppressed("old@customer.example")


def test_opting_out_reaches_the_address_our_mail_went_to_though_another_is_on_record() -> None:
    invitation, message = an_asked_person(email="old@customer.example")
    with transaction():
        person = person_of(invitation)
        person.email = person.email_key = "new@customer.example"
    came_in(b"Subject: stop\r\n\r\n", to=opt_out_address_of(message) or "")
    assert is_suppressed("old@customer.example")
    assert is_suppressed("new@customer.example")


def test_a_tampered_opt_out_address_opts_nobody_out() -> None:
    invitation, message = an_asked_person()
    address = opt_out_address_of(message) or ""
    place = address.index("@") - 1
    came_in(
        b"Subject: x\r\n\r\n",
        to=address[:place] + ("b" if address[place] != "b" else "c") + address[place + 1 :],
    )
    came_in(b"Subject: x\r\n\r\nbye", to=f"unsubscribe+17@{DOMAIN}")
    assert person_of(invitation).status == ContactStatus.ACTIVE


def test_a_test_mail_to_one_of_us_opts_nobody_out() -> None:
    message = a_message(to_address="rosa@vendor.example", subject_kind="user")
    mail = came_in(b"Subject: stop\r\n\r\n", to=opt_out_address_of(message) or "")
    assert mail.state == InboundState.IGNORED
    assert not is_suppressed("rosa@vendor.example")


def test_an_opt_out_holds_though_the_invitation_is_no_more() -> None:
    invitation, message = an_asked_person(email="ana@customer.example")
    address = opt_out_address_of(message) or ""
    with transaction():
        db.session.execute(db.delete(Invitation).where(Invitation.id == invitation.id))
    came_in(b"Subject: stop\r\n\r\n", to=address)
    assert is_suppressed("ana@customer.example")


def test_a_mail_waits_until_its_job_runs() -> None:
    _invitation, message = an_asked_person()
    mail = taken_in(a_bounce(message), to=return_path_of(message))
    assert (mail.state, mail.kind) == (InboundState.RECEIVED, "")
