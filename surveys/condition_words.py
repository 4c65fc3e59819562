"""Conditions in words, as an author reads them: "the rating is 0 to 6"."""

from surveys.conditions import (
    About,
    AllOf,
    Among,
    Answered,
    AnyOf,
    Between,
    Condition,
    Equals,
    Includes,
    Scalar,
)
from surveys.definition import SurveyDefinition
from surveys.questions import OTHER, Question, QuestionKind

_ABOUT = {
    About.PERSONA: "the persona is",
    About.TIER: "the tier is",
    About.PRODUCT: "the product is",
    About.LANGUAGE: "the language is",
}
_CONTACT = {"email": "by e-mail", "phone": "by phone", "no": "no contact"}
_LONGEST = 60


def condition_words(definition: SurveyDefinition, condition: Condition) -> str:
    """Return a condition as part of a sentence, "the rating is 0 to 6"; parts in brackets where needed."""
    match condition:
        case AllOf(parts):
            return " and ".join(_inside(definition, part) for part in parts)
        case AnyOf(parts):
            return " or ".join(_inside(definition, part) for part in parts)
        case Answered(question):
            return f"{place_words(definition, question)} is answered"
        case Equals(question, value, is_previous):
            named = _named(definition, question, is_previous=is_previous)
            return f"{named} is {value_words(definition, question, value)}"
        case Between(question, low, high, is_previous):
            named = _named(definition, question, is_previous=is_previous)
            return f"{named} is {low}" if low == high else f"{named} is {low} to {high}"
        case Includes(question, option):
            return f"{place_words(definition, question)} includes {value_words(definition, question, option)}"
        case Among(about, values):
            return f"{_ABOUT[about]} {' or '.join(values)}"


def place_words(definition: SurveyDefinition, place: str) -> str:
    """Return how a question, or one row of a matrix ("drivers.support"), is called among conditions."""
    key, _, row = place.partition(".")
    if not definition.has_question(key):
        return f"“{place}” (not in this survey)"
    if row:
        return f"“{value_words(definition, place, row)}” in “{key}”"
    is_rating = definition.has_rating and definition.questions[0].key == key
    return "the rating" if is_rating else f"“{key}”"


def value_words(definition: SurveyDefinition, place: str, value: Scalar) -> str:
    """Return how a value of an answer is called among conditions: the words of a choice, yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    key = place.partition(".")[0]
    if not isinstance(value, str) or not definition.has_question(key):
        return str(value)
    return option_name(definition, definition.question(key), value)


def option_name(definition: SurveyDefinition, question: Question, key: str) -> str:
    """Return the words of an answer or row in the default language, shortened; its key without any."""
    if question.kind is QuestionKind.CONTACT:
        return _CONTACT.get(key, key)
    option = question.option(key)
    words = " ".join(option.texts.get(definition.default_language, "").split()) if option else ""
    if not words:
        return "other" if key == OTHER and question.has_other else key
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def _named(definition: SurveyDefinition, place: str, *, is_previous: bool) -> str:
    named = place_words(definition, place)
    return f"last time {named}" if is_previous else named


def _inside(definition: SurveyDefinition, part: Condition) -> str:
    words = condition_words(definition, part)
    return f"({words})" if isinstance(part, AllOf | AnyOf) and len(part.parts) > 1 else words
