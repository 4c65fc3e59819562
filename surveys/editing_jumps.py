"""Changes to where a page leads; jumps of a page are counted from 1."""

from dataclasses import replace

from surveys.conditions import Condition
from surveys.definition import END, DefinitionError, Jump, SurveyDefinition
from surveys.editing_parts import page_at, with_page


def add_jump(definition: SurveyDefinition, key: str, to: str) -> SurveyDefinition:
    """Let a page lead to another page, or to the END, behind its other jumps."""
    _known_target(definition, to)
    return with_page(definition, key, lambda page: replace(page, jumps=(*page.jumps, Jump(to))))


def remove_jump(definition: SurveyDefinition, key: str, number: int) -> SurveyDefinition:
    """Remove a jump of a page; numbers count from 1."""
    _jump_at(definition, key, number)
    return with_page(
        definition,
        key,
        lambda page: replace(page, jumps=(*page.jumps[: number - 1], *page.jumps[number:])),
    )


def set_jump(
    definition: SurveyDefinition, key: str, number: int, *, to: str, when: Condition | None
) -> SurveyDefinition:
    """Say where a jump of a page leads, and when; numbers count from 1."""
    if _jump_at(definition, key, number).to != to:
        _known_target(definition, to)
    made = Jump(to, when)
    return with_page(
        definition,
        key,
        lambda page: replace(page, jumps=(*page.jumps[: number - 1], made, *page.jumps[number:])),
    )


def _jump_at(definition: SurveyDefinition, key: str, number: int) -> Jump:
    jumps = page_at(definition, key).jumps
    if not 1 <= number <= len(jumps):
        raise DefinitionError("This jump is not there any more.")
    return jumps[number - 1]


def _known_target(definition: SurveyDefinition, to: str) -> None:
    if to != END:
        page_at(definition, to)
