"""The ready-made surveys: complete in every language, short on every way, and back from JSON unchanged."""

import json
from collections.abc import Iterator
from importlib import resources
from itertools import chain, combinations, product

import pytest

from surveys.branching import Way, way_through
from surveys.catalog import library_keys, load_survey
from surveys.checks import findings
from surveys.conditions import Among, Condition, Respondent, conditions_in, questions_in
from surveys.definition import Occasion, SurveyDefinition
from surveys.documents import definition_to_json, parse_definition
from surveys.merging import merge_fields_in
from surveys.questions import Question, QuestionKind, QuestionText
from surveys.translation import phrase_book

KEYS = library_keys()
LANGUAGES = tuple(phrase_book().languages)
NPS = load_survey("nps")
PERSONAS = {"decision_maker", "economic_buyer", "champion", "admin", "power_user", "influencer"}


def conditions_of(definition: SurveyDefinition) -> list[Condition]:
    found = chain(
        (page.show_if for page in definition.pages),
        (jump.when for page in definition.pages for jump in page.jumps),
        (question.show_if for question in definition.questions),
    )
    return [part for condition in found if condition is not None for part in conditions_in(condition)]


def possible_answers(question: Question) -> list[object]:
    if question.kind is QuestionKind.YES_NO:
        return [None, True, False]
    return [None, *(question.scale or question.choices)]


def ways(definition: SurveyDefinition) -> Iterator[Way]:
    """Yield the way of every combination of answers and personas that any condition looks at."""
    conditions = conditions_of(definition)
    asked = sorted({place for condition in conditions for place in questions_in(condition)} | {"rating"})
    named = sorted({value for one in conditions if isinstance(one, Among) for value in one.values})
    groups = [group for size in range(len(named) + 1) for group in combinations(named, size)]
    for given in product(*(possible_answers(definition.question(key)) for key in asked)):
        answers = {key: value for key, value in zip(asked, given, strict=True) if value is not None}
        for group in groups:
            yield way_through(definition, answers, Respondent(personas=frozenset(group)))


def texts_of(definition: SurveyDefinition) -> Iterator[dict[str, str]]:
    """Yield every sentence of a survey, language → words."""
    for question in definition.questions:
        for texts in (question.texts, *question.variants.values()):
            for part in ("prompt", "low", "high", "help"):
                yield {code: getattr(text, part) for code, text in texts.items()}
        yield from (dict(option.texts) for option in question.options)


def test_the_library_has_a_survey_for_every_occasion() -> None:
    assert KEYS == (
        "ces-case",
        "champion-roster",
        "csat-onboarding",
        "csat-review",
        "nps",
        "pulse",
        "renewal",
        "win-loss",
    )


@pytest.mark.parametrize("key", KEYS)
def test_a_ready_made_survey_is_written_back_as_it_was_read(key: str) -> None:
    file = resources.files("surveys.library").joinpath(f"{key}.json")
    document = json.loads(file.read_text(encoding="utf-8"))

    assert load_survey(key).key == key
    assert definition_to_json(load_survey(key)) == document
    assert parse_definition(document) == load_survey(key)


@pytest.mark.parametrize("key", KEYS)
def test_nothing_is_found_wrong_with_a_ready_made_survey(key: str) -> None:
    assert findings(load_survey(key), personas=PERSONAS) == ()


@pytest.mark.parametrize("key", KEYS)
def test_a_ready_made_survey_says_everything_in_every_language(key: str) -> None:
    definition = load_survey(key)

    assert tuple(definition.languages) == LANGUAGES
    for texts in texts_of(definition):
        assert tuple(texts) == LANGUAGES
        assert all(texts.values()) or not any(texts.values())
        assert all(text == text.strip() for text in texts.values())
        assert len({merge_fields_in(text) for text in texts.values()}) == 1


@pytest.mark.parametrize("key", KEYS)
def test_only_the_english_words_need_no_review(key: str) -> None:
    languages = load_survey(key).languages

    assert [code for code, language in languages.items() if not language.needs_review] == ["en"]


@pytest.mark.parametrize("key", KEYS)
def test_a_ready_made_survey_requires_nothing_but_the_rating(key: str) -> None:
    definition = load_survey(key)

    assert [question.key for question in definition.questions if question.required] == ["rating"]
    assert definition.questions[0].is_measure


