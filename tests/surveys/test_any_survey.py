"""Whatever survey somebody builds: it reads back, everybody gets to its end, and junk does no harm."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.answers import SCORE_FIELD, parse_answers, parse_page
from surveys.branching import way_through
from surveys.checks import findings, is_askable
from surveys.conditions import holds
from surveys.definition import DefinitionError, SurveyDefinition
from surveys.documents import definition_to_json, parse_definition
from surveys.lengths import length_of, most_questions
from surveys.questions import OTHER, Question, QuestionKind
from surveys.reading import ADDRESS_LIMIT, CONTACT_WAYS, NAME_LIMIT, SHORT_TEXT_LIMIT, TEXT_LIMIT
from surveys.satisfaction import ces_score, csat_score
from surveys.scoring import NpsCounts, nps_measure
from tests.surveys.made import fillings, junk, people, surveys, walk, whole_form

ANY = settings(max_examples=60, deadline=None)

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["end", "rating"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def is_right(question: Question, value: object) -> bool:
    """Whether an answer is one of those that may be stored."""
    match question.kind:
        case QuestionKind.SINGLE_CHOICE:
            return value in question.choices
        case QuestionKind.MULTIPLE_CHOICE:
            return isinstance(value, list) and bool(value) and set(value) <= set(question.choices)
        case QuestionKind.MATRIX:
            rows = {row.key for row in question.options}
            return (
                isinstance(value, dict)
                and bool(value)
                and all(
                    row in rows and type(rated) is int and rated in question.scale
                    for row, rated in value.items()
                )
            )
        case QuestionKind.TEXT:
            return (
                isinstance(value, str)
                and bool(value.strip())
                and len(value.replace("\r\n", "\n")) <= TEXT_LIMIT
            )
        case QuestionKind.SHORT_TEXT:
            return isinstance(value, str) and bool(value.strip()) and len(value) <= SHORT_TEXT_LIMIT
        case QuestionKind.YES_NO:
            return isinstance(value, bool)
        case QuestionKind.CONTACT:
            return value in CONTACT_WAYS
        case QuestionKind.REFERRAL:
            return (
                isinstance(value, dict)
                and 0 < len(value["name"]) <= NAME_LIMIT
                and "@" in value["email"]
                and len(value["email"]) <= ADDRESS_LIMIT
            )
    return type(value) is int and value in question.scale


def are_right(definition: SurveyDefinition, values: Any) -> bool:
    """Whether all answers are such as may be stored, and words of "other" stand beside that choice."""
    for name, value in values.items():
        key, _dot, other = name.partition(".")
        chosen = values.get(key, ())
        is_other = chosen == OTHER or (isinstance(chosen, list) and OTHER in chosen)
        if other and not (is_other and isinstance(value, str) and value.strip()):
            return False
        if not other and not is_right(definition.question(key), value):
            return False
    return True


@given(surveys())
@ANY
def test_any_survey_survives_the_way_through_json(definition: SurveyDefinition) -> None:
    written = json.loads(json.dumps(definition_to_json(definition)))

    assert parse_definition(written) == definition
    assert definition_to_json(parse_definition(written)) == written


@given(st.data())
@ANY
def test_any_json_anywhere_in_a_survey_is_read_or_refused_in_a_sentence(data: st.DataObject) -> None:
    document: Any = definition_to_json(data.draw(surveys()))
    place = document
    # Into the document by chance, then something else is put there.
    while True:
        names = list(place) if isinstance(place, dict) else list(range(len(place)))
        name = data.draw(st.sampled_from(names))
        if not isinstance(place[name], dict | list) or not place[name] or data.draw(st.booleans()):
            break
        place = place[name]
    place[name] = data.draw(JSON_VALUES)

    try:
        definition = parse_definition(document)
    except DefinitionError:
        return
    assert parse_definition(json.loads(json.dumps(definition_to_json(definition)))) == definition
    assert isinstance(findings(definition, personas=()), tuple)
    assert length_of(definition, definition.default_language).longest >= 5


@given(st.data())
@ANY
def test_a_way_ends_meets_no_page_twice_and_shows_and_counts_only_what_lies_on_it(
    data: st.DataObject,
) -> None:
    definition, who = data.draw(surveys()), data.draw(people())
    form = whole_form(data.draw(fillings(definition)))
    # Answers as they may be stored, those of hidden questions, too.
    stored: dict[str, Any] = {}
    for _visit in range(data.draw(st.integers(0, 2))):
        stored |= parse_answers(definition, form, who=data.draw(people())).values
    way = way_through(definition, stored, who)

    met = [step.page.key for step in way.steps]
    assert len(met) == len(set(met))
    assert met == [page.key for page in definition.pages if page.key in met], "nobody is led back"
    counted: dict[str, Any] = {}
    for step in way.steps:
        assert step.questions
        assert step.page.show_if is None or holds(step.page.show_if, counted, who)
        for question in step.questions:
            assert question.show_if is None or holds(question.show_if, counted, who)
            counted |= {key: stored[key] for key in question.stored_keys if key in stored}
    assert dict(way.answers) == counted
    assert (
        sum(len(step.questions) for step in way.steps) <= most_questions(definition) or "rating" not in stored
    )


@given(st.data())
@ANY
def test_a_survey_without_errors_is_finished_by_everybody_and_scored(data: st.DataObject) -> None:
    definition, who = data.draw(surveys(is_sound=True)), data.draw(people())
    assert [one for one in findings(definition) if one.severity == "error"] == []
    filled = data.draw(fillings(definition))

    taken = walk(definition, filled, who)

    assert all(form.is_valid for form in taken.forms)
    assert len(set(taken.visits)) <= len(definition.pages)
    reasked = sum(1 for form in taken.forms if form.unseen)
    assert len(taken.visits) - reasked == len(way_through(definition, taken.last.values, who).steps)
    assert (taken.last.next_page, taken.last.is_complete) == (None, True)
    assert taken.last.rating in (definition.rating_question.scale or ())
    assert are_right(definition, taken.last.values)
    for form, after in zip(taken.forms, [*taken.forms[1:], None], strict=True):
        left = set(taken.visits[taken.forms.index(form) + 1 :])
        if form.is_complete:
            assert all(definition.page(key).is_extra for key in left)
        if after is not None:
            assert form.next_page == after.page
    way = way_through(definition, taken.last.values, who)
    assert 0 < sum(len(step.questions) for step in way.steps) <= most_questions(definition)
    match definition.kind:
        case QuestionKind.NPS:
            assert nps_measure(NpsCounts.from_ratings([taken.last.rating])).n == 1
        case QuestionKind.CSAT:
            assert csat_score([taken.last.rating]).mean.value == taken.last.rating
        case _:
            assert ces_score([taken.last.rating]).mean.value == taken.last.rating


@given(st.data())
@ANY
def test_page_by_page_and_all_at_once_lead_to_the_same_answers(data: st.DataObject) -> None:
    definition, who = data.draw(surveys(is_sound=True)), data.draw(people())
    first, second = data.draw(fillings(definition)), data.draw(fillings(definition))

    by_page = walk(definition, first, who)
    at_once = parse_answers(definition, whole_form(first), who=who)
    assert (dict(by_page.last.values), by_page.last.is_complete) == (
        dict(at_once.values),
        at_once.is_complete,
    )

    # Whoever comes back and answers otherwise ends as if they had said so at once.
    again = walk(definition, second, who, known=by_page.last.values)
    assert dict(again.last.values) == dict(parse_answers(definition, whole_form(second), who=who).values)
    assert again.last.is_complete


@given(st.data())
@ANY
def test_junk_is_an_error_or_nothing_and_never_a_wrong_answer(data: st.DataObject) -> None:
    definition, who = data.draw(surveys()), data.draw(people())
    known: Any = {}
    for page in (*definition.pages, definition.pages[0]):
        offered = data.draw(
            st.none() | st.lists(st.sampled_from([*(q.key for q in definition.questions), "x"]))
        )
        form = data.draw(junk(definition))
        sent = parse_page(definition, form, page=page.key, known=known, who=who, offered=offered)
        shown = {question.key for question in page.questions}

        assert are_right(definition, sent.values)
        assert set(sent.errors) <= shown
        assert set(sent.unseen) <= shown - set(sent.errors)
        assert not shown & set(sent.misplaced)
        assert sent.page == page.key
        assert sent.next_page is None or definition.page(sent.next_page)
        if sent.errors or sent.unseen:
            assert (sent.next_page, sent.is_complete) == (page.key, False)
        if sent.is_complete and sent.next_page:
            assert definition.page(sent.next_page).is_extra
        assert sent.rating is None or sent.rating in definition.rating_question.scale
        known = sent.values
    whole = parse_answers(definition, data.draw(junk(definition)) | {SCORE_FIELD: ["3"]}, who=who)
    assert are_right(definition, whole.values)
    assert not (whole.is_complete and whole.errors)


@given(st.data())
@ANY
def test_whoever_cannot_go_on_is_led_to_what_is_missing(data: st.DataObject) -> None:
    definition, who = data.draw(surveys(is_sound=True)), data.draw(people())
    whole = walk(definition, data.draw(fillings(definition)), who)
    lost = data.draw(st.sampled_from([question for question in definition.questions if question.required]))
    known = {key: value for key, value in whole.last.values.items() if key not in lost.stored_keys}
    page = whole.visits[-1]
    way = way_through(definition, known, who)

    sent = parse_page(definition, {}, page=page, known=known, who=who, offered=[])

    if not sent.errors and not sent.unseen and way.step(page):
        gap = way.gap_before(None)
        assert sent.next_page == (gap.page.key if gap else None)
        assert sent.is_complete is (gap is None)


@given(surveys())
@ANY
def test_what_cannot_be_asked_is_said_with_its_place(definition: SurveyDefinition) -> None:
    pages = {"", *(page.key for page in definition.pages)}
    for one in findings(definition):
        assert one.sentence.endswith(".")
        assert one.place.page in pages
        assert not one.place.question or definition.has_question(one.place.question)
        assert not one.place.language or one.place.language in definition.languages
    assert is_askable(definition) is all(one.severity == "warning" for one in findings(definition))
