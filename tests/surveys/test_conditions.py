"""When a condition holds, and how it is written."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.conditions import (
    DEEPEST,
    About,
    AllOf,
    Among,
    Answered,
    AnyOf,
    Between,
    Condition,
    ConditionError,
    Equals,
    Includes,
    Respondent,
    answer_at,
    condition_to_json,
    conditions_in,
    holds,
    parse_condition,
    questions_in,
)
from surveys.narrowing import narrowed

ANSWERS: dict[str, Any] = {
    "rating": 1,
    "agreed": True,
    "reason": "price",
    "reasons": ["price", "other"],
    "reasons.other": "Slow",
    "parts": {"speed": 4},
    "why": "because",
}
CHAMPION = Respondent(
    personas=frozenset({"champion", "admin"}),
    tier="1",
    product="suite",
    language="pt-BR",
    previous={"rating": 9, "agreed": False},
)
NOBODY = Respondent()


@pytest.mark.parametrize(
    "condition",
    [
        Answered("why"),
        Answered("reasons.other"),
        Answered("parts"),
        Answered("parts.speed"),
        Equals("rating", 1),
        Equals("agreed", True),
        Equals("reason", "price"),
        Equals("parts.speed", 4),
        Between("rating", 1, 1),
        Between("parts.speed", 1, 4),
        Includes("reasons", "other"),
        Includes("reason", "price"),
        Equals("rating", 9, is_previous=True),
        Equals("agreed", False, is_previous=True),
        Between("rating", 9, 10, is_previous=True),
        Among(About.PERSONA, ("decision_maker", "admin")),
        Among(About.TIER, ("1",)),
        Among(About.PRODUCT, ("suite", "core")),
        Among(About.LANGUAGE, ("pt",)),
        Among(About.LANGUAGE, ("pt-BR",)),
        AllOf((Answered("why"), Equals("rating", 1))),
        AnyOf((Answered("absent"), Equals("rating", 1))),
    ],
)
def test_a_condition_that_fits_holds(condition: Condition) -> None:
    assert holds(condition, ANSWERS, CHAMPION)


@pytest.mark.parametrize(
    "condition",
    [
        Answered("absent"),
        Answered("parts.price"),
        Answered("reason.price"),
        Equals("rating", True),
        Equals("agreed", 1),
        Equals("rating", "1"),
        Equals("reasons", "price"),
        Equals("absent", 0),
        Between("agreed", 0, 1),
        Between("absent", 0, 10),
        Between("why", 0, 10),
        Between("rating", 2, 10),
        Includes("reasons", "support"),
        Includes("parts", "speed"),
        Includes("absent", "price"),
        Equals("rating", 1, is_previous=True),
        Equals("why", "because", is_previous=True),
        Among(About.PERSONA, ("decision_maker",)),
        Among(About.LANGUAGE, ("en", "pt-PT")),
        AllOf((Answered("why"), Equals("rating", 2))),
        AnyOf((Answered("absent"), Equals("rating", 2))),
    ],
)
def test_a_condition_that_does_not_fit_does_not_hold(condition: Condition) -> None:
    assert not holds(condition, ANSWERS, CHAMPION)


@pytest.mark.parametrize("about", list(About))
def test_who_is_unknown_is_among_nobody(about: About) -> None:
    assert not holds(Among(about, ("", "1")), {}, NOBODY)


def test_an_answer_is_found_by_question_and_row() -> None:
    assert [answer_at(ANSWERS, place) for place in ("rating", "parts.speed", "parts.", "why.x", "x.y")] == [
        1,
        4,
        None,
        None,
        None,
    ]


def test_a_condition_names_the_questions_of_this_form_once() -> None:
    asked = AllOf(
        (
            Answered("why"),
            AnyOf((Equals("why", "x"), Includes("reasons", "price"), Between("parts.speed", 1, 2))),
            Equals("rating", 1, is_previous=True),
            Among(About.TIER, ("1",)),
        )
    )

    assert questions_in(asked) == ("why", "reasons", "parts.speed")
    assert len(list(conditions_in(asked))) == 6


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (None, "is an object"),
        ([], "is an object"),
        ({}, "one of all, any"),
        ({"all": [], "any": []}, "one of all, any"),
        ({"not": {"answered": "why"}}, "one of all, any"),
        ({"question": "why"}, "one of all, any"),
        ({"question": "why", "equals": 1, "between": [0, 1]}, "one of all, any"),
        ({"all": []}, "all is a list of conditions and not empty"),
        ({"any": {"answered": "why"}}, "any is a list of conditions and not empty"),
        ({"answered": ""}, "answered is the key of a question"),
        ({"answered": 1}, "answered is the key of a question"),
        ({"question": "why", "equals": None}, "a number, a text, or true or false"),
        ({"question": "why", "equals": 1.5}, "a number, a text, or true or false"),
        ({"previous": ["why"], "equals": 1}, "previous is the key of a question"),
        ({"question": "why", "between": [1]}, "two whole numbers"),
        ({"question": "why", "between": [True, 2]}, "two whole numbers"),
        ({"previous": "why", "between": "12"}, "two whole numbers"),
        ({"question": "why", "includes": 1}, "includes is the key"),
        ({"persona": []}, "persona is a list of keys"),
        ({"tier": "1"}, "tier is a list of keys"),
        ({"product": [1]}, "product is a list of keys"),
        ({"language": [""]}, "language is a list of keys"),
    ],
)
def test_what_is_no_condition_is_refused(document: object, problem: str) -> None:
    with pytest.raises(ConditionError, match=problem):
        parse_condition(document)


def test_conditions_nest_so_deep_and_no_deeper() -> None:
    document: dict[str, Any] = {"answered": "why"}
    for _level in range(DEEPEST):
        document = {"any": [document]}

    assert condition_to_json(parse_condition(document)) == document
    with pytest.raises(ConditionError, match="nested at most"):
        parse_condition({"all": [document]})


QUESTIONS = [key for key in ANSWERS if "." not in key]
PLACES = st.sampled_from([*ANSWERS, "absent", "parts.speed"])
SIMPLE: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Answered, PLACES),
    st.builds(Equals, PLACES, st.sampled_from([0, 1, 4, True, False, "price", ""]), st.booleans()),
    st.builds(Between, PLACES, st.integers(-1, 5), st.integers(0, 10), st.booleans()),
    st.builds(Includes, PLACES, st.sampled_from(["price", "other", "speed"])),
    st.builds(
        Among, st.sampled_from(About), st.lists(st.sampled_from(["1", "pt", "admin"]), min_size=1).map(tuple)
    ),
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    SIMPLE,
    lambda inner: (
        st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
    ),
    max_leaves=6,
)


@given(CONDITIONS)
@settings(deadline=None, max_examples=100)
def test_any_condition_is_read_back_as_it_was_written(condition: Condition) -> None:
    document = condition_to_json(condition)

    assert parse_condition(document) == condition
    assert repr(parse_condition(document)) == repr(condition)


@given(CONDITIONS, st.sets(st.sampled_from(QUESTIONS)), st.sets(st.sampled_from(QUESTIONS)))
@settings(deadline=None, max_examples=150)
def test_what_is_left_of_a_condition_says_the_same_about_the_open_questions(
    condition: Condition, known: set[str], asked: set[str]
) -> None:
    before = {key: value for key, value in ANSWERS.items() if key.partition(".")[0] in known - asked}
    typed = {key: value for key, value in ANSWERS.items() if key.partition(".")[0] in asked}

    left = narrowed(condition, before, CHAMPION, asked=asked)

    whole = holds(condition, {**before, **typed}, CHAMPION)
    if isinstance(left, bool):
        assert left is whole
        return
    # All that the page has to know stands in what is left.
    assert holds(left, typed, NOBODY) is whole
    assert {place.partition(".")[0] for place in questions_in(left)} <= asked
    assert not any(
        isinstance(part, Among) or getattr(part, "is_previous", False) for part in conditions_in(left)
    )
