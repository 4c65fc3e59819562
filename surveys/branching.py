"""The way through a survey: which pages and questions a person meets, given what they have answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveys.conditions import AnswerValue, Respondent, StoredAnswers, holds
from surveys.definition import END, Page, SurveyDefinition
from surveys.questions import Question, QuestionKind

NOBODY = Respondent()


@dataclass(frozen=True, slots=True)
class Step:
    """One page of somebody's way, with the questions they are shown there."""

    page: Page
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """Somebody's way as far as it is known, and the answers that count on it.

    An answer to a question that is no longer on the way (the rating was changed, say) does not count.
    """

    steps: tuple[Step, ...]
    answers: Mapping[str, AnswerValue]

    def step(self, page_key: str) -> Step | None:
        """Return the step of a page, or None when this way does not lead there."""
        return next((step for step in self.steps if step.page.key == page_key), None)

    def after(self, page_key: str) -> Step | None:
        """Return the step that follows a page, or None at the end; a page off the way leads to its start."""
        places = [step.page.key for step in self.steps]
        place = places.index(page_key) + 1 if page_key in places else 0
        return self.steps[place] if place < len(self.steps) else None

    def before(self, page_key: str) -> Step | None:
        """Return the step before a page, or None at the start."""
        places = [step.page.key for step in self.steps]
        place = places.index(page_key) if page_key in places else 0
        return self.steps[place - 1] if place > 0 else None

    def is_open(self, page_key: str) -> bool:
        """Whether somebody has come as far as a page: what was required before it has its answer."""
        if self.step(page_key) is None:
            return False
        places = [step.page.key for step in self.steps]
        before = self.steps[: places.index(page_key)]
        return all(self.is_filled(step) for step in before)

    def place_of(self, page_key: str) -> tuple[int, int]:
        """Return which page this is, from 1, and of how many; extra pages do not count, and are number 0."""
        places = [step.page.key for step in self.steps if not step.page.is_extra]
        return (places.index(page_key) + 1 if page_key in places else 0), len(places)

    def is_finished(self, last_page: str) -> bool:
        """Whether somebody who sent `last_page` last has answered completely: only extra pages may be left.

        Every required question of the pages that are no extra must have its answer.
        """
        places = [step.page.key for step in self.steps]
        left = self.steps[places.index(last_page) + 1 :] if last_page in places else self.steps
        if any(not step.page.is_extra for step in left):
            return False
        return all(self.is_filled(step) for step in self.steps if not step.page.is_extra)

    def is_filled(self, step: Step) -> bool:
        """Whether all that is required of a page has its answer: of a matrix, every row."""
        return all(_is_answered(question, self.answers) for question in step.questions if question.required)

    def gap_before(self, step: Step | None) -> Step | None:
        """Return the first step before another one, or before the end, that lacks a required answer.

        Nobody needs to answer on extra pages.
        """
        before = self.steps[: self.steps.index(step)] if step is not None else self.steps
        return next((own for own in before if not own.page.is_extra and not self.is_filled(own)), None)


def way_through(definition: SurveyDefinition, answers: StoredAnswers, who: Respondent = NOBODY) -> Way:
    """Return the pages and questions a person meets with these answers.

    Conditions see only what was answered before on this way. A page is met once: a jump back ends the survey.
    """
    counted: dict[str, AnswerValue] = {}
    steps: list[Step] = []
    order = [page.key for page in definition.pages]
    place, furthest = 0, -1
    while furthest < place < len(order):
        furthest = place
        page = definition.pages[place]
        place += 1
        if page.show_if is not None and not holds(page.show_if, counted, who):
            continue
        shown = _shown(page.questions, answers, counted, who)
        if shown:
            steps.append(Step(page, shown))
        for jump in page.jumps:
            if jump.when is None or holds(jump.when, counted, who):
                place = len(order) if jump.to == END else _place(order, jump.to)
                break
    return Way(tuple(steps), counted)


def _shown(
    questions: Sequence[Question], answers: StoredAnswers, counted: dict[str, AnswerValue], who: Respondent
) -> tuple[Question, ...]:
    """Return the questions to show, and count their answers as it goes: each may depend on those before."""
    shown: list[Question] = []
    for question in questions:
        if question.show_if is None or holds(question.show_if, counted, who):
            shown.append(question)
            counted.update({key: answers[key] for key in question.stored_keys if key in answers})
    return tuple(shown)


def _is_answered(question: Question, answers: StoredAnswers) -> bool:
    value = answers.get(question.key)
    if question.kind is QuestionKind.MATRIX and isinstance(value, Mapping):
        return all(row.key in value for row in question.options)
    return value is not None


def _place(order: Sequence[str], key: str) -> int:
    # A jump to nowhere ends the survey: better short than stuck.
    return order.index(key) if key in order else len(order)
