"""What is left of a condition when only the questions in front of somebody are still open."""

from collections.abc import Collection

from surveys.conditions import (
    AllOf,
    Answered,
    AnyOf,
    Between,
    Condition,
    Equals,
    Includes,
    Respondent,
    StoredAnswers,
    holds,
)


def narrowed(
    condition: Condition, answers: StoredAnswers, who: Respondent, *, asked: Collection[str]
) -> Condition | bool:
    """Return the part of a condition that depends on the questions `asked` now, or True or False without any.

    All the rest is decided by the earlier answers and by who answers, so nothing about a person has to be
    written into their page.
    """
    match condition:
        case AllOf(parts):
            left = [narrowed(part, answers, who, asked=asked) for part in parts]
            if any(part is False for part in left):
                return False
            open_parts = tuple(part for part in left if not isinstance(part, bool))
            return AllOf(open_parts) if open_parts else True
        case AnyOf(parts):
            left = [narrowed(part, answers, who, asked=asked) for part in parts]
            if any(part is True for part in left):
                return True
            open_parts = tuple(part for part in left if not isinstance(part, bool))
            return AnyOf(open_parts) if open_parts else False
        case Answered(question) | Includes(question):
            return condition if _is_asked(question, asked) else holds(condition, answers, who)
        case Equals(question, is_previous=False) | Between(question, is_previous=False):
            return condition if _is_asked(question, asked) else holds(condition, answers, who)
        case _:
            return holds(condition, answers, who)


def _is_asked(place: str, asked: Collection[str]) -> bool:
    return place in asked or place.partition(".")[0] in asked
