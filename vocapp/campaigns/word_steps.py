"""What the editor of a wave's words takes from a request, and what it shows beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, request

from surveys.translation import phrase_book
from vocapp.campaigns.audience import Person
from vocapp.campaigns.letters import wording_of
from vocapp.campaigns.mail_words import missing_in, tried_words, write_words
from vocapp.campaigns.models import Wave
from vocapp.campaigns.preview import mail_in, mail_to
from vocapp.campaigns.rules import Letter
from vocapp.campaigns.sendings import readers_of_letter
from vocapp.campaigns.steps import step_of
from vocapp.campaigns.summary import mail_languages
from vocapp.campaigns.word_forms import TestForm, WordsForm
from vocapp.campaigns.wording import EVERY, PARTS, Missing, Part, Wording, fields_of
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.outbox.rendering import RenderedMail
from vocapp.questionnaires.queries import definition_of


@dataclass(frozen=True)
class Editing:
    """Which mail is worded in which language, and which of its parts are locked (True)."""

    step: str
    language: str
    parts: Mapping[Part, bool]

    @property
    def letter(self) -> Letter:
        """The letter that shows the words."""
        return Letter.INVITATION if self.step == EVERY else Letter(self.step)

    @property
    def fields(self) -> tuple[str, ...]:
        """The merge fields of this mail."""
        return fields_of(self.step)


def requested_editing(wave: Wave) -> Editing:
    """Return what the address asks to word; 404 for a mail or language that is not there."""
    languages = spoken_in(wave)
    step = request.args.get("step", Letter.INVITATION.value)
    language = request.args.get("language") or languages[0]
    if step not in PARTS or language not in languages:
        abort(404)
    wording = wording_of(wave)
    return Editing(step, language, {part: wording.is_locked(step, part) for part in PARTS[step]})


def spoken_in(wave: Wave) -> list[str]:
    """Return the languages a wave's survey speaks, its own first."""
    definition = definition_of(wave.survey_version)
    others = sorted(set(definition.languages) - {definition.default_language})
    return [code for code in (definition.default_language, *others) if code in phrase_book().languages]


def words_form(wave: Wave, editing: Editing) -> WordsForm:
    """Return the form with the words that hold."""
    wording = wording_of(wave)
    texts = {part.value: wording.text(editing.step, part, editing.language) for part in editing.parts}
    return WordsForm(data=texts)


def keep_words(wave: Wave, editing: Editing, form: WordsForm) -> bool:
    """Keep the words of a form; what is wrong with them is told above it, and what was typed stays."""
    try:
        with transaction():
            write_words(wave, editing.step, editing.language, form.texts(editing.parts))
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return False
    return True


def words_shown(wave: Wave, editing: Editing, form: WordsForm) -> dict[str, Any]:
    """Return what stands on the editor's page: the mail as one person would get it with the form's words."""
    step = step_of(wave)
    people = readers_in(wave, step["summary"].audience.asked, editing)
    reader = _chosen(people)
    wording = tried_words(wave, editing.step, editing.language, form.texts(editing.parts))
    own = {
        part: bool(wording_of(wave).own_text(editing.step, part, editing.language)) for part in editing.parts
    }
    return {
        "editing": editing,
        "spoken": spoken_in(wave),
        "readers": people,
        "reader": reader,
        "mail": mail_with(wave, reader, editing, wording),
        "own": own,
        "missing": missing_words_of(wave, step["summary"].languages),
        "test": test_form(wave, editing),
        **step,
    }


def mail_as_typed(wave: Wave, editing: Editing, form: WordsForm) -> RenderedMail:
    """Return the mail with the words of a form, as one person would get it."""
    people = readers_in(wave, step_of(wave)["summary"].audience.asked, editing)
    wording = tried_words(wave, editing.step, editing.language, form.texts(editing.parts))
    return mail_with(wave, _chosen(people), editing, wording)


def test_form(wave: Wave, editing: Editing) -> TestForm:
    """Return the form of a test, with the mail that is worded chosen."""
    languages = phrase_book().languages
    form = TestForm(formdata=None, data={"letters": [editing.letter.value], "language": editing.language})
    form.language.choices = [(code, languages[code].name) for code in spoken_in(wave)]
    return form


def missing_words_of(wave: Wave, languages: Mapping[str, int]) -> list[Missing]:
    """Return which of the wave's own words lack a language of somebody who is asked."""
    return missing_in(wave, languages)


def readers_in(wave: Wave, asked: Sequence[Person], editing: Editing) -> list[Person]:
    """Return some of those who would get the mail that is worded, in its language."""
    readers = readers_of_letter(wave, asked, editing.letter)
    speaks = mail_languages(wave, readers)
    return [person for person in readers if speaks[person.language] == editing.language][:100]


def mail_with(wave: Wave, reader: Person | None, editing: Editing, wording: Wording) -> RenderedMail:
    """Return a mail with some words: to a person, or to somebody made up where nobody reads the language."""
    now = utcnow()
    if reader is not None:
        shown = mail_to(wave, reader.contact_id, now=now, kind=editing.letter, wording=wording)
        if shown is not None:
            return shown.mail
    return mail_in(wave, editing.language, now=now, kind=editing.letter, wording=wording)


def _chosen(people: list[Person]) -> Person | None:
    wanted = request.values.get("person", type=int)
    return next((person for person in people if person.contact_id == wanted), people[0] if people else None)
