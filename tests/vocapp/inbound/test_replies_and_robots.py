"""Automatic replies and what people write: absences, suggestions, and mails that reach the CSM."""

from datetime import timedelta

import pytest

from tests.builders import NOW, a_contact, a_user, an_account
from tests.vocapp.inbound.builders import (
    DOMAIN,
    a_reply,
    a_sent_message,
    an_asked_person,
    came_in,
    person_of,
    replied_by_itself,
)
from vocapp.accounts.rules import ContactStatus
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.gateways import gateways
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.identity.rules import RoleName
from vocapp.inbound.letters import reply_received_letter
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import InboundState
from vocapp.outbox.models import Message
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.rendering import render_letter
from vocapp.outbox.return_path import return_path_of
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import queue_message
from vocapp.questionnaires.models import Survey
from vocapp.responses.models import Response
from vocapp.workflows.inbound_received import inbound_received

pytestmark = pytest.mark.usefixtures("app", "bounce_domain")

BACK_ON = utcnow().date() + timedelta(days=20)
AWAY = f"I am out of the office until {BACK_ON.day} {BACK_ON:%B %Y}."
LEFT = "I am no longer with the company. Please write to Ken Ito at ken@customer.example from now on."


def suggestions() -> list[tuple[str, int | None, str]]:
    rows = db.session.scalars(db.select(Suggestion).order_by(Suggestion.id))
    return [(row.kind, row.contact_id, row.values.get("email", "")) for row in rows]


def reply_mails() -> list[Message]:
    return list(db.session.scalars(db.select(Message).where(Message.template == "reply_received")))


def letter_of(message: Message) -> str:
    letter = reply_received_letter(message)
    assert letter is not None, "the reply waits for somebody"
    rendered = render_letter(message.template, letter)
    return f"{rendered.subject}\n{rendered.text}"


def test_an_out_of_office_reply_says_until_when_somebody_is_away() -> None:
    invitation, message = an_asked_person()
    mail = replied_by_itself(message, AWAY)
    person = person_of(invitation)
    assert (person.absent_until, person.status) == (BACK_ON, ContactStatus.ACTIVE)
    assert (mail.state, mail.return_date) == (InboundState.HANDLED, BACK_ON)
    assert (mail.account_id, mail.contact_id) == (person.account_id, person.id)


def test_mail_that_waits_for_somebody_away_waits_until_two_days_after() -> None:
    invitation, message = an_asked_person()
    with transaction():
        waiting = queue_message(
            key="reminder:later",
            template="reminder",
            context={},
            subject_kind="invitation",
            subject_id=invitation.id,
            to_address=message.to_address,
        )
        waiting.hours_zone, waiting.hours_country, waiting.is_held = "UTC", "", True
    replied_by_itself(message, AWAY)
    put_off = db.session.get_one(Message, waiting.id, populate_existing=True)
    assert put_off.next_attempt_at.date() >= BACK_ON + timedelta(days=2)


def test_a_colleague_s_mailbox_makes_nobody_else_away() -> None:
    invitation, message = an_asked_person()
    colleague = a_contact(invitation.account, email="ken@customer.example")
    mail = replied_by_itself(message, AWAY, sender=colleague.email)
    assert person_of(invitation).absent_until is None
    assert (mail.state, mail.note) == (
        InboundState.IGNORED,
        "It came from the mailbox of somebody else we know.",
    )


def test_an_earlier_address_of_a_person_still_speaks_for_them() -> None:
    invitation, message = an_asked_person()
    earlier = a_contact(invitation.account, email="ana@earlier.example")
    with transaction():
        earlier.merged_into_id = invitation.contact_id
    replied_by_itself(message, AWAY, sender=earlier.email)
    assert person_of(invitation).absent_until == BACK_ON


