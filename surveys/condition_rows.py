"""Conditions as rows of a form: what can be asked, one simple condition per row, and back again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveys.condition_words import option_name, place_words
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
from surveys.definition import DefinitionError, SurveyDefinition
from surveys.questions import OTHER, Question, QuestionKind

# What can be known of the person who answers: key → name, by what it is about.
Known = Mapping[About, Mapping[str, str]]

_BETWEEN, _EQUALS, _INCLUDES, _ANSWERED, _AMONG = "between", "equals", "includes", "answered", "among"
_LAST_TIME = "last-"
_YES, _NO = "yes", "no"
_ABOUT_WORDS = {
    About.PERSONA: "the person's persona",
    About.TIER: "the account's tier",
    About.PRODUCT: "the account's product",
    About.LANGUAGE: "the person's language",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """Something a condition can be about: its value in a form, and words for it."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One simple condition as a row of a form: its subject, and what is chosen among which values.

    A range has `scale`, `low` and `high`; everything else `choices` of (value, words), of which `chosen` are
    chosen; with `is_several` more than one may be.
    """

    subject: Subject
    scale: Sequence[int] = ()
    low: int = 0
    high: int = 0
    choices: Sequence[tuple[str, str]] = ()
    chosen: Sequence[str] = ()
    is_several: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """What a row of a form says: the value of its subject, the ends of a range, the chosen values."""

    subject: str
    low: str = ""
    high: str = ""
    chosen: Sequence[str] = ()


def subjects(definition: SurveyDefinition, known: Known, before: Sequence[Question]) -> list[Subject]:
    """Return what a condition can ask at a place: about the questions before it, and about the person."""
    found: list[Subject] = []
    for question in before:
        found += _about_question(definition, question)
    found += [
        Subject(f"{_AMONG}:{about.value}", words) for about, words in _ABOUT_WORDS.items() if known.get(about)
    ]
    for question in definition.questions:
        found += _about_last_time(definition, question)
    return found


def questions_before(definition: SurveyDefinition, page: str, question: str = "") -> list[Question]:
    """Return the questions asked before a page, or before a question on it."""
    before: list[Question] = []
    for own in definition.pages:
        for asked in own.questions if own.key != page or question else ():
            if asked.key == question:
                return before
            before.append(asked)
        if own.key == page:
            return before
    return before


def questions_until(definition: SurveyDefinition, page: str) -> list[Question]:
    """Return the questions that are answered once a page is sent: its own and those before it."""
    own = next((one.questions for one in definition.pages if one.key == page), ())
    return [*questions_before(definition, page), *own]


def rows_of(
    definition: SurveyDefinition, condition: Condition | None, known: Known
) -> tuple[bool, list[Row]] | None:
    """Return whether any part is enough, and the rows of a condition; None for one that is nested deeper."""
    parts: tuple[Condition, ...] = () if condition is None else (condition,)
    is_any = isinstance(condition, AnyOf)
    if isinstance(condition, AllOf | AnyOf):
        parts = condition.parts
    rows: list[Row] = []
    for part in parts:
        row = _row(definition, part, known)
        if row is None:
            return None
        rows.append(row)
    return is_any, rows


def condition_of(
    definition: SurveyDefinition, filled: Sequence[Filled], *, is_any: bool, added: str = "", known: Known
) -> Condition | None:
    """Return the condition rows of a form stand for, None for none.

    `added` is the subject of one more row, which begins with values that make sense. Raises DefinitionError.
    """
    parts = [_part(definition, row) for row in filled]
    if added:
        parts.append(_new_part(definition, added, known))
    if len(parts) < 2:
        return parts[0] if parts else None
    return AnyOf(tuple(parts)) if is_any else AllOf(tuple(parts))


def _about_question(definition: SurveyDefinition, question: Question) -> list[Subject]:
    named = place_words(definition, question.key)
    found: list[Subject] = []
    if question.is_rating:
        found.append(Subject(f"{_BETWEEN}:{question.key}", f"{named} is from … to …"))
    elif question.kind is QuestionKind.MATRIX:
        for row in question.options:
            place = f"{question.key}.{row.key}"
            found.append(Subject(f"{_BETWEEN}:{place}", f"{place_words(definition, place)} is from … to …"))
    elif question.kind is QuestionKind.MULTIPLE_CHOICE:
        found.append(Subject(f"{_INCLUDES}:{question.key}", f"{named} includes …"))
    elif _values(question):
        found.append(Subject(f"{_EQUALS}:{question.key}", f"{named} is …"))
    if not question.required:
        found.append(Subject(f"{_ANSWERED}:{question.key}", f"{named} is answered"))
    return found


def _about_last_time(definition: SurveyDefinition, question: Question) -> list[Subject]:
    named = f"last time {place_words(definition, question.key)}"
    if question.is_rating:
        return [Subject(f"{_LAST_TIME}{_BETWEEN}:{question.key}", f"{named} was from … to …")]
    if question.kind is not QuestionKind.MULTIPLE_CHOICE and _values(question):
        return [Subject(f"{_LAST_TIME}{_EQUALS}:{question.key}", f"{named} was …")]
    return []


def _row(definition: SurveyDefinition, part: Condition, known: Known) -> Row | None:
    match part:
        case Answered(place):
            return Row(Subject(f"{_ANSWERED}:{place}", f"{place_words(definition, place)} is answered"))
        case Between(place, low, high, is_previous):
            subject = _subject(definition, _BETWEEN, place, "is from", is_previous=is_previous)
            return Row(subject, scale=_with_ends(_scale(definition, place), low, high), low=low, high=high)
        case Equals(place, value, is_previous):
            subject = _subject(definition, _EQUALS, place, "is", is_previous=is_previous)
            return _choosing(definition, subject, place, value)
        case Includes(place, option):
            subject = _subject(definition, _INCLUDES, place, "includes", is_previous=False)
            return _choosing(definition, subject, place, option)
        case Among(about, values):
            offered = {
                **known.get(about, {}),
                **{key: key for key in values if key not in known.get(about, {})},
            }
            words = f"{_ABOUT_WORDS[about]} is"
            subject = Subject(f"{_AMONG}:{about.value}", words)
            return Row(subject, choices=list(offered.items()), chosen=values, is_several=True)
        case _:
            return None


def _subject(definition: SurveyDefinition, how: str, place: str, verb: str, *, is_previous: bool) -> Subject:
    before, lead = (_LAST_TIME, "last time ") if is_previous else ("", "")
    return Subject(f"{before}{how}:{place}", f"{lead}{place_words(definition, place)} {verb}")


def _choosing(definition: SurveyDefinition, subject: Subject, place: str, value: Scalar) -> Row:
    said = _said(value)
    choices: list[tuple[str, str]] = []
    if definition.has_question(place):
        question = definition.question(place)
        choices = [(key, option_name(definition, question, key)) for key in _values(question)]
    if said not in [key for key, _words in choices]:
        choices.append((said, said))
    return Row(subject, choices=choices, chosen=(said,))


def _part(definition: SurveyDefinition, filled: Filled) -> Condition:
    how, _, place = filled.subject.removeprefix(_LAST_TIME).partition(":")
    is_previous = filled.subject.startswith(_LAST_TIME)
    chosen = filled.chosen[0] if filled.chosen else ""
    if how == _BETWEEN:
        low, high = _number(filled.low), _number(filled.high)
        return Between(place, min(low, high), max(low, high), is_previous)
    if how == _EQUALS:
        return Equals(place, _meant(definition, place, chosen), is_previous)
    if how == _INCLUDES:
        return Includes(place, chosen)
    if how == _ANSWERED:
        return Answered(place)
    if how == _AMONG and place in list(About):
        if not filled.chosen:
            raise DefinitionError(f"Choose at least one value for {_ABOUT_WORDS[About(place)]}.")
        return Among(About(place), tuple(filled.chosen))
    raise DefinitionError("Choose what the condition is about.")


def _new_part(definition: SurveyDefinition, subject: str, known: Known) -> Condition:
    how, _, place = subject.removeprefix(_LAST_TIME).partition(":")
    if how == _BETWEEN:
        scale = _scale(definition, place)
        # Whoever asks about a rating mostly asks why it is low: for NPS that is 0 to 6.
        last = 6 if len(scale) == 11 else scale[(len(scale) - 1) // 2]
        return _part(definition, Filled(subject, str(scale[0]), str(last)))
    if how == _AMONG and place in list(About):
        return _part(definition, Filled(subject, chosen=list(known.get(About(place), {}))[:1]))
    values = _values(definition.question(place)) if definition.has_question(place) else []
    return _part(definition, Filled(subject, chosen=values[:1]))


def _values(question: Question) -> list[str]:
    if question.kind is QuestionKind.YES_NO:
        return [_YES, _NO]
    if question.kind is QuestionKind.CONTACT:
        return ["email", "phone", "no"]
    return list(question.choices) if question.kind is not QuestionKind.MATRIX else []


def _meant(definition: SurveyDefinition, place: str, said: str) -> Scalar:
    question = definition.question(place) if definition.has_question(place) else None
    if question is not None and question.kind is QuestionKind.YES_NO:
        return said == _YES
    if question is not None and question.is_rating:
        return _number(said)
    return said or OTHER


def _said(value: Scalar) -> str:
    if isinstance(value, bool):
        return _YES if value else _NO
    return str(value)


def _scale(definition: SurveyDefinition, place: str) -> Sequence[int]:
    key = place.partition(".")[0]
    scale = definition.question(key).scale if definition.has_question(key) else None
    return list(scale) if scale is not None else list(range(11))


def _with_ends(scale: Sequence[int], low: int, high: int) -> Sequence[int]:
    return sorted({*scale, low, high})


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 3:
        raise DefinitionError("A rating is a whole number of its scale.")
    return int(text)
