"""The mail that tells a CSM that somebody wrote to us."""

from sqlalchemy import func, select

from integrations.mail.classify.verdict import MailKind, Reason
from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.models import Invitation
from vocapp.core.db import db
from vocapp.core.web import absolute_url
from vocapp.identity.models import User
from vocapp.inbound.correlating import may_hear
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import InboundState
from vocapp.inbound.senders import foreign_senders
from vocapp.outbox.models import Message
from vocapp.outbox.rules import LetterContext
from vocapp.outbox.service import queue_message
from vocapp.responses.queries import is_confidential

TEMPLATE = SUBJECT = "reply_received"
LONGEST_EXCERPT = 600
# While so many replies of one person wait, the page tells of more.
MOST_WAITING = 3


def are_enough_waiting(mail: InboundMail, contact: Contact) -> bool:
    """Whether so many other replies of a person wait that one more mail would tell their CSM nothing."""
    others = select(func.count()).where(
        InboundMail.contact_id == contact.id,
        InboundMail.kind == MailKind.HUMAN,
        InboundMail.state == InboundState.HANDLED,
        InboundMail.done_at.is_(None),
        InboundMail.id != mail.id,
    )
    return (db.session.scalar(others) or 0) >= MOST_WAITING


def queue_reply_mail(mail: InboundMail, csm: User) -> None:
    """Put the mail about a reply on its way to a CSM; once for each reply."""
    queue_message(
        key=f"{TEMPLATE}:{mail.id}",
        template=TEMPLATE,
        context={"user_id": csm.id},
        subject_kind=SUBJECT,
        subject_id=mail.id,
        to_address=csm.email,
        to_name=csm.name,
    )


def reply_received_letter(message: Message) -> LetterContext | None:
    """Return the mail as things are now; None when the reply is gone, dealt with, or no longer theirs."""
    mail = db.session.get(InboundMail, message.subject_id)
    csm = db.session.get(User, message.context["user_id"])
    if mail is None or mail.done_at is not None or csm is None:
        return None
    account = db.session.get(Account, mail.account_id) if mail.account_id else None
    contact = db.session.get(Contact, mail.contact_id) if mail.contact_id else None
    if account is None or contact is None or not may_hear(csm, account.id):
        return None
    invitation = db.session.get(Invitation, mail.invitation_id) if mail.invitation_id else None
    # A number sent in reply to a survey that is answered in confidence is such an answer.
    is_withheld = mail.score is not None and invitation is not None and is_confidential(invitation)
    foreign_sender = foreign_senders([mail]).get(mail.id, "")
    words = "" if is_withheld else " ".join(mail.words.split())
    return LetterContext(
        {
            "name": csm.name,
            "person": contact.full_name or contact.email,
            "account": account.name,
            "subject_line": "" if is_withheld else mail.subject,
            "words": words[:LONGEST_EXCERPT],
            "is_cut": len(words) > LONGEST_EXCERPT,
            "score": None if is_withheld or foreign_sender else mail.score,
            "is_withheld": is_withheld,
            "wants_out": mail.reason == Reason.OPT_OUT_REQUEST,
            "has_left": mail.reason == Reason.LEFT,
            "sender": mail.sender,
            "is_foreign": bool(foreign_sender),
            "page_url": absolute_url("replies.show", mail_id=mail.id),
        }
    )