def test_being_away_is_told_once_however_often_the_job_runs() -> None:
    _invitation, message = an_asked_person()
    mail = replied_by_itself(message, AWAY)
    with transaction():
        mail.state = InboundState.RECEIVED
    inbound_received({"mail_id": mail.id})
    assert db.session.scalars(db.select(Evidence.kind)).all() == ["absent"]


def test_a_long_leave_without_an_end_is_a_leave() -> None:
    invitation, message = an_asked_person()
    replied_by_itself(message, "I am on parental leave.")
    assert person_of(invitation).is_on_leave


def test_a_mailbox_that_says_its_owner_left_suggests_it_and_who_follows() -> None:
    invitation, message = an_asked_person()
    mail = replied_by_itself(message, LEFT)
    person = person_of(invitation)
    assert suggestions() == [("left", person.id, ""), ("new_person", None, "ken@customer.example")]
    new = db.session.scalars(db.select(Suggestion).where(Suggestion.kind == "new_person")).one()
    assert (new.replaces_id, new.source, new.source_id) == (person.id, "mail", mail.id)
    assert (person.status, person.verified_on) == (ContactStatus.ACTIVE, NOW.date())
    assert (mail.state, mail.replacement) == (InboundState.HANDLED, "ken@customer.example")


def test_the_same_said_to_the_reminder_too_is_suggested_once() -> None:
    invitation, message = an_asked_person()
    replied_by_itself(message, LEFT)
    replied_by_itself(a_sent_message(invitation, template="reminder"), LEFT)
    assert len(suggestions()) == 2


def test_a_new_address_is_suggested_and_not_taken() -> None:
    invitation, message = an_asked_person(email="ana@old.example")
    words = "My e-mail address has changed. My new address is ana@new.example."
    replied_by_itself(message, words)
    assert suggestions() == [("correction", invitation.contact_id, "ana@new.example")]
    assert person_of(invitation).email == "ana@old.example"


@pytest.mark.parametrize(
    "words",
    [
        "This mailbox is not monitored. Please do not reply to this message.",
        "Your request has been received. Ticket number: #48213. We will get back to you.",
        "Thank you, your message was read.",
    ],
)
def test_what_robots_say_otherwise_changes_nothing(words: str) -> None:
    invitation, message = an_asked_person()
    replied_by_itself(message, words, subject="Re: One question")
    assert suggestions() == []
    assert not reply_mails()
    assert person_of(invitation).status == ContactStatus.ACTIVE


def test_an_automatic_reply_to_nothing_of_ours_is_ignored() -> None:
    an_asked_person(email="ana@customer.example")
    raw = (
        b"From: ana@customer.example\r\nAuto-Submitted: auto-replied\r\nSubject: Re: x\r\n\r\n"
        + LEFT.encode()
    )
    mail = came_in(raw, to="voice@vendor.example")
    assert mail.state == InboundState.IGNORED
    assert suggestions() == []


def test_a_forged_return_path_makes_nobody_leave() -> None:
    _invitation, message = an_asked_person()
    address = return_path_of(message)
    mail = came_in(
        b"From: a@b.example\r\nAuto-Submitted: auto-replied\r\n\r\n" + LEFT.encode(), to=f"bounce+x@{DOMAIN}"
    )
    assert address.endswith(DOMAIN)
    assert mail.state == InboundState.QUARANTINED
    assert suggestions() == []


def test_a_reply_reaches_the_csm_once_and_is_attached() -> None:
    invitation, message = an_asked_person(first_name="Ana", last_name="Silva")
    mail = came_in(a_reply("We are happy so far.\n\n> One question", to=message))
    inbound_received({"mail_id": mail.id})
    (told,) = reply_mails()
    assert told.to_address == invitation.wave.owner.email
    assert (mail.state, mail.kind, mail.words) == (InboundState.HANDLED, "human", "We are happy so far.")
    assert (mail.invitation_id, mail.contact_id, mail.account_id, mail.language) == (
        invitation.id,
        invitation.contact_id,
        invitation.account_id,
        "en",
    )
    text = letter_of(told)
    assert "Ana Silva (Acme) replied" in text
    assert "We are happy so far." in text
    assert f"/replies/{mail.id}" in text


