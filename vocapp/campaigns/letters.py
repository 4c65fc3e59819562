"""What the mails of a wave say: a note from a person, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from surveys.definition import SurveyDefinition
from surveys.translation import best_language, phrase
from surveys.wording import Spoken, words_of
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import UNSENT, WAITING, InvitationState, Letter, WaveState
from vocapp.campaigns.wording import EVERY, Part, Wording, fill_words, lock_of, paragraphs_of
from vocapp.core.db import db
from vocapp.core.gateways import gateways
from vocapp.core.tokens import derive_token
from vocapp.core.web import absolute_url
from vocapp.core.workdays import zone_of
from vocapp.identity.models import Company
from vocapp.identity.queries import company
from vocapp.outbox.models import Message
from vocapp.outbox.notes import note_paragraphs
from vocapp.outbox.rendering import mail_locale
from vocapp.outbox.rules import FormLetter, LetterContext
from vocapp.questionnaires.queries import definition_of


@dataclass(frozen=True)
class Reader:
    """To whom a letter is written, where they work, and the token of their links; a name may be empty.

    `personas` are those that a survey has words of its own for, and may be empty where it has none.
    """

    first_name: str
    language: str
    time_zone: str
    token: str
    personas: frozenset[str] = frozenset()
    account: str = ""


@dataclass(frozen=True)
class Links:
    """Where a letter leads: to the answer, and off the list ("" in a letter nobody is to be taken off by)."""

    answer_url: str
    opt_out_url: str


# The letters that ask, with the scores to choose from.
ASKING = frozenset({Letter.INVITATION, Letter.REMINDER, Letter.LAST_REMINDER})


def heads_up_letter(message: Message) -> FormLetter | None:
    """Return the note that tells a champion who is about to be asked, or None when it is no longer wanted."""
    return _letter_of(message, Letter.HEADS_UP)


def prenotice_letter(message: Message) -> FormLetter | None:
    """Return the note that announces a question, or None when it is no longer wanted."""
    return _letter_of(message, Letter.PRENOTICE)


def invitation_letter(message: Message) -> FormLetter | None:
    """Return the letter of an invitation, or None when it is no longer wanted."""
    return _letter_of(message, Letter.INVITATION)


def reminder_letter(message: Message) -> FormLetter | None:
    """Return a reminder of an invitation, with the same links, or None when it is no longer wanted."""
    is_last = message.context.get("step", 1) > 1
    return _letter_of(message, Letter.LAST_REMINDER if is_last else Letter.REMINDER)


def thanks_letter(message: Message) -> FormLetter | None:
    """Return the thanks for an answer, with the day by which its author hears from us if they want that."""
    invitation = _answered(message)
    if invitation is None:
        return None
    return _form_letter(invitation, Letter.THANKS, reply_by=message.context.get("reply_by") or "")


def you_said_letter(message: Message) -> FormLetter | None:
    """Return what was done about the answers, told to somebody who gave one; None when it was taken back."""
    invitation = _answered(message)
    if invitation is None or not invitation.wave.we_did:
        return None
    return _form_letter(invitation, Letter.YOU_SAID)


def read_invitations(invitation_ids: Sequence[int]) -> Sequence[Invitation]:
    """Return invitations with all that their letters need, so that writing many takes one query.

    Keep the result while the letters are written: the session holds its rows only as long as somebody does.
    """
    # Many invitations share a wave: joined, its survey would be read again with each of them.
    wave = selectinload(Invitation.wave).options(joinedload(Wave.owner), joinedload(Wave.survey_version))
    contact = joinedload(Invitation.contact).load_only(
        Contact.first_name, Contact.last_name, Contact.language, Contact.time_zone, Contact.status
    )
    account = joinedload(Invitation.account).load_only(Account.name)
    wanted = select(Invitation).where(Invitation.id.in_(invitation_ids))
    return db.session.scalars(wanted.options(contact, account, wave)).unique().all()


def letter_for(
    wave: Wave,
    reader: Reader,
    *,
    closes_at: datetime,
    letter: Letter,
    wording: Wording | None = None,
    links: Links | None = None,
    after: Sequence[list[str]] = (),
) -> LetterContext:
    """Return what a wave writes to a reader; previews and real mails are made here, from the same wave.

    `wording` stands in for the wave's own, `links` for those of the reader's token; `after` are paragraphs
    behind the letter's own. Values are plain text, for the template to escape.
    """
    ours = company()
    wording = wording or wording_of(wave, ours)
    links = links or links_of(reader.token)
    definition = definition_of(wave.survey_version)
    language = best_language([reader.language], definition.languages)
    names = {
        "first_name": reader.first_name,
        "sender": wave.owner.name or wave.owner.email,
        "company": ours.name if ours else wave.owner.email.rpartition("@")[2],
        "account": reader.account,
        "open_until": _date_words(
            closes_at, zone_of(reader.time_zone, ours.time_zone if ours else ""), language
        ),
    }

    def said(step: str, part: Part) -> str:
        return fill_words(wording.text(step, part, language), names)

    values = {
        "token": reader.token,
        "subject": said(letter, Part.SUBJECT),
        "closing": said(EVERY, Part.CLOSING).split("\n"),
        "legal": said(EVERY, Part.LEGAL).split("\n"),
        "sender": names["sender"],
        "sender_title": wave.owner.title,
        "company": names["company"],
        "first_name": reader.first_name,
        "paragraphs": [*_paragraphs(wave, letter, language, names, wording), *after],
        **_question(definition, Spoken(language, definition.default_language, reader.personas, names)),
        "scores": [
            (score, f"{links.answer_url}?score={score}") for score in definition.rating_question.scale or ()
        ],
        "answer_url": links.answer_url,
        "opt_out_url": links.opt_out_url,
        "open_until": names["open_until"],
        "is_asking": letter in ASKING,
    }
    return LetterContext(values=values, language=language, list_unsubscribe=links.opt_out_url or None)


def wording_of(wave: Wave, ours: Company | None = None) -> Wording:
    """Return the words of a wave: its own, the company's (`ours` where it is at hand), and what is locked."""
    ours = ours or company()
    if ours is None:
        return Wording(wave.mail_words, {}, frozenset())
    is_confidential = definition_of(wave.survey_version).is_confidential
    return Wording(wave.mail_words, ours.mail_words, frozenset(ours.locked_words), is_confidential)


