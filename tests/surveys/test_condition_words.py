"""Conditions in words, and as rows of a form."""

import pytest

from surveys.catalog import library_keys, load_survey
from surveys.condition_rows import Filled, condition_of, questions_before, rows_of, subjects
from surveys.condition_words import condition_words
from surveys.conditions import About, AllOf, Among, Answered, AnyOf, Between, Condition, Equals, Includes
from surveys.definition import DefinitionError, SurveyDefinition
from surveys.questions import QuestionKind

NPS = load_survey("nps")
KNOWN = {
    About.PERSONA: {"champion": "Champion", "admin": "Admin"},
    About.TIER: {"Tier 1": "Tier 1"},
    About.PRODUCT: {},
    About.LANGUAGE: {"de": "Deutsch"},
}


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Between("rating", 0, 6), "the rating is 0 to 6"),
        (Between("rating", 9, 9), "the rating is 9"),
        (Between("rating", 0, 6, is_previous=True), "last time the rating is 0 to 6"),
        (Equals("may_contact", True), "“may_contact” is yes"),
        (Answered("why"), "“why” is answered"),
        (Among(About.PERSONA, ("champion", "admin")), "the persona is champion or admin"),
        (Equals("gone", "x"), "“gone” (not in this survey) is x"),
        (
            AllOf((Answered("why"), AnyOf((Answered("rating"), Between("rating", 0, 1))))),
            "“why” is answered and (the rating is answered or the rating is 0 to 1)",
        ),
    ],
)
def test_a_condition_reads_as_part_of_a_sentence(condition: Condition, words: str) -> None:
    assert condition_words(NPS, condition) == words


def test_a_choice_is_called_by_its_words() -> None:
    survey = load_survey("renewal")
    asked = next(one for one in survey.questions if one.kind is QuestionKind.MULTIPLE_CHOICE)
    option = asked.options[0]
    assert condition_words(survey, Includes(asked.key, option.key)).endswith(option.texts["en"])


@pytest.mark.parametrize("key", library_keys())
def test_every_subject_begins_with_a_condition_that_rows_give_back(key: str) -> None:
    survey = load_survey(key)
    for subject in subjects(survey, KNOWN, survey.questions):
        made = condition_of(survey, [], is_any=False, added=subject.value, known=KNOWN)
        assert made is not None
        assert round_trip(survey, made) == made


@pytest.mark.parametrize("is_any", [True, False])
def test_several_rows_are_needed_all_or_any(is_any: bool) -> None:
    joined = (AnyOf if is_any else AllOf)((Between("rating", 0, 6), Among(About.TIER, ("Tier 1",))))
    assert round_trip(NPS, joined) == joined


def test_what_is_nested_deeper_has_no_rows() -> None:
    assert rows_of(NPS, AllOf((AnyOf((Answered("why"), Answered("rating"))), Answered("why"))), KNOWN) is None


def test_nothing_is_offered_that_nobody_knows() -> None:
    offered = [subject.value for subject in subjects(NPS, KNOWN, [])]
    assert "among:persona" in offered
    assert "among:product" not in offered


def test_a_question_is_asked_about_what_comes_before_it_only() -> None:
    first = NPS.pages[0]
    before = questions_before(NPS, first.key, first.questions[1].key)
    assert [one.key for one in before] == ["rating"]
    assert questions_before(NPS, first.key) == []


def test_ends_the_wrong_way_round_are_turned() -> None:
    filled = [Filled("between:rating", "6", "0")]
    assert condition_of(NPS, filled, is_any=False, known=KNOWN) == Between("rating", 0, 6)


@pytest.mark.parametrize(
    "filled",
    [
        Filled("between:rating", "x", "2"),
        Filled("between:rating", "-1", "2"),
        Filled("among:persona"),
        Filled("among:shoe-size", chosen=["42"]),
        Filled(""),
    ],
)
def test_a_row_that_says_nothing_is_refused_in_a_sentence(filled: Filled) -> None:
    with pytest.raises(DefinitionError, match=r"\.$"):
        condition_of(NPS, [filled], is_any=False, known=KNOWN)


def round_trip(survey: SurveyDefinition, condition: Condition) -> Condition | None:
    """Return what the rows of a condition stand for."""
    found = rows_of(survey, condition, KNOWN)
    assert found is not None
    is_any, rows = found
    filled = [Filled(row.subject.value, str(row.low), str(row.high), row.chosen) for row in rows]
    return condition_of(survey, filled, is_any=is_any, known=KNOWN)
