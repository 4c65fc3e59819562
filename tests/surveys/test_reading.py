"""One answer of each kind: how it is stored, and what is wrong with it otherwise."""

import pytest

from surveys.conditions import AnswerValue
from surveys.questions import Option, Question, QuestionKind, QuestionText
from surveys.reading import (
    ADDRESS_LIMIT,
    ERROR_OPTION,
    ERROR_REFERRAL,
    ERROR_SCALE,
    ERROR_TOO_LONG_LINE,
    ERROR_YES_NO,
    NAME_LIMIT,
    SHORT_TEXT_LIMIT,
    AnswerProblem,
    Fields,
    read_answer,
    storable,
)

OPTIONS = (Option("price", {"en": "Price"}), Option("support", {"en": "Support"}))


def asked(kind: QuestionKind, *, has_other: bool = False) -> Question:
    texts = {"en": QuestionText("What?")}
    return Question("q", kind, required=False, texts=texts, options=OPTIONS, has_other=has_other, points=4)


SINGLE = asked(QuestionKind.SINGLE_CHOICE, has_other=True)
MULTIPLE = asked(QuestionKind.MULTIPLE_CHOICE, has_other=True)
MATRIX = asked(QuestionKind.MATRIX)
SHORT = asked(QuestionKind.SHORT_TEXT)
REFERRAL = asked(QuestionKind.REFERRAL)


@pytest.mark.parametrize(
    ("question", "fields", "stored"),
    [
        (asked(QuestionKind.RATING), {"q": [" 4 "]}, {"q": 4}),
        (asked(QuestionKind.RATING), {"q": ["", "2"]}, {"q": 2}),
        (asked(QuestionKind.CES), {"q": ["7"]}, {"q": 7}),
        (asked(QuestionKind.NPS), {}, {}),
        (SINGLE, {"q": ["price"]}, {"q": "price"}),
        (SINGLE, {"q": ["other"]}, {"q": "other"}),
        (SINGLE, {"q": ["other"], "q.other": [" too\nslow "]}, {"q": "other", "q.other": "too slow"}),
        (SINGLE, {"q.other": ["slow"]}, {"q": "other", "q.other": "slow"}),
        (SINGLE, {"q": ["price"], "q.other": ["slow"]}, {"q": "price"}),
        (SINGLE, {"q": [""], "q.other": [" "]}, {}),
        (asked(QuestionKind.SINGLE_CHOICE), {"q.other": ["slow"]}, {}),
        (MULTIPLE, {"q": ["support", "price", "support", ""]}, {"q": ["price", "support"]}),
        (MULTIPLE, {"q": ["price"], "q.other": ["slow"]}, {"q": ["price", "other"], "q.other": "slow"}),
        (MULTIPLE, {"q": [" "]}, {}),
        (MATRIX, {"q.price": ["1"], "q.support": ["4"]}, {"q": {"price": 1, "support": 4}}),
        (MATRIX, {"q.support": ["4"]}, {"q": {"support": 4}}),
        (MATRIX, {"q": ["4"]}, {}),
        (SHORT, {"q": ["  one\r\ntwo\u2028three "]}, {"q": "one two three"}),
        (asked(QuestionKind.TEXT), {"q": [" one\r\n"]}, {"q": " one\r\n"}),
        (asked(QuestionKind.YES_NO), {"q": [" YES"]}, {"q": True}),
        (asked(QuestionKind.YES_NO), {"q": ["no"]}, {"q": False}),
        (asked(QuestionKind.CONTACT), {"q": ["Phone "]}, {"q": "phone"}),
        (asked(QuestionKind.CONTACT), {}, {}),
        (
            REFERRAL,
            {"q.name": [" Kim\nDoe "], "q.email": [" kim@firm.example "]},
            {"q": {"name": "Kim Doe", "email": "kim@firm.example"}},
        ),
        (REFERRAL, {"q.name": [""]}, {}),
    ],
)
def test_an_answer_is_stored_as_its_kind_says(
    question: Question, fields: Fields, stored: dict[str, AnswerValue]
) -> None:
    assert read_answer(question, fields) == stored


@pytest.mark.parametrize(
    ("question", "fields", "phrase"),
    [
        (asked(QuestionKind.RATING), {"q": ["5"]}, ERROR_SCALE),
        (asked(QuestionKind.RATING), {"q": ["0"]}, ERROR_SCALE),
        (asked(QuestionKind.RATING), {"q": ["x", "2"]}, ERROR_SCALE),
        (MATRIX, {"q.price": ["5"], "q.support": ["1"]}, ERROR_SCALE),
        (SINGLE, {"q": ["quality"]}, ERROR_OPTION),
        (asked(QuestionKind.SINGLE_CHOICE), {"q": ["other"]}, ERROR_OPTION),
        (SINGLE, {"q.other": ["x" * (SHORT_TEXT_LIMIT + 1)]}, ERROR_TOO_LONG_LINE),
        (MULTIPLE, {"q": ["price", "quality"]}, ERROR_OPTION),
        (asked(QuestionKind.MULTIPLE_CHOICE), {"q": ["price", "other"]}, ERROR_OPTION),
        (SHORT, {"q": ["x" * (SHORT_TEXT_LIMIT + 1)]}, ERROR_TOO_LONG_LINE),
        (asked(QuestionKind.YES_NO), {"q": ["true"]}, ERROR_YES_NO),
        (asked(QuestionKind.CONTACT), {"q": ["pigeon"]}, ERROR_OPTION),
        (REFERRAL, {"q.name": ["Kim"]}, ERROR_REFERRAL),
        (REFERRAL, {"q.email": ["kim@firm.example"]}, ERROR_REFERRAL),
        (REFERRAL, {"q.name": ["Kim"], "q.email": ["kim at firm"]}, ERROR_REFERRAL),
        (REFERRAL, {"q.name": ["Kim"], "q.email": ["@firm.example"]}, ERROR_REFERRAL),
        (REFERRAL, {"q.name": ["Kim"], "q.email": ["kim doe@firm.example"]}, ERROR_REFERRAL),
        (REFERRAL, {"q.name": ["x" * (NAME_LIMIT + 1)], "q.email": ["kim@firm.example"]}, ERROR_REFERRAL),
        (REFERRAL, {"q.name": ["Kim"], "q.email": [f"{'x' * ADDRESS_LIMIT}@f"]}, ERROR_REFERRAL),
    ],
)
def test_an_answer_that_cannot_be_stored_says_what_to_mend(
    question: Question, fields: Fields, phrase: str
) -> None:
    with pytest.raises(AnswerProblem) as problem:
        read_answer(question, fields)

    assert problem.value.phrase == phrase


def test_the_longest_line_passes() -> None:
    assert read_answer(SHORT, {"q": ["語" * SHORT_TEXT_LIMIT]}) == {"q": "語" * SHORT_TEXT_LIMIT}


def test_only_what_no_database_stores_is_dropped() -> None:
    assert storable("a\x00b\udfff\n\x01😀") == "ab\n\x01😀"
