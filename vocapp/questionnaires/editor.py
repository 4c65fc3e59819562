"""What the editor shows: the outline, one place of the survey with its words, and what was found wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from surveys.checks import findings
from surveys.condition_rows import (
    Known,
    Row,
    Subject,
    questions_before,
    questions_until,
    rows_of,
    subjects,
)
from surveys.condition_words import condition_words
from surveys.conditions import About, Condition, condition_to_json
from surveys.definition import END, Page, SurveyDefinition
from surveys.editing_languages import standard_forms
from surveys.editing_words import is_locked
from surveys.finding import Finding, Place, Severity
from surveys.lengths import Length, length_of
from surveys.questions import CHOICES, RATED, SCALES, WITH_ENDS, WITH_OPTIONS, Question, QuestionKind
from surveys.standard_wording import is_standard
from surveys.translation import Language, phrase_book
from surveys.wording import Spoken, words_of
from vocapp.questionnaires.draft_steps import step_of, steps_around
from vocapp.questionnaires.edits import WHOLE_SURVEY
from vocapp.questionnaires.models import SurveyDraft, SurveyDraftStep
from vocapp.questionnaires.operating import known_of_people
from vocapp.questionnaires.queries import definition_of_draft, latest_version
from vocapp.questionnaires.word_fields import WordField, word_fields


@dataclass(frozen=True)
class OutlineQuestion:
    """A question in the outline: where it is, its words in short, when it is asked, what is wrong."""

    at: str
    question: Question
    prompt: str
    when: str
    found: Sequence[Finding]


@dataclass(frozen=True)
class OutlinePage:
    """A page in the outline with its questions; `ways` says when it is shown and where it leads."""

    page: Page
    ways: Sequence[str]
    found: Sequence[Finding]
    questions: Sequence[OutlineQuestion]


@dataclass(frozen=True)
class ConditionForm:
    """A condition as the editor lets it be changed; `rows` is None where only JSON can say it."""

    words: str
    is_any: bool
    rows: Sequence[Row] | None
    subjects: Sequence[Subject]
    json: object


@dataclass(frozen=True)
class Editor:
    """A draft in the editor, at one place: a page, a question on it, or (both None) the survey as a whole."""

    draft: SurveyDraft
    definition: SurveyDefinition
    page: Page | None
    question: Question | None
    target: Language
    known: Known
    published: int

    @property
    def at(self) -> str:
        """The place shown, as an address names it."""
        if self.page is None:
            return WHOLE_SURVEY
        return f"{self.page.key}.{self.question.key}" if self.question else self.page.key

    @property
    def source(self) -> Language:
        """The language words are translated from."""
        return _language(self.definition.default_language)

    @property
    def sides(self) -> list[Language]:
        """The languages that stand side by side, the source first; only it where there is no other."""
        return [self.source] if self.source.code == self.target.code else [self.source, self.target]

    @property
    def others(self) -> list[Language]:
        """The languages that stand neither left nor right."""
        shown = {self.source.code, self.target.code}
        return [_language(code) for code in self.definition.languages if code not in shown]

    @property
    def languages(self) -> list[Language]:
        """Every language of the survey."""
        return [_language(code) for code in self.definition.languages]

    @property
    def more_languages(self) -> list[Language]:
        """The languages a survey could speak as well."""
        return [
            spoken
            for code, spoken in phrase_book().languages.items()
            if code not in self.definition.languages
        ]

    @cached_property
    def found(self) -> Sequence[Finding]:
        """Everything that is wrong, errors first."""
        return findings(self.definition, personas=self.known[About.PERSONA])

    @property
    def errors(self) -> list[Finding]:
        """What keeps the survey from being published."""
        return [one for one in self.found if one.severity is Severity.ERROR]

    @property
    def is_standard(self) -> bool:
        """Whether the answers would be benchmarked."""
        return is_standard(self.definition)

    @property
    def length(self) -> Length:
        """How long answering takes in the language being written."""
        return length_of(self.definition, self.target.code)

    @cached_property
    def around(self) -> tuple[SurveyDraftStep | None, SurveyDraftStep | None]:
        """The step that undo takes back, and the one that redo does again."""
        before, after = steps_around(self.draft)
        return (step_of(self.draft) if before else None), after

    @property
    def done(self) -> SurveyDraftStep | None:
        """What was done last."""
        return step_of(self.draft)

    @property
    def kinds(self) -> list[QuestionKind]:
        """Every kind of question."""
        return list(QuestionKind)

    @property
    def outline(self) -> Iterator[OutlinePage]:
        """Yield every page with its questions."""
        for page in self.definition.pages:
            ways = [f"shown when {self.words(page.show_if)}"] if page.show_if else []
            for jump in page.jumps:
                to = "the end" if jump.to == END else f"“{jump.to}”"
                ways.append(f"to {to}" + (f" when {self.words(jump.when)}" if jump.when else ""))
            questions = [self._outlined(page, question) for question in page.questions]
            yield OutlinePage(page, ways, self._found_at(page.key, ""), questions)

    @property
    def found_here(self) -> Sequence[Finding]:
        """What is wrong at the place shown."""
        if self.page is None:
            return [one for one in self.found if not one.place.page]
        return self._found_at(self.page.key, self.question.key if self.question else "")

    def address_of(self, place: Place) -> str:
        """Return where the editor shows what a finding is about."""
        if not place.page:
            return WHOLE_SURVEY
        return f"{place.page}.{place.question}" if place.question else place.page

    def words(self, condition: Condition) -> str:
        """Return a condition in words."""
        return condition_words(self.definition, condition)

    @property
    def question_condition(self) -> ConditionForm:
        """When the question is asked."""
        before = questions_before(self.definition, self._page.key, self._question.key)
        return self._condition(self._question.show_if, before)

    @property
    def page_condition(self) -> ConditionForm:
        """When the page is shown."""
        return self._condition(self._page.show_if, questions_before(self.definition, self._page.key))

    @property
    def jumps(self) -> list[tuple[int, str, ConditionForm]]:
        """The jumps of the page: number, where to, and when."""
        until = questions_until(self.definition, self._page.key)
        return [
            (number, jump.to, self._condition(jump.when, until))
            for number, jump in enumerate(self._page.jumps, start=1)
        ]

    @property
    def targets(self) -> list[str]:
        """Where the page can lead: the pages behind it, and the end."""
        keys = [page.key for page in self.definition.pages]
        return [*keys[keys.index(self._page.key) + 1 :], END]

    @property
    def is_locked(self) -> bool:
        """Whether the words of the question are the standard ones and may not be changed."""
        return is_locked(self.definition, self._question)

    @property
    def forms(self) -> Sequence[str]:
        """The standard wordings the rating could be asked in."""
        return list(standard_forms(self.definition))

    @property
    def is_rating(self) -> bool:
        """Whether the question is the rating of the survey."""
        return self.definition.has_rating and self.definition.questions[0] == self._question

    @property
    def offers(self) -> dict[str, bool]:
        """Which settings the kind of the question has."""
        kind = self._question.kind
        return {
            "options": kind in WITH_OPTIONS,
            "rows": kind is QuestionKind.MATRIX,
            "other": kind in CHOICES,
            "shuffled": kind in WITH_OPTIONS,
            "points": kind is QuestionKind.MATRIX or (kind in RATED and kind not in SCALES),
            "ends": kind in WITH_ENDS,
        }

    def fields(self, language: str, persona: str = "") -> Sequence[WordField]:
        """Return the fields of the question's words in a language, for everybody or for a persona."""
        return word_fields(self._question, language, persona)

    @property
    def more_personas(self) -> list[tuple[str, str]]:
        """The personas that are asked in the words of everybody so far."""
        personas = self.known[About.PERSONA].items()
        return [(key, name) for key, name in personas if key not in self._question.variants]

    def persona_name(self, key: str) -> str:
        """Return a persona's name, or its key where there is none."""
        return self.known[About.PERSONA].get(key, key)

    @property
    def _page(self) -> Page:
        if self.page is None:
            raise LookupError("the editor shows no page")
        return self.page

    @property
    def _question(self) -> Question:
        if self.question is None:
            raise LookupError("the editor shows no question")
        return self.question

    def _outlined(self, page: Page, question: Question) -> OutlineQuestion:
        code = self.definition.default_language
        return OutlineQuestion(
            f"{page.key}.{question.key}",
            question,
            words_of(question, Spoken(code, code)).prompt,
            f"asked when {self.words(question.show_if)}" if question.show_if else "",
            self._found_at(page.key, question.key),
        )

    def _found_at(self, page: str, question: str) -> list[Finding]:
        return [one for one in self.found if (one.place.page, one.place.question) == (page, question)]

    def _condition(self, condition: Condition | None, before: Sequence[Question]) -> ConditionForm:
        rows = rows_of(self.definition, condition, self.known)
        return ConditionForm(
            words=self.words(condition) if condition else "",
            is_any=bool(rows and rows[0]),
            rows=rows[1] if rows else None,
            subjects=subjects(self.definition, self.known, before),
            json=condition_to_json(condition) if condition else None,
        )


