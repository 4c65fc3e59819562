"""Does every page lead somewhere, can every page be reached, and can every condition hold?"""

import itertools
import math
from collections.abc import Iterator, Sequence

from surveys.conditions import (
    AllOf,
    Among,
    AnswerValue,
    AnyOf,
    Condition,
    Equals,
    Includes,
    Respondent,
    conditions_in,
    holds,
    questions_in,
)
from surveys.definition import END, Page, SurveyDefinition
from surveys.finding import Code, Finding, Place, error, warning
from surveys.questions import Question, QuestionKind

# Above so many combinations of answers a condition is taken as possible.
MOST_COMBINATIONS = 5_000


def way_findings(definition: SurveyDefinition) -> Iterator[Finding]:
    """Yield jumps to nowhere and back, pages nobody meets, and conditions that ask for what cannot be."""
    order = [page.key for page in definition.pages]
    for number, page in enumerate(definition.pages):
        yield from _about_jumps(page, number, order)
    reached = _reached(definition, order)
    for page in definition.pages:
        if page.key not in reached:
            yield error(
                Code.UNREACHABLE_PAGE,
                Place(page.key),
                f"Nobody ever meets page “{page.key}”: every way jumps over it. Remove it, or change a jump.",
            )
    yield from _about_conditions(definition)


def _about_jumps(page: Page, number: int, order: Sequence[str]) -> Iterator[Finding]:
    is_over = False
    for count, jump in enumerate(page.jumps, start=1):
        place = Place(page.key, part=f"jump {count}")
        if jump.to != END and jump.to not in order:
            yield error(
                Code.DEAD_JUMP,
                place,
                f"Page “{page.key}” jumps to “{jump.to}”, which does not exist; choose another page.",
            )
        elif jump.to != END and order.index(jump.to) <= number:
            yield error(
                Code.LOOP,
                place,
                f"Page “{page.key}” jumps back to “{jump.to}”, and people would go in circles; jump forward"
                " only.",
            )
        elif is_over:
            yield error(
                Code.DEAD_JUMP,
                place,
                f"This jump of page “{page.key}” is never taken: the one above it always is. Remove one of"
                " them.",
            )
        elif [jump.to] == list(order[number + 1 : number + 2]) and count == len(page.jumps):
            yield warning(
                Code.NEEDLESS_JUMP,
                place,
                f"Page “{jump.to}” follows “{page.key}” anyway; the jump changes nothing.",
            )
        is_over = is_over or jump.when is None


def _reached(definition: SurveyDefinition, order: Sequence[str]) -> set[str]:
    """Return the pages some way leads to, whatever the conditions say."""
    reached: set[str] = set()
    waiting = [0]
    while waiting:
        number = waiting.pop()
        if number >= len(order) or order[number] in reached:
            continue
        page = definition.pages[number]
        reached.add(page.key)
        # A page that is not shown does not jump.
        falls_through = page.show_if is not None or all(jump.when is not None for jump in page.jumps)
        # Behind a jump that is always taken the others never are.
        always = next((count for count, jump in enumerate(page.jumps) if jump.when is None), len(page.jumps))
        targets = [order.index(jump.to) for jump in page.jumps[: always + 1] if jump.to in order]
        waiting += [target for target in targets if target > number]
        if falls_through:
            waiting.append(number + 1)
    return reached


def _about_conditions(definition: SurveyDefinition) -> Iterator[Finding]:
    before: list[str] = []
    for page in definition.pages:
        if page.show_if is not None:
            yield from _about_condition(definition, page.show_if, Place(page.key, part="show_if"), before)
        for question in page.questions:
            if question.show_if is not None:
                place = Place(page.key, question.key, part="show_if")
                yield from _about_condition(definition, question.show_if, place, before)
            before.append(question.key)
        for count, jump in enumerate(page.jumps, start=1):
            if jump.when is not None:
                place = Place(page.key, part=f"jump {count}")
                yield from _about_condition(definition, jump.when, place, before)


