"""A survey version as a value: parsed from JSON, checked, and written back without loss."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from surveys.questions import Question, QuestionKind, QuestionText

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")


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
class SurveyDefinition:
    """One version of a questionnaire; the first question is always the rating."""

    key: str
    occasion: Occasion
    default_language: str
    languages: Mapping[str, SurveyLanguage]
    questions: tuple[Question, ...]

    @property
    def rating_question(self) -> Question:
        """The question whose answer is the rating."""
        return self.questions[0]

    @property
    def kind(self) -> QuestionKind:
        """What the survey measures: the kind of its rating."""
        return self.rating_question.kind

    def question(self, key: str) -> Question:
        """Return a question by its key. Raises KeyError."""
        for question in self.questions:
            if question.key == key:
                return question
        raise KeyError(key)

    def to_json(self) -> dict[str, object]:
        """Return the JSON document that `parse_definition` reads back into an equal definition."""
        return {
            "key": self.key,
            "occasion": self.occasion.value,
            "default_language": self.default_language,
            "languages": {
                code: {"name": language.name, "needs_review": language.needs_review}
                for code, language in self.languages.items()
            },
            "questions": [_question_to_json(question) for question in self.questions],
        }


def parse_definition(document: object) -> SurveyDefinition:
    """Return the definition in a JSON document. Raises DefinitionError for anything that could not be asked.

    Every question needs words in every language of the survey, a rating also names of both ends.
    """
    root = _object(document, "the survey")
    languages = _languages(root)
    default = _text(root, "default_language", "the survey")
    if default not in languages:
        raise DefinitionError(f"default_language {default!r} is not among the survey's languages")
    listed = _list(root, "questions", "the survey")
    questions = tuple(_question(item, number, languages) for number, item in enumerate(listed, start=1))
    if not questions or not questions[0].is_rating or not questions[0].required:
        raise DefinitionError("the first question of a survey is a required rating (nps, csat or ces)")
    keys = [question.key for question in questions]
    for key in keys:
        if keys.count(key) > 1:
            raise DefinitionError(f"two questions share the key {key!r}")
    occasion = _choice(root, "occasion", [choice.value for choice in Occasion], "the survey")
    return SurveyDefinition(_key(root, "the survey"), Occasion(occasion), default, languages, questions)


def _languages(root: Mapping[str, object]) -> dict[str, SurveyLanguage]:
    languages: dict[str, SurveyLanguage] = {}
    for code, item in _object(root.get("languages"), "languages").items():
        if not _LANGUAGE.fullmatch(code):
            raise DefinitionError(f"{code!r} is not a language code such as en or pt-BR")
        place = f"language {code}"
        entry = _object(item, place)
        languages[code] = SurveyLanguage(
            _text(entry, "name", place), _flag(entry, "needs_review", place, default=False)
        )
    return languages


def _question(item: object, number: int, languages: Mapping[str, SurveyLanguage]) -> Question:
    place = f"question {number}"
    entry = _object(item, place)
    kind = QuestionKind(_choice(entry, "kind", [choice.value for choice in QuestionKind], place))
    texts: dict[str, QuestionText] = {}
    for code, words in _object(entry.get("texts"), f"the texts of {place}").items():
        if code not in languages:
            raise DefinitionError(f"{place} has words in {code!r}, which is not a language of the survey")
        texts[code] = _question_text(words, f"{place} in {code}", is_rating=kind not in _UNRATED)
    missing = sorted(set(languages) - set(texts))
    if missing:
        raise DefinitionError(f"{place} has no words in {', '.join(missing)}")
    required = _flag(entry, "required", place, default=False)
    return Question(_key(entry, place), kind, required, texts)


_UNRATED = frozenset({QuestionKind.TEXT, QuestionKind.YES_NO})


def _question_text(words: object, place: str, *, is_rating: bool) -> QuestionText:
    entry = _object(words, place)
    prompt = _text(entry, "prompt", place)
    if not is_rating:
        return QuestionText(prompt)
    return QuestionText(prompt, low=_text(entry, "low", place), high=_text(entry, "high", place))


def _question_to_json(question: Question) -> dict[str, object]:
    return {
        "key": question.key,
        "kind": question.kind.value,
        "required": question.required,
        "texts": {code: _words_to_json(text) for code, text in question.texts.items()},
    }


def _words_to_json(text: QuestionText) -> dict[str, str]:
    words = {"prompt": text.prompt}
    return words | {"low": text.low, "high": text.high} if text.low or text.high else words


def _object(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, dict) or not value or not all(isinstance(name, str) for name in value):
        raise DefinitionError(f"{place}: an object with at least one entry belongs here")
    return value


def _list(entry: Mapping[str, object], name: str, place: str) -> Sequence[object]:
    value = entry.get(name)
    if not isinstance(value, list):
        raise DefinitionError(f"{place}: {name} is a list")
    return value


def _text(entry: Mapping[str, object], name: str, place: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip():
        raise DefinitionError(f"{place}: {name} is a text and not empty")
    return value


def _flag(entry: Mapping[str, object], name: str, place: str, *, default: bool) -> bool:
    value = entry.get(name, default)
    if not isinstance(value, bool):
        raise DefinitionError(f"{place}: {name} is true or false")
    return value


def _choice(entry: Mapping[str, object], name: str, choices: Sequence[str], place: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or value not in choices:
        raise DefinitionError(f"{place}: {name} is one of {', '.join(choices)}")
    return value


def _key(entry: Mapping[str, object], place: str) -> str:
    value = _text(entry, "key", place)
    if not _KEY.fullmatch(value):
        raise DefinitionError(f"{place}: key is lower-case letters, digits, - and _, at most 40")
    return value
