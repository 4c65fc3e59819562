"""Survey definitions: read from JSON, checked, written back."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.definition import DefinitionError, parse_definition
from surveys.questions import QuestionKind

RATING: dict[str, Any] = {
    "key": "rating",
    "kind": "csat",
    "required": True,
    "texts": {"en": {"prompt": "How satisfied are you?", "low": "Not at all", "high": "Very"}},
}
WHY: dict[str, Any] = {"key": "why", "kind": "text", "texts": {"en": {"prompt": "Why?"}}}
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
        (changed(languages={"en": {"name": " "}}), "language en"),
        (changed(languages={"en": {"name": "x", "needs_review": "yes"}}), "needs_review"),
        (changed(questions=[]), "first question"),
        (changed(questions={}), "questions"),
        (changed(questions=[WHY]), "first question"),
        (changed(questions=[{**RATING, "required": False}]), "first question"),
        (changed(questions=[RATING, RATING]), "share the key"),
        (changed(questions=[{**RATING, "kind": "slider"}]), "question 1: kind"),
        (changed(questions=[{**RATING, "texts": {"en": {"prompt": "How?"}}}]), "question 1 in en: low"),
        (changed(questions=[RATING, {**WHY, "texts": {}}]), "texts of question 2"),
        (changed(questions=[RATING, {**WHY, "texts": {"de": {"prompt": "Warum?"}}}]), "not a language"),
        (changed(languages={"en": {"name": "x"}, "de": {"name": "y"}}), "question 1 has no words in de"),
    ],
)
def test_a_definition_that_cannot_be_asked_names_the_place(document: object, place: str) -> None:
    with pytest.raises(DefinitionError, match=place):
        parse_definition(document)


words = st.text(min_size=1, max_size=20).filter(str.strip)
keys = st.from_regex(r"[a-z][a-z0-9_-]{0,10}", fullmatch=True)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    codes = draw(st.lists(st.sampled_from(["en", "de", "pt-BR", "zh-Hant"]), min_size=1, unique=True))
    kinds = draw(st.lists(st.sampled_from(list(QuestionKind)), max_size=4))
    names = draw(st.lists(keys, min_size=len(kinds) + 1, max_size=len(kinds) + 1, unique=True))
    questions = []
    for name, kind in zip(names, [QuestionKind.NPS, *kinds], strict=True):
        texts = {code: {"prompt": draw(words)} for code in codes}
        if kind not in (QuestionKind.TEXT, QuestionKind.YES_NO):
            texts = {code: text | {"low": draw(words), "high": draw(words)} for code, text in texts.items()}
        required = draw(st.booleans()) or not questions
        questions.append({"key": name, "kind": kind.value, "required": required, "texts": texts})
    return {
        "key": draw(keys),
        "occasion": draw(st.sampled_from(["relationship", "transactional"])),
        "default_language": codes[0],
        "languages": {code: {"name": draw(words), "needs_review": draw(st.booleans())} for code in codes},
        "questions": questions,
    }


@given(documents())
@settings(deadline=None, max_examples=60)
def test_a_definition_survives_the_way_through_json(document: dict[str, Any]) -> None:
    definition = parse_definition(document)

    written = json.loads(json.dumps(definition.to_json()))

    assert written == document
    assert parse_definition(written) == definition


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(json_values, st.sampled_from(["key", "occasion", "default_language", "languages", "questions"]))
@settings(deadline=None, max_examples=100)
def test_any_json_in_the_wrong_place_is_a_plain_error(value: Any, place: str) -> None:
    try:
        definition = parse_definition(changed(**{place: value}))
    except DefinitionError:
        return
    assert definition.to_json()[place] == value