@pytest.mark.parametrize("key", KEYS)
def test_every_way_is_short_and_begins_on_one_small_screen(key: str) -> None:
    for way in ways(load_survey(key)):
        assert len(way.steps[0].questions) <= 3
        assert sum(len(step.questions) for step in way.steps) <= 6


@pytest.mark.parametrize("key", KEYS)
def test_every_page_and_question_is_on_somebodys_way(key: str) -> None:
    definition = load_survey(key)
    met = {question.key for way in ways(definition) for step in way.steps for question in step.questions}

    assert met == {question.key for question in definition.questions}


@pytest.mark.parametrize("key", KEYS)
def test_a_ready_made_survey_speaks_to_personas_of_the_product(key: str) -> None:
    definition = load_survey(key)
    named = {value for one in conditions_of(definition) if isinstance(one, Among) for value in one.values}
    addressed = {persona for question in definition.questions for persona in question.variants}

    assert named | addressed <= PERSONAS


def test_some_ready_made_surveys_speak_otherwise_to_some_personas() -> None:
    assert load_survey("csat-onboarding").question("ready").variants.keys() == {"admin"}
    assert load_survey("pulse").question("why").variants.keys() == {"decision_maker"}


def test_only_answers_that_everybody_gave_are_quoted() -> None:
    for key in KEYS:
        fields = {
            field
            for texts in texts_of(load_survey(key))
            for field in merge_fields_in("".join(texts.values()))
        }
        assert fields <= {"company", "sender", "first_name", "answer.rating"}


def test_the_relationship_survey_asks_three_things_at_once() -> None:
    assert NPS.occasion is Occasion.RELATIONSHIP
    assert [(question.key, question.kind, question.required) for question in NPS.pages[0].questions] == [
        ("rating", QuestionKind.NPS, True),
        ("why", QuestionKind.TEXT, False),
        ("may_contact", QuestionKind.YES_NO, False),
    ]
    assert NPS.rating_question.texts["en"] == QuestionText(
        "How likely are you to recommend {{company}} to a friend or colleague?",
        low="Not at all likely",
        high="Extremely likely",
    )


@pytest.mark.parametrize(
    ("rating", "asked"),
    [(0, "drivers_low"), (6, "drivers_low"), (7, "drivers_mid"), (8, "drivers_mid"), (9, "drivers_high")],
)
def test_the_rating_chooses_the_question_about_drivers(rating: int, asked: str) -> None:
    extra = way_through(NPS, {"rating": rating}).steps[1]

    assert extra.page.is_extra
    assert [question.key for question in extra.questions] == [asked]


def test_drivers_can_be_compared_whatever_the_rating() -> None:
    offered = [question.options for question in NPS.questions if question.key.startswith("drivers_")]

    assert len(offered) == 3
    assert offered[0] == offered[1] == offered[2]


@pytest.mark.parametrize(
    ("personas", "pages"),
    [
        ({"decision_maker"}, ["plans", "people"]),
        ({"champion", "power_user"}, ["plans", "people"]),
        ({"power_user"}, ["everyday"]),
        (set(), ["everyday"]),
    ],
)
def test_only_those_who_decide_are_asked_about_the_contract(personas: set[str], pages: list[str]) -> None:
    way = way_through(load_survey("renewal"), {"rating": 5}, Respondent(personas=frozenset(personas)))

    assert [step.page.key for step in way.steps] == ["start", *pages]


@pytest.mark.parametrize(
    ("decision", "pages"),
    [
        ("us", ["start", "won", "contact"]),
        ("competitor", ["start", "lost", "contact"]),
        ("nobody", ["start", "unchanged", "contact"]),
        ("open", ["start", "contact"]),
        (None, ["start", "contact"]),
    ],
)
def test_a_decision_leads_to_its_own_reasons(decision: str | None, pages: list[str]) -> None:
    answers = {"rating": 3} | ({"decision": decision} if decision else {})

    assert [step.page.key for step in way_through(load_survey("win-loss"), answers).steps] == pages


def test_an_unknown_survey_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'quiz'; choose one of .*nps"):
        load_survey("quiz")
