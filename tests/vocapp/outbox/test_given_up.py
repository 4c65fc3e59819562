"""A mail that nobody took in three days is given up, and whoever waits for it hears that it never came."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from tests.builders import NOW, a_company, a_contact, a_user, a_wave, an_invitation
from tests.integrations.mail.builders import ScriptedSink
from tests.vocapp.outbox.builders import at_full_speed, mail_through, smtp, the_message
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.campaigns.service import invited, queue_copy, queue_invitations
from vocapp.core.db import db, transaction
from vocapp.outbox.models import Message
from vocapp.outbox.rules import MessageState
from vocapp.workflows.deliver_mail import deliver_mail


def an_invited(state: InvitationState = InvitationState.PLANNED, *, is_copy: bool = False) -> Invitation:
    """Somebody whose mail has been tried for almost three days."""
    a_company()
    at_full_speed()
    wave = a_wave(a_user(), is_any_hour=True, closes_at=NOW + timedelta(days=21))
    invitation = an_invitation(wave, a_contact(), state=state, sent_at=None, delivered_at=None)
    with transaction():
        if is_copy:
            queue_copy(invitation, key="copy:1")
        else:
            queue_invitations(wave, [invited(invitation)])
        first = NOW - timedelta(hours=71)
        tried = {"attempts": 14, "first_tried_at": first, "next_attempt_at": NOW}
        db.session.execute(db.update(Message).values(tried))
    return invitation


def tried_once_more(app: Flask, reply: str) -> Message:
    with ScriptedSink(RCPT=reply) as sink, mail_through(app, smtp(sink.port)):
        deliver_mail({})
    return the_message()


def state_of(invitation: Invitation) -> str:
    return db.session.get_one(Invitation, invitation.id, populate_existing=True).state


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("reply", ["450 4.2.1 later", "421 4.3.2 closing"])
def test_an_invitation_whose_mail_is_given_up_reached_nobody(app: Flask, reply: str) -> None:
    invitation = an_invited()
    message = tried_once_more(app, reply)
    assert (message.state, message.reason[:9]) == (MessageState.FAILED, "Given up.")
    assert state_of(invitation) == InvitationState.BOUNCED
    person = db.session.get_one(Contact, invitation.contact_id)
    assert person.status == ContactStatus.ACTIVE


@time_machine.travel(NOW - timedelta(hours=9), tick=False)
def test_an_invitation_whose_mail_is_tried_again_is_still_planned(app: Flask) -> None:
    invitation = an_invited()
    with transaction():
        db.session.execute(db.update(Message).values(next_attempt_at=NOW - timedelta(hours=9)))
    assert tried_once_more(app, "450 4.2.1 later").state == MessageState.QUEUED
    assert state_of(invitation) == InvitationState.PLANNED


@time_machine.travel(NOW, tick=False)
def test_a_copy_that_is_given_up_leaves_the_invitation_as_it_is(app: Flask) -> None:
    invitation = an_invited(InvitationState.DELIVERED, is_copy=True)
    assert tried_once_more(app, "450 4.2.1 later").state == MessageState.FAILED
    assert state_of(invitation) == InvitationState.DELIVERED
