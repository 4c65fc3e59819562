"""What follows from what is heard of a mail, for people and invitations: once, in any order."""

from itertools import permutations

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests.builders import NOW, an_invitation
from tests.vocapp.outbox.builders import a_message
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.campaigns.service import INVITATION
from vocapp.core.db import db, transaction
from vocapp.freshness.models import Evidence
from vocapp.outbox.models import MailEvent, Message
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.rules import MailEventKind
from vocapp.workflows.mail_news import MailNews, hear_of_mail, opt_out_reader

BOUNCED, COMPLAINED, DELIVERED = (
    MailEventKind.BOUNCED,
    MailEventKind.COMPLAINED,
    MailEventKind.DELIVERED,
)


@pytest.fixture
def message(app: Flask) -> Message:
    """A mail that asked somebody for an answer."""
    invitation = an_invitation(state=InvitationState.SENT)
    return a_message(
        subject_kind=INVITATION,
        subject_id=invitation.id,
        template=INVITATION,
        to_address=invitation.contact.email,
    )


def heard(message: Message, kind: MailEventKind, *, key: str = "", **values: object) -> bool:
    news = MailNews(
        **{
            "message": message,
            "kind": kind,
            "source": "dsn",
            "event_key": key or f"dsn:{kind}",
            "occurred_at": NOW,
            **values,
        }
    )
    with transaction():
        return hear_of_mail(news, now=NOW)


def standing() -> tuple[str, str, int, int]:
    """The invitation's state, the person's, how much is held against them, and how many events are known."""
    db.session.expire_all()
    return (
        db.session.scalars(select(Invitation)).one().state,
        db.session.scalars(select(Contact)).one().status,
        db.session.scalar(select(func.count()).select_from(Evidence)) or 0,
        db.session.scalar(select(func.count()).select_from(MailEvent)) or 0,
    )


def test_a_dead_address_ends_the_invitation_and_speaks_against_the_person(message: Message) -> None:
    assert heard(message, BOUNCED, status="5.1.1")
    assert standing() == (InvitationState.BOUNCED, ContactStatus.BOUNCED, 1, 1)
    assert is_suppressed(message.to_address)


def test_hearing_it_again_changes_nothing(message: Message) -> None:
    assert heard(message, BOUNCED, status="5.1.1")
    before = standing()
    assert not heard(message, BOUNCED, status="5.1.1")
    assert standing() == before


@pytest.mark.parametrize("status", ["", "5.2.2", "5.7.1", "4.4.7"])
def test_another_bounce_ends_the_invitation_and_leaves_the_address(message: Message, status: str) -> None:
    heard(message, BOUNCED, status=status)
    assert standing() == (InvitationState.BOUNCED, ContactStatus.ACTIVE, 0, 1)
    assert not is_suppressed(message.to_address)


def test_a_mail_a_provider_dropped_ends_the_invitation_whatever_code_it_gives(message: Message) -> None:
    heard(message, MailEventKind.DROPPED, status="5.1.1")
    assert standing() == (InvitationState.BOUNCED, ContactStatus.ACTIVE, 0, 1)


def test_a_delay_changes_nothing_for_anybody(message: Message) -> None:
    heard(message, MailEventKind.DEFERRED, status="4.2.2")
    assert standing() == (InvitationState.SENT, ContactStatus.ACTIVE, 0, 1)


def test_a_complaint_opts_out(message: Message) -> None:
    heard(message, COMPLAINED)
    assert standing() == (InvitationState.OPTED_OUT, ContactStatus.OPTED_OUT, 0, 1)
    assert is_suppressed(message.to_address)


def test_whoever_leaves_a_providers_list_is_opted_out_and_has_not_complained(message: Message) -> None:
    heard(message, MailEventKind.ACCEPTED, is_opt_out=True)
    assert standing()[:2] == (InvitationState.OPTED_OUT, ContactStatus.OPTED_OUT)
    db.session.refresh(message)
    assert message.complained_at is None


def test_an_answer_saved_while_a_complaint_is_read_stays_an_answer(message: Message) -> None:
    answered = update(Invitation).values(state=InvitationState.COMPLETED)
    with transaction():
        invitation = db.session.scalars(select(Invitation)).one()
        assert invitation.state == InvitationState.SENT
        db.session.execute(answered.execution_options(synchronize_session=False))
        assert opt_out_reader(message, source="complaint", now=NOW)
    assert standing()[:2] == (InvitationState.COMPLETED, ContactStatus.OPTED_OUT)


def test_a_complaint_about_a_mail_that_asked_nothing_stops_mail_there(app: Flask) -> None:
    message = a_message(to_address="ken@customer.example")
    assert heard(message, COMPLAINED)
    assert is_suppressed("ken@customer.example")


@pytest.mark.parametrize("order", list(permutations([DELIVERED, BOUNCED, COMPLAINED])))
def test_the_order_in_which_things_are_heard_does_not_matter(
    message: Message, order: tuple[MailEventKind, ...]
) -> None:
    for kind in (*order, *order):
        heard(message, kind, status="5.1.1" if kind is BOUNCED else "")
    state, status, _evidence, events = standing()
    assert (state, status, events) == (InvitationState.OPTED_OUT, ContactStatus.OPTED_OUT, 3)
    assert is_suppressed(message.to_address)
