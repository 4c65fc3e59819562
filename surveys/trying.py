"""Going through a survey without being asked: the same pages, errors and ways, and nothing is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveys.answers import SCORE_FIELD, Answers, Form, fields_of, parse_page
from surveys.asking import AskedQuestion, Typed, asked_questions
from surveys.branching import way_through
from surveys.conditions import AnswerValue, Respondent
from surveys.definition import Page, SurveyDefinition
from surveys.wording import Spoken


@dataclass(frozen=True, slots=True)
class Trial:
    """One screen of a trial: a page with its questions, or with `page` None the end.

    `carried` are the fields of the answers on other pages, which the next form brings along.
    """

    page: Page | None
    questions: tuple[AskedQuestion, ...]
    carried: Mapping[str, Sequence[str]]
    has_errors: bool
    number: int
    total: int

    @property
    def is_extra(self) -> bool:
        """Whether this page is a bonus."""
        return self.page is not None and self.page.is_extra


def open_trial(
    definition: SurveyDefinition, form: Form, *, page: str, who: Respondent, speaking: Spoken
) -> Trial:
    """Return the trial opened at a page ("" or an unknown one: the first) with the fields of a form."""
    known = _answers_before("", definition, form, who)
    way = way_through(definition, known, who)
    step = way.step(page) or (way.steps[0] if way.steps else None)
    # A page that this way does not meet is shown all the same: somebody is at work on it.
    wanted = next((some for some in definition.pages if some.key == page), step.page if step else None)
    return _screen(definition, wanted, known, who, speaking)


def continue_trial(
    definition: SurveyDefinition,
    form: Form,
    *,
    page: str,
    offered: Sequence[str] | None,
    who: Respondent,
    speaking: Spoken,
) -> Trial:
    """Return what follows a page that was sent: it again with its errors, the next one, or the end."""
    if all(page != some.key for some in definition.pages):
        return open_trial(definition, form, page="", who=who, speaking=speaking)
    known = _answers_before(page, definition, form, who)
    sent = parse_page(definition, form, page=page, known=known, who=who, offered=offered)
    following = next((some for some in definition.pages if some.key == sent.next_page), None)
    typed = Typed(sent.given, sent.errors) if sent.errors else None
    return _screen(definition, following, sent.values, who, speaking, typed=typed)


def _answers_before(
    page: str, definition: SurveyDefinition, form: Form, who: Respondent
) -> Mapping[str, AnswerValue]:
    """Return what a form says on the pages before one, or on all of them; what cannot be read is left out."""
    known: Mapping[str, AnswerValue] = {}
    for some in definition.pages:
        if some.key == page:
            break
        read: Answers = parse_page(definition, form, page=some.key, known=known, who=who)
        known = {**known, **read.values}
    return known


def _screen(
    definition: SurveyDefinition,
    page: Page | None,
    answers: Mapping[str, AnswerValue],
    who: Respondent,
    speaking: Spoken,
    *,
    typed: Typed | None = None,
) -> Trial:
    main = [step.page.key for step in way_through(definition, answers, who).steps if not step.page.is_extra]
    here = page.questions if page else ()
    carried: dict[str, Sequence[str]] = {}
    for question in definition.questions:
        if question not in here:
            fields = fields_of(question, answers)
            is_rating = definition.has_rating and question == definition.rating_question
            carried |= {SCORE_FIELD: fields[question.key]} if is_rating and fields else fields
    return Trial(
        page=page,
        questions=asked_questions(definition, page, answers, speaking, who=who, typed=typed) if page else (),
        carried=carried,
        has_errors=typed is not None,
        number=main.index(page.key) + 1 if page and page.key in main else 0,
        total=len(main),
    )