def test_a_bare_score_is_shown_to_the_csm_and_counts_nowhere() -> None:
    _invitation, message = an_asked_person()
    mail = came_in(a_reply("8", to=message))
    assert (mail.score, mail.reason) == (8, "score")
    assert db.session.scalars(db.select(Response)).all() == []
    assert "a number, 8" in letter_of(reply_mails()[0])


def test_a_number_from_somebody_who_was_forwarded_the_mail_is_not_passed_on_as_theirs() -> None:
    _invitation, message = an_asked_person()
    came_in(a_reply("9", to=message, sender="ken@elsewhere.example"))
    text = letter_of(reply_mails()[0])
    assert "a number" not in text
    assert "another address than theirs: ken@elsewhere.example" in text


def test_a_number_given_in_confidence_is_not_passed_on() -> None:
    _invitation, message = an_asked_person(first_name="Ana", last_name="Silva", email="ana@customer.example")
    with transaction():
        db.session.execute(db.update(Survey).values(is_confidential=True))
    came_in(a_reply("8", to=message))
    text = letter_of(reply_mails()[0])
    assert "8" not in text.split("http")[0]
    assert "in confidence" in text


def test_a_wish_to_opt_out_in_words_is_shown_and_opts_nobody_out() -> None:
    invitation, message = an_asked_person()
    mail = came_in(a_reply("Please remove me from your list.", to=message))
    assert mail.reason == "opt_out_request"
    assert person_of(invitation).status == ContactStatus.ACTIVE
    assert not is_suppressed(message.to_address)
    assert "no more surveys" in letter_of(reply_mails()[0])


def test_a_person_who_names_somebody_else_is_a_suggestion_too() -> None:
    invitation, message = an_asked_person()
    came_in(a_reply("I am not the right person. Please contact Ken at ken@customer.example.", to=message))
    assert suggestions() == [("new_person", None, "ken@customer.example")]
    assert len(reply_mails()) == 1
    assert person_of(invitation).status == ContactStatus.ACTIVE


def test_a_mail_out_of_the_blue_from_somebody_known_reaches_their_accounts_csm() -> None:
    csm = a_user(name="Rosa Diaz")
    contact = a_contact(an_account(owner_id=csm.id), email="ana@customer.example")
    mail = came_in(a_reply("Could you call me?"))
    assert (mail.contact_id, mail.account_id) == (contact.id, contact.account_id)
    assert [message.to_address for message in reply_mails()] == [csm.email]


def test_a_mail_from_nobody_known_is_kept_for_somebody_to_read() -> None:
    mail = came_in(a_reply("Hello?", sender="stranger@elsewhere.example"))
    assert (mail.state, mail.account_id, mail.words) == (InboundState.HANDLED, None, "Hello?")
    assert not reply_mails()


def test_a_reply_that_was_dealt_with_meanwhile_is_not_told_of() -> None:
    _invitation, message = an_asked_person()
    mail = came_in(a_reply("Thanks.", to=message))
    with transaction():
        mail.done_at = NOW
    assert reply_received_letter(reply_mails()[0]) is None


def test_the_account_s_csm_hears_of_it_when_whoever_asked_is_gone() -> None:
    invitation, message = an_asked_person()
    other = a_user(name="Li Wei")
    with transaction():
        invitation.wave.owner.active = False
        invitation.account.owner_id = other.id
    came_in(a_reply("Thanks.", to=message))
    assert [told.to_address for told in reply_mails()] == [other.email]


@pytest.mark.parametrize("role", [RoleName.CSM, RoleName.LEADER])
def test_words_reach_whoever_asked_only_while_they_see_the_account(role: RoleName) -> None:
    invitation, message = an_asked_person()
    asker, owner = a_user(role), a_user(name="Li Wei")
    with transaction():
        invitation.wave.owner_id, invitation.account.owner_id = asker.id, owner.id
    came_in(a_reply("Thanks.", to=message))
    told = asker if role is RoleName.LEADER else owner
    assert [letter.to_address for letter in reply_mails()] == [told.email]


