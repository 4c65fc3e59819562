"""The locked wording that makes an answer comparable with everybody else's."""

import json
import unicodedata
from functools import cache
from importlib import resources

from surveys.definition import SurveyDefinition
from surveys.questions import QuestionText


def is_standard(definition: SurveyDefinition) -> bool:
    """Return True when the rating is asked in the standard words in every language of the survey.

    Any other wording, scale end or language makes a survey custom: its answers count for the account, but
    are never benchmarked, since a changed question shifts its answers. Spaces at the ends do not matter.
    """
    standard = standard_texts().get(definition.kind.value, {})
    texts = definition.rating_question.texts
    return all(code in standard and _same(texts[code], standard[code]) for code in definition.languages)


@cache
def standard_texts() -> dict[str, dict[str, QuestionText]]:
    """Return the locked words: kind → language → text."""
    file = resources.files("surveys").joinpath("standard_wording.json")
    document: dict[str, dict[str, dict[str, str]]] = json.loads(file.read_text(encoding="utf-8"))
    return {
        kind: {code: QuestionText(**words) for code, words in languages.items()}
        for kind, languages in document.items()
    }


def _same(text: QuestionText, standard: QuestionText) -> bool:
    pairs = (text.prompt, standard.prompt), (text.low, standard.low), (text.high, standard.high)
    return all(_plain(one) == _plain(other) for one, other in pairs)


def _plain(text: str) -> str:
    # The same accent can be one character or two; readers cannot see the difference.
    return unicodedata.normalize("NFC", text).strip()
