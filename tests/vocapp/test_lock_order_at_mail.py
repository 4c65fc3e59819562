"""What is heard of a mail while its reader does something: nobody waits for each other in a circle."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.builders import NOW, a_contact, an_invitation, token_of
from tests.vocapp.meetings import a_live_wave, a_sent_mail, at_once, get, opting_out, within_transaction
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.freshness.models import Evidence
from vocapp.outbox.models import MailEvent, Message
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.rules import MailEventKind
from vocapp.workflows.mail_news import MailNews, hear_of_mail

ADDRESS = "ana@customer.example"


def hearing(mail: int, kind: MailEventKind, *, key: str = "", **values: str) -> Callable[[], object]:
    """Work that hears something of a mail."""

    def hear() -> None:
        news = MailNews(
            message=get(Message, mail),
            kind=kind,
            source="postmark",
            event_key=key or f"postmark:{kind}",
            occurred_at=NOW,
            **values,
        )
        hear_of_mail(news, now=NOW)

    return within_transaction(hear)


@pytest.fixture
def mails(slow_app: Flask) -> list[int]:
    """Two mails to one address, which two people have."""
    with slow_app.app_context():
        invitations = [an_invitation(a_live_wave(), a_contact(email=ADDRESS)) for _ in range(2)]
        return [a_sent_mail(invitation) for invitation in invitations]


def statuses() -> set[str]:
    return set(db.session.scalars(select(Contact.status).where(Contact.email == ADDRESS)))


def test_the_same_event_comes_twice_at_once(slow_app: Flask, mails: list[int]) -> None:
    bounced = hearing(mails[0], MailEventKind.BOUNCED, status="5.1.1")
    at_once(slow_app, bounced, bounced)
    with slow_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(MailEvent)) == 1
        assert db.session.scalar(select(func.count()).select_from(Evidence)) == 2
        assert statuses() == {ContactStatus.BOUNCED}


def test_one_mail_bounces_and_another_to_the_same_address_is_complained_about(
    slow_app: Flask, mails: list[int]
) -> None:
    bounced = hearing(mails[0], MailEventKind.BOUNCED, status="5.1.1")
    complained = hearing(mails[1], MailEventKind.COMPLAINED)
    at_once(slow_app, bounced, complained)
    with slow_app.app_context():
        assert statuses() == {ContactStatus.OPTED_OUT}
        assert is_suppressed(ADDRESS)


@pytest.mark.parametrize("kind", [MailEventKind.BOUNCED, MailEventKind.COMPLAINED, MailEventKind.DROPPED])
def test_a_mail_is_reported_on_while_its_reader_opts_out(
    slow_app: Flask, mails: list[int], kind: MailEventKind
) -> None:
    with slow_app.app_context():
        token = token_of(an_invitation(a_live_wave(), a_contact(email=ADDRESS)))
    status = "5.1.1" if kind is MailEventKind.BOUNCED else ""
    at_once(slow_app, hearing(mails[0], kind, status=status), opting_out(slow_app, token))
    with slow_app.app_context():
        assert statuses() == {ContactStatus.OPTED_OUT}
        assert is_suppressed(ADDRESS)


def test_everything_is_heard_of_one_mail_at_once(slow_app: Flask, mails: list[int]) -> None:
    kinds = (MailEventKind.DELIVERED, MailEventKind.BOUNCED, MailEventKind.COMPLAINED, MailEventKind.DEFERRED)
    at_once(slow_app, *(hearing(mails[0], kind, status="5.1.1") for kind in kinds))
    with slow_app.app_context():
        assert statuses() == {ContactStatus.OPTED_OUT}
        assert db.session.scalar(select(func.count()).select_from(MailEvent)) == 4
