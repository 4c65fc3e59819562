"""Survey definitions: read from JSON, checked, written back."""

import copy
import time
from collections.abc import Callable
from typing import Any

import pytest

from surveys.checks import findings
from surveys.definition import DefinitionError
from surveys.documents import definition_to_json, parse_definition
from surveys.lengths import length_of
from surveys.questions import QuestionKind

RATING: dict[str, Any] = {
    "key": "rating",
    "kind": "csat",
    "required": True,
    "texts": {"en": {"prompt": "How satisfied are you?", "low": "Not at all", "high": "Very"}},
}
WHY: dict[str, Any] = {"key": "why", "kind": "text", "texts": {"en": {"prompt": "Why?"}}}
PRICE: dict[str, Any] = {"key": "price", "texts": {"en": "Price"}}
PAGE: dict[str, Any] = {"key": "start", "questions": [RATING, WHY]}
DOCUMENT: dict[str, Any] = {
    "key": "after-case",
    "occasion": "transactional",
    "default_language": "en",
    "languages": {"en": {"name": "After a case"}},
    "questions": [RATING, WHY],
}


def changed(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(DOCUMENT), **changes}


def test_a_definition_knows_its_rating_and_its_questions() -> None:
    definition = parse_definition(DOCUMENT)

    assert definition.kind is QuestionKind.CSAT
    assert definition.rating_question.scale == range(1, 6)
    assert definition.question("why").scale is None
    with pytest.raises(KeyError):
        definition.question("absent")


def many(stem: str, count: int) -> list[dict[str, Any]]:
    return [{**WHY, "key": f"{stem}{number}"} for number in range(count)]


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ([], "the survey"),
        ({}, "the survey"),
        (changed(key="Not A Key"), "key"),
        (changed(key=7), "key"),
        (changed(occasion="party"), "occasion"),
        (changed(default_language="de"), "default_language"),
        (changed(languages={}), "languages"),
        (changed(languages={"English!": {"name": "x"}}), "language code"),
        (changed(languages={"en": {"name": 7}}), "language en"),
        (changed(languages={"en": {"name": "x", "needs_review": "yes"}}), "needs_review"),
        (changed(questions={}), "questions"),
        (changed(pages=[]), "at least one page"),
        (changed(pages=[{"key": "start"}]), "page 1: questions is a list"),
        (changed(format=3, pages=[]), "another format"),
        (changed(format=3), "another format"),
        (changed(pages=[{**PAGE, "key": "end"}]), "page 1: end stands for the end"),
        (changed(pages=[{**PAGE, "questions": [RATING] * 201}]), "at most 200 entries"),
        (
            changed(pages=[{"key": page, "questions": many(page, 101)} for page in ("one", "two")]),
            "at most 200 questions",
        ),
        (changed(pages=[PAGE, PAGE]), "two pages share the key"),
        (changed(pages=[{**PAGE, "show_if": {"any": []}}]), "page 1, show_if: any is a list"),
        (changed(pages=[{**PAGE, "jumps": [{"to": "The End"}]}]), "page 1, jump 1: to begins"),
        (changed(questions=[RATING, {**WHY, "key": "page"}]), "the form needs itself"),
        (changed(questions=[RATING, {**WHY, "options": [{"key": "other"}]}]), "has_other makes"),
        (changed(questions=[RATING, {**WHY, "points": 11}]), "points is a whole number from 2 to 10"),
        (changed(questions=[RATING, {**WHY, "texts": {"en": {"prompt": "x" * 4001}}}]), "at most 4000"),
        (changed(questions=[RATING, {**WHY, "key": "csrf_token"}]), "the form needs itself"),
        (changed(questions=[RATING, {**WHY, "key": "why\n"}]), "begins with a lower-case letter"),
        (changed(questions=[RATING, {**WHY, "points": True}]), "points is a whole number from 2 to 10"),
        (
            changed(questions=[RATING, {**WHY, "show_if": {"answered": ""}}]),
            "question 2, show_if: answered is",
        ),
        (
            changed(questions=[RATING, {**WHY, "options": [PRICE, PRICE]}]),
            "two options of .* share the key 'price'",
        ),
        (
            changed(questions=[RATING, {**WHY, "options": [{"key": "a", "texts": {"de": "A"}}]}]),
            "not a language",
        ),
        (changed(questions=[RATING, {**WHY, "variants": {" ": {}}}]), "for a persona, by its key"),
        (changed(questions=[RATING, {**WHY, "variants": {f"p{n}": {} for n in range(51)}}]), "at most 50"),
        (changed(questions=[RATING, {**WHY, "texts": {"en": {"prompt": "a\x00b"}}}]), "cannot be stored"),
        (changed(questions=[RATING, {**WHY, "show_if": {"tier": ["\ud800"]}}]), "cannot be stored"),
        (changed(questions=[RATING, RATING]), "share the key"),
        (changed(questions=[{**RATING, "kind": "slider"}]), "question 1: kind"),
        (changed(questions=[{**RATING, "texts": {"en": {"prompt": 7}}}]), "question 1 in en: prompt"),
        (changed(questions=[RATING, {**WHY, "texts": {"de": {"prompt": "Warum?"}}}]), "not a language"),
    ],
)
def test_a_definition_that_cannot_be_asked_names_the_place(document: object, place: str) -> None:
    with pytest.raises(DefinitionError, match=place):
        parse_definition(document)


