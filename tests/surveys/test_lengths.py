"""How many questions somebody may meet, and how long that takes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.branching import way_through
from surveys.catalog import library_keys, load_survey
from surveys.conditions import About, AllOf, Among, Answered, AnyOf, Between, Condition, Equals
from surveys.definition import END, Jump, Occasion, Page, SurveyDefinition, SurveyLanguage
from surveys.lengths import length_of, most_questions
from surveys.questions import Option, Question, QuestionKind, QuestionText
from tests.surveys.made import fillings, people, surveys, walk


def a_question(
    key: str, kind: QuestionKind = QuestionKind.YES_NO, prompt: str = "Well?", **more: object
) -> Question:
    return Question(
        **{"key": key, "kind": kind, "required": False, "texts": {"en": QuestionText(prompt)}, **more}
    )


RATING = a_question("rating", QuestionKind.NPS, required=True)
CHAMPION = Among(About.PERSONA, ("champion",))


def a_survey(*pages: Page) -> SurveyDefinition:
    languages = {"en": SurveyLanguage("S", False)}
    return SurveyDefinition("s", Occasion.RELATIONSHIP, "en", languages, pages)


def asked_if(condition: Condition) -> SurveyDefinition:
    return a_survey(Page("start", (RATING, a_question("more", show_if=condition))))


@pytest.mark.parametrize(
    ("condition", "most"),
    [
        (Between("rating", 0, 6), 2),
        (Between("rating", 11, 12), 1),
        (CHAMPION, 2),
        (AllOf((Between("rating", 0, 6), CHAMPION)), 2),
        (AllOf((Between("rating", 11, 12), CHAMPION)), 1),
        (AnyOf((Between("rating", 11, 12), CHAMPION)), 2),
        (AnyOf((Between("rating", 11, 12), Equals("rating", True))), 1),
        (AllOf((Between("rating", 0, 0), Between("rating", 0, 6))), 2),
        (Equals("rating", 3, is_previous=True), 2),
        (Answered("rating"), 2),
        (Answered("else"), 2),
    ],
)
def test_only_what_no_rating_brings_up_is_left_out_of_the_longest_way(
    condition: Condition, most: int
) -> None:
    assert most_questions(asked_if(condition)) == most


def test_the_drivers_of_a_low_and_a_high_rating_are_not_added_up() -> None:
    low, high = (
        a_question(key, show_if=Between("rating", *ends)) for key, ends in (("a", (0, 6)), ("b", (7, 10)))
    )

    assert most_questions(a_survey(Page("start", (RATING, low, high)))) == 2


def test_of_two_ways_the_longer_is_counted() -> None:
    short, long = (
        Page("short", (a_question("a"),), jumps=(Jump(END),)),
        Page("long", (a_question("b"), a_question("c"))),
    )
    start = Page("start", (RATING,), jumps=(Jump("long", CHAMPION),))

    assert most_questions(a_survey(start, short, long)) == 3
    always = replace(start, jumps=(Jump("long", Between("rating", 0, 10)), Jump(END)))
    assert most_questions(a_survey(always, short, long)) == 3
    assert most_questions(a_survey(replace(start, jumps=(Jump(END),)), short, long)) == 1


@pytest.mark.parametrize("to", ["start", "more", "nowhere"])
def test_a_jump_back_or_to_nowhere_ends_the_way(to: str) -> None:
    more, last = Page("more", (a_question("a"),), jumps=(Jump(to),)), Page("last", (a_question("b"),))

    assert most_questions(a_survey(Page("start", (RATING,)), more, last)) == 2


def test_a_page_somebody_may_not_meet_does_not_stop_the_others() -> None:
    hidden = Page("hidden", (a_question("a"),), show_if=CHAMPION, jumps=(Jump(END),))
    rest = Page("rest", tuple(a_question(f"b{number}") for number in range(3)))

    assert most_questions(a_survey(Page("start", (RATING,)), hidden, rest)) == 4


def test_a_draft_without_a_rating_has_a_length() -> None:
    assert most_questions(a_survey(Page("start", ()))) == 0
    assert length_of(a_survey(Page("start", ())), "en").longest == 5
    assert most_questions(a_survey(Page("start", (a_question("a"),)))) == 1


def test_extra_pages_are_told_apart() -> None:
    bonus = Page("bonus", (a_question("why", QuestionKind.TEXT, required=True),), is_extra=True)
    length = length_of(a_survey(Page("start", (RATING,)), bonus), "en")

    assert (length.shortest, length.longest, length.with_extra) == (10, 10, 35)


def test_what_takes_longer_counts_longer() -> None:
    def seconds(question: Question, language: str = "en") -> int:
        return length_of(
            a_survey(Page("start", (RATING, *([question] if question else [])))), language
        ).longest

    rows = tuple(Option(f"r{number}", {"en": "Row"}) for number in range(8))
    plain = seconds(a_question("a"))
    assert seconds(a_question("a", prompt="many words " * 20)) > plain
    assert seconds(a_question("a", QuestionKind.MATRIX, options=rows)) > plain + 15
    assert seconds(a_question("a", QuestionKind.SINGLE_CHOICE, options=rows)) > plain
    optional = seconds(a_question("a", QuestionKind.TEXT))
    assert seconds(a_question("a", QuestionKind.TEXT, required=True)) > optional > plain
    assert seconds(a_question("a", prompt="ご意見をお聞かせください" * 6)) > plain
    assert seconds(a_question("a"), "de") <= plain


@pytest.mark.parametrize("key", library_keys())
def test_a_ready_made_survey_takes_about_a_minute(key: str) -> None:
    for language in load_survey(key).languages:
        length = length_of(load_survey(key), language)
        assert 5 <= length.shortest <= length.longest <= length.with_extra <= 120


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_nobody_is_asked_more_than_the_most(data: st.DataObject) -> None:
    survey, who = data.draw(surveys(is_sound=True)), data.draw(people())
    way = way_through(survey, walk(survey, data.draw(fillings(survey)), who).last.values, who)

    assert sum(len(step.questions) for step in way.steps) <= most_questions(survey) <= len(survey.questions)
    length = length_of(survey, survey.default_language)
    assert 5 <= length.shortest <= length.longest <= length.with_extra
