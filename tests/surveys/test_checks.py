"""Everything that keeps a survey from being asked, or asked well, is found at its place."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.checks import findings, is_askable
from surveys.conditions import (
    About,
    AllOf,
    Among,
    Answered,
    Between,
    Equals,
)
from surveys.definition import END, Jump, Occasion, Page, SurveyDefinition, SurveyLanguage
from surveys.finding import Code, Place, Severity
from surveys.questions import Option, Question, QuestionKind, QuestionText
from surveys.standard_wording import standard_texts
from tests.surveys.made import surveys

Change = Callable[[SurveyDefinition], SurveyDefinition]
CODES = ("en", "de")
STANDARD = {code: standard_texts()["nps"]["overall"][code] for code in CODES}


def a_question(key: str, kind: QuestionKind = QuestionKind.TEXT, **more: Any) -> Question:
    ends = ("bad", "good") if kind in (QuestionKind.RATING, QuestionKind.MATRIX) else ()
    texts = {code: QuestionText(f"{key} {code}?", *ends) for code in CODES}
    return Question(**{"key": key, "kind": kind, "required": False, "texts": texts, **more})


def options(*keys: str) -> tuple[Option, ...]:
    return tuple(Option(key, {code: f"{key} {code}" for code in CODES}) for key in keys)


RATING = a_question("rating", QuestionKind.NPS, required=True, texts=STANDARD)
CHOICE = a_question("choice", QuestionKind.SINGLE_CHOICE, options=options("price", "care"))
PARTS = a_question("parts", QuestionKind.MATRIX, options=options("speed", "care"))
SURVEY = SurveyDefinition(
    "s",
    Occasion.RELATIONSHIP,
    "en",
    {code: SurveyLanguage("S", False) for code in CODES},
    (
        Page("start", (RATING, a_question("why"))),
        Page(
            "more", (CHOICE, PARTS, a_question("yes", QuestionKind.YES_NO)), show_if=Between("rating", 0, 6)
        ),
        Page("last", (a_question("last", show_if=Equals("choice", "price")),)),
    ),
)


def with_page(key: str, **changes: Any) -> Change:
    return lambda survey: replace(
        survey, pages=tuple(replace(page, **changes) if page.key == key else page for page in survey.pages)
    )


def with_question(key: str, **changes: Any) -> Change:
    return lambda survey: replace(
        survey,
        pages=tuple(
            replace(
                page, questions=tuple(replace(q, **changes) if q.key == key else q for q in page.questions)
            )
            for page in survey.pages
        ),
    )


def in_both(words: str, other: str | None = None) -> dict[str, QuestionText]:
    return {"en": QuestionText(words), "de": QuestionText(words if other is None else other)}


def found(survey: SurveyDefinition, **known: Any) -> set[tuple[str, str, Place]]:
    return {(str(one.severity), str(one.code), one.place) for one in findings(survey, **known)}


def test_nothing_is_found_wrong_with_a_good_survey() -> None:
    assert findings(SURVEY, personas=()) == ()
    assert is_askable(SURVEY)


ERRORS: list[tuple[Change, Code, Place]] = [
    (with_page("start", questions=()), Code.NO_RATING, Place("start")),
    (
        with_page("start", questions=(a_question("why"), RATING)),
        Code.RATING_NOT_FIRST,
        Place("start", "rating"),
    ),
    (
        lambda survey: replace(survey, pages=(Page("empty", ()), *survey.pages)),
        Code.RATING_NOT_FIRST,
        Place("start", "rating"),
    ),
    (with_question("rating", required=False), Code.RATING_NOT_ALWAYS, Place("start", "rating")),
    (
        with_question("rating", show_if=Among(About.TIER, ("1",))),
        Code.RATING_NOT_ALWAYS,
        Place("start", "rating"),
    ),
    (with_page("start", show_if=Among(About.TIER, ("1",))), Code.RATING_NOT_ALWAYS, Place("start", "rating")),
    (with_page("start", is_extra=True), Code.RATING_NOT_ALWAYS, Place("start", "rating")),
    (
        with_question("rating", texts={**STANDARD, "de": QuestionText("Gut?", "nein", "ja")}),
        Code.WORDING_CHANGED,
        Place("start", "rating"),
    ),
    (
        with_question("choice", options=options("price")),
        Code.TOO_FEW_OPTIONS,
        Place("more", "choice", part="options"),
    ),
    (with_question("parts", options=()), Code.TOO_FEW_OPTIONS, Place("more", "parts", part="options")),
    (with_page("more", jumps=(Jump("nowhere"),)), Code.DEAD_JUMP, Place("more", part="jump 1")),
    (
        with_page("start", jumps=(Jump("last"), Jump(END, Between("rating", 9, 10)))),
        Code.DEAD_JUMP,
        Place("start", part="jump 2"),
    ),
    (with_page("last", jumps=(Jump("more"),)), Code.LOOP, Place("last", part="jump 1")),
    (with_page("more", jumps=(Jump(END), Jump("more"))), Code.LOOP, Place("more", part="jump 2")),
    (with_page("start", jumps=(Jump("last"),)), Code.UNREACHABLE_PAGE, Place("more")),
    (with_page("start", jumps=(Jump(END), Jump("more"))), Code.UNREACHABLE_PAGE, Place("more")),
    (
        with_page("last", show_if=Answered("gone")),
        Code.UNKNOWN_QUESTION,
        Place("last", part="show_if"),
    ),
    (
        with_question("last", show_if=Between("parts.price", 1, 2)),
        Code.UNKNOWN_QUESTION,
        Place("last", "last", part="show_if"),
    ),
    (
        with_question("last", show_if=Answered("choice.price")),
        Code.UNKNOWN_QUESTION,
        Place("last", "last", part="show_if"),
    ),
    (
        with_page("start", jumps=(Jump("last", Answered("choice")),)),
        Code.LATER_QUESTION,
        Place("start", part="jump 1"),
    ),
    (
        with_question("choice", show_if=Answered("choice")),
        Code.LATER_QUESTION,
        Place("more", "choice", part="show_if"),
    ),
    (
        with_page("last", show_if=AllOf((Between("rating", 0, 3), Between("rating", 7, 10)))),
        Code.IMPOSSIBLE_CONDITION,
        Place("last", part="show_if"),
    ),
    (
        with_question("last", show_if=Equals("choice", "gone")),
        Code.IMPOSSIBLE_CONDITION,
        Place("last", "last", part="show_if"),
    ),
    (
        with_question("why", texts={"en": QuestionText("Why?")}),
        Code.MISSING_WORDS,
        Place("start", "why", "de", "prompt"),
    ),
    (
        with_question("why", texts={"en": QuestionText("Why?", help="Hm."), "de": QuestionText("Wie?")}),
        Code.MISSING_WORDS,
        Place("start", "why", "de", "help"),
    ),
    (
        with_question("parts", texts={**PARTS.texts, "de": QuestionText("Teile?", "schlecht")}),
        Code.MISSING_WORDS,
        Place("more", "parts", "de", "high"),
    ),
    (
        with_question("choice", options=(*options("price"), Option("care", {"en": "Care"}))),
        Code.MISSING_WORDS,
        Place("more", "choice", "de", "option care"),
    ),
    (
        with_question("why", variants={"admin": {"en": QuestionText("And you?")}}),
        Code.MISSING_WORDS,
        Place("start", "why", "de", "variant admin"),
    ),
    (
        lambda survey: replace(survey, languages={**survey.languages, "de": SurveyLanguage(" ", False)}),
        Code.MISSING_WORDS,
        Place(language="de", part="name"),
    ),
    (
        with_question("why", texts=in_both("Why, {{nickname}}?")),
        Code.UNKNOWN_MERGE_FIELD,
        Place("start", "why", "en", "prompt"),
    ),
    (
        with_question("why", texts=in_both("Why {{answer.gone}}?")),
        Code.UNKNOWN_MERGE_FIELD,
        Place("start", "why", "de", "prompt"),
    ),
    (
        with_question("why", variants={"admin": in_both("Why, {{nickname}}?")}),
        Code.UNKNOWN_MERGE_FIELD,
        Place("start", "why", "en", "variant admin"),
    ),
    (
        with_question("why", texts=in_both("Why {{answer.rating}}?")),
        Code.LATER_MERGE_FIELD,
        Place("start", "why", "en", "prompt"),
    ),
    (
        with_question("last", texts=in_both("Why, {{first_name}}?", "Warum {{answer.rating}}?")),
        Code.OTHER_MERGE_FIELDS,
        Place("last", "last", "de", "prompt"),
    ),
]


@pytest.mark.parametrize(("change", "code", "place"), ERRORS)
def test_what_keeps_a_survey_from_being_asked_is_found_at_its_place(
    change: Change, code: Code, place: Place
) -> None:
    survey = change(SURVEY)

    assert ("error", code, place) in found(survey)
    assert not is_askable(survey)
    severities = [one.severity for one in findings(survey)]
    assert severities == sorted(severities, key=lambda severity: severity is not Severity.ERROR)


WARNINGS: list[tuple[Change, Code, Place]] = [
    (
        with_page("last", questions=tuple(a_question(f"q{number}") for number in range(7))),
        Code.TOO_MANY_QUESTIONS,
        Place(),
    ),
    (
        with_page("start", questions=(RATING, a_question("a"), a_question("b"), a_question("c"))),
        Code.FULL_FIRST_PAGE,
        Place("start"),
    ),
    (with_page("last", questions=()), Code.EMPTY_PAGE, Place("last")),
    (with_page("more", is_extra=True), Code.EXTRA_NOT_LAST, Place("more")),
    (with_page("more", jumps=(Jump("last"),)), Code.NEEDLESS_JUMP, Place("more", part="jump 1")),
    (with_page("last", show_if=Among(About.PERSONA, ("ghost",))), Code.UNKNOWN_PERSONA, Place("last")),
    (
        with_page("more", jumps=(Jump(END, Among(About.PERSONA, ("ghost",))),)),
        Code.UNKNOWN_PERSONA,
        Place("more"),
    ),
    (with_question("why", variants={"ghost": in_both("You?")}), Code.UNKNOWN_PERSONA, Place("start", "why")),
]


@pytest.mark.parametrize(("change", "code", "place"), WARNINGS)
def test_what_is_not_good_is_said_and_stops_nobody(change: Change, code: Code, place: Place) -> None:
    survey = change(SURVEY)

    assert ("warning", code, place) in found(survey, personas={"champion"})
    assert is_askable(survey)


def test_personas_are_not_judged_while_nobody_knows_them() -> None:
    survey = with_page("last", show_if=Among(About.PERSONA, ("ghost",)))(SURVEY)

    assert findings(survey) == ()
    assert findings(survey, personas={"ghost"}) == ()


def test_a_language_the_pages_do_not_speak_is_found() -> None:
    spoken = replace(SURVEY, languages={**SURVEY.languages, "pt-BR": SurveyLanguage("S", False)})

    assert ("warning", Code.UNKNOWN_LANGUAGE, Place(language="pt-BR")) in found(spoken)
    default = replace(spoken, default_language="pt-BR")
    assert ("error", Code.UNKNOWN_LANGUAGE, Place(language="pt-BR")) in found(default)


def test_a_survey_of_its_own_words_needs_no_standard_ones() -> None:
    worded = with_question("rating", texts={code: QuestionText("Like us?", "no", "yes") for code in CODES})(
        SURVEY
    )

    assert [one.code for one in findings(worded)] == [Code.WORDING_CHANGED]
    assert findings(replace(worded, is_custom=True)) == ()


def added_jump(to: str) -> Change:
    return lambda survey: replace(
        survey, pages=(replace(survey.pages[0], jumps=(Jump(to), *survey.pages[0].jumps)), *survey.pages[1:])
    )


def lost_page(survey: SurveyDefinition) -> SurveyDefinition:
    texts = {code: QuestionText("Lost?") for code in survey.languages}
    lost = Page("lost", (Question("lost", QuestionKind.TEXT, False, texts),))
    return added_jump(END)(replace(survey, pages=(*survey.pages, lost)))


def seven_more(survey: SurveyDefinition) -> SurveyDefinition:
    texts = {code: QuestionText("More?") for code in survey.languages}
    more = tuple(Question(f"x{number}", QuestionKind.TEXT, False, texts) for number in range(7))
    first = replace(survey.pages[0], questions=(*survey.pages[0].questions, *more))
    return replace(survey, pages=(first, *survey.pages[1:]))


def text_first(survey: SurveyDefinition) -> SurveyDefinition:
    made = seven_more(survey)
    *asked, last = made.pages[0].questions
    return replace(made, pages=(replace(made.pages[0], questions=(last, *asked)), *made.pages[1:]))


BREAKING: list[tuple[Change, Code, Place]] = [
    (added_jump("nowhere"), Code.DEAD_JUMP, Place("start", part="jump 1")),
    (added_jump("start"), Code.LOOP, Place("start", part="jump 1")),
    (lost_page, Code.UNREACHABLE_PAGE, Place("lost")),
    (seven_more, Code.TOO_MANY_QUESTIONS, Place()),
    (text_first, Code.RATING_NOT_FIRST, Place("start", "rating")),
]


@given(surveys(is_sound=True))
@settings(deadline=None, max_examples=30)
def test_in_any_good_survey_what_is_broken_is_found_at_its_place(survey: SurveyDefinition) -> None:
    assert is_askable(survey)
    for change, code, place in BREAKING:
        assert (code, place) in {(one.code, one.place) for one in findings(change(survey))}


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_in_any_good_survey_lost_and_unfillable_words_are_found_at_their_place(data: st.DataObject) -> None:
    survey = data.draw(surveys(is_sound=True))
    question = data.draw(st.sampled_from(survey.questions))
    code = data.draw(st.sampled_from(list(survey.languages)))
    place = Place(survey.page_of(question.key).key, question.key, code, "prompt")
    silent = {key: text for key, text in question.texts.items() if key != code}
    wrong = {**question.texts, code: replace(question.texts[code], prompt="{{nickname}}?")}

    for texts, kind in ((silent, Code.MISSING_WORDS), (wrong, Code.UNKNOWN_MERGE_FIELD)):
        broken = with_question(question.key, texts=texts)(survey)
        assert ("error", kind, place) in found(broken)