def _about_condition(
    definition: SurveyDefinition, condition: Condition, place: Place, before: Sequence[str]
) -> Iterator[Finding]:
    is_readable = True
    for named in questions_in(condition):
        question, _, row = named.partition(".")
        if not definition.has_question(question) or (
            row and not _has_row(definition.question(question), row)
        ):
            is_readable = False
            yield error(
                Code.UNKNOWN_QUESTION,
                place,
                f"The condition asks about “{named}”, which this survey does not ask; choose another"
                " question.",
            )
        elif question not in before:
            is_readable = False
            yield error(
                Code.LATER_QUESTION,
                place,
                f"The condition asks about “{named}”, which is not answered yet at this place; ask it"
                " earlier.",
            )
    if is_readable and not is_possible(definition, condition):
        yield error(
            Code.IMPOSSIBLE_CONDITION,
            place,
            "The condition can never hold: no answer fits it. Change it, or remove what depends on it.",
        )


def _has_row(question: Question, row: str) -> bool:
    return question.kind is QuestionKind.MATRIX and question.option(row) is not None


def is_possible(definition: SurveyDefinition, condition: Condition) -> bool:
    """Whether some answers and some person make a condition hold.

    Tried with every value that makes a difference; with more than MOST_COMBINATIONS of them, True.
    """
    parts = list(conditions_in(condition))
    # Person and last time may be anything, so those parts hold where that helps: nothing here says "not".
    free = [part for part in parts if isinstance(part, Among) or getattr(part, "is_previous", False)]
    values = {
        name: _telling(name, _values(definition, name, parts), parts) for name in questions_in(condition)
    }
    if math.prod(len(some) for some in values.values()) > MOST_COMBINATIONS:
        return True
    freed = _without(condition, free)
    # Rows stand under their full name, which is where `holds` looks first.
    return any(
        holds(freed, dict(zip(values, some, strict=True)), Respondent())
        for some in itertools.product(*values.values())
    )


def _telling(name: str, values: Sequence[AnswerValue], parts: Sequence[Condition]) -> list[AnswerValue]:
    """Return of the answers at a place one for each way to fit the parts that ask about it."""
    asking = [part for part in parts if questions_in(part) == (name,)]
    told: dict[tuple[bool, ...], AnswerValue] = {}
    for value in values:
        fitting = tuple(holds(part, {name: value}, Respondent()) for part in asking)
        told.setdefault(fitting, value)
    return list(told.values())


def _without(condition: Condition, free: Sequence[Condition]) -> Condition:
    """Return a condition whose free parts always hold."""
    if condition in free:
        return AllOf(())
    if isinstance(condition, AllOf):
        return AllOf(tuple(_without(part, free) for part in condition.parts))
    if isinstance(condition, AnyOf):
        return AnyOf(tuple(_without(part, free) for part in condition.parts))
    return condition


def _values(definition: SurveyDefinition, name: str, parts: Sequence[Condition]) -> list[AnswerValue]:
    """Return the answers a place can have that may make a difference to these parts."""
    key, _, row = name.partition(".")
    question = definition.question(key)
    if question.scale is not None and (row or question.is_rating):
        return list(question.scale)
    if question.kind is QuestionKind.YES_NO:
        return [True, False]
    if question.kind is QuestionKind.MULTIPLE_CHOICE:
        return [_all_wanted(question, parts)]
    if question.kind is QuestionKind.SINGLE_CHOICE:
        return list(question.choices)
    if question.kind is QuestionKind.CONTACT:
        return ["email", "phone", "no"]
    wanted = [part.value for part in parts if isinstance(part, Equals) and part.question == name]
    return [value for value in wanted if isinstance(value, str)] or [{"name": "x", "email": "x@x"}]


def _all_wanted(question: Question, parts: Sequence[Condition]) -> list[str]:
    wanted = [part.option for part in parts if isinstance(part, Includes) and part.question == question.key]
    return [key for key in question.choices if key in wanted] or list(question.choices)
