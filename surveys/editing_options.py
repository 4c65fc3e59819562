"""Changes to the answers of a choice and the rows of a matrix; a row is an answer to these functions."""

from dataclasses import replace

from surveys.definition import DefinitionError, SurveyDefinition
from surveys.editing_parts import (
    free_key,
    inserted,
    moved,
    option_at,
    place_of,
    question_at,
    refuse_if_used,
    refuse_taken,
    with_option,
    with_question,
)
from surveys.questions import WITH_OPTIONS, Option
from surveys.references import uses_of_option, with_option_renamed


def add_option(definition: SurveyDefinition, question: str, key: str) -> SurveyDefinition:
    """Add an answer to choose, or a row to rate, as the last."""
    target = question_at(definition, question)
    if target.kind not in WITH_OPTIONS:
        raise DefinitionError(f"Question “{question}” has no answers to choose from; change its kind first.")
    refuse_taken(key, [option.key for option in target.options], "answer")
    return with_question(
        definition, question, lambda own: replace(own, options=(*own.options, Option(key, {})))
    )


def remove_option(definition: SurveyDefinition, question: str, key: str) -> SurveyDefinition:
    """Remove an answer or row, unless a condition asks for it."""
    target = question_at(definition, question)
    option_at(target, key)
    refuse_if_used(f"answer “{key}”", uses_of_option(definition, target, key))
    return with_question(
        definition,
        question,
        lambda own: replace(own, options=tuple(option for option in own.options if option.key != key)),
    )


def move_option(definition: SurveyDefinition, question: str, key: str, *, by: int) -> SurveyDefinition:
    """Move an answer or row up (by -1) or down (by 1); at the end nothing happens."""
    target = question_at(definition, question)
    row = moved(target.options, place_of(target.options, key, "answer"), by)
    return with_question(definition, question, lambda own: replace(own, options=row))


def duplicate_option(definition: SurveyDefinition, question: str, key: str) -> SurveyDefinition:
    """Copy an answer or row under a free key, right behind it."""
    target = question_at(definition, question)
    copy = replace(option_at(target, key), key=free_key(key, [option.key for option in target.options]))
    place = place_of(target.options, key, "answer") + 1
    made = inserted(target.options, place, copy)
    return with_question(definition, question, lambda own: replace(own, options=made))


def rename_option(definition: SurveyDefinition, question: str, key: str, new: str) -> SurveyDefinition:
    """Give an answer or row another key; conditions follow."""
    target = question_at(definition, question)
    option_at(target, key)
    if new == key:
        return definition
    refuse_taken(new, [option.key for option in target.options], "answer")
    followed = with_option_renamed(definition, target, key, new)
    return with_option(followed, question, key, lambda option: replace(option, key=new))