def test_a_definition_finds_pages_by_key_and_by_question() -> None:
    definition = parse_definition(
        changed(pages=[PAGE, {"key": "more", "questions": [{**WHY, "key": "how"}]}])
    )

    assert definition.page("more") is definition.page_of("how")
    assert definition.name == "After a case"
    assert (definition.has_question("how"), definition.has_question("absent")) == (True, False)
    for find in (definition.page, definition.page_of):
        with pytest.raises(KeyError):
            find("absent")


def test_a_draft_may_have_no_rating_yet() -> None:
    definition = parse_definition(changed(questions=[]))

    assert not definition.has_rating
    with pytest.raises(DefinitionError, match="the first question of a survey is a rating"):
        _ = definition.kind


def test_a_survey_without_pages_is_read_as_one_page_and_written_as_such() -> None:
    written = definition_to_json(parse_definition(changed(format=1)))

    assert (written["format"], written["pages"]) == (
        2,
        [{"key": "start", "questions": [RATING, {**WHY, "required": False}]}],
    )


def test_what_may_be_left_out_is_left_out_again() -> None:
    full = {
        **WHY,
        "kind": "multiple_choice",
        "required": False,
        "texts": {"en": {"prompt": "Why?", "help": "Choose."}},
        "options": [PRICE],
        "has_other": True,
        "is_shuffled": True,
        "points": 7,
        "variants": {"champion": {"en": {"prompt": "Why you?"}}},
        "show_if": {"any": [{"question": "rating", "between": [1, 2]}, {"previous": "why", "equals": True}]},
    }
    page = {
        "key": "start",
        "is_extra": True,
        "show_if": {"persona": ["champion"]},
        "questions": [RATING, full],
        "jumps": [{"if": {"answered": "why"}, "to": "start"}, {"to": "end"}],
    }

    assert definition_to_json(parse_definition(changed(pages=[page])))["pages"] == [page]


def test_the_largest_survey_is_read_checked_and_estimated_in_a_moment() -> None:
    options = [{"key": f"o{number}", "texts": {"en": f"Answer {number}"}} for number in range(100)]
    asked = [
        {**WHY, "key": f"q{number}", "kind": "multiple_choice", "options": options} for number in range(199)
    ]
    document = changed(questions=[RATING, *asked], is_custom=True)

    def seconds(work: Callable[[], object]) -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    # The best of some tries: whatever else the machine does must not decide.
    assert min(seconds(lambda: parse_definition(document)) for _try in range(5)) < 0.3
    definition = parse_definition(document)
    assert min(seconds(lambda: findings(definition)) for _try in range(3)) < 1
    assert len(findings(definition)) == 2
    assert length_of(definition, "en").longest > 1000


def test_conditions_without_end_are_refused_and_not_followed() -> None:
    deep: dict[str, Any] = {"answered": "rating"}
    for _level in range(900):
        deep = {"all": [deep]}
    wide = {"all": [{"answered": "rating"}] * 101}

    for condition, limit in ((deep, "nested at most 8 deep"), (wide, "at most 100 parts")):
        with pytest.raises(DefinitionError, match=limit):
            parse_definition(changed(questions=[RATING, {**WHY, "show_if": condition}]))
