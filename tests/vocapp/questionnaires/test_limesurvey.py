"""What a LimeSurvey survey becomes here, and what is said about the rest."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.limesurvey.reading import read_limesurvey
from integrations.limesurvey.records import LimeSurveyFile
from surveys.documents import definition_to_json, parse_definition
from surveys.questions import QuestionKind
from tests.integrations.limesurvey.samples import sample, tabs
from vocapp.questionnaires.limesurvey import NO_RATING, draft_from_limesurvey

GROUP = "G\t\tGroup\t1\t\t\ten"
KINDS = {"nps": "nps", "channel": "single_choice", "modules": "multiple_choice", "drivers": "matrix"}
KINDS |= {"team": "matrix", "call": "yes_no", "phone": "short_text", "effort": "rating", "whylow": "text"}


def question(kind: str, code: str, text: str = "What?", *, relevance: str = "1", rest: str = "") -> str:
    return f"Q\t{kind}\t{code}\t{relevance}\t{text}\t\ten\t{rest}"


def answers(*labels: str, prefix: str = "A") -> list[str]:
    return [f"A\t0\t{prefix}{place}\t\t{label}\t\ten" for place, label in enumerate(labels)]


def rows(*codes: str) -> list[str]:
    return [f"SQ\t0\t{code}\t1\tAbout {code}\t\ten" for code in codes]


def survey(*lines: str) -> LimeSurveyFile:
    return read_limesurvey(tabs(*lines), "survey.txt")


def draft(*lines: str) -> tuple[dict[str, Any], list[str]]:
    document, unmapped = draft_from_limesurvey(survey(*lines), key="imported")
    parse_definition(document)
    return document, unmapped


def asked(*lines: str) -> list[dict[str, Any]]:
    return [found for page in draft(*lines)[0]["pages"] for found in page["questions"]]


def condition(relevance: str, *before: str) -> Any:
    return asked(*before, question("T", "last", relevance=relevance))[-1].get("show_if")


@pytest.fixture(scope="module")
def sampled() -> tuple[dict[str, Any], list[str]]:
    file = read_limesurvey(sample("new_layout.lss"), "new_layout.lss")
    return draft_from_limesurvey(file, key="imported")


def test_a_draft_is_read_back_as_the_same_document(sampled: tuple[dict[str, Any], list[str]]) -> None:
    definition = parse_definition(sampled[0])
    assert parse_definition(definition_to_json(definition)) == definition
    assert definition.has_rating
    assert definition.is_custom


def test_questions_become_the_kinds_they_are(sampled: tuple[dict[str, Any], list[str]]) -> None:
    kinds = {found.key: found.kind.value for found in parse_definition(sampled[0]).questions}
    assert kinds.items() >= KINDS.items()


def test_groups_become_pages_in_the_languages_of_the_file(sampled: tuple[dict[str, Any], list[str]]) -> None:
    definition = parse_definition(sampled[0])
    assert [len(page.questions) for page in definition.pages] == [3, 10]
    assert {code: language.name for code, language in definition.languages.items()} == {
        "en": "How we are doing",
        "de": "Wie wir uns machen",
    }
    assert definition.questions[0].texts["de"].high == "Äußerst wahrscheinlich"


def test_everything_left_out_is_told_with_its_place(sampled: tuple[dict[str, Any], list[str]]) -> None:
    assert sampled[1] == [
        "Left out of the survey: welcome text.",
        "Question Modules: left out of its settings: most answers.",
        "Question Drivers: its answers became a scale from 1 (“Very dissatisfied”) to 4 (“Very satisfied”);"
        " check that they run from low to high.",
        "Question Drivers: people may skip it after a warning in LimeSurvey; here it is not required.",
        "Question Since: a date has no counterpart here and was left out.",
        "Question Odd: the condition “count(Modules_SQ1, Modules_SQ2) > 1” could not be mapped; it is shown"
        " to everybody.",
        "Question Thanks: a text without a question has no counterpart here and was left out.",
    ]


def test_without_a_rating_the_first_sentence_asks_for_one() -> None:
    document, unmapped = draft(question("T", "Why"))
    assert unmapped == [NO_RATING]
    assert document["pages"][0]["questions"][0]["key"] == "why"


def test_a_survey_of_which_nothing_maps_is_still_a_draft() -> None:
    document, unmapped = draft(question("D", "When"), question("|", "File"))
    assert document["pages"] == [{"key": "page-1", "questions": []}]
    assert len(unmapped) == 3


@pytest.mark.parametrize(
    "lines",
    [
        [question("L", "R", "Would you recommend us?"), *answers(*map(str, range(11)))],
        [question("!", "R", "Empfehlen Sie uns weiter?"), *answers(*map(str, range(11)), prefix="")],
        [question("L", "R", "¿Nos recomienda?"), *answers(*(str(n) for n in range(10, -1, -1)))],
        [question("F", "R", "Recommend?"), *rows("a"), *answers(*map(str, range(11)))],
    ],
)
def test_a_scale_from_0_to_10_that_asks_for_a_recommendation_is_nps(lines: list[str]) -> None:
    assert [found["kind"] for found in asked(*lines)] == ["nps"]


def test_a_number_from_0_to_10_that_asks_for_a_recommendation_is_nps() -> None:
    head = "class\ttype/scale\tname\trelevance\ttext\tlanguage\tmin_num_value_n\tmax_num_value_n\n"
    content = f"{head}Q\tN\tR\tNo\tRecommend us?\ten\t0\t10\n".encode()
    document, _ = draft_from_limesurvey(read_limesurvey(content, "a.txt"), key="imported")
    assert [found.kind for found in parse_definition(document).questions] == [QuestionKind.NPS]


def test_a_scale_from_0_to_10_about_something_else_stays_a_list() -> None:
    document, unmapped = draft(question("L", "R", "How warm?"), *answers(*map(str, range(11))))
    assert document["pages"][0]["questions"][0]["kind"] == "single_choice"
    assert "its scale from 0 to 10 became a list" in unmapped[1]


def test_a_list_of_numbers_is_a_rating_with_the_words_of_its_ends() -> None:
    (found,) = asked(question("L", "Q1"), *answers("1 - never", "2", "3", "4 (always)"))
    assert (found["kind"], found["points"]) == ("rating", 4)
    assert found["texts"] == {"en": {"prompt": "What?", "low": "never", "high": "always"}}


def test_a_numbered_list_is_no_scale() -> None:
    (found,) = asked(question("L", "Q1"), *answers("1. Phone", "2. E-mail", "3. Chat"))
    assert found["kind"] == "single_choice"
    assert [option["key"] for option in found["options"]] == ["a0", "a1", "a2"]


def test_a_choice_with_a_comment_is_followed_by_a_text() -> None:
    choice, comment = asked(question("O", "Q1"), *answers("Yes", "No"))
    assert (choice["kind"], comment["kind"]) == ("single_choice", "text")
    assert comment["texts"] == {"en": {"prompt": "Your comment"}}


def test_several_short_texts_become_one_question_each() -> None:
    found = asked(question("Q", "Q1", "Who?"), *rows("a", "b"))
    assert [entry["texts"]["en"]["prompt"] for entry in found] == ["Who? – About a", "Who? – About b"]


def test_arrays_of_five_and_ten_points_are_matrices() -> None:
    five, ten = asked(question("A", "a"), *rows("x"), question("B", "b"), *rows("x", "y"))
    assert (five["kind"], five["points"], ten["points"]) == ("matrix", 5, 10)
    assert [option["key"] for option in ten["options"]] == ["x", "y"]


@pytest.mark.parametrize("kind", list("1CE;DGIRX|*Z"))
def test_kinds_without_a_counterpart_are_told(kind: str) -> None:
    document, unmapped = draft(question(kind, "Q1"), *rows("a"))
    assert document["pages"][0]["questions"] == []
    assert unmapped[1].startswith("Question Q1: ")


def test_keys_are_plain_distinct_and_no_words_of_the_form() -> None:
    codes = ["Q_1", "q_1", "1st", "score", "lang", "Ärger", "x" * 50, "x" * 49]
    keys = [found["key"] for found in asked(*(question("T", code) for code in codes))]
    assert keys == ["q_1", "q_1-2", "q1st", "score-2", "lang-2", "rger", "x" * 35, f"{'x' * 35}-2"]


RATED = [question("L", "R", "Recommend?", rest="\tY"), *answers(*map(str, range(11)), prefix="")]
CHOSEN = [question("L", "C", rest="\tY\tY"), *answers("Red", "Blue", "Green")]
TICKED = [question("M", "M", rest="\t\tY"), *rows("a", "b")]
GRID = [question("A", "G"), *rows("a", "b")]
ASKED = [*RATED, *CHOSEN, *TICKED, *GRID, question("Y", "Y"), question("S", "S")]


@pytest.mark.parametrize(
    ("relevance", "expected"),
    [
        ("", None),
        ("1", None),
        ("R.NAOK <= 6", {"question": "r", "between": [0, 6]}),
        (
            "(R.NAOK >= 7) and (R.NAOK < 9)",
            {"all": [{"question": "r", "between": [7, 10]}, {"question": "r", "between": [0, 8]}]},
        ),
        ("6 >= R", {"question": "r", "between": [0, 6]}),
        ("R gt '9'", {"question": "r", "equals": 10}),
        ('C.NAOK == "A1"', {"question": "c", "equals": "a1"}),
        ("C eq '-oth-'", {"question": "c", "equals": "other"}),
        ('C != "A0" and 1X2X.NAOK', None),
        ('C.code != "A0"', {"any": [{"question": "c", "equals": key} for key in ("a1", "a2", "other")]}),
        (
            'C=="A0" || C=="A1" or Y=="N"',
            {
                "any": [
                    {"question": "c", "equals": "a0"},
                    {"question": "c", "equals": "a1"},
                    {"question": "y", "equals": False},
                ]
            },
        ),
        ('M_b.NAOK == "Y"', {"question": "m", "includes": "b"}),
        ("!is_empty(M_other)", {"question": "m", "includes": "other"}),
        ("G_a.NAOK < 3", {"question": "g.a", "between": [1, 2]}),
        ("! is_empty(S.NAOK)", {"answered": "s"}),
        ('S != ""', {"answered": "s"}),
        ('S == "x"', None),
        ('Y != "N"', None),
        ("is_empty(S)", None),
        ("R + 1 > 3", None),
        ("R > 20", None),
        ("last == 'x'", None),
        ("unknown == 1", None),
        ("R.shown == 5", None),
        ("(R == 5", None),
        ("R == 5)", None),
        ("R ==", None),
        ("(" * 30 + "R == 5" + ")" * 30, None),
        ("R == 5" + " or R == 5" * 300, None),
    ],
)
def test_equations_become_conditions_where_they_say_the_same(relevance: str, expected: Any) -> None:
    assert condition(relevance, *ASKED) == expected


def test_an_equation_that_is_not_mapped_is_told_and_the_question_shown() -> None:
    _, unmapped = draft(*ASKED, question("T", "last", relevance="R + 1 > 3"))
    assert unmapped == [
        "Question last: the condition “R + 1 > 3” could not be mapped; it is shown to everybody."
    ]


def test_internal_names_of_older_surveys_are_understood() -> None:
    file = read_limesurvey(
        sample("new_layout.lss").replace(b"NPS.NAOK ge 9", b"482915X1X11.NAOK ge 9"), "a.lss"
    )
    document, _ = draft_from_limesurvey(file, key="imported")
    high = parse_definition(document).question("whyhigh")
    assert high.show_if == parse_definition(document).questions[2].show_if is not None


def test_a_group_with_an_equation_is_a_page_with_a_condition() -> None:
    document, _ = draft(GROUP, *RATED, "G\t\tMore\tR <= 6\t\t\ten", question("T", "Why"))
    assert document["pages"][1]["show_if"] == {"question": "r", "between": [0, 6]}


def test_what_is_never_shown_is_left_out() -> None:
    document, unmapped = draft(
        GROUP, *RATED, question("T", "x", relevance="0"), "G\t\tMore\t0\t\t\ten", question("T", "y")
    )
    assert [len(page["questions"]) for page in document["pages"]] == [1]
    assert unmapped == [
        "Question x: it is never shown and was left out.",
        "Group “More”: it is never shown and was left out.",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello {TOKEN:FIRSTNAME}!", "Hello {{first_name}}!"),
        ("{C.shown} it is", "{{answer.c}} it is"),
        ("{C} and {S.NAOK}", "{{answer.c}} and {{answer.s}}"),
        ("Dear {TOKEN:LASTNAME}, why?", "Dear , why?"),
        ("{if(R > 6, 'Good', 'Bad')}", ""),
        ("{G_a.shown}", ""),
        ("{{company}}", "{}"),
        ("{{ sender }}", "{ sender }"),
        ("a { b } c", "a { b } c"),
    ],
)
def test_expressions_in_words_become_merge_fields_or_go(text: str, expected: str) -> None:
    assert asked(*ASKED, question("T", "last", text))[-1]["texts"]["en"]["prompt"] == expected


def test_an_expression_that_is_left_out_is_told() -> None:
    _, unmapped = draft(*RATED, question("T", "Why", "{sum(1,2)} reasons?"))
    assert unmapped == ["Question Why: “{sum(1,2)}” in its words was left out."]


def test_languages_nobody_can_answer_in_are_told() -> None:
    lines = [*RATED, "Q\tL\tR\t1\tAanbevelen?\t\tnl", "Q\tL\tR\t1\tEmpfehlen?\t\tde-informal"]
    document, unmapped = draft(*lines)
    assert list(document["languages"]) == ["en", "de"]
    assert unmapped == ["The words in nl were left out."]


def test_a_survey_in_none_of_our_languages_keeps_its_words() -> None:
    document, unmapped = draft("Q\tT\tWhy\t1\tWaarom?\t\tnl")
    assert document["default_language"] == "en"
    assert document["pages"][0]["questions"][0]["texts"]["en"]["prompt"] == "Waarom?"
    assert "The survey is in nl" in unmapped[1]


def test_more_than_a_survey_may_hold_is_cut_and_told() -> None:
    lines = [question("M", "M"), *rows(*(f"s{number}" for number in range(120)))]
    document, unmapped = draft(*lines, *(question("T", f"q{number}") for number in range(300)))
    assert len(document["pages"][0]["questions"]) == 200
    assert len(document["pages"][0]["questions"][0]["options"]) == 100
    assert "The survey: only its first 200 questions were taken." in unmapped


def test_a_long_list_of_what_is_missing_ends_somewhere() -> None:
    _, unmapped = draft(*(question("D", f"q{number}") for number in range(1_000)))
    assert (len(unmapped), unmapped[-1]) == (301, "And 701 more of the kind.")


WORDS = st.sampled_from(
    ["q0", "q1.NAOK", "q2_a", "==", "!=", "<", "and", "or", "(", ")", "!is_empty(q0)", "5", "'1'"]
)
# What a cell without quotation marks can hold.
CELLS = st.text(
    st.characters(exclude_characters='\t\n\r"\0\x85\u2028\u2029', exclude_categories=["Cs"]), max_size=20
)
EQUATIONS = st.one_of(CELLS, st.lists(WORDS, max_size=12).map(" ".join))
LINES = st.one_of(
    st.builds(
        lambda kind, code, text, equation: question(kind, code, text, relevance=equation),
        st.sampled_from("15LOMPSTUQNKYABFH:;CEDGIRX|*!?"),
        st.sampled_from(["q0", "q1", "q2", ""]),
        CELLS,
        EQUATIONS,
    ),
    CELLS.map(lambda label: f"A\t0\t{label}\t\t{label}\t\ten"),
    CELLS.map(lambda label: f"SQ\t0\t{label}\t1\t{label}\t\ten"),
    st.builds(lambda name, equation: f"G\t\t{name}\t{equation}\t\t\ten", CELLS, EQUATIONS),
)


@given(st.lists(LINES, max_size=20))
@settings(max_examples=150, deadline=None)
def test_whatever_the_file_says_the_draft_can_be_read(lines: list[str]) -> None:
    document, unmapped = draft(question("T", "always"), *lines)
    assert definition_to_json(parse_definition(document))["key"] == "imported"
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in unmapped)
