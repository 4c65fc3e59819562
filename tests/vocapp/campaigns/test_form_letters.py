"""A letter printed once for many says, byte for byte, what it would say were it written for each."""

from copy import deepcopy
from email import message_from_bytes

import pytest
from markupsafe import escape
from sqlalchemy import event

from surveys.translation import phrase_book
from tests.builders import NOW, a_company, a_contact, a_user, a_wave, an_account, an_invitation, token_of
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState, Letter
from vocapp.campaigns.service import INVITATION
from vocapp.core.db import db, transaction
from vocapp.outbox.models import Message
from vocapp.outbox.rendering import Forms, finish_mail, render_letter
from vocapp.outbox.rules import FormLetter
from vocapp.workflows.deliver_mail import LETTERS

pytestmark = pytest.mark.usefixtures("app")

LANGUAGES = sorted(phrase_book().languages)
PERSONAS = ((), ("champion",), ("decision_maker", "champion"))
# Names of people and accounts that somebody or something might take for more than a name.
NAMES = (
    "Ana",
    'Ken <b> & "Söhne" O\'Brien; \\1 \\g<0> $1',
    "{{ 7*7 }} {{account}} {% for x in y %}",
    "&amp; &#39; <!-- ]]> --> %20",
    "山田 太郎",
    "हिन्दी e\u0301 🎉",
    "\u200fمريم\u200f",
    "two  blanks\u00a0and\u2028lines",
    "x" * 120,
    "",
)
SUBJECT = "{{first_name}} \\ {{account}}: {{company}}?"
BODY = "{{first_name}}, a word from {{sender}}\n\n{{account}}\n\n{{company}} & <b>{{open_until}}</b>"
# Template, what its message knows, and where its readers stand.
KINDS = {
    "heads_up": ({}, InvitationState.PLANNED),
    "prenotice": ({}, InvitationState.PLANNED),
    "invitation": ({}, InvitationState.PLANNED),
    "reminder": ({"step": 1}, InvitationState.DELIVERED),
    "last reminder": ({"step": 2}, InvitationState.DELIVERED),
    "thanks": ({"reply_by": "2026-03-20"}, InvitationState.COMPLETED),
    "you_said": ({}, InvitationState.COMPLETED),
}


def in_every_language(text: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)


def a_wave_for_many(*, has_own_words: bool) -> Wave:
    a_company(name="Acme & Söhne", time_zone="Europe/Berlin")
    said = {"subject": in_every_language(SUBJECT), "body": in_every_language(BODY)}
    words = {letter.value: said for letter in Letter} if has_own_words else {}
    note = "Dear {{first_name}},\n\n{{sender}} asks."
    owner = a_user(name="Ana <Costa>", title="CSM & more")
    wave = a_wave(owner, personal_note=note, mail_words=words, we_did="We <hired>.\n\nAnd more.")
    document = deepcopy(wave.survey_version.definition)
    asked = in_every_language({"prompt": "Would you, {{first_name}}?", "low": "Never", "high": "At once"})
    document["pages"][0]["questions"][0]["variants"] = {"champion": asked}
    with transaction():
        wave.survey_version.definition = document
    return wave


def readers_of(wave: Wave, state: InvitationState) -> list[Invitation]:
    account = an_account(name="Globex <i> & Co")
    people = [(name, "en", ("champion",), "") for name in NAMES]
    people += [
        (name, language, personas, zone)
        for language in LANGUAGES
        for personas in PERSONAS
        for name, zone in (("Ana", ""), ("Bo", ""), ("", "Pacific/Apia"))
    ]
    readers = []
    for name, language, personas, zone in people:
        person = a_contact(
            account, first_name=name, last_name="", language=language, personas=personas, time_zone=zone
        )
        readers.append(an_invitation(wave, person, language=language, state=state))
    for name in NAMES:
        readers.append(an_invitation(wave, a_contact(an_account(name=name or " ")), state=state))
    return readers


def message_to(reader: Invitation, template: str, context: dict) -> Message:
    return Message(
        id=reader.id,
        message_id=f"<{reader.id}@vendor.example>",
        template=template,
        context=context,
        subject_kind=INVITATION,
        subject_id=reader.id,
        to_address=reader.contact.email,
        to_name="",
        from_name="Ana",
        reply_to="",
    )


def a_letter(message: Message) -> FormLetter:
    letter = LETTERS[message.template](message)
    assert isinstance(letter, FormLetter)
    return letter


@pytest.mark.parametrize("has_own_words", [False, True], ids=["our words", "own words"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_printed_once_is_the_letter_written_for_each(kind: str, has_own_words: bool) -> None:
    context, state = KINDS[kind]
    readers = readers_of(a_wave_for_many(has_own_words=has_own_words), state)
    forms: Forms = {}
    for reader in readers:
        message = message_to(reader, kind.removeprefix("last "), context)
        letter = a_letter(message)
        alone = finish_mail(message, letter.whole(), now=NOW)
        assert finish_mail(message, letter, now=NOW, forms=forms) == alone
        assert token_of(reader).encode() in message_from_bytes(alone)["List-Unsubscribe"].encode()
    # Some forms stand for many: a language, who is spoken to, whether there is a name.
    assert len(forms) < len(readers)


def test_a_form_is_written_once_for_all_its_readers() -> None:
    wave = a_wave_for_many(has_own_words=False)
    readers = [an_invitation(wave, state=InvitationState.PLANNED) for _ in range(5)]
    messages = [message_to(reader, "invitation", {}) for reader in readers]
    letters = [a_letter(message) for message in messages]
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    forms: Forms = {}
    for message, letter in zip(messages, letters, strict=True):
        finish_mail(message, letter, now=NOW, forms=forms)
    assert len([statement for statement in asked if "FROM company" in statement]) == 1
    assert len(forms) == 1


@pytest.mark.parametrize("name", ["e\u0301tude \\ “A”", "हिन्दी", "Ken <b> & \"C\" 'D'"])
def test_a_screen_reader_names_the_mail_as_its_subject_says(name: str) -> None:
    wave = a_wave_for_many(has_own_words=True)
    letter = a_letter(message_to(an_invitation(wave, a_contact(first_name=name)), "invitation", {}))
    mail = render_letter("invitation", letter.whole())
    assert name in mail.subject
    assert f'aria-label="{escape(mail.subject)}"' in mail.html
