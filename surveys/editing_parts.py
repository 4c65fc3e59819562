"""What every change of a survey stands on: find a part by its key, replace it, refuse in one sentence."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Protocol, TypeVar

from surveys.definition import END, DefinitionError, Page, SurveyDefinition
from surveys.documents import definition_to_json, parse_definition
from surveys.questions import Option, Question

LONGEST_KEY = 40


class HasKey(Protocol):
    """A page, question, answer or row."""

    @property
    def key(self) -> str:
        """What it is called."""


Keyed = TypeVar("Keyed", bound=HasKey)


def checked(definition: SurveyDefinition) -> SurveyDefinition:
    """Return a survey as it reads back from its JSON. Raises DefinitionError where it would not."""
    return parse_definition(definition_to_json(definition))


def free_key(stem: str, taken: Collection[str]) -> str:
    """Return a key that is not taken: the stem itself, else with the next number behind it."""
    key, number = stem, 1
    while key in taken:
        number += 1
        end = f"-{number}"
        key = f"{stem[: LONGEST_KEY - len(end)]}{end}"
    return key


def page_keys(definition: SurveyDefinition) -> list[str]:
    """Return the keys no new page may have."""
    return [*(page.key for page in definition.pages), END]


def question_keys(definition: SurveyDefinition) -> list[str]:
    """Return the keys no new question may have."""
    return [question.key for question in definition.questions]


def page_at(definition: SurveyDefinition, key: str) -> Page:
    """Return a page. Raises DefinitionError when it is not there (any more)."""
    return found(definition.pages, key, "page")


def question_at(definition: SurveyDefinition, key: str) -> Question:
    """Return a question. Raises DefinitionError when it is not there (any more)."""
    return found(definition.questions, key, "question")


def option_at(question: Question, key: str) -> Option:
    """Return an answer or row. Raises DefinitionError when it is not there (any more)."""
    return found(question.options, key, "answer")


def with_question(
    definition: SurveyDefinition, key: str, change: Callable[[Question], Question]
) -> SurveyDefinition:
    """Return the survey with one question changed. Raises DefinitionError when it is not there."""
    question_at(definition, key)

    def changed(page: Page) -> Page:
        return replace(
            page, questions=tuple(change(one) if one.key == key else one for one in page.questions)
        )

    return with_page(definition, definition.page_of(key).key, changed)


def with_option(
    definition: SurveyDefinition, question: str, key: str, change: Callable[[Option], Option]
) -> SurveyDefinition:
    """Return the survey with one answer or row changed. Raises DefinitionError when it is not there."""
    option_at(question_at(definition, question), key)
    return with_question(
        definition,
        question,
        lambda own: replace(
            own, options=tuple(change(option) if option.key == key else option for option in own.options)
        ),
    )


def found(listed: tuple[Keyed, ...], key: str, what: str) -> Keyed:
    """Return what has a key. Raises DefinitionError when it is not there (any more)."""
    return listed[place_of(listed, key, what)]


def place_of(listed: tuple[Keyed, ...], key: str, what: str) -> int:
    """Return where something with a key stands. Raises DefinitionError when it is not there (any more)."""
    for place, one in enumerate(listed):
        if one.key == key:
            return place
    raise DefinitionError(f"There is no {what} “{key}” here; it may have been removed or renamed.")


def inserted(listed: tuple[Keyed, ...], place: int, made: Keyed) -> tuple[Keyed, ...]:
    """Return a row of things with one more at a place."""
    return (*listed[:place], made, *listed[place:])


def moved(listed: tuple[Keyed, ...], place: int, by: int) -> tuple[Keyed, ...]:
    """Return a row of things with one moved by some places, at most to an end."""
    target = min(max(place + by, 0), len(listed) - 1)
    return inserted(listed[:place] + listed[place + 1 :], target, listed[place])


def with_page(definition: SurveyDefinition, key: str, change: Callable[[Page], Page]) -> SurveyDefinition:
    """Return the survey with one page changed. Raises DefinitionError when it is not there."""
    page_at(definition, key)
    return with_pages(
        definition, tuple(change(page) if page.key == key else page for page in definition.pages)
    )


def with_pages(definition: SurveyDefinition, pages: tuple[Page, ...]) -> SurveyDefinition:
    """Return the survey with other pages, as it reads back."""
    return checked(replace(definition, pages=pages))


def refuse_taken(key: str, taken: Collection[str], what: str) -> None:
    """Raise DefinitionError when a key is taken."""
    if key in taken:
        raise DefinitionError(f"Another {what} has the key “{key}” already; choose another one.")


def refuse_if_used(what: str, uses: Collection[str]) -> None:
    """Raise DefinitionError that names what still needs something."""
    if uses:
        raise DefinitionError(
            f"{what[:1].upper()}{what[1:]} is needed by {', '.join(uses)}; change that first."
        )
