"""The locked wording that makes an answer comparable with everybody else's."""

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources

from surveys.definition import SurveyDefinition
from surveys.questions import QuestionText

# Form → language → text.
Forms = Mapping[str, Mapping[str, QuestionText]]


def is_standard(definition: SurveyDefinition) -> bool:
    """Return True when the rating is asked in one standard form in every language of the survey.

    Anything else makes a survey custom: its answers count for the account, but are never benchmarked, since a
    changed question shifts its answers.
    """
    return standard_form(definition) is not None


def standard_form(definition: SurveyDefinition) -> str | None:
    """Return the form the rating is asked in, such as `overall` or `onboarding`, or None for a custom survey.

    One kind is asked about several things, each in its own locked words with the same scale ends; answers are
    comparable only within one form. All languages must use the same form, and every persona the same words.
    Any other wording, scale end, help or language is custom, and so is what is marked so. Spaces at the ends
    do not matter.
    """
    if definition.is_custom or not definition.has_rating or definition.rating_question.variants:
        return None
    texts = definition.rating_question.texts
    for form, standard in standard_texts().get(definition.kind.value, {}).items():
        if all(
            code in standard and code in texts and _same(texts[code], standard[code])
            for code in definition.languages
        ):
            return form
    return None


@cache
def standard_texts() -> Mapping[str, Forms]:
    """Return the locked words: kind → form → language → text.

    Effort is asked by the statement of CES 2.0 only: CES 1, a question on another scale, is never mixed in.
    """
    file = resources.files("surveys").joinpath("standard_wording.json")
    document: dict[str, dict[str, dict[str, dict[str, str]]]] = json.loads(file.read_text(encoding="utf-8"))
    return {
        kind: {
            form: {code: QuestionText(prompt, **words["ends"][code]) for code, prompt in prompts.items()}
            for form, prompts in words["prompts"].items()
        }
        for kind, words in document.items()
    }


def _same(text: QuestionText, standard: QuestionText) -> bool:
    return _words(text) == _words(standard)


def _words(text: QuestionText) -> tuple[str, ...]:
    return tuple(_plain(words) for words in (text.prompt, text.low, text.high, text.help))


def _plain(text: str) -> str:
    # The same accent can be one character or two; readers cannot see the difference.
    return unicodedata.normalize("NFC", text).strip()