def open_editor(draft: SurveyDraft, *, at: str, language: str) -> Editor:
    """Return a draft in the editor at a place, "page" or "page.question"; else at its first question.

    `language` is the one to translate into; the first other one where the survey does not speak it.
    """
    definition = definition_of_draft(draft)
    page, question = _place(definition, at)
    codes = list(definition.languages)
    others = [code for code in codes if code != definition.default_language]
    target = language if language in codes else (others or codes)[0]
    newest = latest_version(draft.survey.key)
    return Editor(
        draft=draft,
        definition=definition,
        page=page,
        question=question,
        target=_language(target),
        known=known_of_people(),
        published=newest.number if newest else 0,
    )


def _place(definition: SurveyDefinition, at: str) -> tuple[Page | None, Question | None]:
    if at == WHOLE_SURVEY:
        return None, None
    page_key, _, question_key = at.partition(".")
    if question_key and definition.has_question(question_key):
        return definition.page_of(question_key), definition.question(question_key)
    for page in definition.pages:
        if page.key == page_key:
            return page, None
    first = definition.questions[0] if definition.questions else None
    return (definition.page_of(first.key), first) if first else (definition.pages[0], None)


def _language(code: str) -> Language:
    known = phrase_book().languages
    return known.get(code) or Language(code, code, "ltr", needs_review=True)
