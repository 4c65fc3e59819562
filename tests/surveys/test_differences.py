"""What changed between two versions, and whether answers still mean the same."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from surveys.conditions import Answered, Equals
from surveys.definition import END, Jump, Occasion, Page, SurveyDefinition, SurveyLanguage
from surveys.differences import changes
from surveys.documents import definition_to_json
from surveys.finding import Place
from surveys.questions import Option, Question, QuestionKind, QuestionText
from surveys.standard_wording import standard_texts
from tests.surveys.made import surveys

Change = Callable[[SurveyDefinition], SurveyDefinition]
CODES = ("en", "de")
RATING = Question(
    "rating", QuestionKind.NPS, True, {code: standard_texts()["nps"]["overall"][code] for code in CODES}
)
OPTIONS = tuple(Option(key, {code: f"{key} {code}" for code in CODES}) for key in ("price", "care"))
CHOICE = Question(
    "choice",
    QuestionKind.SINGLE_CHOICE,
    False,
    {code: QuestionText("Which?", help="One.") for code in CODES},
    options=OPTIONS,
    variants={"admin": {code: QuestionText("Which one?") for code in CODES}},
)
LAST = Question(
    "last", QuestionKind.RATING, False, {code: QuestionText("And?", "bad", "good") for code in CODES}
)
SURVEY = SurveyDefinition(
    "s",
    Occasion.RELATIONSHIP,
    "en",
    {code: SurveyLanguage("S", True) for code in CODES},
    (Page("start", (RATING, CHOICE)), Page("end-page", (LAST,))),
)


def with_question(key: str, **settings: Any) -> Change:
    return lambda survey: replace(
        survey,
        pages=tuple(
            replace(
                page, questions=tuple(replace(q, **settings) if q.key == key else q for q in page.questions)
            )
            for page in survey.pages
        ),
    )


def with_pages(*pages: Page) -> Change:
    return lambda survey: replace(survey, pages=pages)


def in_german(text: QuestionText, of: Question) -> dict[str, QuestionText]:
    return {**of.texts, "de": text}


@pytest.mark.parametrize(
    ("change", "sentence", "is_meaning"),
    [
        (lambda s: replace(s, is_custom=True), "no longer asked in the same standard words", True),
        (lambda s: replace(s, occasion=Occasion.TRANSACTIONAL), "The occasion changed", True),
        (lambda s: replace(s, is_confidential=True), "What respondents are promised", True),
        (lambda s: replace(s, default_language="de"), "The default language changed", False),
        (
            lambda s: replace(s, languages={**s.languages, "ar": SurveyLanguage("S", True)}),
            "ar was added",
            False,
        ),
        (lambda s: replace(s, languages={"en": s.languages["en"]}), "de was removed", False),
        (
            lambda s: replace(s, languages={**s.languages, "de": SurveyLanguage("T", True)}),
            "The survey's name in de changed",
            False,
        ),
        (
            lambda s: replace(s, languages={**s.languages, "de": SurveyLanguage("S", False)}),
            "A speaker has read de",
            False,
        ),
        (
            with_pages(Page("start", (RATING, CHOICE)), Page("end-page", ())),
            "“last” is no longer asked",
            True,
        ),
        (
            with_pages(*SURVEY.pages, Page("new", (replace(LAST, key="newer"),))),
            "“newer” is new",
            True,
        ),
        (with_pages(*SURVEY.pages, Page("new", ())), "Page “new” is new", False),
        (with_pages(Page("start", (RATING, CHOICE, LAST))), "Page “end-page” was removed", False),
        (with_pages(Page("start", (RATING, CHOICE, LAST))), "“last” is on another page", False),
        (
            with_pages(Page("start", (CHOICE, RATING)), SURVEY.pages[1]),
            "The questions come in another order",
            True,
        ),
        (
            with_pages(SURVEY.pages[0], replace(SURVEY.pages[1], is_extra=True)),
            "Who meets page “end-page”, or where it leads, changed",
            True,
        ),
        (
            with_pages(replace(SURVEY.pages[0], jumps=(Jump(END, Answered("choice")),)), SURVEY.pages[1]),
            "Who meets page “start”, or where it leads, changed",
            True,
        ),
        (with_question("choice", kind=QuestionKind.MULTIPLE_CHOICE), "the kind of question changed", True),
        (with_question("last", points=7), "the length of the scale changed", True),
        (with_question("choice", required=True), "whether it must be answered changed", True),
        (with_question("last", show_if=Answered("choice")), "when it is asked changed", True),
        (with_question("choice", has_other=True), "whether something else may be written changed", True),
        (with_question("choice", is_shuffled=True), "the order of answers is shuffled changed", False),
        (with_question("choice", options=OPTIONS[::-1]), "the order of answers changed", False),
        (with_question("choice", options=OPTIONS[:1]), "the answers to choose from changed", True),
        (
            with_question("choice", options=(*OPTIONS, Option("new", {}))),
            "the answers to choose from changed",
            True,
        ),
        (
            with_question("choice", options=(OPTIONS[0], Option("care", {"en": "care en", "de": "Pflege"}))),
            "the answer care in de changed",
            True,
        ),
        (
            with_question("choice", texts=in_german(QuestionText("Welche?", help="One."), CHOICE)),
            "the question text in de changed",
            True,
        ),
        (
            with_question("choice", texts=in_german(QuestionText("Which?", help="Eine."), CHOICE)),
            "the help in de changed",
            False,
        ),
        (
            with_question("last", texts=in_german(QuestionText("And?", "bad", "super"), LAST)),
            "the upper end in de changed",
            True,
        ),
        (with_question("choice", variants={}), "for which personas there are other words changed", True),
        (
            with_question(
                "choice",
                variants={
                    "admin": in_german(QuestionText("Welche?"), CHOICE) | {"en": QuestionText("Which one?")}
                },
            ),
            "the words for admin in de changed",
            True,
        ),
    ],
)
def test_each_change_is_told_with_whether_it_changes_the_meaning(
    change: Change, sentence: str, is_meaning: bool
) -> None:
    told = [one for one in changes(SURVEY, change(SURVEY)) if sentence in one.sentence]

    assert [one.is_meaning for one in told] == [is_meaning]
    assert told[0].before != told[0].after


def test_a_change_has_its_place_and_what_was_there_before() -> None:
    changed = with_question("last", texts=in_german(QuestionText("Und?", "bad", "good"), LAST))(SURVEY)
    (told,) = changes(SURVEY, changed)

    assert told.place == Place("end-page", "last", "de", "prompt")
    assert (told.before, told.after) == ("And?", "Und?")


def test_yes_and_one_are_different_answers_to_ask_for() -> None:
    yes, one = (with_question("last", show_if=Equals("choice", value))(SURVEY) for value in (True, 1))

    assert [change.sentence for change in changes(yes, one)] == ["In “last”, when it is asked changed."]


def test_spaces_change_nothing() -> None:
    spaced = with_question("choice", texts=in_german(QuestionText(" Which? ", help="One."), CHOICE))(SURVEY)

    assert changes(SURVEY, spaced) == ()


def test_what_changes_the_meaning_comes_first() -> None:
    changed = with_question("choice", required=True, is_shuffled=True)(replace(SURVEY, default_language="de"))

    assert [one.is_meaning for one in changes(SURVEY, changed)] == [True, False, False]


@given(surveys(is_sound=True), surveys(is_sound=True))
@settings(deadline=None, max_examples=60)
def test_versions_differ_in_nothing_only_when_they_are_the_same(
    old: SurveyDefinition, new: SurveyDefinition
) -> None:
    assert changes(old, old) == ()

    def asked(survey: SurveyDefinition) -> dict[str, object]:
        # What nobody who answers can notice: keys, and that words are still to be read.
        languages = {code: spoken.name for code, spoken in survey.languages.items()}
        return {**definition_to_json(survey), "key": "", "languages": languages, "is_custom": None}

    if asked(old) != asked(new):
        assert changes(old, new)
