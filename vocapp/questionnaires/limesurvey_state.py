"""What an import from LimeSurvey knows by the question it is at."""

import re
from collections.abc import Iterable

from integrations.limesurvey.records import LimeSurveyQuestion, Texts
from surveys.documents import RESERVED_KEYS
from surveys.questions import OTHER
from vocapp.questionnaires.limesurvey_conditions import ALWAYS, Condition, Unmapped, Variable, condition_of
from vocapp.questionnaires.limesurvey_words import Languages, in_one_line, with_merge_fields

_LONGEST_KEY = 40
_LONGEST_SUFFIX = 5
_INTERNAL_NAME = re.compile(r"[0-9]+X[0-9]+X(\w+)", re.ASCII)


class ImportState:
    """The languages, keys and names known so far; `unmapped` tells what could not be mapped, and where."""

    def __init__(self, languages: Languages) -> None:
        self._languages = languages
        self._keys: set[str] = {OTHER, *RESERVED_KEYS}
        self._variables: dict[str, Variable] = {}
        self._unmapped: dict[str, None] = {}

    @property
    def unmapped(self) -> tuple[str, ...]:
        """One sentence per thing that was left out, each once."""
        return tuple(self._unmapped)

    def tell(self, place: str, words: str) -> None:
        """Note what could not be mapped at a place."""
        self._unmapped[f"{place}: {words}"] = None

    def condition(self, equation: str, place: str, *, what: str) -> Condition | None:
        """Return the condition of an equation, or None for one that always holds or cannot be mapped."""
        if equation.strip().lower() in ALWAYS:
            return None
        try:
            return condition_of(equation, self._find)
        except Unmapped:
            shown = in_one_line(equation)
            self.tell(place, f"the condition “{shown}” could not be mapped; {what} is shown to everybody.")
            return None

    def key(self, code: str, *, prefix: str = "q") -> str:
        """Return a key nobody has yet, as near to a code as keys allow."""
        return unique_key(code, self._keys, prefix=prefix)

    def texts(self, words: Texts, place: str) -> dict[str, str]:
        """Return words by our languages, with merge fields."""
        return {
            code: with_merge_fields(text, self._find, lambda told: self.tell(place, told))
            for code, text in self._languages.texts(words).items()
        }

    @property
    def source_language(self) -> str:
        """LimeSurvey's code of the language the survey is led by."""
        return self._languages.sources[self._languages.default]

    @property
    def languages(self) -> Iterable[str]:
        """Our languages of the survey."""
        return self._languages.sources

    def remember(self, question: LimeSurveyQuestion, variable: Variable, part: str = "") -> None:
        """Let later equations ask for a question, or a part of it, by both of LimeSurvey's names."""
        name = f"{question.code}_{part}" if part else question.code
        self._variables.setdefault(name, variable)
        self._variables.setdefault(f"#{question.identifier}{part}", variable)

    def _find(self, name: str) -> Variable | None:
        internal = _INTERNAL_NAME.fullmatch(name)
        return self._variables.get(f"#{internal[1]}" if internal else name)


def unique_key(code: str, taken: set[str], *, prefix: str) -> str:
    """Return a key that is not taken, as near to a code as keys allow, and take it."""
    plain = re.sub(r"[^a-z0-9_-]+", "-", code.lower()).strip("-_")
    if not plain[:1].isalpha():
        plain = f"{prefix}{plain}"
    plain = plain[: _LONGEST_KEY - _LONGEST_SUFFIX]
    key, number = plain, 1
    while key in taken:
        number += 1
        key = f"{plain}-{number}"
    taken.add(key)
    return key
