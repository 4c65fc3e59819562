"""Forms become answers, or errors a respondent can mend."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.answers import TEXT_LIMIT, Answers, parse_answers, preselected_rating
from surveys.catalog import load_survey
from surveys.definition import SurveyDefinition, parse_definition
from surveys.translation import phrase_book

NPS = load_survey("nps")


def survey(kind: str, *, required: bool = False) -> SurveyDefinition:
    rating = {"prompt": "How?", "low": "bad", "high": "good"}
    return parse_definition(
        {
            "key": "short",
            "occasion": "transactional",
            "default_language": "en",
            "languages": {"en": {"name": "Short"}},
            "questions": [
                {"key": "rating", "kind": kind, "required": True, "texts": {"en": rating}},
                {"key": "why", "kind": "text", "required": required, "texts": {"en": {"prompt": "Why?"}}},
            ],
        }
    )


def answered(**form: str) -> Answers:
    return parse_answers(NPS, {"rating": "9", **form})


def test_a_full_form_becomes_answers() -> None:
    found = answered(why="Quick help", may_contact="yes", csrf_token="ignored")

    assert dict(found.values) == {"rating": 9, "why": "Quick help", "may_contact": True}
    assert (found.rating, found.text("why"), found.choice("may_contact")) == (9, "Quick help", True)
    assert (found.is_valid, found.is_complete) == (True, True)


def test_questions_left_empty_are_missing_and_not_zero() -> None:
    found = answered(why="  \r\n ", may_contact="")

    assert dict(found.values) == {"rating": 9}
    assert (found.text("why"), found.choice("may_contact")) == (None, None)
    assert found.is_complete


def test_a_score_of_zero_is_an_answer() -> None:
    found = parse_answers(NPS, {"rating": "0"})

    assert (found.rating, found.is_complete, found.is_valid) == (0, True, True)


def test_no_is_an_answer() -> None:
    assert answered(may_contact="no").choice("may_contact") is False


def test_without_a_score_the_rest_is_kept_and_the_score_asked_for() -> None:
    found = parse_answers(NPS, {"why": "Good people"})

    assert dict(found.errors) == {"rating": "error_choose_score"}
    assert found.text("why") == "Good people"
    assert (found.rating, found.is_complete) == (None, False)


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("nps", "11"),
        ("nps", "-1"),
        ("nps", "9.0"),
        ("nps", "09"),
        ("nps", "+9"),
        ("nps", "1_0"),
        ("nps", "٩"),
        ("nps", "９"),
        ("nps", "nine"),
        ("nps", "1" * 5000),
        ("csat", "0"),
        ("csat", "6"),
        ("ces", "0"),
        ("ces", "8"),
    ],
)
def test_a_score_off_the_scale_is_an_error_and_kept_as_typed(kind: str, typed: str) -> None:
    found = parse_answers(survey(kind), {"rating": typed})

    assert (dict(found.errors), found.given["rating"]) == ({"rating": "error_scale"}, typed)


@pytest.mark.parametrize(("kind", "ends"), [("nps", (0, 10)), ("csat", (1, 5)), ("ces", (1, 7))])
def test_both_ends_of_a_scale_can_be_chosen(kind: str, ends: tuple[int, int]) -> None:
    found = [parse_answers(survey(kind), {"rating": str(end)}).rating for end in ends]

    assert found == list(ends)


def test_a_yes_no_question_takes_nothing_else() -> None:
    assert dict(answered(may_contact="maybe").errors) == {"may_contact": "error_yes_no"}


def test_a_required_text_is_asked_for() -> None:
    found = parse_answers(survey("ces", required=True), {"rating": "7"})

    assert (dict(found.errors), found.is_complete) == ({"why": "error_required"}, False)


def test_the_longest_text_passes_and_one_more_character_does_not() -> None:
    assert answered(why="語" * TEXT_LIMIT).is_valid
    too_long = answered(why="語" * (TEXT_LIMIT + 1))
    assert dict(too_long.errors) == {"why": "error_too_long"}
    assert len(too_long.given["why"]) == TEXT_LIMIT + 1


def test_a_line_break_counts_once_as_the_page_counted_it() -> None:
    assert answered(why="\r\n" * (TEXT_LIMIT - 1) + "x").is_valid


@pytest.mark.parametrize(
    "text",
    [
        "  spaces stay  ",
        "a\r\nb\n",
        "👩‍👩‍👧‍👦🏳️‍🌈",
        "שלום\u202eabc",
        "cafe\u0301",
        "{{first_name}}",
        "<b>&amp;</b>",
        "مرحبا",
    ],
)
def test_a_text_is_kept_to_the_character(text: str) -> None:
    assert answered(why=text).text("why") == text


def test_what_no_database_can_store_is_dropped_from_a_text() -> None:
    assert answered(why="a\x00b\ud800c").text("why") == "abc"


def test_a_text_of_nothing_but_nul_is_no_answer() -> None:
    assert answered(why="\x00\x00").text("why") is None


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("7", 7), ("0", 0), (" 7 ", 7), ("11", None), ("", None), (None, None), ("x", None)],
)
def test_a_score_link_chooses_only_what_is_on_the_scale(typed: str | None, expected: int | None) -> None:
    assert preselected_rating(NPS, typed) == expected


def test_answers_cannot_be_changed_afterwards() -> None:
    values: Any = answered().values

    with pytest.raises(TypeError):
        values["rating"] = 10


def test_every_error_has_its_words() -> None:
    source = (Path(__file__).parents[2] / "surveys" / "answers.py").read_text(encoding="utf-8")
    named = {word for word in source.replace('"', " ").split() if word.startswith("error_")}

    assert named
    assert named <= set(phrase_book().phrases)


@given(st.dictionaries(st.sampled_from(["rating", "why", "may_contact", "x"]), st.text(max_size=30)))
@settings(deadline=None, max_examples=200)
def test_any_form_gives_each_question_a_value_an_error_or_nothing(form: dict[str, str]) -> None:
    found = parse_answers(NPS, form)

    assert not set(found.values) & set(found.errors)
    assert set(found.values) | set(found.errors) <= {"rating", "why", "may_contact"}
    assert found.rating is None or 0 <= found.rating <= 10


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=50))
@settings(deadline=None, max_examples=100)
def test_any_storable_text_comes_back_exactly(text: str) -> None:
    assert answered(why=text).text("why") == (text if text.strip() else None)
