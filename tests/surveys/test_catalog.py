"""The ready-made surveys and the wording that keeps them comparable."""

import dataclasses
import unicodedata

import pytest

from surveys.catalog import library_keys, load_survey
from surveys.definition import Occasion, SurveyDefinition, SurveyLanguage
from surveys.merging import unknown_merge_fields
from surveys.questions import Question, QuestionKind, QuestionText
from surveys.standard_wording import is_standard
from surveys.translation import phrase_book

NPS = load_survey("nps")


def with_rating_text(code: str, **changes: str) -> SurveyDefinition:
    rating = NPS.rating_question
    text = dataclasses.replace(rating.texts[code], **changes)
    return with_rating(dataclasses.replace(rating, texts={**rating.texts, code: text}))


def with_rating(question: Question) -> SurveyDefinition:
    return dataclasses.replace(NPS, questions=(question, *NPS.questions[1:]))


@pytest.mark.parametrize("key", library_keys())
def test_every_ready_made_survey_can_be_asked(key: str) -> None:
    definition = load_survey(key)

    assert definition.key == key
    assert set(definition.languages) == set(phrase_book().languages)
    assert [code for code, language in definition.languages.items() if not language.needs_review] == ["en"]
    for question in definition.questions:
        for text in question.texts.values():
            assert unknown_merge_fields(text.prompt + text.low + text.high) == ()


def test_the_relationship_survey_asks_three_things() -> None:
    assert NPS.occasion is Occasion.RELATIONSHIP
    assert [(question.key, question.kind, question.required) for question in NPS.questions] == [
        ("rating", QuestionKind.NPS, True),
        ("why", QuestionKind.TEXT, False),
        ("may_contact", QuestionKind.YES_NO, False),
    ]


def test_the_english_rating_has_the_standard_words() -> None:
    assert NPS.rating_question.texts["en"] == QuestionText(
        "How likely are you to recommend {{company}} to a friend or colleague?",
        low="Not at all likely",
        high="Extremely likely",
    )


def test_an_unknown_survey_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'quiz'; choose one of .*nps"):
        load_survey("quiz")


def test_the_ready_made_survey_is_standard() -> None:
    assert is_standard(NPS)


@pytest.mark.parametrize("part", ["prompt", "low", "high"])
@pytest.mark.parametrize("code", ["en", "ja"])
def test_any_altered_word_of_the_rating_makes_a_survey_custom(code: str, part: str) -> None:
    assert not is_standard(with_rating_text(code, **{part: "Would you kindly recommend us?"}))


def test_the_words_of_other_questions_are_free() -> None:
    why = dataclasses.replace(
        NPS.questions[1], texts={code: QuestionText("Tell us") for code in NPS.languages}
    )

    assert is_standard(dataclasses.replace(NPS, questions=(NPS.rating_question, why)))


def test_a_language_without_locked_wording_makes_a_survey_custom() -> None:
    rating = NPS.rating_question
    swedish = with_rating(dataclasses.replace(rating, texts={**rating.texts, "sv": rating.texts["en"]}))
    languages = {**NPS.languages, "sv": SurveyLanguage("Svenska", needs_review=True)}

    assert not is_standard(dataclasses.replace(swedish, languages=languages))


def test_accents_written_as_two_characters_are_the_same_words() -> None:
    text = NPS.rating_question.texts["de"].high

    assert is_standard(with_rating_text("de", high=unicodedata.normalize("NFD", f" {text} ")))


def test_a_rating_on_another_scale_is_custom() -> None:
    assert not is_standard(with_rating(dataclasses.replace(NPS.rating_question, kind=QuestionKind.CSAT)))
