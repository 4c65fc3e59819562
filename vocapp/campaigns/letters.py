"""What invitations and reminders say: a note from a person, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from surveys.definition import SurveyDefinition
from surveys.merging import fill_merge_fields
from surveys.translation import best_language, phrase
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import WAITING, InvitationState, WaveState
from vocapp.core.db import db
from vocapp.core.gateways import gateways
from vocapp.core.tokens import derive_token
from vocapp.core.web import absolute_url
from vocapp.core.workdays import zone_of
from vocapp.identity.queries import company
from vocapp.outbox.models import Message
from vocapp.outbox.notes import note_paragraphs
from vocapp.outbox.rendering import mail_locale
from vocapp.outbox.rules import LetterContext
from vocapp.questionnaires.queries import definition_of


@dataclass(frozen=True)
class Reader:
    """To whom a letter is written, and the token of their links; an unknown `first_name` is empty."""

    first_name: str
    language: str
    time_zone: str
    token: str


def invitation_letter(message: Message) -> LetterContext | None:
    """Return the letter of an invitation, or None when it is no longer wanted."""
    return _letter_of(message, is_reminder=False)


def reminder_letter(message: Message) -> LetterContext | None:
    """Return the one reminder of an invitation, with the same links, or None when it is no longer wanted."""
    return _letter_of(message, is_reminder=True)


def read_invitations(invitation_ids: Sequence[int]) -> Sequence[Invitation]:
    """Return invitations with all that their letters need, so that writing many takes one query.

    Keep the result while the letters are written: the session holds its rows only as long as somebody does.
    """
    # Many invitations share a wave: joined, its survey would be read again with each of them.
    wave = selectinload(Invitation.wave).options(joinedload(Wave.owner), joinedload(Wave.survey_version))
    contact = joinedload(Invitation.contact).load_only(
        Contact.first_name, Contact.last_name, Contact.language, Contact.time_zone, Contact.status
    )
    wanted = select(Invitation).where(Invitation.id.in_(invitation_ids))
    return db.session.scalars(wanted.options(contact, wave)).unique().all()


def letter_for(wave: Wave, reader: Reader, *, closes_at: datetime, is_reminder: bool) -> LetterContext:
    """Return what a wave writes to a reader; previews and real mails are made here, from the same wave.

    The CSM's own note stands as written; without one, two sentences of ours stand there in the reader's
    language. Values are plain text, for the template to escape.
    """
    ours = company()
    definition = definition_of(wave.survey_version)
    language = best_language([reader.language], definition.languages)
    names = {
        "first_name": reader.first_name,
        "sender": wave.owner.name or wave.owner.email,
        "company": ours.name if ours else wave.owner.email.rpartition("@")[2],
    }
    answer_url = absolute_url("public.answer", token=reader.token)
    opt_out_url = absolute_url("public.opt_out", token=reader.token)
    values = {
        "token": reader.token,
        "is_reminder": is_reminder,
        "sender": names["sender"],
        "sender_title": wave.owner.title,
        "company": names["company"],
        "first_name": reader.first_name,
        "paragraphs": note_paragraphs(
            wave.personal_note,
            names,
            before=phrase("mail_reminder_intro", language) if is_reminder else "",
            otherwise="" if is_reminder else phrase("mail_intro", language, company=names["company"]),
        ),
        **_question(definition, names, language),
        "scores": [
            (score, f"{answer_url}?score={score}") for score in definition.rating_question.scale or ()
        ],
        "answer_url": answer_url,
        "opt_out_url": opt_out_url,
        "open_until": _date_words(
            closes_at, zone_of(reader.time_zone, ours.time_zone if ours else ""), language
        ),
    }
    return LetterContext(
        values=values,
        language=language,
        list_unsubscribe=opt_out_url,
    )


def reader_of(contact: Contact, *, token: str, language: str | None = None) -> Reader:
    """Return a contact as the reader of a letter; `language` overrides their own."""
    name = " ".join((contact.first_name or contact.last_name).split())
    return Reader(name, language or contact.language, contact.time_zone, token)


def answer_token(invitation: Invitation) -> str:
    """Return the token of an invitation's links, the same in the invitation and its reminder."""
    return derive_token(gateways().settings.secret_key, "answer", invitation.nonce)


def _letter_of(message: Message, *, is_reminder: bool) -> LetterContext | None:
    invitation = db.session.get(Invitation, message.subject_id)
    if invitation is None or not _is_wanted(invitation) or invitation.wave.closes_at is None:
        return None
    reader = reader_of(invitation.contact, token=answer_token(invitation), language=invitation.language)
    return letter_for(invitation.wave, reader, closes_at=invitation.wave.closes_at, is_reminder=is_reminder)


def _is_wanted(invitation: Invitation) -> bool:
    return (
        invitation.wave.state == WaveState.OPEN
        and invitation.state in WAITING | {InvitationState.PLANNED}
        and invitation.contact.status == ContactStatus.ACTIVE
    )


def _question(definition: SurveyDefinition, names: dict[str, str], language: str) -> dict[str, object]:
    words = definition.rating_question.texts[language]
    scale = definition.rating_question.scale or range(0)
    return {
        "question": fill_merge_fields(words.prompt, names),
        "ends": [(scale[0], words.low), (scale[-1], words.high)] if scale else [],
    }


def _date_words(moment: datetime, zone: ZoneInfo, language: str) -> str:
    return format_date(moment.astimezone(zone), "long", locale=mail_locale(language))
