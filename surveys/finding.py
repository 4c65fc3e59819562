"""What a check of a survey found: how bad it is, where it is, and a sentence that says what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps a survey from being published, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Code(StrEnum):
    """What is wrong, for programs; people read the sentence."""

    NO_RATING = "no_rating"
    RATING_NOT_FIRST = "rating_not_first"
    RATING_NOT_ALWAYS = "rating_not_always"
    WORDING_CHANGED = "wording_changed"
    TOO_FEW_OPTIONS = "too_few_options"
    TOO_MANY_QUESTIONS = "too_many_questions"
    FULL_FIRST_PAGE = "full_first_page"
    EMPTY_PAGE = "empty_page"
    EXTRA_NOT_LAST = "extra_not_last"
    UNKNOWN_PERSONA = "unknown_persona"
    UNKNOWN_LANGUAGE = "unknown_language"
    MISSING_WORDS = "missing_words"
    UNKNOWN_MERGE_FIELD = "unknown_merge_field"
    LATER_MERGE_FIELD = "later_merge_field"
    OTHER_MERGE_FIELDS = "other_merge_fields"
    DEAD_JUMP = "dead_jump"
    LOOP = "loop"
    NEEDLESS_JUMP = "needless_jump"
    UNREACHABLE_PAGE = "unreachable_page"
    UNKNOWN_QUESTION = "unknown_question"
    LATER_QUESTION = "later_question"
    IMPOSSIBLE_CONDITION = "impossible_condition"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding lies: keys of page and question, a language, and a part such as "prompt" or "jump 2".

    Empty where it does not matter.
    """

    page: str = ""
    question: str = ""
    language: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend or to think about."""

    severity: Severity
    code: Code
    place: Place
    sentence: str


def error(code: Code, place: Place, sentence: str) -> Finding:
    """Return a finding that keeps the survey from being published."""
    return Finding(Severity.ERROR, code, place, sentence)


def warning(code: Code, place: Place, sentence: str) -> Finding:
    """Return a finding to think about."""
    return Finding(Severity.WARNING, code, place, sentence)
