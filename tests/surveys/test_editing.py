"""Changes of surveys: whatever is done to one, it reads back; what others need is not torn out."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import editing, editing_jumps, editing_languages, editing_options, editing_words
from surveys.catalog import library_keys, load_survey
from surveys.checks import findings
from surveys.conditions import AllOf, Answered, AnyOf, Between, Condition, Equals, Includes
from surveys.definition import DefinitionError, Occasion, Page, SurveyDefinition
from surveys.documents import definition_to_json, parse_definition
from surveys.editing_parts import free_key
from surveys.finding import Severity
from surveys.lengths import length_of
from surveys.questions import Option, Question, QuestionKind, QuestionText
from surveys.standard_wording import is_standard

Change = Callable[[SurveyDefinition], SurveyDefinition]


def question(key: str, kind: QuestionKind, prompt: str = "What?", **values: Any) -> Question:
    return Question(key, kind, required=False, texts={"en": QuestionText(prompt)}, **values)


def a_survey() -> SurveyDefinition:
    """A rating and a reason, then drivers that are asked of the unhappy, then a closing page."""
    rating = load_survey("nps").rating_question
    english = replace(rating, texts={"en": rating.texts["en"]})
    price = question(
        "drivers",
        QuestionKind.MULTIPLE_CHOICE,
        options=(Option("price", {"en": "Price"}), Option("support", {"en": "Support"})),
        show_if=Between("rating", 0, 6),
    )
    rows = question(
        "parts",
        QuestionKind.MATRIX,
        options=(Option("speed", {"en": "Speed"}), Option("care", {"en": "Care"})),
    )
    last = question(
        "why_price",
        QuestionKind.TEXT,
        "You said {{answer.drivers}}: why?",
        show_if=Includes("drivers", "price"),
    )
    survey = load_survey("nps")
    return replace(
        survey,
        languages={"en": survey.languages["en"]},
        pages=(
            Page("start", (english, question("why", QuestionKind.TEXT))),
            Page("more", (price, rows)),
            Page("last", (last,), show_if=AnyOf((Answered("why"), Between("parts.speed", 1, 2)))),
        ),
    )


def reads_back(survey: SurveyDefinition) -> bool:
    document = json.loads(json.dumps(definition_to_json(survey)))
    return parse_definition(document) == survey


def test_a_new_page_comes_behind_the_one_named() -> None:
    survey = editing.add_page(a_survey(), "extra", after="start")
    assert [page.key for page in survey.pages] == ["start", "extra", "more", "last"]


def test_two_pages_cannot_share_a_key() -> None:
    with pytest.raises(DefinitionError, match="Another page has the key “more” already"):
        editing.add_page(a_survey(), "more")


def test_a_page_that_a_jump_leads_to_stays() -> None:
    survey = editing_jumps.add_jump(a_survey(), "start", "last")
    with pytest.raises(DefinitionError, match="Page “last” is needed by a jump of page “start”"):
        editing.remove_page(survey, "last")


def test_a_page_whose_questions_others_need_stays() -> None:
    with pytest.raises(
        DefinitionError, match="Question “drivers” of this page is needed by the condition of"
    ):
        editing.remove_page(a_survey(), "more")


def test_the_last_page_stays() -> None:
    survey = replace(a_survey(), pages=a_survey().pages[:1])
    with pytest.raises(DefinitionError, match="at least one page"):
        editing.remove_page(survey, "start")


def test_a_renamed_page_keeps_the_jumps_to_it() -> None:
    survey = editing.rename_page(editing_jumps.add_jump(a_survey(), "start", "last"), "last", "finish")
    assert survey.page("start").jumps[0].to == "finish"


def test_no_page_may_be_called_as_the_end_is() -> None:
    with pytest.raises(DefinitionError, match="stands for the end"):
        editing.rename_page(a_survey(), "last", "end")


def test_a_copied_page_brings_its_questions_under_free_keys() -> None:
    survey = editing.duplicate_page(a_survey(), "more")
    assert [page.key for page in survey.pages] == ["start", "more", "more-2", "last"]
    assert [one.key for one in survey.page("more-2").questions] == ["drivers-2", "parts-2"]


def test_a_question_that_others_need_stays_and_they_are_named() -> None:
    with pytest.raises(DefinitionError) as refusal:
        editing.remove_question(a_survey(), "drivers")
    assert str(refusal.value) == (
        "Question “drivers” is needed by the condition of question “why_price”, the words of question"
        " “why_price”; change that first."
    )


def test_a_question_nobody_needs_goes() -> None:
    assert not editing.remove_question(a_survey(), "why_price").has_question("why_price")


def test_a_new_key_of_a_question_is_followed_by_conditions_rows_and_words() -> None:
    survey = editing.rename_question(a_survey(), "drivers", "causes")
    survey = editing.rename_question(survey, "parts", "areas")
    last = survey.question("why_price")
    assert last.show_if == Includes("causes", "price")
    assert last.texts["en"].prompt == "You said {{answer.causes}}: why?"
    assert survey.page("last").show_if == AnyOf((Answered("why"), Between("areas.speed", 1, 2)))


def test_a_new_key_of_an_answer_or_row_is_followed_by_conditions() -> None:
    survey = editing_options.rename_option(a_survey(), "drivers", "price", "cost")
    survey = editing_options.rename_option(survey, "parts", "speed", "pace")
    assert survey.question("why_price").show_if == Includes("drivers", "cost")
    assert survey.page("last").show_if == AnyOf((Answered("why"), Between("parts.pace", 1, 2)))


def test_an_answer_that_a_condition_asks_for_stays() -> None:
    with pytest.raises(
        DefinitionError, match="Answer “price” is needed by the condition of question “why_price”"
    ):
        editing_options.remove_option(a_survey(), "drivers", "price")


def test_a_question_moves_over_the_edge_of_its_page() -> None:
    survey = editing.move_question(a_survey(), "why", by=1)
    assert [one.key for one in survey.page("more").questions] == ["why", "drivers", "parts"]
    assert editing.move_question(survey, "why", by=-1) == a_survey()


def test_a_question_at_the_end_of_the_survey_stays_there() -> None:
    assert editing.move_question(a_survey(), "why_price", by=1) == a_survey()


def test_another_kind_drops_what_it_has_no_use_for() -> None:
    survey = editing.set_question(a_survey(), "parts", kind=QuestionKind.TEXT)
    assert survey.question("parts").options == ()
    survey = editing.set_question(a_survey(), "drivers", kind=QuestionKind.SINGLE_CHOICE, has_other=True)
    assert survey.question("drivers").choices == ("price", "support", "other")


def test_a_measure_begins_with_its_standard_words() -> None:
    empty = replace(a_survey(), pages=(Page("start", ()),))
    survey = editing.add_question(empty, "start", "rating", QuestionKind.CES)
    assert survey.questions[0].required
    assert is_standard(survey)


def test_standard_words_are_locked_until_somebody_wants_their_own() -> None:
    words = {"prompt": "Do you love us?"}
    with pytest.raises(DefinitionError, match="standard words, which are locked"):
        editing_words.set_words(a_survey(), "rating", "en", words)
    with pytest.raises(DefinitionError, match="standard words, which are locked"):
        editing_words.add_variant(a_survey(), "rating", "champion")
    own = editing_languages.use_own_wording(a_survey())
    changed = editing_words.set_words(own, "rating", "en", words)
    assert changed.questions[0].texts["en"].prompt == "Do you love us?"
    assert not is_standard(changed)


def test_standard_words_can_be_restored() -> None:
    own = editing_languages.use_own_wording(a_survey())
    changed = editing_words.set_words(own, "rating", "en", {"prompt": "Do you love us?"})
    restored = editing_languages.use_standard_wording(changed, "overall")
    assert restored == a_survey()
    with pytest.raises(DefinitionError, match="Choose one of the standard wordings"):
        editing_languages.use_standard_wording(changed, "nothing")


def test_a_new_language_has_the_standard_words_and_waits_for_the_others() -> None:
    survey = editing_languages.add_language(a_survey(), "de")
    assert survey.languages["de"].needs_review
    assert is_standard(survey)
    missing = [one for one in findings(survey) if one.place.language == "de"]
    assert missing
    assert editing_languages.remove_language(survey, "de") == a_survey()


def test_a_language_no_page_speaks_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DefinitionError, match=r"There are no words in 'tlh'; choose one of en, .*"):
        editing_languages.add_language(a_survey(), "tlh")


def test_the_default_language_stays() -> None:
    with pytest.raises(DefinitionError, match="make another one the default first"):
        editing_languages.remove_language(a_survey(), "en")


def test_a_promise_is_made_before_the_first_version_only() -> None:
    promised = editing_languages.set_confidential(a_survey(), True, is_published=False)
    assert promised.is_confidential
    with pytest.raises(DefinitionError, match="fixed once a survey is published"):
        editing_languages.set_confidential(promised, False, is_published=True)


def test_a_variant_begins_with_everybodys_words_and_goes_again() -> None:
    survey = editing_words.add_variant(a_survey(), "why", "champion")
    survey = editing_words.set_words(survey, "why", "en", {"prompt": "And you?"}, persona="champion")
    assert survey.question("why").variants["champion"]["en"].prompt == "And you?"
    assert editing_words.remove_variant(survey, "why", "champion") == a_survey()


def test_a_jump_is_added_changed_and_removed() -> None:
    survey = editing_jumps.add_jump(a_survey(), "start", "last")
    survey = editing_jumps.set_jump(survey, "start", 1, to="end", when=Between("rating", 9, 10))
    assert survey.page("start").jumps[0].to == "end"
    assert editing_jumps.remove_jump(survey, "start", 1) == a_survey()
    with pytest.raises(DefinitionError, match="This jump is not there any more"):
        editing_jumps.remove_jump(survey, "start", 2)
    with pytest.raises(DefinitionError, match="There is no page “nowhere” here"):
        editing_jumps.add_jump(survey, "start", "nowhere")


@pytest.mark.parametrize("key", ["", "Big", "a b", "score", "x" * 41])
def test_a_key_no_form_could_carry_is_refused(key: str) -> None:
    with pytest.raises(DefinitionError):
        editing.rename_question(a_survey(), "why", key)


def test_free_keys_stay_short_enough() -> None:
    assert free_key("why", ["why", "why-2"]) == "why-3"
    assert len(free_key("x" * 40, ["x" * 40])) == 40


KEYS = st.sampled_from(
    ["rating", "why", "drivers", "parts", "why_price", "start", "more", "last", "a", "b-2", "end"]
)
LANGUAGES = st.sampled_from(["en", "de", "ar", "xx"])
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
CONDITIONS: st.SearchStrategy[Condition | None] = st.one_of(
    st.none(),
    st.builds(Answered, KEYS),
    st.builds(Equals, KEYS, st.one_of(st.booleans(), st.integers(0, 10), st.just("price"))),
    st.builds(Between, KEYS, st.integers(0, 5), st.integers(5, 10), st.booleans()),
    st.builds(AllOf, st.tuples(st.builds(Includes, KEYS, KEYS), st.builds(Answered, KEYS))),
)
BY = st.sampled_from([-1, 1])


def made(
    operation: Callable[..., SurveyDefinition],
    *parts: st.SearchStrategy[object],
    **named: st.SearchStrategy[object],
) -> st.SearchStrategy[Change]:
    """Return changes that call an operation with arguments of all kinds."""
    return st.tuples(st.tuples(*parts), st.fixed_dictionaries(named)).map(
        lambda said: lambda survey: operation(survey, *said[0], **said[1])
    )


CHANGES = st.one_of(
    made(editing.add_page, KEYS, after=KEYS),
    made(editing.remove_page, KEYS),
    made(editing.move_page, KEYS, by=BY),
    made(editing.duplicate_page, KEYS),
    made(editing.rename_page, KEYS, KEYS),
    made(editing.set_page, KEYS, is_extra=st.booleans()),
    made(editing.set_page_condition, KEYS, CONDITIONS),
    made(editing.add_question, KEYS, KEYS, st.sampled_from(QuestionKind)),
    made(editing.remove_question, KEYS),
    made(editing.move_question, KEYS, by=BY),
    made(editing.duplicate_question, KEYS),
    made(editing.rename_question, KEYS, KEYS),
    made(editing.set_question, KEYS, kind=st.sampled_from(QuestionKind), points=st.integers(0, 12)),
    made(editing.set_question_condition, KEYS, CONDITIONS),
    made(editing_jumps.add_jump, KEYS, KEYS),
    made(editing_jumps.set_jump, KEYS, st.integers(0, 2), to=KEYS, when=CONDITIONS),
    made(editing_jumps.remove_jump, KEYS, st.integers(0, 2)),
    made(editing_options.add_option, KEYS, KEYS),
    made(editing_options.remove_option, KEYS, KEYS),
    made(editing_options.rename_option, KEYS, KEYS, KEYS),
    made(editing_options.move_option, KEYS, KEYS, by=BY),
    made(editing_options.duplicate_option, KEYS, KEYS),
    made(editing_words.set_words, KEYS, LANGUAGES, st.fixed_dictionaries({"prompt": TEXTS, "help": TEXTS})),
    made(editing_words.set_option_words, KEYS, KEYS, LANGUAGES, TEXTS),
    made(editing_words.add_variant, KEYS, st.sampled_from(["champion", ""])),
    made(editing_words.remove_variant, KEYS, st.just("champion")),
    made(editing_languages.add_language, LANGUAGES),
    made(editing_languages.remove_language, LANGUAGES),
    made(editing_languages.set_language, LANGUAGES, name=TEXTS, needs_review=st.booleans()),
    made(editing_languages.set_default_language, LANGUAGES),
    made(editing_languages.set_occasion, st.sampled_from(Occasion)),
    made(editing_languages.use_own_wording),
    made(editing_languages.use_standard_wording, st.sampled_from(["overall", "case", ""])),
    made(editing_languages.set_confidential, st.booleans(), is_published=st.booleans()),
)


def done_or_refused(change: Change, survey: SurveyDefinition) -> SurveyDefinition:
    """Return the changed survey, or the same when the change was refused in a sentence."""
    try:
        return change(survey)
    except DefinitionError as refusal:
        if not str(refusal).strip():
            raise
        return survey


@settings(max_examples=300, deadline=None)
@given(changes=st.lists(CHANGES, max_size=25), library=st.sampled_from([None, *library_keys()]))
def test_whatever_is_done_to_a_survey_it_reads_back_or_is_refused_in_a_sentence(
    changes: Sequence[Change], library: str | None
) -> None:
    survey = load_survey(library) if library else a_survey()
    for change in changes:
        before = definition_to_json(survey)
        changed = done_or_refused(change, survey)
        assert definition_to_json(survey) == before, "a change must not reach into the survey it was given"
        assert reads_back(changed)
        survey = changed
    # Whatever it is by now can be looked at: the checks and the estimate work on every draft.
    assert all(one.severity in Severity for one in findings(survey))
    assert length_of(survey, survey.default_language).longest > 0
