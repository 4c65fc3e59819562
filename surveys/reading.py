"""Reading one answer: what a person typed or chose, as it is stored, or why it cannot be."""

import re
from collections.abc import Callable, Mapping, Sequence

from surveys.conditions import AnswerValue
from surveys.questions import OTHER, Question, QuestionKind, other_key

TEXT_LIMIT = 10_000
SHORT_TEXT_LIMIT = 300
NAME_LIMIT, ADDRESS_LIMIT = 200, 320

CONTACT_WAYS = ("email", "phone", "no")
YES_NO = {"yes": True, "no": False}

# Phrases of `surveys/phrases.json` that say what to mend.
ERROR_CHOOSE_SCORE = "error_choose_score"
ERROR_SCALE = "error_scale"
ERROR_TOO_LONG = "error_too_long"
ERROR_TOO_LONG_LINE = "error_too_long_line"
ERROR_YES_NO = "error_yes_no"
ERROR_REQUIRED = "error_required"
ERROR_OPTION = "pick_one"
ERROR_ROW = "error_row"
ERROR_REFERRAL = "error_referral"

# PostgreSQL stores no NUL, and a lone surrogate cannot be encoded at all.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LINE_END = re.compile(r"[\r\n\x0b\x0c\x85\u2028\u2029]+")

Fields = Mapping[str, Sequence[str]]


class AnswerProblem(ValueError):
    """An answer that cannot be stored; `phrase` is the key of the sentence that says what to mend."""

    def __init__(self, phrase: str) -> None:
        """Keep the phrase key."""
        super().__init__(phrase)
        self.phrase = phrase


def storable(text: str) -> str:
    """Return a text less what no database can store; everything else stays, whatever the script."""
    return _UNSTORABLE.sub("", text)


def read_answer(question: Question, fields: Fields) -> dict[str, AnswerValue]:
    """Return what is stored for one question, empty when nothing was answered. Raises AnswerProblem.

    Ratings must be whole numbers on their scale, choices among those offered. Long texts are kept to the
    character up to TEXT_LIMIT (a line break counts once), short ones in one line up to SHORT_TEXT_LIMIT. The
    words of "other" stand under their own key; written beside no choice they mean "other", and beside the
    one choice of another answer nothing.
    """
    return _READERS.get(question.kind, _rating)(question, fields)


def _first(fields: Fields, name: str) -> str:
    return next((part for part in fields.get(name, ()) if part.strip()), "")


def _rating(question: Question, fields: Fields) -> dict[str, AnswerValue]:
    typed = _first(fields, question.key)
    return {question.key: _number(question, typed)} if typed else {}


def _number(question: Question, typed: str) -> int:
    # Compared as text: int() would also take "+7", "1_0" and digits of other scripts.
    wanted = typed.strip()
    for rating in question.scale or ():
        if str(rating) == wanted:
            return rating
    raise AnswerProblem(ERROR_SCALE)


def _single_choice(question: Question, fields: Fields) -> dict[str, AnswerValue]:
    typed = _first(fields, question.key).strip()
    words = _other_words(question, fields)
    chosen = typed or (OTHER if words else "")
    if not chosen:
        return {}
    if chosen not in question.choices:
        raise AnswerProblem(ERROR_OPTION)
    return {question.key: chosen, **words} if chosen == OTHER else {question.key: chosen}


def _multiple_choice(question: Question, fields: Fields) -> dict[str, AnswerValue]:
    typed = {part.strip() for part in fields.get(question.key, ()) if part.strip()}
    words = _other_words(question, fields)
    if words:
        typed.add(OTHER)
    if not typed <= set(question.choices):
        raise AnswerProblem(ERROR_OPTION)
    return {question.key: [key for key in question.choices if key in typed], **words} if typed else {}


def _other_words(question: Question, fields: Fields) -> dict[str, AnswerValue]:
    name = other_key(question.key)
    typed = _line(_first(fields, name)) if question.has_other else ""
    return {name: typed} if typed else {}


def _matrix(question: Question, fields: Fields) -> dict[str, AnswerValue]:
    rows = {row.key: _first(fields, f"{question.key}.{row.key}") for row in question.options}
    rated = {row: _number(question, typed) for row, typed in rows.items() if typed}
    return {question.key: rated} if rated else {}


def _text(question: Question, fields: Fields) -> dict[str, AnswerValue]:
    typed = _first(fields, question.key)
    # Browsers count a line break as one character and send it as two.
    if len(typed.replace("\r\n", "\n")) > TEXT_LIMIT:
        raise AnswerProblem(ERROR_TOO_LONG)
    return {question.key: typed} if typed else {}


def _short_text(question: Question, fields: Fields) -> dict[str, AnswerValue]:
    typed = _line(_first(fields, question.key))
    return {question.key: typed} if typed else {}


def _line(typed: str) -> str:
    line = _LINE_END.sub(" ", typed).strip()
    if len(line) > SHORT_TEXT_LIMIT:
        raise AnswerProblem(ERROR_TOO_LONG_LINE)
    return line


def _yes_no(question: Question, fields: Fields) -> dict[str, AnswerValue]:
    typed = _first(fields, question.key).strip().lower()
    if not typed:
        return {}
    if typed not in YES_NO:
        raise AnswerProblem(ERROR_YES_NO)
    return {question.key: YES_NO[typed]}


def _contact(question: Question, fields: Fields) -> dict[str, AnswerValue]:
    typed = _first(fields, question.key).strip().lower()
    if typed and typed not in CONTACT_WAYS:
        raise AnswerProblem(ERROR_OPTION)
    return {question.key: typed} if typed else {}


def _referral(question: Question, fields: Fields) -> dict[str, AnswerValue]:
    name = _LINE_END.sub(" ", _first(fields, f"{question.key}.name")).strip()
    address = _first(fields, f"{question.key}.email").strip()
    if not name and not address:
        return {}
    before, at, behind = address.rpartition("@")
    is_address = bool(before and at and behind) and not any(sign.isspace() for sign in address)
    if not name or not is_address or len(name) > NAME_LIMIT or len(address) > ADDRESS_LIMIT:
        raise AnswerProblem(ERROR_REFERRAL)
    return {question.key: {"name": name, "email": address}}


_READERS: Mapping[QuestionKind, Callable[[Question, Fields], dict[str, AnswerValue]]] = {
    QuestionKind.SINGLE_CHOICE: _single_choice,
    QuestionKind.MULTIPLE_CHOICE: _multiple_choice,
    QuestionKind.MATRIX: _matrix,
    QuestionKind.TEXT: _text,
    QuestionKind.SHORT_TEXT: _short_text,
    QuestionKind.YES_NO: _yes_no,
    QuestionKind.CONTACT: _contact,
    QuestionKind.REFERRAL: _referral,
}
