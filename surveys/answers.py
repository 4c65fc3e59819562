"""From the fields of a form to the answers of a survey, or to errors a respondent can mend."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from surveys.branching import NOBODY, Way, way_through
from surveys.conditions import AnswerValue, Respondent, StoredAnswers
from surveys.definition import Page, SurveyDefinition
from surveys.questions import CHOICES, Question, QuestionKind
from surveys.reading import (
    ERROR_CHOOSE_SCORE,
    ERROR_OPTION,
    ERROR_REQUIRED,
    ERROR_ROW,
    AnswerProblem,
    read_answer,
    storable,
)

# The rating stands in the field that the score links of a mail speak of.
SCORE_FIELD = "score"

Form = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Answers:
    """What one form said, and what is known with it.

    `values` are all answers that count on the person's way, of this page and of those before; a question left
    empty is in none, never a zero or an empty text. `errors` goes from question key to phrase key, `given`
    from form field to what stood in it, or is known where it did not offer the field, to show it again.
    `unseen` are questions of the page that only these answers brought up and the form did not offer,
    `misplaced` those of other pages that it brought along. `next_page` is where to go on: the page itself
    with errors or something unseen, a page before that lacks what is required, or else the next one, None at
    the end. `is_complete`: only extra pages are left, if any.
    """

    values: Mapping[str, AnswerValue]
    errors: Mapping[str, str]
    given: Mapping[str, Sequence[str]]
    rating: int | None
    page: str
    next_page: str | None
    unseen: tuple[str, ...]
    misplaced: tuple[str, ...]
    is_complete: bool

    @property
    def is_valid(self) -> bool:
        """True when nothing has to be mended."""
        return not self.errors

    def text(self, key: str) -> str | None:
        """Return an open answer exactly as typed, or None."""
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    def choice(self, key: str) -> bool | None:
        """Return a yes (True) or no (False), or None when the person did not say."""
        value = self.values.get(key)
        return value if isinstance(value, bool) else None


def parse_page(
    definition: SurveyDefinition,
    form: Form,
    *,
    page: str = "",
    known: StoredAnswers | None = None,
    who: Respondent = NOBODY,
    offered: Collection[str] | None = None,
) -> Answers:
    """Return what the form of one page says beside the answers `known` already.

    `page` "" is the first. Fields are named as `Question.form_fields` says (the rating's also `score`), other
    fields are ignored. Answers are kept as `surveys.reading` says. An answer outside its scale or list is an
    error of its question, and the answer known before stays. `offered` are the questions the form showed
    (None: all of the page): nobody is scolded for a question they did not see, nor is its answer emptied.
    Raises KeyError for a page that the survey does not have.
    """
    asked = definition.page(page) if page else definition.pages[0]
    readings = _Readings(definition, form)
    known = known or {}
    fresh = {key: value for key, value in known.items() if key not in _stored_keys(asked)}
    hidden = {question.key for question in asked.questions if offered is not None} - {*(offered or ())}
    for question in asked.questions:
        fresh.update(readings.of(question) or _kept(question, readings, hidden, known))
    way = way_through(definition, fresh, who)
    shown = _shown_on(asked, way)
    # What could be seen before and was left empty is not asked for again and again, unless it is required.
    was_shown = {question.key for question in _shown_on(asked, way_through(definition, known, who))}
    unseen = tuple(
        question.key
        for question in shown
        if question.key in hidden - readings.errors.keys()
        and question.key not in way.answers
        and (question.required or question.key not in was_shown)
    )
    for question in shown:
        if question.key not in hidden:
            readings.require(question)
    visible = {question.key for question in shown}
    errors = {key: error for key, error in readings.errors.items() if key in visible}
    return _answers(definition, way, asked, readings, errors, unseen, _misplaced(definition, asked, form))


def parse_answers(definition: SurveyDefinition, form: Form, *, who: Respondent = NOBODY) -> Answers:
    """Return the answers of a form that shows the whole survey at once, as somebody on the phone fills it in.

    Only questions on the way of these answers count; the others are left out.
    """
    readings = _Readings(definition, form)
    values: dict[str, AnswerValue] = {}
    for question in definition.questions:
        values.update(readings.of(question))
    way = way_through(definition, values, who)
    visible = [question for step in way.steps for question in step.questions]
    for question in visible:
        readings.require(question)
    errors = {
        question.key: readings.errors[question.key] for question in visible if question.key in readings.errors
    }
    last = way.steps[-1].page if way.steps else definition.pages[0]
    return _answers(definition, way, last, readings, errors, (), ())


def preselected_rating(definition: SurveyDefinition, typed: str | None) -> int | None:
    """Return the rating a mail's score link asks to show as chosen, or None if it is not on the scale."""
    question = definition.rating_question
    try:
        value = read_answer(question, {question.key: [typed or ""]}).get(question.key)
    except AnswerProblem:
        return None
    return value if isinstance(value, int) else None


def fields_of(question: Question, answers: StoredAnswers) -> dict[str, list[str]]:
    """Return the form fields that show a recorded answer again."""
    value = answers.get(question.key)
    fields: dict[str, list[str]] = {}
    if isinstance(value, bool):
        fields[question.key] = ["yes" if value else "no"]
    elif isinstance(value, Mapping):
        fields = {f"{question.key}.{name}": [str(part)] for name, part in value.items()}
    elif isinstance(value, str | int):
        fields[question.key] = [str(value)]
    elif value is not None:
        fields[question.key] = list(value)
    for key in question.stored_keys[1:]:
        if isinstance(words := answers.get(key), str):
            fields[key] = [words]
    return fields


class _Readings:
    """The fields of one form, read question by question, with what is wrong with them."""

    def __init__(self, definition: SurveyDefinition, form: Form) -> None:
        self.given: dict[str, Sequence[str]] = {}
        self.errors: dict[str, str] = {}
        self._found: set[str] = set()
        self._form = {
            name: [storable(part) for part in ([typed] if isinstance(typed, str) else typed)]
            for name, typed in form.items()
        }
        if SCORE_FIELD in self._form and definition.has_rating:
            self._form[definition.rating_question.key] = self._form[SCORE_FIELD]

    def of(self, question: Question) -> dict[str, AnswerValue]:
        sent = {name: self._form.get(name, []) for name in question.form_fields}
        fields = {name: typed for name, typed in sent.items() if any(part.strip() for part in typed)}
        self.given.update(fields)
        try:
            values = read_answer(question, fields)
        except AnswerProblem as problem:
            self.errors[question.key] = problem.phrase
            return {}
        if question.key in values:
            self._found.add(question.key)
        return values

    def require(self, question: Question) -> None:
        """Note what is missing of a question that is shown and must be answered."""
        if not question.required or question.key in self.errors:
            return
        if question.key not in self._found:
            self.errors[question.key] = _missing(question)
        elif question.kind is QuestionKind.MATRIX:
            rows = {name for name in self.given if name.startswith(f"{question.key}.")}
            if len(rows) < len(question.options):
                self.errors[question.key] = ERROR_ROW


def _kept(
    question: Question, readings: _Readings, hidden: Collection[str], known: StoredAnswers
) -> dict[str, AnswerValue]:
    """Return the answer known before when the new one cannot be read, or the form had no field for it.

    A field that was there and empty empties the answer.
    """
    if question.key not in readings.errors and question.key not in hidden:
        return {}
    if question.key not in readings.errors:
        readings.given.update(fields_of(question, known))
    return {key: known[key] for key in question.stored_keys if key in known}


def _shown_on(page: Page, way: Way) -> tuple[Question, ...]:
    step = way.step(page.key)
    return step.questions if step else ()


def _missing(question: Question) -> str:
    if question.is_rating:
        return ERROR_CHOOSE_SCORE
    if question.kind is QuestionKind.MATRIX:
        return ERROR_ROW
    return ERROR_OPTION if question.kind in CHOICES else ERROR_REQUIRED


def _stored_keys(page: Page) -> frozenset[str]:
    return frozenset(key for question in page.questions for key in question.stored_keys)


def _misplaced(definition: SurveyDefinition, asked: Page, form: Form) -> tuple[str, ...]:
    elsewhere = (
        question for page in definition.pages if page.key != asked.key for question in page.questions
    )
    return tuple(
        question.key
        for question in elsewhere
        if any("".join(form.get(name, "")).strip() for name in _fields_in_form(definition, question))
    )


def _fields_in_form(definition: SurveyDefinition, question: Question) -> tuple[str, ...]:
    is_rating = definition.has_rating and question == definition.rating_question
    return (SCORE_FIELD, *question.form_fields) if is_rating else question.form_fields


def _answers(
    definition: SurveyDefinition,
    way: Way,
    page: Page,
    readings: _Readings,
    errors: Mapping[str, str],
    unseen: tuple[str, ...],
    misplaced: tuple[str, ...],
) -> Answers:
    # A draft that is tried out may have no rating yet.
    rating = way.answers.get(definition.rating_question.key) if definition.has_rating else None
    following = way.after(page.key)
    goal = way.gap_before(following) or following
    has_to_stay = bool(errors or unseen)
    return Answers(
        values=MappingProxyType(dict(way.answers)),
        errors=MappingProxyType(dict(errors)),
        given=MappingProxyType(dict(readings.given)),
        rating=rating if isinstance(rating, int) else None,
        page=page.key,
        next_page=page.key if has_to_stay else goal.page.key if goal else None,
        unseen=unseen,
        misplaced=misplaced,
        is_complete=not has_to_stay and way.is_finished(page.key),
    )
