"""A mail as one person will get it, before anybody gets it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from vocapp.accounts.models import Contact
from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.letters import Reader, letter_for, reader_of, wording_of
from vocapp.campaigns.models import Wave, wave_accounts
from vocapp.campaigns.rules import DEFAULT_LENGTH, Letter
from vocapp.campaigns.wording import Wording
from vocapp.core.db import db
from vocapp.outbox.rendering import RenderedMail, render_letter
from vocapp.questionnaires.queries import definition_of

# The links of a preview lead nowhere: no invitation has this token.
PREVIEW_TOKEN = "preview"  # noqa: S105 - opens nothing


@dataclass(frozen=True)
class PreviewedMail:
    """What one person will read, and from whom to whom."""

    contact: Contact
    from_name: str
    reply_to: str
    mail: RenderedMail


def mail_to(
    wave: Wave,
    contact_id: int,
    *,
    now: datetime,
    kind: Letter = Letter.INVITATION,
    wording: Wording | None = None,
) -> PreviewedMail | None:
    """Return a mail of a wave to a contact of one of its accounts, None for anybody else.

    `wording` stands in for the wave's own, to look at words before they are kept.
    """
    known = (
        select(Contact)
        .join(wave_accounts, wave_accounts.c.account_id == Contact.account_id)
        .where(wave_accounts.c.wave_id == wave.id, Contact.id == contact_id)
        .where(Contact.account_id.in_(visible_account_ids(wave.owner)))
    )
    contact = db.session.scalar(known)
    if contact is None:
        return None
    letter = letter_for(
        wave,
        reader_of(
            contact,
            token=PREVIEW_TOKEN,
            definition=definition_of(wave.survey_version),
            account=contact.account.name,
        ),
        closes_at=wave.closes_at or (wave.launch_at or now) + DEFAULT_LENGTH,
        letter=kind,
        wording=wording,
    )
    mail = render_letter(template_of(kind), letter)
    return PreviewedMail(contact, wave.owner.name, wave.owner.email, mail)


def mail_in(wave: Wave, language: str, *, now: datetime, kind: Letter, wording: Wording) -> RenderedMail:
    """Return a mail of a wave in a language, to somebody named like its owner where nobody is asked in it."""
    name = (wave.owner.name or wave.owner.email).split(" ")[0]
    letter = letter_for(
        wave,
        Reader(name, language, "", PREVIEW_TOKEN, account="…"),
        closes_at=wave.closes_at or (wave.launch_at or now) + DEFAULT_LENGTH,
        letter=kind,
        wording=wording,
    )
    return render_letter(template_of(kind), letter)


def said_preview(wave: Wave, *, now: datetime) -> RenderedMail | None:
    """Return the mail that tells what was done, in the survey's own language; None where there is nothing."""
    if not wave.we_did:
        return None
    language = definition_of(wave.survey_version).default_language
    return mail_in(wave, language, now=now, kind=Letter.YOU_SAID, wording=wording_of(wave))


def template_of(letter: Letter) -> str:
    """Return the template of a letter."""
    return Letter.REMINDER if letter is Letter.LAST_REMINDER else letter
