"""What the guided questions ask, and what a filled-in form says."""

from datetime import UTC, date, datetime, timedelta

import pytest

from vocapp.assessments.rules import (
    ACCOUNT_QUESTIONS,
    PERSON_QUESTIONS,
    Level,
    are_acceptable,
    as_typed,
    changes_since,
    is_blank,
    is_stale,
    questions_for,
    read_assessment,
    week_of,
)


def all_of(rating: int) -> dict[str, int]:
    return {question.key: rating for question in ACCOUNT_QUESTIONS}


def test_an_account_is_asked_about_ten_things() -> None:
    assert [question.key for question in ACCOUNT_QUESTIONS] == [
        "goals",
        "primary_contact",
        "influence",
        "several_contacts",
        "champion_gone",
        "adoption",
        "resistance",
        "silence",
        "feedback",
        "obstacles",
    ]


def test_a_person_is_asked_about_five_things() -> None:
    assert [question.key for question in PERSON_QUESTIONS] == [
        "attitude",
        "influence",
        "engagement",
        "knowledge",
        "access",
    ]


@pytest.mark.parametrize("is_person", [True, False])
def test_every_question_says_what_one_three_and_five_mean(is_person: bool) -> None:
    for question in questions_for(is_person=is_person):
        words = [question.words(rating) for rating in range(1, 6)]
        assert [bool(word) for word in words] == [True, False, True, False, True]
        assert len(set(words)) == 4
        assert question.text.endswith("?")


@pytest.mark.parametrize(
    "ratings",
    [
        {},
        {"goals": 0},
        {"goals": 6},
        {"goals": "five"},
        {"goals": "5"},
        {"goals": True},
        {"mood": 3},
        {"goals": 3.0},
    ],
)
def test_what_is_no_rating_is_refused(ratings: dict[str, object]) -> None:
    assert not are_acceptable(ratings, ACCOUNT_QUESTIONS)


def test_one_answer_is_enough_to_be_kept() -> None:
    assert are_acceptable({"goals": 5}, ACCOUNT_QUESTIONS)


def test_fewer_than_half_of_the_answers_make_no_average() -> None:
    reading = read_assessment(
        dict.fromkeys(["goals", "influence", "silence", "feedback"], 5), ACCOUNT_QUESTIONS
    )

    assert (reading.level, reading.mean, reading.answered, reading.asked) == (Level.FEW, None, 4, 10)


def test_half_of_the_answers_make_one() -> None:
    answers = dict.fromkeys(["goals", "influence", "silence", "feedback", "adoption"], 4)

    assert read_assessment(answers, ACCOUNT_QUESTIONS).mean == 4


@pytest.mark.parametrize(
    ("rating", "level"),
    [(1, Level.WEAK), (2, Level.WEAK), (3, Level.MIXED), (4, Level.GOOD), (5, Level.GOOD)],
)
def test_all_the_same_answers_read_like_that_answer(rating: int, level: Level) -> None:
    assert read_assessment(all_of(rating), ACCOUNT_QUESTIONS).level is level


def test_a_single_one_is_not_outweighed_by_fives() -> None:
    assert read_assessment({**all_of(5), "obstacles": 1}, ACCOUNT_QUESTIONS).level is Level.MIXED


def test_blind_spots_are_the_questions_answered_one_or_two() -> None:
    reading = read_assessment({**all_of(3), "goals": 1, "silence": 2}, ACCOUNT_QUESTIONS)

    assert [question.key for question in reading.blind_spots] == ["goals", "silence"]


def test_what_was_left_open_is_named() -> None:
    reading = read_assessment({"attitude": 4}, PERSON_QUESTIONS)

    assert [question.key for question in reading.open] == ["influence", "engagement", "knowledge", "access"]


def test_how_much_somebody_decides_is_neither_good_nor_bad() -> None:
    answers = dict.fromkeys(["attitude", "engagement", "knowledge", "access"], 4)
    without, low = (
        read_assessment(answers, PERSON_QUESTIONS),
        read_assessment({**answers, "influence": 1}, PERSON_QUESTIONS),
    )

    assert (low.mean, low.level, low.blind_spots) == (without.mean, without.level, ())


def test_only_what_was_answered_both_times_can_have_changed() -> None:
    changes = changes_since(
        {"goals": 2, "silence": 3, "feedback": 4},
        {"goals": 4, "silence": 3, "influence": 1},
        ACCOUNT_QUESTIONS,
    )

    assert [(change.question.key, change.before, change.after, change.is_better) for change in changes] == [
        ("goals", 2, 4, True)
    ]


@pytest.mark.parametrize(("age", "stale"), [(0, False), (90, False), (91, True)])
def test_an_assessment_is_current_for_ninety_days(age: int, stale: bool) -> None:
    on = date(2026, 3, 11)
    at = datetime(2026, 3, 11, 23, 59, tzinfo=UTC) - timedelta(days=age)

    assert is_stale(at, on=on, days=90) is stale


@pytest.mark.parametrize("text", ["", "  \n\t", "\u200b\u2060", "\x00", "\u3000"])
def test_what_shows_nothing_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["x", " é", "مرحبا", "你好", "👋", "נ"])
def test_what_shows_something_is_not(text: str) -> None:
    assert not is_blank(text)


def test_a_text_stays_as_typed_but_for_line_ends() -> None:
    assert as_typed("  a\r\n\tb\rc\x00 \u202bשלום") == "  a\n\tb\nc \u202bשלום"


def test_a_week_belongs_to_the_year_of_its_thursday() -> None:
    assert week_of(datetime(2027, 1, 1, 9, tzinfo=UTC)) == "2026-W53"
