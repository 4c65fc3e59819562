"""What the mails to a champion say: a note from a person, in the reader's language, with one link."""

from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date

from surveys.translation import best_language, phrase, phrase_book
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.core.web import absolute_url
from vocapp.core.workdays import zone_of
from vocapp.identity.models import User
from vocapp.identity.queries import company
from vocapp.outbox.models import Message
from vocapp.outbox.notes import note_paragraphs
from vocapp.outbox.rendering import RenderedMail, mail_locale, render_letter
from vocapp.outbox.rules import LetterContext
from vocapp.rosters.champion import token_of
from vocapp.rosters.champion_queries import REQUEST, is_still_there
from vocapp.rosters.champion_rules import UNANSWERED
from vocapp.rosters.models import RosterRequest

# The links of a preview lead nowhere: no request has this token.
PREVIEW_TOKEN = "preview"  # noqa: S105 - opens nothing


@dataclass(frozen=True)
class Asking:
    """Who asks whom in which words, until when."""

    champion: Contact
    sender: User
    note: str
    language: str
    expires_at: datetime
    token: str = PREVIEW_TOKEN


def request_letter(message: Message) -> LetterContext | None:
    """Return the letter that asks a champion, or None when it is no longer wanted."""
    return _letter_of(message, is_reminder=False)


def reminder_letter(message: Message) -> LetterContext | None:
    """Return the one reminder of a request, with the same link, or None when it is no longer wanted."""
    return _letter_of(message, is_reminder=True)


def preview_of(champion: Contact, *, sender: User, note: str, expires_at: datetime) -> RenderedMail:
    """Return the mail as a champion would get it; its link leads nowhere."""
    spoken = best_language([champion.language], phrase_book().languages)
    return render_letter(REQUEST, letter_for(Asking(champion, sender, note, spoken, expires_at)))


def letter_for(asking: Asking, *, is_reminder: bool = False) -> LetterContext:
    """Return what a champion reads; previews and real mails are made here. Values are plain text."""
    ours, spoken, sender = company(), asking.language, asking.sender
    names = {
        "first_name": " ".join((asking.champion.first_name or asking.champion.last_name).split()),
        "sender": sender.name or sender.email,
        "company": ours.name if ours else sender.email.rpartition("@")[2],
    }
    zone = zone_of(asking.champion.time_zone, ours.time_zone if ours else "")
    ends_on = asking.expires_at.astimezone(zone)
    opt_out_url = absolute_url("public.opt_out", token=asking.token)
    values = {
        **names,
        "is_reminder": is_reminder,
        "sender_title": sender.title,
        "account": asking.champion.account.name,
        "paragraphs": note_paragraphs(
            asking.note,
            names,
            before=phrase("roster_mail_reminder_intro", spoken) if is_reminder else "",
        ),
        "roster_url": absolute_url("roster_page.show", token=asking.token),
        "opt_out_url": opt_out_url,
        "open_until": format_date(ends_on, "long", locale=mail_locale(spoken)),
    }
    return LetterContext(values=values, language=spoken, list_unsubscribe=opt_out_url)


def _letter_of(message: Message, *, is_reminder: bool) -> LetterContext | None:
    request = db.session.get(RosterRequest, message.subject_id)
    if request is None or request.state not in UNANSWERED or request.contact.status != ContactStatus.ACTIVE:
        return None
    # Nobody would read what comes back to somebody who left us.
    if not is_still_there(request) or (is_reminder and not request.sender.active):
        return None
    asking = Asking(
        champion=request.contact,
        sender=request.sender,
        note=request.personal_note,
        language=request.language,
        expires_at=request.expires_at,
        token=token_of(request.nonce),
    )
    return letter_for(asking, is_reminder=is_reminder)
