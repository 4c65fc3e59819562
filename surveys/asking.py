"""One page of a survey as it is put to one person: every word, every field, and what stands in it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from surveys.answers import SCORE_FIELD, fields_of
from surveys.branching import NOBODY, way_through
from surveys.conditions import Respondent, StoredAnswers, condition_to_json
from surveys.definition import Page, SurveyDefinition
from surveys.narrowing import narrowed
from surveys.questions import CHOICES, OTHER, Question, QuestionKind, QuestionText, other_key
from surveys.reading import ADDRESS_LIMIT, CONTACT_WAYS, NAME_LIMIT, SHORT_TEXT_LIMIT, TEXT_LIMIT, YES_NO
from surveys.translation import best_language, phrase_book
from surveys.wording import Spoken, answer_values, option_words, ordered_options, words_of

# The words of ours that stand among the answers of a question.
_ANSWER_PHRASES = ("yes", "no", "other_option", *(f"contact_{way}" for way in CONTACT_WAYS))


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose: what is sent, what is read, and the same with the end of a scale it stands for.

    `id` is that of its control.
    """

    id: str
    value: str
    words: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a matrix: the name of its field, its words, and the scale."""

    field: str
    words: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A field to write in: its name, what stands in it, how long it may get."""

    id: str
    field: str
    typed: str
    limit: int


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question in front of somebody.

    `field` is the name of its field, `entries` what one may write in: by name, "" the question itself.
    `error` is the phrase that says what to mend. `show_if` is a condition on the other questions of the page
    as JSON, "" for none, and `is_shown` whether it holds with what stands in the form.
    """

    question: Question
    words: QuestionText
    field: str
    choices: tuple[Choice, ...]
    rows: tuple[Row, ...]
    entries: Mapping[str, Entry]
    error: str | None
    show_if: str
    is_shown: bool

    @property
    def id(self) -> str:
        """The id of the question; those of its controls begin with it."""
        return f"q-{self.question.key}"

    @property
    def first_id(self) -> str:
        """The id of its first control, which a link to an error leads to."""
        choices = self.rows[0].choices if self.rows else self.choices
        return choices[0].id if choices else next((entry.id for entry in self.entries.values()), self.id)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a sent form said: per field what stood in it, per question the phrase of what is wrong."""

    given: Mapping[str, Sequence[str]]
    errors: Mapping[str, str]


def asked_questions(
    definition: SurveyDefinition,
    page: Page,
    answers: StoredAnswers,
    speaking: Spoken,
    *,
    who: Respondent = NOBODY,
    seed: str = "",
    typed: Typed | None = None,
    only: Collection[str] = (),
) -> tuple[AskedQuestion, ...]:
    """Return the questions of a page that can come up there, with the answers so far in their fields.

    Those that depend on other questions of the page are there, too, shown or not. `typed` is a form to show
    again; `seed` makes the order of shuffled options a person's own; `only` picks questions.
    """
    way = way_through(definition, answers, who)
    step = way.step(page.key)
    shown = {question.key for question in step.questions} if step else set()
    speaking = speaking_of(definition, way.answers, speaking)
    there = [question for question in page.questions if not only or question.key in only]
    here = {key for question in there for key in question.stored_keys}
    before_page = {key: value for key, value in way.answers.items() if key not in here}
    asked: list[AskedQuestion] = []
    for place, question in enumerate(there):
        before = [other.key for other in there[:place]]
        left = (
            True if question.show_if is None else narrowed(question.show_if, before_page, who, asked=before)
        )
        if left is False:
            continue
        drawing = _Drawing(definition, question, answers, speaking, seed, typed)
        is_shown, show_if = question.key in shown, "" if left is True else _compact(condition_to_json(left))
        asked.append(drawing.asked(show_if=show_if, is_shown=is_shown or not show_if))
    return tuple(asked)


