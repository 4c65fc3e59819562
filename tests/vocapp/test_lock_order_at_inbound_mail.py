"""Mails that come in while other things happen to the same people: nobody waits in a circle."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from integrations.mail.classify.judging import classify
from tests.builders import NOW, a_contact, a_user, an_account, an_invitation, token_of
from tests.vocapp.inbound.builders import (
    a_bounce,
    a_complaint,
    a_reply,
    a_sent_message,
    an_automatic_reply,
    taken_in,
)
from tests.vocapp.meetings import a_live_wave, at_once, get, opting_out, posting, within_transaction
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.service import record_rejection
from vocapp.core.db import db
from vocapp.duplicates.service import merge_contacts
from vocapp.freshness.models import Evidence
from vocapp.freshness.service import confirm
from vocapp.identity.models import User
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import InboundState
from vocapp.outbox.delivery import record_outcome
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState, Outcome
from vocapp.workflows.inbound_received import follow_verdict

LEFT = "I am no longer with the company. Please write to ken@customer.example from now on."


def judging(raw: bytes) -> Callable[[], object]:
    """Work that does what follows from a mail; it is judged before, so that the work begins at once."""
    mail_id = taken_in(raw).id
    verdict = classify(raw, received_on=NOW.date())
    return lambda: follow_verdict(mail_id, verdict)


def an_asked(account: Account | None = None) -> tuple[Invitation, Message]:
    person = a_contact(account or an_account())
    invitation = an_invitation(a_live_wave(), person)
    return invitation, a_sent_message(invitation)


def states() -> set[str]:
    return set(db.session.scalars(select(InboundMail.state)))


@pytest.mark.parametrize("make", [a_bounce, a_complaint])
def test_a_report_comes_in_while_its_person_opts_out(
    slow_app: Flask, make: Callable[[Message], bytes]
) -> None:
    with slow_app.app_context():
        invitation, message = an_asked()
        judge, contact_id, token = (
            judging(make(message)),
            invitation.contact_id,
            token_of(invitation),
        )
    at_once(slow_app, judge, opting_out(slow_app, token))
    with slow_app.app_context():
        assert get(Contact, contact_id).status == ContactStatus.OPTED_OUT
        assert states() == {InboundState.HANDLED}


def test_a_bounce_comes_in_while_the_mail_server_refuses_a_reminder(slow_app: Flask) -> None:
    with slow_app.app_context():
        invitation, message = an_asked()
        reminder = a_sent_message(invitation, template="reminder", state=MessageState.SENDING)
        reminder.claimed_by = "worker"
        db.session.commit()
        judge, reminder_id = judging(a_bounce(message)), reminder.id

    def refuse() -> None:
        mail, dead = get(Message, reminder_id), Outcome(MessageState.FAILED, "gone", is_address_dead=True)
        record_rejection(mail, NOW, is_address_dead=True)
        record_outcome(mail, dead, owner="worker", now=NOW)

    at_once(slow_app, judge, within_transaction(refuse))
    with slow_app.app_context():
        assert len(db.session.scalars(select(Evidence)).all()) == 2


def test_two_bounces_of_one_address_come_in_at_once(slow_app: Flask) -> None:
    with slow_app.app_context():
        account = an_account()
        works = []
        for number in range(2):
            person = a_contact(account if number else None, email="shared@customer.example")
            works.append(judging(a_bounce(a_sent_message(an_invitation(a_live_wave(), person)))))
    at_once(slow_app, *works)
    with slow_app.app_context():
        assert set(db.session.scalars(select(Contact.status))) == {ContactStatus.BOUNCED}


def soft_bounce(message: Message) -> bytes:
    return a_bounce(message, status="5.2.2", said="smtp; 552 mailbox full")


def departure(message: Message) -> bytes:
    return by_itself(message, LEFT)


def absence(message: Message) -> bytes:
    return by_itself(message, "I am out of the office.")


def by_itself(message: Message, words: str) -> bytes:
    answered = f"In-Reply-To: {message.message_id}\r\nAuto-Submitted".encode()
    return an_automatic_reply(words).replace(b"Auto-Submitted", answered)


@pytest.mark.parametrize("make", [a_bounce, soft_bounce, a_complaint, departure, absence])
def test_a_mail_comes_in_while_its_person_is_merged(
    slow_app: Flask, make: Callable[[Message], bytes]
) -> None:
    with slow_app.app_context():
        account, user_id = an_account(), a_user().id
        kept_id = a_contact(account).id
        invitation, message = an_asked(account)
        merged_id = invitation.contact_id
        judge = judging(make(message))

    def merge() -> None:
        merge_contacts(
            get(Contact, kept_id), get(Contact, merged_id), chosen={}, by=get(User, user_id), now=NOW
        )

    at_once(slow_app, judge, within_transaction(merge))
    with slow_app.app_context():
        assert states() == {InboundState.HANDLED}
        assert set(db.session.scalars(select(Evidence.contact_id))) <= {kept_id}


def test_a_reply_comes_in_while_its_person_answers_and_is_confirmed(slow_app: Flask) -> None:
    with slow_app.app_context():
        invitation, message = an_asked()
        user_id, contact_id, token = a_user().id, invitation.contact_id, token_of(invitation)
        judge = judging(a_reply(LEFT, to=message))
    at_once(
        slow_app,
        judge,
        posting(slow_app, f"/s/{token}", score="9"),
        within_transaction(lambda: confirm(get(Contact, contact_id), by=get(User, user_id), now=NOW)),
    )
    with slow_app.app_context():
        assert states() == {InboundState.HANDLED}
