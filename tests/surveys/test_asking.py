"""One page as it stands before somebody: every field, what is in it, and what depends on it."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.answers import SCORE_FIELD, fields_of, parse_answers, parse_page
from surveys.asking import AskedQuestion, Typed, asked_questions, speaking_of
from surveys.branching import way_through
from surveys.conditions import Respondent, holds, parse_condition
from surveys.definition import SurveyDefinition
from surveys.documents import parse_definition
from surveys.trying import continue_trial, open_trial
from surveys.wording import Spoken
from tests.surveys.made import fillings, people, surveys, walk, whole_form

ENGLISH = Spoken("en", "en")
ENDS = {"low": "bad", "high": "good"}


def question(key: str, kind: str, **more: Any) -> dict[str, Any]:
    ends = ENDS if kind in ("nps", "matrix") else {}
    return {"key": key, "kind": kind, "texts": {"en": {"prompt": f"{key}?", **ends}}, **more}


def options(*keys: str) -> list[dict[str, Any]]:
    return [{"key": key, "texts": {"en": key.title()}} for key in keys]


def a_survey(*pages: list[dict[str, Any]]) -> SurveyDefinition:
    keys = ("start", "more", "last")
    return parse_definition(
        {
            "format": 2,
            "key": "s",
            "occasion": "relationship",
            "default_language": "en",
            "languages": {"en": {"name": "S"}, "de": {"name": "S"}, "pt-BR": {"name": "S"}},
            "pages": [{"key": key, "questions": asked} for key, asked in zip(keys, pages, strict=False)],
        }
    )


RATING = question("rating", "nps", required=True)
LOW = {"question": "rating", "between": [0, 6]}
ALL_KINDS = a_survey(
    [
        RATING,
        question("one", "single_choice", options=options("price", "care"), has_other=True),
        question("many", "multiple_choice", options=options("price", "care"), has_other=True),
        question("parts", "matrix", options=options("speed"), points=2),
        question("line", "short_text"),
        question("why", "text"),
        question("agreed", "yes_no"),
        question("contact", "contact"),
        question("person", "referral"),
    ]
)
ANSWERS: dict[str, Any] = {
    "rating": 0,
    "one": "other",
    "one.other": "Slow",
    "many": ["price", "care"],
    "parts": {"speed": 2},
    "line": "short",
    "why": " long\n",
    "agreed": False,
    "contact": "phone",
    "person": {"name": "Kim", "email": "kim@firm.example"},
}


def first_page(definition: SurveyDefinition, answers: Any = None, **more: Any) -> dict[str, AskedQuestion]:
    asked = asked_questions(definition, definition.pages[0], answers or {}, ENGLISH, **more)
    return {one.question.key: one for one in asked}


def ids(asked: AskedQuestion) -> list[str]:
    """Return the ids of all controls of a question."""
    rows = [choice.id for row in asked.rows for choice in row.choices]
    return [*(one.id for one in asked.choices), *rows, *(one.id for one in asked.entries.values())]


def sent_back(asked: list[AskedQuestion]) -> dict[str, list[str]]:
    """Return what a browser sends of a page that nobody touched."""
    form: dict[str, list[str]] = {}
    for one in asked:
        groups = [(row.field, row.choices) for row in one.rows] or [(one.field, one.choices)]
        for field, choices in groups:
            form[field] = [choice.value for choice in choices if choice.is_chosen]
        for entry in one.entries.values():
            form[entry.field] = [entry.typed]
    return form


def test_each_kind_has_its_controls() -> None:
    asked = first_page(ALL_KINDS)

    assert asked["rating"].field == SCORE_FIELD
    labels = [choice.label for choice in asked["rating"].choices]
    assert (labels[0], labels[5], labels[10]) == ("0, bad", "5", "10, good")
    assert [choice.words for choice in asked["one"].choices] == ["Price", "Care", "Other"]
    assert [row.field for row in asked["parts"].rows] == ["parts.speed"]
    assert [choice.label for choice in asked["parts"].rows[0].choices] == ["1, bad", "2, good"]
    assert {key: one.first_id for key, one in asked.items()} == {
        "rating": "q-rating.0",
        "one": "q-one.price",
        "many": "q-many.price",
        "parts": "q-parts.speed.1",
        "line": "q-line",
        "why": "q-why",
        "agreed": "q-agreed.yes",
        "contact": "q-contact.email",
        "person": "q-person.name",
    }


def test_a_page_that_is_sent_untouched_says_what_was_answered() -> None:
    asked = list(first_page(ALL_KINDS, ANSWERS).values())

    assert dict(parse_page(ALL_KINDS, sent_back(asked), known=ANSWERS).values) == ANSWERS


def test_every_id_is_there_once() -> None:
    every = [name for one in first_page(ALL_KINDS).values() for name in ids(one)]

    assert len(every) == len(set(every))


def test_a_form_that_is_shown_again_holds_what_was_typed_and_what_was_emptied() -> None:
    sent = parse_page(ALL_KINDS, {"score": "11", "why": "", "line": "x" * 400}, known=ANSWERS)
    asked = first_page(ALL_KINDS, sent.values, typed=Typed(sent.given, sent.errors))

    assert asked["rating"].error == "error_scale"
    assert not any(choice.is_chosen for choice in asked["rating"].choices)
    assert asked["why"].entries[""].typed == ""
    assert asked["line"].entries[""].typed == "x" * 400


def test_a_form_with_part_of_a_page_is_shown_again_with_the_rest_as_known() -> None:
    sent = parse_page(ALL_KINDS, {"line": "x" * 400}, known=ANSWERS, offered=["line"])
    asked = first_page(ALL_KINDS, sent.values, typed=Typed(sent.given, sent.errors))

    assert dict(sent.errors) == {"line": "error_too_long_line"}
    assert [choice.value for choice in asked["rating"].choices if choice.is_chosen] == ["0"]
    assert asked["why"].entries[""].typed == " long\n"


def test_what_depends_on_the_page_is_there_with_its_condition() -> None:
    survey = a_survey(
        [
            RATING,
            question("low", "text", show_if=LOW),
            question("mine", "text", show_if={"all": [{"tier": ["1"]}, LOW]}),
            question("theirs", "text", show_if={"tier": ["2"]}),
        ]
    )
    asked = first_page(survey, {"rating": 3}, who=Respondent(tier="1"))

    assert list(asked) == ["rating", "low", "mine"]
    assert json.loads(asked["low"].show_if) == LOW
    assert json.loads(asked["mine"].show_if) == {"all": [LOW]}
    assert [one.is_shown for one in asked.values()] == [True, True, True]
    assert [one.is_shown for one in first_page(survey).values()] == [True, False]
    only = first_page(survey, {"rating": 3}, only=["low"])
    assert (list(only), only["low"].show_if, only["low"].is_shown) == (["low"], "", True)


def test_answers_of_ours_are_said_in_the_language_next_to_ones_own() -> None:
    spoken = speaking_of(ALL_KINDS, {}, Spoken("pt-BR", "en")).phrases or {}

    assert spoken["yes"] == "Sim"


def test_an_answer_is_quoted_on_a_later_page() -> None:
    survey = a_survey([RATING], [question("why", "text")])
    speaking = speaking_of(survey, {"rating": 3}, Spoken("en", "en", values={"company": "Acme"}))

    assert speaking.values == {"answer.rating": "3", "answer.why": "…", "company": "Acme"}


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_any_page_sent_untouched_keeps_every_answer_and_shows_what_the_way_shows(data: st.DataObject) -> None:
    survey, who = data.draw(surveys()), data.draw(people())
    answers: Any = parse_answers(survey, whole_form(data.draw(fillings(survey))), who=who).values
    way = way_through(survey, answers, who)
    for step in way.steps:
        asked = asked_questions(survey, step.page, answers, ENGLISH, who=who, seed="7")
        shown = [one for one in asked if one.is_shown]
        assert [one.question for one in shown] == list(step.questions)
        assert len({name for one in asked for name in ids(one)}) == sum(len(ids(one)) for one in asked)
        offered = [one.question.key for one in shown]
        sent = parse_page(
            survey, sent_back(shown), page=step.page.key, known=answers, who=who, offered=offered
        )
        assert dict(sent.values) == dict(answers)
        # The page can tell alone, from what stands in it, what depends on it; it knows of nobody.
        on_page = {key: value for key, value in answers.items() if key.partition(".")[0] in offered}
        for one in asked:
            if one.show_if:
                assert holds(parse_condition(json.loads(one.show_if)), on_page, Respondent()) is one.is_shown


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_a_trial_goes_the_way_of_an_answer_and_carries_what_was_said(data: st.DataObject) -> None:
    survey, who = data.draw(surveys(is_sound=True)), data.draw(people())
    filled = data.draw(fillings(survey))
    trial = open_trial(survey, {}, page="", who=who, speaking=ENGLISH)
    visits = []
    while trial.page is not None:
        visits.append(trial.page.key)
        assert len(visits) <= len(survey.pages) + len(survey.questions)
        assert not trial.has_errors
        assert (trial.number == 0) is trial.is_extra
        offered = [one.question.key for one in trial.questions if one.is_shown]
        form = {**trial.carried, **whole_form({key: filled[key] for key in offered})}
        trial = continue_trial(survey, form, page=trial.page.key, offered=offered, who=who, speaking=ENGLISH)
    known = walk(survey, filled, who)
    assert list(dict.fromkeys(visits)) == list(dict.fromkeys(known.visits))
    carried = parse_answers(survey, trial.carried, who=who)
    assert dict(carried.values) == dict(known.last.values)


def test_a_trial_begins_where_somebody_is_at_work_and_shows_what_is_wrong() -> None:
    survey = a_survey([RATING], [question("why", "text", required=True)])

    at_work = open_trial(survey, {}, page="more", who=Respondent(), speaking=ENGLISH)
    assert (at_work.page and at_work.page.key, at_work.number, at_work.total) == ("more", 2, 2)
    for page in ("", "nowhere"):
        opened = open_trial(survey, {}, page=page, who=Respondent(), speaking=ENGLISH)
        assert opened.page is survey.pages[0]
    sent = continue_trial(survey, {}, page="start", offered=None, who=Respondent(), speaking=ENGLISH)
    assert (sent.page is survey.pages[0], sent.has_errors) == (True, True)
    lost = continue_trial(survey, {}, page="nowhere", offered=None, who=Respondent(), speaking=ENGLISH)
    assert lost.page is survey.pages[0]
    nothing = open_trial(a_survey([]), {}, page="", who=Respondent(), speaking=ENGLISH)
    assert (nothing.page, nothing.is_extra) == (None, False)


def test_fields_show_every_kind_of_answer_again() -> None:
    form = {name: typed for one in ALL_KINDS.questions for name, typed in fields_of(one, ANSWERS).items()}

    assert dict(parse_answers(ALL_KINDS, form).values) == ANSWERS
