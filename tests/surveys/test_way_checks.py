"""Which conditions can hold for somebody."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.conditions import (
    About,
    AllOf,
    Among,
    Answered,
    AnyOf,
    Between,
    Condition,
    Equals,
    Includes,
    holds,
)
from surveys.definition import Page
from surveys.questions import QuestionKind
from surveys.way_checks import is_possible
from tests.surveys.made import conditions, fillings, people, surveys, walk
from tests.surveys.test_checks import SURVEY, a_question, options

MANY = a_question("many", QuestionKind.MULTIPLE_CHOICE, options=options("price", "care"), has_other=True)
FAR = tuple(Equals(f"rate{number}", 10) for number in range(14))


@pytest.mark.parametrize(
    ("condition", "is_it"),
    [
        (AllOf((Includes("many", "price"), Includes("many", "other"))), True),
        (Includes("many", "gone"), False),
        (Equals("many", "price"), False),
        (AllOf((Equals("choice", "price"), Equals("choice", "care"))), False),
        (AnyOf((Equals("choice", "gone"), Equals("choice", "care"))), True),
        (Equals("rating", True), False),
        (Equals("yes", True), True),
        (Equals("yes", 1), False),
        (AllOf((Equals("yes", True), Equals("yes", False))), False),
        (Between("rating", 7, 6), False),
        (Between("parts.speed", 5, 9), True),
        (Between("parts.speed", 6, 9), False),
        (AllOf((Between("parts.speed", 1, 1), Between("parts.care", 5, 5), Answered("parts"))), True),
        (Between("why", 0, 10), False),
        (Equals("why", "nothing"), True),
        (AllOf((Equals("why", "a"), Equals("why", "b"))), False),
        (Answered("why"), True),
        (Equals("contact", "phone"), True),
        (Equals("contact", "fax"), False),
        (Equals("rating", 11, is_previous=True), True),
        (AllOf((Among(About.TIER, ("9",)), Between("rating", 11, 12))), False),
        (AllOf(tuple(Answered(f"rate{number}") for number in range(4))), True),
        (AllOf((*(Equals(f"rate{number}", 10) for number in range(4)), Equals("rate3", 9))), False),
        # Too many to try.
        (AllOf((*FAR, Equals("yes", 1))), True),
    ],
)
def test_a_condition_is_possible_when_some_answers_fit_it(condition: Condition, is_it: bool) -> None:
    rates = tuple(a_question(f"rate{number}", QuestionKind.RATING, points=10) for number in range(14))
    more = (MANY, a_question("contact", QuestionKind.CONTACT), *rates)
    survey = replace(SURVEY, pages=(*SURVEY.pages, Page("all", more)))

    assert is_possible(survey, condition) is is_it


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_a_condition_that_holds_for_somebody_is_possible(data: st.DataObject) -> None:
    survey, who = data.draw(surveys(is_sound=True)), data.draw(people())
    answers = walk(survey, data.draw(fillings(survey)), who).last.values
    condition = data.draw(conditions(survey.questions))

    if holds(condition, answers, who):
        assert is_possible(survey, condition)
