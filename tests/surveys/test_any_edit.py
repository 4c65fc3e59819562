"""However a survey was edited: what can be asked of anybody is finished by everybody."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import editing, editing_jumps, editing_languages, editing_options, editing_words
from surveys.catalog import library_keys, load_survey
from surveys.checks import is_askable
from surveys.definition import END, DefinitionError, SurveyDefinition
from surveys.documents import definition_to_json, parse_definition
from surveys.editing_parts import free_key
from surveys.questions import WITH_OPTIONS, QuestionKind
from tests.surveys.made import conditions, fillings, people, surveys, walk
from tests.surveys.test_any_survey import are_right

T = TypeVar("T")
Edit = Callable[[st.DrawFn, SurveyDefinition], SurveyDefinition]
NUMBERS = [st.integers(0, most) for most in range(60)]
BY = (-1, 1)


def pick(draw: st.DrawFn, items: Sequence[T]) -> T:
    return items[draw(NUMBERS[min(len(items), 60) - 1])]


def page(draw: st.DrawFn, survey: SurveyDefinition) -> str:
    return pick(draw, survey.pages).key


def question(draw: st.DrawFn, survey: SurveyDefinition) -> str:
    return pick(draw, survey.questions).key if survey.questions else "none"


def number(draw: st.DrawFn, survey: SurveyDefinition, key: str) -> int:
    return 1 + draw(NUMBERS[len(survey.page(key).jumps)])


def added_question(draw: st.DrawFn, survey: SurveyDefinition) -> SurveyDefinition:
    """Add a question that can be asked: with its words, and answers to choose from."""
    kind, key = pick(draw, list(QuestionKind)), free_key("new", [one.key for one in survey.questions])
    survey = editing.add_question(survey, page(draw, survey), key, kind)
    for code in survey.languages:
        survey = editing_words.set_words(survey, key, code, {"prompt": "New?", "low": "bad", "high": "good"})
    for option in ("a", "b") if kind in WITH_OPTIONS else ():
        survey = editing_options.add_option(survey, key, option)
        for code in survey.languages:
            survey = editing_words.set_option_words(survey, key, option, code, option)
    return survey


def conditioned_question(draw: st.DrawFn, survey: SurveyDefinition) -> SurveyDefinition:
    key = question(draw, survey)
    condition = draw(conditions(survey.questions)) if draw(NUMBERS[2]) else None
    return editing.set_question_condition(survey, key, condition)


def conditioned_page(draw: st.DrawFn, survey: SurveyDefinition) -> SurveyDefinition:
    return editing.set_page_condition(survey, page(draw, survey), draw(conditions(survey.questions)))


def led(draw: st.DrawFn, survey: SurveyDefinition) -> SurveyDefinition:
    key, to = page(draw, survey), pick(draw, [*(one.key for one in survey.pages), END])
    survey = editing_jumps.add_jump(survey, key, to)
    when = draw(conditions(survey.questions)) if survey.questions else None
    return editing_jumps.set_jump(survey, key, len(survey.page(key).jumps), to=to, when=when)


def unled(draw: st.DrawFn, survey: SurveyDefinition) -> SurveyDefinition:
    key = page(draw, survey)
    return editing_jumps.remove_jump(survey, key, number(draw, survey, key))


def renamed_option(draw: st.DrawFn, survey: SurveyDefinition) -> SurveyDefinition:
    asked = pick(draw, survey.questions)
    option = pick(draw, [*asked.options, *asked.options]).key if asked.options else "a"
    change = pick(draw, (editing_options.remove_option, editing_options.duplicate_option))
    if draw(NUMBERS[1]):
        return editing_options.rename_option(survey, asked.key, option, f"{option[:20]}-x")
    return change(survey, asked.key, option)


EDITS: tuple[Edit, ...] = (
    added_question,
    conditioned_question,
    conditioned_page,
    led,
    unled,
    renamed_option,
    lambda draw, survey: editing.add_page(survey, free_key("added", [one.key for one in survey.pages])),
    lambda draw, survey: editing.remove_page(survey, page(draw, survey)),
    lambda draw, survey: editing.move_page(survey, page(draw, survey), by=pick(draw, BY)),
    lambda draw, survey: editing.duplicate_page(survey, page(draw, survey)),
    lambda draw, survey: editing.rename_page(survey, page(draw, survey), "renamed"),
    lambda draw, survey: editing.set_page(survey, page(draw, survey), is_extra=bool(draw(NUMBERS[1]))),
    lambda draw, survey: editing.remove_question(survey, question(draw, survey)),
    lambda draw, survey: editing.move_question(survey, question(draw, survey), by=pick(draw, BY)),
    lambda draw, survey: editing.move_question_to(survey, question(draw, survey), page(draw, survey)),
    lambda draw, survey: editing.duplicate_question(survey, question(draw, survey)),
    lambda draw, survey: editing.rename_question(survey, question(draw, survey), "called"),
    lambda draw, survey: editing.set_question(
        survey, question(draw, survey), required=bool(draw(NUMBERS[1]))
    ),
    lambda draw, survey: editing.set_question(
        survey, question(draw, survey), kind=pick(draw, list(QuestionKind))
    ),
    lambda draw, survey: editing_words.add_variant(survey, question(draw, survey), "champion"),
    lambda draw, survey: editing_languages.remove_language(survey, pick(draw, list(survey.languages))),
    lambda draw, survey: editing_languages.use_own_wording(survey),
)


@given(st.data())
@settings(deadline=None, max_examples=80)
def test_whatever_was_edited_can_be_finished_by_everybody_once_it_has_no_errors(data: st.DataObject) -> None:
    begun = load_survey(pick(data.draw, library_keys())) if data.draw(NUMBERS[1]) else None
    survey = begun or data.draw(surveys(is_sound=True))
    for _edit in range(data.draw(NUMBERS[8])):
        try:
            changed = pick(data.draw, EDITS)(data.draw, survey)
        except DefinitionError:
            continue
        assert parse_definition(definition_to_json(changed)) == changed
        # Somebody who sees an error takes their step back.
        survey = changed if is_askable(changed) or data.draw(NUMBERS[4]) == 0 else survey
    if not is_askable(survey):
        return
    who = data.draw(people())
    taken = walk(survey, data.draw(fillings(survey)), who)
    assert (taken.last.next_page, taken.last.is_complete) == (None, True)
    assert taken.last.rating in (survey.rating_question.scale or ())
    assert are_right(survey, taken.last.values)
