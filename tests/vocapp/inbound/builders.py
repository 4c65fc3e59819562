"""Mails that come in for tests: bounces, complaints, automatic replies, and what people write."""

from datetime import datetime
from typing import Any

from tests.builders import NOW, a_company, a_contact, a_user, a_wave, an_account, an_invitation
from tests.vocapp.outbox.builders import a_message
from vocapp.accounts.models import Contact
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import Way
from vocapp.inbound.service import receive_mail
from vocapp.outbox.models import Message
from vocapp.outbox.return_path import return_path_of
from vocapp.outbox.rules import MessageState
from vocapp.worker import run_due_jobs

DOMAIN = "bounce.vendor.example"


def an_asked_person(
    state: InvitationState = InvitationState.DELIVERED, *, template: str = "invitation", **values: object
) -> tuple[Invitation, Message]:
    """Somebody who was asked by a mail that left, in a wave of a CSM who owns the account as well."""
    a_company()
    csm = a_user(name="Rosa Diaz")
    contact = a_contact(an_account(name="Acme", owner_id=csm.id), **values)
    invitation = an_invitation(a_wave(csm, is_any_hour=True), contact, state=state)
    return invitation, a_sent_message(invitation, template=template)


def a_sent_message(
    invitation: Invitation, *, template: str = "invitation", state: MessageState = MessageState.SENT
) -> Message:
    """A mail about an invitation that left."""
    message = a_message(
        key=f"{template}:{invitation.id}",
        template=template,
        context={},
        subject_kind="invitation",
        subject_id=invitation.id,
        to_address=invitation.contact.email,
    )
    with transaction():
        message.state, message.attempts, message.sent_at, message.tried_at = state, 1, NOW, NOW
    return message


def came_in(raw: bytes, **values: Any) -> InboundMail:
    """Take a mail in, let the jobs run, and return it as it stands then."""
    mail = taken_in(raw, **values)
    run_due_jobs()
    db.session.expire_all()
    return mail


def taken_in(raw: bytes, *, to: str = "", sender: str = "", at: datetime = NOW) -> InboundMail:
    """Take a mail in, and return it; nobody looked at it yet."""
    with transaction():
        assert receive_mail(raw, via=Way.PIPE, envelope_from=sender, envelope_to=to, now=at)
    return db.session.scalars(db.select(InboundMail).order_by(InboundMail.id.desc()).limit(1)).one()


def a_bounce(
    message: Message,
    *,
    status: str = "5.1.1",
    action: str = "failed",
    recipient: str | None = None,
    said: str = "smtp; 550 User unknown",
) -> bytes:
    """A delivery report (RFC 3464) about a mail of ours."""
    recipient = message.to_address if recipient is None else recipient
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.customer.example>\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nI could not deliver your mail.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.customer.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: {said} ({status})\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {message.message_id}\r\nSubject: One question\r\n\r\n--b--\r\n"
    ).encode()


def a_complaint(message: Message, *, feedback: str = "abuse") -> bytes:
    """A feedback report (RFC 5965) about a mail of ours."""
    return (
        "From: fbl@provider.example\r\nSubject: Complaint\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is a complaint.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        f"Feedback-Type: {feedback}\r\nUser-Agent: Provider/1\r\nVersion: 1\r\n\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"Message-ID: {message.message_id}\r\nTo: redacted@provider.example\r\n\r\nHello\r\n\r\n--b--\r\n"
    ).encode()


def an_automatic_reply(
    words: str, *, subject: str = "Automatic reply: One question", sender: str = "ana@customer.example"
) -> bytes:
    """What a mailbox answers by itself, to the address our mail came from."""
    return (
        f"From: {sender}\r\nSubject: {subject}\r\nAuto-Submitted: auto-replied\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
    ).encode()


def a_reply(words: str, *, to: Message | None = None, sender: str = "") -> bytes:
    """What a person writes, in answer to a mail of ours or to none; without a sender, whoever we wrote to."""
    sender = sender or (to.to_address if to else "ana@customer.example")
    answered = f"In-Reply-To: {to.message_id}\r\n" if to else ""
    return (
        f"From: Ana <{sender}>\r\nTo: voice@vendor.example\r\nSubject: Re: One question\r\n{answered}"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
    ).encode()


def bounced(message: Message, **report: str) -> InboundMail:
    """Let a bounce of a message come back to its return path."""
    return came_in(a_bounce(message, **report), to=return_path_of(message))


def replied_by_itself(message: Message, words: str, **values: str) -> InboundMail:
    """Let a mailbox answer a message by itself, just now."""
    return came_in(an_automatic_reply(words, **values), to=return_path_of(message), at=utcnow())


def person_of(invitation: Invitation) -> Contact:
    """The person asked, as the database has them now."""
    return db.session.get_one(Contact, invitation.contact_id, populate_existing=True)
