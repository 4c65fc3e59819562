"""Rows in any order and language → one `LimeSurveyFile`; both readers end here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from integrations.limesurvey.limits import MOST_LANGUAGES, Allowance
from integrations.limesurvey.plain_text import plain_text
from integrations.limesurvey.records import (
    LimeSurveyFile,
    LimeSurveyGroup,
    LimeSurveyPart,
    LimeSurveyQuestion,
    LimeSurveyRefused,
)

_NUMBER = re.compile(r"-?[0-9]{1,9}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,16}){0,3}")
_LONGEST_CODE = 50
PASSAGES = {
    "surveyls_description": "description",
    "surveyls_welcometext": "welcome text",
    "surveyls_endtext": "end text",
}
"""The passages of a survey that are not questions, by the name of their field."""


def whole_number(text: str, *, otherwise: int = 0) -> int:
    """Return the number a field holds, or `otherwise` for anything that is not a plain whole number."""
    return int(text) if _NUMBER.fullmatch(text) else otherwise


@dataclass
class GrowingPart:
    """A subquestion or answer option whose words are still coming in."""

    code: str
    scale: int
    order: int
    texts: dict[str, str] = field(default_factory=dict)


@dataclass
class GrowingQuestion:
    """A question whose words and parts are still coming in."""

    identifier: str
    code: str
    kind: str
    order: int
    mandatory: str
    has_other: bool
    relevance: str
    pattern: str
    has_conditions: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    helps: dict[str, str] = field(default_factory=dict)
    subquestions: dict[str, GrowingPart] = field(default_factory=dict)
    answers: dict[str, GrowingPart] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class GrowingGroup:
    """A group whose names and questions are still coming in."""

    order: int
    relevance: str
    is_shuffled: bool
    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    questions: list[GrowingQuestion] = field(default_factory=list)


class Assembly:
    """Collects what is read. Texts are told in LimeSurvey's HTML and kept as plain text."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._languages: list[str] = []
        self._used: dict[str, None] = {}
        self._titles: dict[str, str] = {}
        self._extras: list[str] = []
        self.default_language = ""
        self.groups: dict[str, GrowingGroup] = {}

    def add_languages(self, codes: Iterable[str]) -> None:
        """The languages the file says it is in."""
        self._languages += [code for code in codes if _LANGUAGE.fullmatch(code)]

    def add_extra(self, name: str) -> None:
        """Something beside the questions is there."""
        if name not in self._extras:
            self._extras.append(name)

    def title(self, language: str, text: str) -> None:
        """The survey's title in one language."""
        self.word(self._titles, language, text)

    def group(self, key: str) -> GrowingGroup:
        """Return the group of a key; one nobody described yet stands where it is first named."""
        return self.groups.setdefault(key, GrowingGroup(order=0, relevance="", is_shuffled=False))

    def word(self, texts: dict[str, str], language: str, text: str) -> None:
        """Add one text; the first one for a language stands, and an empty one is none.

        A row without a language belongs to the survey's own.
        """
        if not text or language in texts:
            return
        self._allowance.take_text(text)
        if words := plain_text(text):
            texts[language] = words
            self._used[language] = None

    def finish(self, notes: Iterable[str]) -> LimeSurveyFile:
        """Return the survey. Raises LimeSurveyRefused when it asks nothing."""
        if not any(group.questions for group in self.groups.values()):
            raise LimeSurveyRefused("The file has no questions; export the survey structure again.")
        named = [*self._languages, *(language for language in self._used if language)]
        default = self.default_language if _LANGUAGE.fullmatch(self.default_language) else ""
        default = default or (named[0] if named else "en")
        languages = tuple(dict.fromkeys([default, *named]))
        if len(languages) > MOST_LANGUAGES:
            raise LimeSurveyRefused(f"The file names more than {MOST_LANGUAGES} languages.")
        ordered = sorted(self.groups.values(), key=lambda group: group.order)
        return LimeSurveyFile(
            default_language=default,
            languages=languages,
            titles=_settled(self._titles, default),
            groups=tuple(_frozen_group(group, default) for group in ordered if group.questions),
            extras=tuple(self._extras),
            notes=tuple(notes),
        )


def short_code(text: str) -> str:
    """Return a code as it can be named in a sentence."""
    return plain_text(text[:_LONGEST_CODE])


def _frozen_group(group: GrowingGroup, default: str) -> LimeSurveyGroup:
    return LimeSurveyGroup(
        names=_settled(group.names, default),
        descriptions=_settled(group.descriptions, default),
        relevance=group.relevance,
        is_shuffled=group.is_shuffled,
        questions=tuple(
            _frozen_question(question, default)
            for question in sorted(group.questions, key=lambda question: question.order)
        ),
    )


def _frozen_question(question: GrowingQuestion, default: str) -> LimeSurveyQuestion:
    return LimeSurveyQuestion(
        identifier=question.identifier,
        code=question.code,
        kind=question.kind,
        texts=_settled(question.texts, default),
        helps=_settled(question.helps, default),
        mandatory=question.mandatory,
        has_other=question.has_other,
        relevance=question.relevance,
        pattern=question.pattern,
        has_conditions=question.has_conditions,
        subquestions=_frozen_parts(question.subquestions, default),
        answers=_frozen_parts(question.answers, default),
        attributes=dict(question.attributes),
    )


def _frozen_parts(parts: dict[str, GrowingPart], default: str) -> tuple[LimeSurveyPart, ...]:
    ordered = sorted(parts.values(), key=lambda part: (part.scale, part.order))
    return tuple(LimeSurveyPart(part.code, part.scale, _settled(part.texts, default)) for part in ordered)


def _settled(texts: dict[str, str], default: str) -> dict[str, str]:
    """Give a text without a language to the default one, unless that has its own."""
    settled = {language: text for language, text in texts.items() if language}
    if "" in texts:
        settled.setdefault(default, texts[""])
    return settled
