"""The way through a survey: who meets which page, what counts, and when it is finished."""

from dataclasses import replace

import pytest

from surveys.branching import Way, way_through
from surveys.conditions import Answered, AnswerValue, Between, Equals, Respondent
from surveys.definition import END, Jump, Occasion, Page, SurveyDefinition, SurveyLanguage
from surveys.questions import Option, Question, QuestionKind, QuestionText


def a_question(key: str, kind: QuestionKind = QuestionKind.TEXT, *, required: bool = False) -> Question:
    return Question(key, kind, required, {"en": QuestionText(f"{key}?")})


RATING = a_question("rating", QuestionKind.NPS, required=True)
LOW = replace(a_question("low"), show_if=Between("rating", 0, 6))
ROWS = replace(
    a_question("parts", QuestionKind.MATRIX, required=True),
    options=(Option("speed", {"en": "Speed"}), Option("care", {"en": "Care"})),
)


def a_survey(*pages: Page) -> SurveyDefinition:
    return SurveyDefinition("s", Occasion.RELATIONSHIP, "en", {"en": SurveyLanguage("S", False)}, pages)


START = Page("start", (RATING, LOW))
SURVEY = a_survey(
    START,
    Page("unhappy", (a_question("what", required=True),), show_if=Answered("low")),
    Page("more", (a_question("more"),), jumps=(Jump(END, Equals("more", "enough")),)),
    Page("bonus", (a_question("extra", required=True),), is_extra=True),
)


def pages(way: Way) -> list[str]:
    return [step.page.key for step in way.steps]


def way(**answers: AnswerValue) -> Way:
    return way_through(SURVEY, answers)


def test_answers_decide_which_pages_and_questions_are_met() -> None:
    assert pages(way()) == ["start", "more", "bonus"]
    assert pages(way(rating=3, low="slow")) == ["start", "unhappy", "more", "bonus"]
    assert pages(way(rating=9, more="enough")) == ["start", "more"]


def test_an_answer_to_a_question_that_is_no_longer_asked_counts_nowhere() -> None:
    found = way(rating=9, low="slow", what="all", stray="x")

    assert pages(found) == ["start", "more", "bonus"]
    assert dict(found.answers) == {"rating": 9}


def test_the_words_of_other_count_with_their_question() -> None:
    choice = replace(a_question("why", QuestionKind.SINGLE_CHOICE), has_other=True)
    found = way_through(a_survey(Page("start", (RATING, choice))), {"why": "other", "why.other": "Slow"})

    assert dict(found.answers) == {"why": "other", "why.other": "Slow"}


def test_a_page_without_anything_to_ask_is_no_step_but_its_jumps_are_taken() -> None:
    survey = a_survey(
        START, Page("empty", (), jumps=(Jump("last"),)), Page("mid", (ROWS,)), Page("last", (ROWS,))
    )

    assert pages(way_through(survey, {"rating": 9})) == ["start", "last"]


def test_a_page_that_is_not_shown_does_not_jump() -> None:
    hidden = Page("hidden", (ROWS,), show_if=Answered("low"), jumps=(Jump(END),))
    survey = a_survey(START, hidden, Page("last", (a_question("last"),)))

    assert pages(way_through(survey, {"rating": 9})) == ["start", "last"]
    assert pages(way_through(survey, {"rating": 0, "low": "x"})) == ["start", "hidden"]


def test_the_first_jump_that_holds_is_taken() -> None:
    jumps = (Jump("b", Between("rating", 0, 6)), Jump("c", Between("rating", 0, 8)))
    survey = a_survey(replace(START, jumps=jumps), *(Page(key, (a_question(key),)) for key in "abc"))

    assert [pages(way_through(survey, {"rating": rating})) for rating in (0, 7, 9)] == [
        ["start", "b", "c"],
        ["start", "c"],
        ["start", "a", "b", "c"],
    ]


@pytest.mark.parametrize("to", ["start", "back", "nowhere"])
def test_a_jump_back_or_to_nowhere_ends_the_survey(to: str) -> None:
    survey = a_survey(START, Page("back", (a_question("a"),), jumps=(Jump(to),)), Page("last", (ROWS,)))

    assert pages(way_through(survey, {})) == ["start", "back"]


def test_who_answers_decides_too() -> None:
    page = Page("again", (a_question("a"),), show_if=Between("rating", 0, 6, is_previous=True))

    assert pages(way_through(a_survey(START, page), {}, Respondent(previous={"rating": 2}))) == [
        "start",
        "again",
    ]
    assert pages(way_through(a_survey(START, page), {"rating": 2})) == ["start"]


def test_one_goes_from_step_to_step_and_back() -> None:
    found = way(rating=9)

    def key(step: object) -> str | None:
        return getattr(getattr(step, "page", None), "key", None)

    assert [key(found.after(page)) for page in ("start", "more", "bonus")] == ["more", "bonus", None]
    assert [key(found.before(page)) for page in ("start", "more", "bonus")] == [None, "start", "more"]
    # Whoever stands on a page that is no longer on their way begins again; nothing typed is lost by it.
    assert (key(found.after("unhappy")), key(found.before("unhappy")), found.step("unhappy")) == (
        "start",
        None,
        None,
    )


def test_extra_pages_have_no_number() -> None:
    assert [way(rating=9).place_of(page) for page in ("start", "more", "bonus", "unhappy")] == [
        (1, 2),
        (2, 2),
        (0, 2),
        (0, 2),
    ]


def test_a_page_opens_when_all_before_it_is_answered() -> None:
    assert [way().is_open(page) for page in ("start", "more", "unhappy")] == [True, False, False]
    assert way(rating=9).is_open("more")
    assert not way(rating=3, low="x").is_open("more")
    assert way(rating=3, low="x", what="y").is_open("more")


def test_a_survey_is_finished_when_only_extra_pages_are_left() -> None:
    assert [way(rating=9).is_finished(page) for page in ("start", "more", "bonus", "unhappy")] == [
        False,
        True,
        True,
        False,
    ]
    assert not way().is_finished("more")
    assert not way(rating=3, low="x").is_finished("more")


def test_a_matrix_is_answered_when_every_row_is() -> None:
    survey = a_survey(START, Page("grid", (ROWS,)), Page("last", (a_question("last"),)))
    half = way_through(survey, {"rating": 9, "parts": {"speed": 1}})
    whole = way_through(survey, {"rating": 9, "parts": {"speed": 1, "care": 2}})

    assert (half.is_open("last"), half.is_finished("last")) == (False, False)
    assert (whole.is_open("last"), whole.is_finished("last")) == (True, True)


def test_a_gap_is_the_first_page_that_lacks_what_it_requires_and_no_extra_one() -> None:
    found = way(rating=3, low="x")
    gap = found.gap_before(None)

    assert gap is not None
    assert gap.page.key == "unhappy"
    assert found.gap_before(found.step("unhappy")) is None
    assert way(rating=9).gap_before(None) is None
