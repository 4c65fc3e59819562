"""Who speaks of what in a survey: conditions, jumps and merge fields that name a question, answer or page."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from surveys.conditions import (
    AllOf,
    Among,
    Answered,
    AnyOf,
    Between,
    Condition,
    Equals,
    Includes,
    Scalar,
    conditions_in,
)
from surveys.definition import Jump, Page, SurveyDefinition
from surveys.merging import merge_fields_in
from surveys.questions import CHOICES, Option, Question, QuestionKind, QuestionText
from surveys.wording import ANSWER_FIELD

Simple = Answered | Equals | Between | Includes


def uses_of_question(definition: SurveyDefinition, key: str) -> tuple[str, ...]:
    """Return the places that need a question, in words such as "the condition of question “why”"."""
    field = f"{ANSWER_FIELD}{key}"
    fielded = (
        f"the words of question “{question.key}”"
        for question in definition.questions
        if question.key != key and any(field in merge_fields_in(text) for text in _texts(question))
    )
    asking = (
        where
        for where, part in _asking(definition)
        if question_of(part) == key and where != _at_question(key)
    )
    return tuple(dict.fromkeys((*asking, *fielded)))


def uses_of_option(definition: SurveyDefinition, question: Question, option: str) -> tuple[str, ...]:
    """Return the conditions that ask for an answer, or for the rating of a row of a matrix."""
    return tuple(
        dict.fromkeys(where for where, part in _asking(definition) if _names_option(part, question, option))
    )


def uses_of_page(definition: SurveyDefinition, key: str) -> tuple[str, ...]:
    """Return the jumps that lead to a page."""
    return tuple(
        f"a jump of page “{page.key}”"
        for page in definition.pages
        if page.key != key and any(jump.to == key for jump in page.jumps)
    )


def question_of(part: Simple) -> str:
    """Return the key of the question a simple condition asks about, without the row of a matrix."""
    return part.question.partition(".")[0]


def with_question_renamed(definition: SurveyDefinition, key: str, new: str) -> SurveyDefinition:
    """Return the survey with conditions and merge fields that name a question naming it by its new key."""

    def renamed(part: Simple) -> Simple:
        _key, dot, row = part.question.partition(".")
        return replace(part, question=f"{new}{dot}{row}") if question_of(part) == key else part

    field = re.compile(rf"\{{\{{\s*{re.escape(ANSWER_FIELD + key)}\s*\}}\}}")
    written = f"{{{{{ANSWER_FIELD}{new}}}}}"
    worded = _with_texts(definition, lambda text: field.sub(lambda _found: written, text))
    return _with_conditions(worded, renamed)


def with_option_renamed(
    definition: SurveyDefinition, question: Question, option: str, new: str
) -> SurveyDefinition:
    """Return the survey with conditions that name an option or row naming it by its new key."""

    def renamed(part: Simple) -> Simple:
        if not _names_option(part, question, option):
            return part
        match part:
            case Equals():
                return replace(part, value=new) if part.value == option else _row_renamed(part, new)
            case Includes():
                return replace(part, option=new)
            case _:
                return _row_renamed(part, new)

    return _with_conditions(definition, renamed)


def with_page_renamed(definition: SurveyDefinition, key: str, new: str) -> SurveyDefinition:
    """Return the survey with jumps to a page leading to it by its new key."""
    pages = (
        replace(
            page,
            jumps=tuple(replace(jump, to=new) if jump.to == key else jump for jump in page.jumps),
        )
        for page in definition.pages
    )
    return replace(definition, pages=tuple(pages))


def _asking(definition: SurveyDefinition) -> Iterator[tuple[str, Simple]]:
    """Yield every simple condition about a question with the place it stands at, in words."""
    for page in definition.pages:
        yield from _about_questions(f"the condition of page “{page.key}”", page.show_if)
        for question in page.questions:
            yield from _about_questions(_at_question(question.key), question.show_if)
        for jump in page.jumps:
            yield from _about_questions(f"a jump of page “{page.key}”", jump.when)


def _at_question(key: str) -> str:
    return f"the condition of question “{key}”"


def _about_questions(where: str, condition: Condition | None) -> Iterator[tuple[str, Simple]]:
    for part in conditions_in(condition) if condition else ():
        if isinstance(part, Answered | Equals | Between | Includes):
            yield where, part


def _names_option(part: Simple, question: Question, option: str) -> bool:
    if question_of(part) != question.key:
        return False
    if question.kind is QuestionKind.MATRIX:
        return part.question == f"{question.key}.{option}"
    if question.kind not in CHOICES:
        return False
    named: Scalar | None = getattr(part, "option", None) or getattr(part, "value", None)
    return named == option


def _row_renamed(part: Simple, new: str) -> Simple:
    return replace(part, question=f"{question_of(part)}.{new}")


def _with_conditions(definition: SurveyDefinition, change: Callable[[Simple], Simple]) -> SurveyDefinition:
    def changed(condition: Condition | None) -> Condition | None:
        return None if condition is None else _changed(condition, change)

    def changed_page(page: Page) -> Page:
        return replace(
            page,
            show_if=changed(page.show_if),
            jumps=tuple(Jump(jump.to, changed(jump.when)) for jump in page.jumps),
            questions=tuple(
                replace(question, show_if=changed(question.show_if)) for question in page.questions
            ),
        )

    return replace(definition, pages=tuple(changed_page(page) for page in definition.pages))


def _changed(condition: Condition, change: Callable[[Simple], Simple]) -> Condition:
    if isinstance(condition, AllOf | AnyOf):
        return replace(condition, parts=tuple(_changed(part, change) for part in condition.parts))
    return condition if isinstance(condition, Among) else change(condition)


def _with_texts(definition: SurveyDefinition, change: Callable[[str], str]) -> SurveyDefinition:
    def words(texts: Mapping[str, QuestionText]) -> dict[str, QuestionText]:
        return {
            code: QuestionText(change(text.prompt), change(text.low), change(text.high), change(text.help))
            for code, text in texts.items()
        }

    def option_words(option: Option) -> Option:
        return replace(option, texts={code: change(text) for code, text in option.texts.items()})

    def changed(question: Question) -> Question:
        return replace(
            question,
            texts=words(question.texts),
            variants={persona: words(texts) for persona, texts in question.variants.items()},
            options=tuple(option_words(option) for option in question.options),
        )

    pages = (
        replace(page, questions=tuple(changed(question) for question in page.questions))
        for page in definition.pages
    )
    return replace(definition, pages=tuple(pages))


def _texts(question: Question) -> Iterator[str]:
    for words in (question.texts, *question.variants.values()):
        for text in words.values():
            yield from (text.prompt, text.low, text.high, text.help)
    for option in question.options:
        yield from option.texts.values()