def speaking_of(definition: SurveyDefinition, answers: StoredAnswers, speaking: Spoken) -> Spoken:
    """Return how to speak with the answers so far at hand, for questions that quote them."""
    texts = phrase_book().phrases
    spoken = best_language([speaking.language], phrase_book().languages)
    ours = {key: texts[key][spoken] for key in _ANSWER_PHRASES}
    heard = Spoken(speaking.language, speaking.default_language, speaking.personas, speaking.values, ours)
    values = {**answer_values(definition, answers, heard), **(speaking.values or {})}
    return Spoken(speaking.language, speaking.default_language, speaking.personas, values, ours)


@dataclass(frozen=True, slots=True)
class _Drawing:
    definition: SurveyDefinition
    question: Question
    answers: StoredAnswers
    speaking: Spoken
    seed: str
    typed: Typed | None

    def asked(self, *, show_if: str, is_shown: bool) -> AskedQuestion:
        question = self.question
        is_first = self.definition.has_rating and question == self.definition.rating_question
        return AskedQuestion(
            question=question,
            words=words_of(question, self.speaking),
            field=SCORE_FIELD if is_first else question.key,
            choices=self._choices(),
            rows=self._rows(),
            entries=self._entries(),
            error=self.typed.errors.get(question.key) if self.typed else None,
            show_if=show_if,
            is_shown=is_shown,
        )

    def _stands_in(self, field: str) -> Sequence[str]:
        if self.typed is not None and field in self.typed.given:
            return self.typed.given[field]
        # In a form that was sent, an empty field was emptied.
        return () if self.typed is not None else fields_of(self.question, self.answers).get(field, ())

    def _choices(self) -> tuple[Choice, ...]:
        question, phrases = self.question, self.speaking.phrases or {}
        if question.is_rating:
            return self._scale(question.key)
        if question.kind in CHOICES:
            options = ordered_options(question, self.seed)
            offered = [(option.key, option_words(option, self.speaking)) for option in options]
            offered += [(OTHER, phrases["other_option"])] if question.has_other else []
        elif question.kind is QuestionKind.YES_NO:
            offered = [(value, phrases[value]) for value in YES_NO]
        elif question.kind is QuestionKind.CONTACT:
            offered = [(way, phrases[f"contact_{way}"]) for way in CONTACT_WAYS]
        else:
            return ()
        chosen = self._stands_in(question.key)
        return tuple(
            Choice(f"q-{question.key}.{value}", value, words, words, value in chosen)
            for value, words in offered
        )

    def _scale(self, field: str) -> tuple[Choice, ...]:
        scale, words = self.question.scale or range(0), words_of(self.question, self.speaking)
        chosen = self._stands_in(field)
        ends = {scale[0]: words.low, scale[-1]: words.high}
        return tuple(
            Choice(
                f"q-{field}.{rating}",
                str(rating),
                str(rating),
                f"{rating}, {ends[rating]}" if ends.get(rating) else str(rating),
                str(rating) in chosen,
            )
            for rating in scale
        )

    def _rows(self) -> tuple[Row, ...]:
        if self.question.kind is not QuestionKind.MATRIX:
            return ()
        fields = (
            (f"{self.question.key}.{row.key}", row) for row in ordered_options(self.question, self.seed)
        )
        return tuple(
            Row(field, option_words(row, self.speaking), self._scale(field)) for field, row in fields
        )

    def _entries(self) -> dict[str, Entry]:
        key = self.question.key
        match self.question.kind:
            case QuestionKind.TEXT:
                return {"": self._entry(key, TEXT_LIMIT)}
            case QuestionKind.SHORT_TEXT:
                return {"": self._entry(key, SHORT_TEXT_LIMIT)}
            case QuestionKind.REFERRAL:
                return {
                    "name": self._entry(f"{key}.name", NAME_LIMIT),
                    "email": self._entry(f"{key}.email", ADDRESS_LIMIT),
                }
        return {OTHER: self._entry(other_key(key), SHORT_TEXT_LIMIT)} if self.question.has_other else {}

    def _entry(self, field: str, limit: int) -> Entry:
        # The option "other" has the id its field would have.
        suffix = ".words" if field == other_key(self.question.key) else ""
        return Entry(f"q-{field}{suffix}", field, next(iter(self._stands_in(field)), ""), limit)


def _compact(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