def test_an_account_that_changes_hands_takes_its_letters_along() -> None:
    invitation, message = an_asked_person()
    came_in(a_reply("Thanks.", to=message))
    (told,) = reply_mails()
    other = a_user()
    with transaction():
        invitation.account.owner_id = other.id
    assert reply_received_letter(told) is None


def test_a_robot_that_answers_what_we_tell_the_csm_hears_nothing_more() -> None:
    _invitation, message = an_asked_person()
    came_in(a_reply("Thanks.", to=message))
    (told,) = reply_mails()
    csm_robot = a_reply("We got your mail and will answer.", to=told, sender=told.to_address)
    mail = came_in(csm_robot, to=return_path_of(told))
    assert mail.state == InboundState.HANDLED
    assert len(reply_mails()) == 1


def test_our_own_mail_coming_back_is_ignored() -> None:
    _invitation, message = an_asked_person()
    raw = f"From: voice@vendor.example\r\nMessage-ID: {message.message_id}\r\nSubject: x\r\n\r\nHi".encode()
    assert came_in(raw, to="voice@vendor.example").state == InboundState.IGNORED
    assert not reply_mails()


def test_what_nobody_can_read_is_put_aside_and_says_why() -> None:
    for raw, note in ((b"", "nothing in it"), (b"\x00\xff", "no mail")):
        mail = came_in(raw, sender=repr(raw))
        assert mail.state == InboundState.QUARANTINED
        assert note in mail.note


def test_text_no_database_keeps_is_taken_out() -> None:
    _invitation, message = an_asked_person()
    raw = a_reply("Fine\x00 so far", to=message).replace(b"Re: One", b"R\x00e: One")
    mail = came_in(raw)
    assert (mail.words, mail.subject) == ("Fine so far", "Re: One question")


def test_nothing_we_send_answers_a_mail() -> None:
    _invitation, message = an_asked_person()
    came_in(a_reply("Thanks.", to=message))
    replied_by_itself(message, LEFT)
    to_customers = db.select(Message).where(
        Message.to_address == message.to_address, Message.id != message.id
    )
    assert db.session.scalars(to_customers).all() == []
    assert gateways().settings.mail_from not in [told.to_address for told in reply_mails()]
    assert {told.state for told in reply_mails()} <= {MessageState.QUEUED, MessageState.SENT}


def test_a_mail_can_be_about_a_person_on_record_twice() -> None:
    invitation, message = an_asked_person()
    kept = a_contact(db.session.get_one(type(invitation.account), invitation.account_id))
    with transaction():
        person_of(invitation).merged_into_id = kept.id
    mail = came_in(a_reply("Thanks.", to=message))
    assert mail.contact_id == kept.id


def test_while_three_replies_of_a_person_wait_no_mail_tells_of_more() -> None:
    _invitation, message = an_asked_person()
    for number in range(5):
        came_in(a_reply(f"Word {number}.", to=message))
    assert len(reply_mails()) == 3
    mails = db.session.scalars(db.select(InboundMail).order_by(InboundMail.id)).all()
    assert [(mail.state, bool(mail.note)) for mail in mails] == [
        (InboundState.HANDLED, number >= 3) for number in range(5)
    ]
    with transaction():
        for mail in mails:
            mail.done_at = NOW
    came_in(a_reply("Another word.", to=message))
    assert len(reply_mails()) == 4


def test_many_mails_are_each_their_own() -> None:
    _invitation, message = an_asked_person()
    for words in ("One.", "Two."):
        came_in(a_reply(words, to=message))
    assert len(reply_mails()) == db.session.scalar(db.select(db.func.count()).select_from(InboundMail)) == 2
