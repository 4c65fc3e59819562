"""Mail that came back to the demo company: replies, somebody who is away, a mailbox that is full.

It takes the way of every mail: kept as it came, and judged by a job.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from vocapp.accounts.models import Account
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.campaigns.service import INVITATION
from vocapp.core.db import db
from vocapp.core.gateways import gateways
from vocapp.demo.stories import SILENT, STORY_NAMES
from vocapp.identity.models import User
from vocapp.inbound.letters import SUBJECT as REPLY_RECEIVED
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import Way
from vocapp.inbound.service import receive_mail
from vocapp.outbox.models import MailEvent, Message
from vocapp.outbox.rules import MessageState, message_id_for

# By this the demo's mails are found again when it goes.
ADDRESS = "voice@kestrel.example"
DAYS_AWAY = 12
SCORE = "9, the new reports save me an hour every week.\n\nBest regards\n{first_name}"
QUESTION = (
    "Happy to answer, but first: when does the audit log come that we talked about in spring? "
    "Our auditors are here next month.\n\nThanks\n{first_name}"
)
REFERRAL = (
    "I have changed teams and am not the right person any more. "
    "Please ask my colleague Maria instead: {colleague}\n\n{first_name}"
)
AWAY = (
    "Thank you for your message. I am out of the office until {back} and will answer when I am back.\n\n"
    "{first_name} {last_name}"
)
FULL = """\
From: MAILER-DAEMON@{domain}
To: {address}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain

Your mail could not be delivered: the mailbox is full.

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.{domain}

Final-Recipient: rfc822; {email}
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 <{email}>: mailbox is full

--part
Content-Type: text/rfc822-headers

From: {address}
To: {email}
Message-ID: {message_id}

--part--
"""


def bring_mail_in(*, now: datetime) -> None:
    """Let some who were asked lately write back, first of all to the first CSM."""
    bodies = (SCORE, QUESTION, REFERRAL, AWAY, FULL)
    for number, (invitation, body) in enumerate(zip(_asked(len(bodies)), bodies, strict=False)):
        message = _sent_message(invitation)
        at = now - timedelta(hours=3 + 17 * number)
        receive_mail(
            _raw(body, invitation, message, now=now).replace("\n", "\r\n").encode(),
            via=Way.PIPE,
            envelope_from="" if body is FULL else invitation.contact.email,
            envelope_to=ADDRESS,
            now=at,
        )


def forget_mail() -> None:
    """Take out what came in, and what was written because of it or to ask for it; before the invitations."""
    came_in = select(InboundMail.id).where(InboundMail.envelope_to == ADDRESS).scalar_subquery()
    told = Message.subject_kind == REPLY_RECEIVED, Message.subject_id.in_(came_in)
    asked = select(Invitation.id).join(Wave, Wave.id == Invitation.wave_id).where(Wave.is_demo)
    asking = Message.subject_kind == INVITATION, Message.subject_id.in_(asked.scalar_subquery())
    for which in (told, asking):
        messages = select(Message.id).where(*which).scalar_subquery()
        db.session.execute(delete(MailEvent).where(MailEvent.message_id.in_(messages)))
        db.session.execute(delete(Message).where(*which).execution_options(synchronize_session=False))
    db.session.execute(delete(InboundMail).where(InboundMail.envelope_to == ADDRESS))


def _asked(most: int) -> Sequence[Invitation]:
    """Return people who have not answered an open wave yet, the first CSM's and the English first."""
    first = select(User.id).where(User.is_demo).order_by(User.id).limit(1).scalar_subquery()
    waiting = (
        select(Invitation)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Account, Account.id == Invitation.account_id)
        .where(
            Wave.is_demo,
            Wave.state == WaveState.OPEN,
            Invitation.state == InvitationState.DELIVERED,
            Account.name != STORY_NAMES[SILENT],
        )
        .options(joinedload(Invitation.contact))
        .order_by(Wave.owner_id != first, Invitation.language != "en", Invitation.id)
    )
    return db.session.scalars(waiting.limit(most)).all()


def _sent_message(invitation: Invitation) -> Message:
    """Put the mail that asked somebody on record, as it went out."""
    settings = gateways().settings
    key = f"{INVITATION}:{invitation.id}"
    message = Message(
        key=key,
        message_id=message_id_for(key, mail_from=settings.mail_from, secret=settings.secret_key),
        template="invitation",
        context={},
        subject_kind=INVITATION,
        subject_id=invitation.id,
        language=invitation.language,
        to_address=invitation.contact.email,
        to_name=invitation.contact.full_name,
        state=MessageState.SENT,
        attempts=1,
        tried_at=invitation.sent_at,
        sent_at=invitation.sent_at,
        created_at=invitation.created_at,
    )
    db.session.add(message)
    db.session.flush()
    return message


def _raw(body: str, invitation: Invitation, message: Message, *, now: datetime) -> str:
    contact = invitation.contact
    domain = contact.email.partition("@")[2]
    back = (now + timedelta(days=DAYS_AWAY)).date()
    text = body.format(
        first_name=contact.first_name,
        last_name=contact.last_name,
        email=contact.email,
        domain=domain,
        colleague=f"maria.keller@{domain}",
        back=f"{back.day} {back:%B} {back.year}",
        address=ADDRESS,
        message_id=message.message_id,
    )
    if body is FULL:
        return text
    is_away = body is AWAY
    lines = [
        f"From: {contact.email}",
        f"To: {ADDRESS}",
        "Subject: " + ("Automatic reply: " if is_away else "Re: ") + "One question",
        f"In-Reply-To: {message.message_id}",
        *(["Auto-Submitted: auto-replied"] if is_away else []),
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    return "\n".join([*lines, "", text, ""])
