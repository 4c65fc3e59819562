"""From the fields of a form to the answers of a survey, or to errors a respondent can mend."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from surveys.definition import SurveyDefinition
from surveys.questions import Question, QuestionKind

TEXT_LIMIT = 10_000

AnswerValue = int | str | bool

ERROR_CHOOSE_SCORE = "error_choose_score"
ERROR_SCALE = "error_scale"
ERROR_TOO_LONG = "error_too_long"
ERROR_YES_NO = "error_yes_no"
ERROR_REQUIRED = "error_required"

# PostgreSQL stores no NUL, and a lone surrogate cannot be encoded at all.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Answers:
    """What one form said: `values` of the questions answered, `errors` from question key to phrase key.

    A question that was left empty is in neither; it is never a zero or an empty text. `rating` is the first
    question's answer. `given` keeps what was typed per question, to show it again beside an error.
    """

    values: Mapping[str, AnswerValue]
    errors: Mapping[str, str]
    given: Mapping[str, str]
    rating: int | None
    is_complete: bool

    @property
    def is_valid(self) -> bool:
        """True when nothing has to be mended."""
        return not self.errors

    def text(self, key: str) -> str | None:
        """Return an open answer exactly as typed, or None."""
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    def choice(self, key: str) -> bool | None:
        """Return a yes (True) or no (False), or None when the person did not say."""
        value = self.values.get(key)
        return value if isinstance(value, bool) else None


def parse_answers(definition: SurveyDefinition, form: Mapping[str, str]) -> Answers:
    """Return the answers in a form whose fields are named after question keys; other fields are ignored.

    Ratings must be whole numbers on their scale; texts are kept to the character, whatever the script, up to
    TEXT_LIMIT characters (a line break counts once), less what cannot be stored. `is_complete` says that
    every required question was answered without an error.
    """
    values: dict[str, AnswerValue] = {}
    errors: dict[str, str] = {}
    given: dict[str, str] = {}
    for question in definition.questions:
        typed = _UNSTORABLE.sub("", form.get(question.key, ""))
        if not typed.strip():
            if question.required:
                errors[question.key] = ERROR_CHOOSE_SCORE if question.is_rating else ERROR_REQUIRED
            continue
        given[question.key] = typed
        value, error = _parse(question, typed)
        if value is not None:
            values[question.key] = value
        if error:
            errors[question.key] = error
    rating = values.get(definition.rating_question.key)
    return Answers(
        values=MappingProxyType(values),
        errors=MappingProxyType(errors),
        given=MappingProxyType(given),
        rating=rating if isinstance(rating, int) else None,
        is_complete=all(question.key in values for question in definition.questions if question.required),
    )


def preselected_rating(definition: SurveyDefinition, typed: str | None) -> int | None:
    """Return the rating a mail's score link asks to show as chosen, or None if it is not on the scale."""
    return _rating(definition.rating_question, typed or "")


def _parse(question: Question, typed: str) -> tuple[AnswerValue | None, str]:
    if question.is_rating:
        rating = _rating(question, typed)
        return rating, "" if rating is not None else ERROR_SCALE
    if question.kind is QuestionKind.YES_NO:
        choice = {"yes": True, "no": False}.get(typed.strip().lower())
        return choice, "" if choice is not None else ERROR_YES_NO
    # Browsers count a line break as one character and send it as two.
    if len(typed.replace("\r\n", "\n")) > TEXT_LIMIT:
        return None, ERROR_TOO_LONG
    return typed, ""


def _rating(question: Question, typed: str) -> int | None:
    # Compared as text: int() would also take "+7", "1_0" and digits of other scripts.
    wanted = typed.strip()
    return next((rating for rating in question.scale or () if str(rating) == wanted), None)