def links_of(token: str) -> Links:
    """Return the links of somebody's token."""
    return Links(absolute_url("public.answer", token=token), absolute_url("public.opt_out", token=token))


def reader_of(
    contact: Contact, *, token: str, definition: SurveyDefinition, account: str, language: str | None = None
) -> Reader:
    """Return a contact as the reader of a letter about a survey; `language` overrides their own."""
    name = " ".join((contact.first_name or contact.last_name).split())
    # Letters are many and words for a persona are rare: only then is it worth reading who they are.
    is_spoken_to = bool(definition.rating_question.variants)
    personas = frozenset(persona.key for persona in contact.personas) if is_spoken_to else frozenset()
    return Reader(name, language or contact.language, contact.time_zone, token, personas, account)


def answer_token(invitation: Invitation) -> str:
    """Return the token of an invitation's links, the same in the invitation and its reminder."""
    return derive_token(gateways().settings.secret_key, "answer", invitation.nonce)


def _paragraphs(
    wave: Wave, letter: Letter, language: str, names: Mapping[str, str], wording: Wording
) -> list[list[str]]:
    """Return the words between greeting and question.

    A note of the CSM's takes the place of the standard in the invitation, and stands behind everything else.
    """
    body = paragraphs_of(fill_words(wording.text(letter, Part.BODY, language), names))
    if letter is Letter.YOU_SAID:
        return [*body, *paragraphs_of(wave.we_did)]
    if letter not in ASKING:
        return body
    note = note_paragraphs(wave.personal_note, names)
    is_bound = bool(wording.own_text(letter, Part.BODY, language)) or (
        lock_of(letter, Part.BODY) in wording.locked
    )
    return note if note and letter is Letter.INVITATION and not is_bound else [*body, *note]


def _letter_of(message: Message, letter: Letter) -> FormLetter | None:
    invitation = db.session.get(Invitation, message.subject_id)
    if invitation is None or not _is_wanted(invitation):
        return None
    return _form_letter(invitation, letter)


def _form_letter(invitation: Invitation, letter: Letter, *, reply_by: str = "") -> FormLetter | None:
    """Return what a wave writes to many, with the name, account and links of one; None without an end.

    `reply_by` is the day (ISO) by which somebody who asked for it hears from us.
    """
    wave, reader = invitation.wave, _reader(invitation)
    closes_at = wave.closes_at
    if closes_at is None:
        return None

    def write(words: Mapping[str, str]) -> LetterContext:
        promised = [[_reply_words(date.fromisoformat(reply_by), reader.language)]] if reply_by else []
        first_name, account, token = words["first_name"], words["account"], words["token"]
        addressed = replace(reader, first_name=first_name, account=account, token=token)
        return letter_for(wave, addressed, closes_at=closes_at, letter=letter, after=promised)

    blanks = {"first_name": reader.first_name, "account": reader.account, "token": reader.token}
    form = (wave.id, letter, reader.language, reader.time_zone, reader.personas, reply_by)
    return FormLetter(form, blanks, write)


def _reader(invitation: Invitation) -> Reader:
    return reader_of(
        invitation.contact,
        token=answer_token(invitation),
        definition=definition_of(invitation.wave.survey_version),
        account=invitation.account.name,
        language=invitation.language,
    )


def _answered(message: Message) -> Invitation | None:
    """Return the invitation of a letter to somebody who answered, None when it is no longer wanted."""
    invitation = db.session.get(Invitation, message.subject_id)
    if invitation is None or invitation.state != InvitationState.COMPLETED:
        return None
    return invitation if invitation.contact.status == ContactStatus.ACTIVE else None


def _reply_words(day: date, language: str) -> str:
    return phrase(
        "mail_thanks_contact", language, date=format_date(day, "long", locale=mail_locale(language))
    )


def _is_wanted(invitation: Invitation) -> bool:
    return (
        invitation.wave.state == WaveState.OPEN
        and invitation.stopped_at is None
        # One that was given up may be tried once more.
        and invitation.state in WAITING | UNSENT | {InvitationState.PLANNED}
        and invitation.contact.status == ContactStatus.ACTIVE
    )


def _question(definition: SurveyDefinition, speaking: Spoken) -> dict[str, object]:
    words = words_of(definition.rating_question, speaking)
    scale = definition.rating_question.scale or range(0)
    return {
        "question": words.prompt,
        "ends": [(scale[0], words.low), (scale[-1], words.high)] if scale else [],
    }


def _date_words(moment: datetime, zone: ZoneInfo, language: str) -> str:
    return format_date(moment.astimezone(zone), "long", locale=mail_locale(language))
