"""The built-in mailbox: which mails a signed-in person may read there."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from flask import abort
from flask_login import current_user

from integrations.mail.mailbox import Mailbox, MailSummary, StoredMail
from vocapp.core.gateways import gateways
from vocapp.core.web import PAGE_SIZE, Page
from vocapp.outbox.rules import may_read_mail


@dataclass(frozen=True)
class Line:
    """One mail in the list; a person without a name goes by their address."""

    key: str
    subject: str
    to_name: str
    to_address: str
    from_name: str
    received_at: datetime


def readable_mails(*, number: int, search: str) -> Page:
    """Return page `number` (1-based; out of range gives the last) of what this person may read, newest first.

    404 when mails go to a mail server.
    """
    mailbox = _mailbox_or_404()
    is_shown = None if current_user.role == "admin" else _is_readable
    found = mailbox.list_mail(number, PAGE_SIZE, search, is_shown=is_shown)
    if not found.mails and found.total:
        found = mailbox.list_mail(-(-found.total // PAGE_SIZE), PAGE_SIZE, search, is_shown=is_shown)
    return Page([_line(mail) for mail in found.mails], found.page, PAGE_SIZE, found.total)


def readable_mail_or_404(key: str) -> StoredMail:
    """Return a mail; 404 when there is none, or this person may not read it."""
    mail = _mailbox_or_404().read_mail(key)
    if mail is None or not _may_read(mail.content.recipient, _header(mail, "reply-to")):
        abort(404)
    return mail


def _line(mail: MailSummary) -> Line:
    to_name, to_address = parseaddr(mail.recipient)
    from_name, from_address = parseaddr(mail.sender)
    return Line(
        key=mail.key,
        subject=mail.subject,
        to_name=to_name or to_address,
        to_address=to_address,
        from_name=from_name or from_address,
        received_at=mail.received_at,
    )


def _mailbox_or_404() -> Mailbox:
    return gateways().mailbox or abort(404)


def _header(mail: StoredMail, wanted: str) -> str:
    return next((value for name, value in mail.content.headers if name.lower() == wanted), "")


def _is_readable(mail: MailSummary) -> bool:
    return _may_read(mail.recipient, mail.reply_to)


def _may_read(recipient: str, reply_to: str) -> bool:
    return may_read_mail(
        current_user.role,
        current_user.email,
        reply_to=parseaddr(reply_to)[1],
        recipient=parseaddr(recipient)[1],
    )
