"""A survey version as a value: pages, questions, and the way from page to page."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from surveys.conditions import Condition
from surveys.questions import Question, QuestionKind

# Where a jump leads that ends the survey.
END = "end"


class Occasion(StrEnum):
    """Why a survey is sent: for the relationship as such, or after something happened."""

    RELATIONSHIP = "relationship"
    TRANSACTIONAL = "transactional"


class DefinitionError(ValueError):
    """A survey definition that cannot be used; the message names the place and what belongs there."""


@dataclass(frozen=True, slots=True)
class SurveyLanguage:
    """One language of a survey: the survey's name in it, and whether a speaker still has to read it."""

    name: str
    needs_review: bool


@dataclass(frozen=True, slots=True)
class Jump:
    """Where to go after a page when `when` holds (None: always): to a page by its key, or to the `END`."""

    to: str
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked on one screen. The first jump that holds is taken; without one the next page follows.

    An `is_extra` page is a bonus: whoever has sent all other pages of their way has answered completely.
    """

    key: str
    questions: tuple[Question, ...]
    is_extra: bool = False
    show_if: Condition | None = None
    jumps: tuple[Jump, ...] = ()


@dataclass(frozen=True)
class SurveyDefinition:
    """One version of a questionnaire; in one that can be asked the first question is the rating.

    `is_custom` marks a wording of its own: its numbers count, but are compared with nobody's.
    `is_confidential` promises that answers are only ever shown in groups.
    """

    key: str
    occasion: Occasion
    default_language: str
    languages: Mapping[str, SurveyLanguage]
    pages: tuple[Page, ...]
    is_custom: bool = False
    is_confidential: bool = False

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Every question in the order of the pages."""
        return tuple(question for page in self.pages for question in page.questions)

    @property
    def has_rating(self) -> bool:
        """Whether the first question is one that can be the rating."""
        return bool(self.questions) and self.questions[0].is_measure

    @property
    def rating_question(self) -> Question:
        """The question whose answer is the rating. Raises DefinitionError in a draft that has none yet."""
        if not self.has_rating:
            raise DefinitionError("the first question of a survey is a rating (nps, csat or ces)")
        return self.questions[0]

    @property
    def kind(self) -> QuestionKind:
        """What the survey measures: the kind of its rating."""
        return self.rating_question.kind

    @property
    def name(self) -> str:
        """The survey's name in its default language."""
        return self.languages[self.default_language].name

    @cached_property
    def _by_key(self) -> Mapping[str, Question]:
        return {question.key: question for question in self.questions}

    def question(self, key: str) -> Question:
        """Return a question by its key. Raises KeyError."""
        return self._by_key[key]

    def has_question(self, key: str) -> bool:
        """Whether there is a question with this key."""
        return key in self._by_key

    def page(self, key: str) -> Page:
        """Return a page by its key. Raises KeyError."""
        for page in self.pages:
            if page.key == key:
                return page
        raise KeyError(key)

    def page_of(self, question_key: str) -> Page:
        """Return the page a question stands on. Raises KeyError."""
        for page in self.pages:
            if any(question.key == question_key for question in page.questions):
                return page
        raise KeyError(question_key)
