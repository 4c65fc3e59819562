"""Forms become answers, or errors a respondent can mend."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import reading
from surveys.answers import Answers, parse_answers, parse_page, preselected_rating
from surveys.catalog import load_survey
from surveys.definition import SurveyDefinition
from surveys.documents import definition_to_json, parse_definition
from surveys.reading import TEXT_LIMIT
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
    return parse_page(NPS, {"rating": "9", **form})


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
    found = parse_page(NPS, {"rating": "0"})

    assert (found.rating, found.is_complete, found.is_valid) == (0, True, True)


def test_no_is_an_answer() -> None:
    assert answered(may_contact="no").choice("may_contact") is False


def test_without_a_score_the_rest_is_kept_and_the_score_asked_for() -> None:
    found = parse_page(NPS, {"why": "Good people"})

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
    found = parse_page(survey(kind), {"rating": typed})

    assert (dict(found.errors), found.given["rating"]) == ({"rating": "error_scale"}, [typed])


@pytest.mark.parametrize(("kind", "ends"), [("nps", (0, 10)), ("csat", (1, 5)), ("ces", (1, 7))])
def test_both_ends_of_a_scale_can_be_chosen(kind: str, ends: tuple[int, int]) -> None:
    found = [parse_page(survey(kind), {"rating": str(end)}).rating for end in ends]

    assert found == list(ends)


def test_a_yes_no_question_takes_nothing_else() -> None:
    assert dict(answered(may_contact="maybe").errors) == {"may_contact": "error_yes_no"}


def test_a_required_text_is_asked_for() -> None:
    found = parse_page(survey("ces", required=True), {"rating": "7"})

    assert (dict(found.errors), found.is_complete) == ({"why": "error_required"}, False)


def test_the_longest_text_passes_and_one_more_character_does_not() -> None:
    assert answered(why="語" * TEXT_LIMIT).is_valid
    too_long = answered(why="語" * (TEXT_LIMIT + 1))
    assert dict(too_long.errors) == {"why": "error_too_long"}
    assert len(too_long.given["why"][0]) == TEXT_LIMIT + 1


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
    named = {words for name, words in vars(reading).items() if name.startswith("ERROR_")}

    assert named
    assert named <= set(phrase_book().phrases)


def in_pages(*pages: tuple[str, list[dict[str, Any]]]) -> SurveyDefinition:
    return parse_definition(
        {
            "format": 2,
            "key": "paged",
            "occasion": "transactional",
            "default_language": "en",
            "languages": {"en": {"name": "Paged"}},
            "pages": [{"key": key, "questions": asked} for key, asked in pages],
        }
    )


def asked(key: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "texts": {"en": {"prompt": "?"}}, **more}


RATING = asked("rating", "nps", required=True)
LOW = {"question": "rating", "between": [0, 6]}
PAGED = in_pages(
    ("start", [RATING, asked("low", show_if=LOW), asked("deep", show_if={"answered": "low"})]),
    (
        "must",
        [
            asked("must", required=True),
            asked("parts", "matrix", required=True, options=[{"key": "a"}, {"key": "b"}]),
        ],
    ),
    ("last", [asked("note")]),
)
DONE: dict[str, Any] = {
    "rating": 3,
    "low": "x",
    "deep": "y",
    "must": "m",
    "parts": {"a": 1, "b": 2},
    "note": "n",
}


def test_a_field_that_was_there_and_empty_empties_the_answer_and_one_that_was_not_keeps_it() -> None:
    emptied = parse_page(PAGED, {"note": " "}, page="last", known=DONE)
    untouched = parse_page(PAGED, {}, page="last", known=DONE, offered=[])

    assert "note" not in emptied.values
    assert untouched.text("note") == "n"


def test_a_wrong_answer_keeps_the_one_known_before_and_stays_on_its_page() -> None:
    found = parse_page(PAGED, {"score": "11", "low": "z", "deep": ""}, known=DONE)

    assert (found.rating, found.text("low")) == (3, "z")
    assert (found.next_page, found.is_complete) == ("start", False)


def test_questions_that_an_answer_brings_up_are_asked_next_on_the_same_page() -> None:
    found = parse_page(PAGED, {"score": "3"}, offered=["rating"])

    assert (found.unseen, found.next_page, found.is_valid) == (("low",), "start", True)


def test_an_optional_question_left_empty_is_not_asked_again_when_another_comes_up() -> None:
    first = parse_page(PAGED, {"score": "3"}, offered=["rating"])
    second = parse_page(PAGED, {"low": "x"}, known=first.values, offered=["low"])
    third = parse_page(PAGED, {}, known=second.values, offered=["deep"])
    fourth = parse_page(PAGED, {}, known=first.values, offered=["low"])

    assert (second.unseen, third.unseen, fourth.unseen) == (("deep",), (), ())
    assert (third.next_page, fourth.next_page) == ("must", "must")


def test_a_required_question_is_asked_until_it_is_answered() -> None:
    survey = in_pages(
        ("start", [RATING, asked("low", show_if=LOW, required=True)]), ("last", [asked("note")])
    )
    first = parse_page(survey, {"score": "3"}, offered=["rating"])
    again = parse_page(survey, {"score": "3"}, known=first.values, offered=["rating"])

    assert (first.unseen, again.unseen) == (("low",), ("low",))
    empty = parse_page(survey, {}, known=first.values, offered=["low"])
    assert dict(empty.errors) == {"low": "error_required"}
    assert parse_page(survey, {"low": "x"}, known=first.values, offered=["low"]).next_page == "last"


def test_nobody_is_scolded_for_a_question_that_is_not_on_their_way() -> None:
    survey = in_pages(("start", [RATING, asked("low", "yes_no", show_if=LOW, required=True)]))

    assert parse_page(survey, {"score": "9", "low": "perhaps"}).is_complete


def test_an_answer_to_a_question_that_is_hidden_by_now_is_gone() -> None:
    found = parse_page(PAGED, {"score": "9"}, known=DONE, offered=["rating"])

    assert set(found.values) == {"rating", "must", "parts", "note"}


def test_a_matrix_needs_every_row_and_keeps_those_it_has() -> None:
    found = parse_page(PAGED, {"must": "m", "parts.a": "1"}, page="must", known={"rating": 9})

    assert (dict(found.errors), found.values["parts"]) == ({"parts": "error_row"}, {"a": 1})
    missing = parse_page(PAGED, {"must": "m"}, page="must", known={"rating": 9})
    assert dict(missing.errors) == {"parts": "error_row"}


def test_whoever_comes_to_the_end_with_a_gap_is_led_back_to_it() -> None:
    half = {**DONE, "parts": {"a": 1}}
    found = parse_page(PAGED, {"note": "n"}, page="last", known=half)

    assert (found.next_page, found.is_complete) == ("must", False)
    assert parse_page(PAGED, {"note": "n"}, page="last", known=DONE).is_complete


def test_a_page_that_left_the_way_leads_to_its_beginning() -> None:
    survey = parse_definition(
        {
            **definition_to_json(PAGED),
            "pages": [definition_page(PAGED, 0), {**definition_page(PAGED, 2), "show_if": LOW}],
        }
    )
    found = parse_page(survey, {"note": "n"}, page="last", known={"rating": 9})

    assert (dict(found.values), found.next_page, found.is_complete) == ({"rating": 9}, "start", False)


def definition_page(definition: SurveyDefinition, number: int) -> dict[str, Any]:
    pages: Any = definition_to_json(definition)["pages"]
    return pages[number]


def test_answers_to_other_pages_are_told_and_not_taken() -> None:
    found = parse_page(PAGED, {"note": "n", "must": "m", "score": "9"}, page="last", known=DONE)

    assert found.misplaced == ("rating", "must")
    assert (found.rating, found.text("must")) == (3, "m")
    assert parse_page(PAGED, {"note": "n", "must": " "}, page="last", known=DONE).misplaced == ()


def test_a_page_that_is_not_there_is_no_page() -> None:
    with pytest.raises(KeyError):
        parse_page(PAGED, {}, page="gone")


def test_the_first_of_several_values_counts() -> None:
    assert parse_page(NPS, {"score": ["", "7", "9"]}).rating == 7


def test_somebody_on_the_phone_fills_in_all_pages_at_once() -> None:
    form = {"score": "3", "low": "x", "must": "m", "parts.a": "1", "parts.b": "2"}

    found = parse_answers(PAGED, form)
    assert (dict(found.errors), found.is_complete, found.next_page) == ({}, True, None)
    missing = parse_answers(PAGED, {"score": "9", "low": "x"})
    assert dict(missing.errors) == {"must": "error_required", "parts": "error_row"}
    assert dict(missing.values) == {"rating": 9}


def test_choices_that_are_missing_are_asked_for() -> None:
    kinds = {
        "single_choice": "pick_one",
        "multiple_choice": "pick_one",
        "contact": "error_required",
        "csat": "error_choose_score",
    }
    options = [{"key": "a"}, {"key": "b"}]
    survey = in_pages(
        ("start", [RATING, *(asked(kind, kind, required=True, options=options) for kind in kinds)])
    )

    assert dict(parse_page(survey, {"score": "9"}).errors) == kinds


def test_a_draft_without_a_rating_can_be_tried() -> None:
    found = parse_page(in_pages(("start", [asked("note")])), {"note": "n", "score": "3"})

    assert (found.rating, found.text("note"), found.is_complete) == (None, "n", True)
    assert parse_answers(in_pages(("start", [])), {}).page == "start"


@given(st.dictionaries(st.sampled_from(["rating", "why", "may_contact", "x"]), st.text(max_size=30)))
@settings(deadline=None, max_examples=200)
def test_any_form_gives_each_question_a_value_an_error_or_nothing(form: dict[str, str]) -> None:
    found = parse_page(NPS, form)

    assert not set(found.values) & set(found.errors)
    assert set(found.values) | set(found.errors) <= {"rating", "why", "may_contact"}
    assert found.rating is None or 0 <= found.rating <= 10


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=50))
@settings(deadline=None, max_examples=100)
def test_any_storable_text_comes_back_exactly(text: str) -> None:
    assert answered(why=text).text("why") == (text if text.strip() else None)
