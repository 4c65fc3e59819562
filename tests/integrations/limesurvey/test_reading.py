"""What LimeSurvey's own files hold, in each of its layouts and encodings."""

import pytest

from integrations.limesurvey.reading import read_limesurvey
from integrations.limesurvey.records import LimeSurveyFile
from tests.integrations.limesurvey.samples import lss, one_question, sample, table, tabs


def read(name: str) -> LimeSurveyFile:
    return read_limesurvey(sample(name), name)


def test_a_survey_is_read_with_its_languages_titles_and_groups_in_order() -> None:
    survey = read("new_layout.lss")
    assert (survey.default_language, survey.languages) == ("en", ("en", "de"))
    assert survey.titles == {"en": "How we are doing", "de": "Wie wir uns machen"}
    assert [group.names["de"] for group in survey.groups] == ["Ihre Bewertung", "Einzelheiten"]
    assert survey.extras == ("welcome text",)


def test_a_question_is_read_with_its_words_rules_and_settings() -> None:
    questions = {question.code: question for question in read("new_layout.lss").questions}
    assert questions["NPS"].kind == "L"
    assert questions["NPS"].mandatory == "Y"
    assert questions["NPS"].answers[10].texts["de"] == "10 - Äußerst wahrscheinlich"
    assert questions["WhyLow"].relevance == "((NPS.NAOK <= 6))"
    assert questions["WhyLow"].helps == {"en": "One sentence is enough."}
    assert questions["WhyLow"].texts["de"] == "Was müsste besser werden?"
    assert [part.code for part in questions["Modules"].subquestions] == ["SQ1", "SQ2"]
    assert questions["Modules"].has_other
    assert questions["Channel"].attributes == {"random_order": "1"}


def test_no_script_survives_in_a_text() -> None:
    phone = next(question for question in read("new_layout.lss").questions if question.code == "Phone")
    assert phone.texts["en"] == "Which number?"


def test_the_tab_separated_export_says_the_same_as_the_lss_of_the_survey() -> None:
    assert read("structure.txt") == read("new_layout.lss")


def test_the_old_layout_with_words_in_its_tables_is_read() -> None:
    survey = read("old_layout.lss")
    term, points, until = survey.questions
    assert [part.texts["en"] for part in term.answers] == ["Monthly", "Yearly"]
    assert points.subquestions[0].texts == {"en": "Price"}
    assert (term.has_conditions, until.has_conditions) == (False, True)
    assert survey.groups[0].descriptions == {"en": "About your contract"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["new_layout.lss", "structure.txt"])
def test_the_unicode_encodings_all_read_the_same(name: str, encoding: str) -> None:
    content = sample(name).decode("utf-8-sig").encode(encoding)
    assert read_limesurvey(content, name) == read("new_layout.lss")


def test_windows_1252_is_read_with_a_note() -> None:
    content = sample("structure.txt").decode("utf-8-sig").encode("cp1252")
    survey = read_limesurvey(content, "structure.txt")
    assert survey.groups == read("structure.txt").groups
    assert survey.notes == ("The file is not UTF-8 and was read as Windows-1252; check words with accents.",)


def test_a_declared_windows_1252_needs_no_note() -> None:
    text = sample("new_layout.lss").decode().replace('encoding="UTF-8"', 'encoding="windows-1252"')
    assert read_limesurvey(text.encode("cp1252"), "survey.lss") == read("new_layout.lss")


def test_a_quoted_cell_may_hold_line_breaks_and_doubled_marks() -> None:
    survey = read_limesurvey(tabs('Q\tT\tWhy\t1\t"Say ""why"",\nplease"\t\ten'), "survey.txt")
    assert survey.questions[0].texts == {"en": 'Say "why", please'}


def test_the_mark_against_formulas_is_taken_off() -> None:
    survey = read_limesurvey(tabs("Q\tT\tWhy\t1\t'=1+1 is what?\t\ten"), "survey.txt")
    assert survey.questions[0].texts == {"en": "=1+1 is what?"}


def test_a_text_without_a_language_is_in_the_language_of_the_survey() -> None:
    survey = read_limesurvey(lss(table("surveys", {"language": "fr"}), one_question()), "survey.lss")
    assert survey.questions[0].texts == {"fr": "Why?"}


def test_codes_that_occur_twice_stay_two_questions() -> None:
    rows = ["Q\tT\tWhy\t1\tFirst?\t\ten", "Q\tT\tWhy\t1\tSecond?\t\ten", "Q\tT\tWhy\t1\tErste?\t\tde"]
    first, second = read_limesurvey(tabs(*rows), "survey.txt").questions
    assert first.texts == {"en": "First?", "de": "Erste?"}
    assert second.texts == {"en": "Second?"}
