"""The words of an imported survey: which languages are taken, and what LimeSurvey's {…} become."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from integrations.limesurvey.records import LimeSurveyFile
from surveys.documents import LONGEST_TEXT
from surveys.translation import DEFAULT_LANGUAGE, phrase_book
from vocapp.questionnaires.limesurvey_conditions import Variable

_EXPRESSION = re.compile(r"\{([^{}\s][^{}]{0,400})\}")
_FIRST_NAME = frozenset({"TOKEN:FIRSTNAME", "FIRSTNAME"})
_ANSWER = re.compile(r"(?:INSERTANS:)?(\w+)(?:\.(?:shown|NAOK|value|code))*", re.ASCII)
_LONGEST_NAME = 120
_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Languages:
    """Which of our languages takes the words of which of LimeSurvey's; `default` is one of ours."""

    default: str
    sources: Mapping[str, str]
    unmapped: tuple[str, ...]

    def texts(self, words: Mapping[str, str]) -> dict[str, str]:
        """Return words by our languages."""
        return {ours: words[theirs] for ours, theirs in self.sources.items() if theirs in words}


def languages_of(file: LimeSurveyFile) -> Languages:
    """Return how a file's languages are taken: those a respondent's page speaks, each once."""
    known = phrase_book().languages
    sources: dict[str, str] = {}
    left: list[str] = []
    # "pt" has a claim on ours before "pt-BR", the survey's own language before both.
    for theirs in sorted(file.languages, key=lambda code: (code != file.default_language, "-" in code)):
        ours = re.split("[-_]", theirs)[0].lower()
        if ours in known and ours not in sources:
            sources[ours] = theirs
        else:
            left.append(theirs)
    if not sources:
        sentence = (
            f"The survey is in {file.default_language}, which respondents' pages do not speak: its words"
            f" stand as {known[DEFAULT_LANGUAGE].name}; translate them."
        )
        others = [_left_out(code) for code in left if code != file.default_language]
        return Languages(DEFAULT_LANGUAGE, {DEFAULT_LANGUAGE: file.default_language}, (sentence, *others))
    return Languages(next(iter(sources)), sources, tuple(_left_out(code) for code in left))


def _left_out(code: str) -> str:
    return f"The words in {code} were left out."


def survey_names(file: LimeSurveyFile, languages: Languages) -> dict[str, str]:
    """Return the survey's name in each of our languages; one without a title goes by that of the default."""
    titles = languages.texts(file.titles)
    fallback = titles.get(languages.default) or next(iter(titles.values()), "LimeSurvey")
    return {code: titles.get(code, fallback)[:_LONGEST_NAME].strip() for code in languages.sources}


def in_one_line(text: str) -> str:
    """Return something of the file as it can be quoted in a sentence."""
    shown = " ".join(text.split())
    return shown if len(shown) <= _LONGEST_SHOWN else shown[: _LONGEST_SHOWN - 1] + "…"


def with_merge_fields(text: str, find: Callable[[str], Variable | None], tell: Callable[[str], None]) -> str:
    """Return a text with LimeSurvey's expressions turned into merge fields.

    What cannot be one is left out and told by `tell`, as is the rest of a text that is too long.
    """
    pieces: list[str] = []
    position = 0
    whole, text = text, text[:LONGEST_TEXT]
    for match in _EXPRESSION.finditer(text):
        pieces.append(_without_fields(text[position : match.start()]))
        pieces.append(_merge_field(match[1], find, tell))
        position = match.end()
    pieces.append(_without_fields(text[position:]))
    filled = " ".join("".join(pieces).split())
    if len(filled) > LONGEST_TEXT or len(whole) > LONGEST_TEXT:
        tell(f"a text was cut after {LONGEST_TEXT:,} characters.")
    return filled[:LONGEST_TEXT]


def _merge_field(expression: str, find: Callable[[str], Variable | None], tell: Callable[[str], None]) -> str:
    if expression in _FIRST_NAME:
        return "{{first_name}}"
    named = _ANSWER.fullmatch(expression)
    variable = find(named[1]) if named else None
    if variable is None or variable.option or "." in variable.place:
        tell(f"“{{{in_one_line(expression)}}}” in its words was left out.")
        return ""
    return f"{{{{answer.{variable.place}}}}}"


def _without_fields(text: str) -> str:
    """Return words that only look like a merge field of ours as words."""
    return re.sub(r"\}{2,}", "}", re.sub(r"\{{2,}", "{", text))
