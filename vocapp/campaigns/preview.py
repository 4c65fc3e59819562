"""A mail as one person will get it, before anybody gets it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from vocapp.accounts.models import Contact
from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.letters import letter_for, reader_of
from vocapp.campaigns.models import Wave, wave_accounts
from vocapp.campaigns.rules import DEFAULT_LENGTH
from vocapp.core.db import db
from vocapp.outbox.rendering import RenderedMail, render_letter

# The links of a preview lead nowhere: no invitation has this token.
PREVIEW_TOKEN = "preview"  # noqa: S105


@dataclass(frozen=True)
class PreviewedMail:
    """What one person will read, and from whom to whom."""

    contact: Contact
    from_name: str
    reply_to: str
    mail: RenderedMail


def mail_to(wave: Wave, contact_id: int, *, now: datetime, is_reminder: bool = False) -> PreviewedMail | None:
    """Return the mail of a wave to a contact of one of its accounts, None for anybody else."""
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
        reader_of(contact, token=PREVIEW_TOKEN),
        closes_at=wave.closes_at or (wave.launch_at or now) + DEFAULT_LENGTH,
        is_reminder=is_reminder,
    )
    mail = render_letter("reminder" if is_reminder else "invitation", letter)
    return PreviewedMail(contact, wave.owner.name, wave.owner.email, mail)
