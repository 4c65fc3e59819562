"""The mails that bring a report: a link, never the paper itself."""

from babel.dates import format_date

from vocapp.core.db import db
from vocapp.core.web import absolute_url
from vocapp.core.workdays import zone_of
from vocapp.identity.queries import company
from vocapp.outbox.models import Message
from vocapp.outbox.notes import note_paragraphs
from vocapp.outbox.rendering import mail_locale
from vocapp.outbox.rules import LetterContext
from vocapp.reports.titles import title_of
from vocapp.sharing.models import ReportShare
from vocapp.sharing.recipients import problem_with, token_of
from vocapp.sharing.rules import ShareState


def report_ready_letter(message: Message) -> LetterContext | None:
    """Return the mail to a colleague; None once the report is gone or they are."""
    share = _share(message)
    if share is None or share.user is None or not share.user.active:
        return None
    return LetterContext(
        {
            "name": share.to_name,
            "title": title_of(share.report),
            "kind": share.report.kind,
            "page_url": absolute_url("reports.show", report_id=share.report_id),
        }
    )


def report_shared_letter(message: Message) -> LetterContext | None:
    """Return the mail to somebody at a customer; None once it must not go any more."""
    share = _share(message)
    if share is None or share.contact is None or share.expires_at is None:
        return None
    if problem_with(share.contact, share.report.account_id):
        return None
    ours, sender, language = company(), share.sender, message.language
    names = {
        "first_name": " ".join((share.contact.first_name or share.contact.last_name).split()),
        "sender": sender.name or sender.email,
        "company": ours.name if ours else "",
    }
    zone = zone_of(share.contact.time_zone, ours.time_zone if ours else "")
    ends_on = share.expires_at.astimezone(zone)
    return LetterContext(
        {
            **names,
            "sender_title": sender.title,
            "account": title_of(share.report),
            "paragraphs": note_paragraphs(share.note, names),
            "report_url": absolute_url("shared_reports.show", token=token_of(share)),
            "until": format_date(ends_on, "long", locale=mail_locale(language)),
        },
        language=language,
    )


def _share(message: Message) -> ReportShare | None:
    share = db.session.get(ReportShare, message.subject_id)
    return share if share is not None and share.state == ShareState.SENT else None
