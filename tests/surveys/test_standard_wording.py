"""The locked words of ratings, and what makes a survey custom."""

import copy
import unicodedata
from typing import Any

import pytest

from surveys.catalog import library_keys, load_survey
from surveys.definition import SurveyDefinition
from surveys.documents import definition_to_json, parse_definition
from surveys.questions import QuestionText
from surveys.standard_wording import is_standard, standard_form, standard_texts
from surveys.translation import phrase_book

FORMS = [(kind, form) for kind, forms in standard_texts().items() for form in forms]
LANGUAGES = tuple(phrase_book().languages)


def altered(key: str = "nps", *, without: str | None = None, **changes: Any) -> SurveyDefinition:
    """Return a ready-made survey with an entry of its rating or of the English words replaced."""
    document = copy.deepcopy(definition_to_json(load_survey(key)))
    rating = document["pages"][0]["questions"][0]
    for place, value in changes.items():
        target = rating if place in rating or place == "variants" else rating["texts"]["en"]
        target[place] = value
    if without:
        del rating["texts"][without]
    return parse_definition(document)


def asked(kind: str, form: str) -> dict[str, dict[str, str]]:
    return {
        code: {"prompt": text.prompt, "low": text.low, "high": text.high}
        for code, text in standard_texts()[kind][form].items()
    }


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_every_form_is_locked_in_every_language(kind: str, form: str) -> None:
    texts = standard_texts()[kind][form]

    assert tuple(texts) == LANGUAGES
    assert all("{{company}}" in text.prompt and text.low and text.high for text in texts.values())


@pytest.mark.parametrize("kind", ["nps", "csat", "ces"])
def test_all_forms_of_a_kind_have_the_same_ends_and_different_questions(kind: str) -> None:
    forms = standard_texts()[kind].values()

    for code in LANGUAGES:
        assert len({(texts[code].low, texts[code].high) for texts in forms}) == 1
        assert len({texts[code].prompt for texts in forms}) == len(forms)


def test_the_published_wordings_are_kept_to_the_letter() -> None:
    texts = standard_texts()

    assert texts["nps"]["overall"]["en"] == QuestionText(
        "How likely are you to recommend {{company}} to a friend or colleague?",
        low="Not at all likely",
        high="Extremely likely",
    )
    assert texts["ces"]["issue"]["en"] == QuestionText(
        "{{company}} made it easy for me to handle my issue", low="Strongly disagree", high="Strongly agree"
    )
    assert texts["csat"]["overall"]["en"].low == "Very dissatisfied"
    assert texts["csat"]["overall"]["en"].high == "Very satisfied"


@pytest.mark.parametrize("key", library_keys())
def test_every_ready_made_survey_is_standard(key: str) -> None:
    assert is_standard(load_survey(key))


@pytest.mark.parametrize(
    ("key", "form"),
    [
        ("nps", "overall"),
        ("pulse", "overall"),
        ("csat-onboarding", "onboarding"),
        ("csat-review", "review"),
        ("ces-case", "issue"),
        ("win-loss", "buying"),
        ("champion-roster", "collaboration"),
        ("renewal", "value"),
    ],
)
def test_a_ready_made_survey_asks_in_the_form_of_its_occasion(key: str, form: str) -> None:
    assert standard_form(load_survey(key)) == form


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_a_rating_in_any_form_of_its_kind_is_standard(kind: str, form: str) -> None:
    assert standard_form(altered(kind=kind, texts=asked(kind, form))) == form


def test_two_forms_in_one_survey_are_custom() -> None:
    texts = {**asked("csat", "overall"), "de": asked("csat", "onboarding")["de"]}

    assert not is_standard(altered(kind="csat", texts=texts))


@pytest.mark.parametrize("part", ["prompt", "low", "high"])
def test_any_altered_word_of_the_rating_makes_a_survey_custom(part: str) -> None:
    assert not is_standard(altered(**{part: "Would you kindly recommend us?"}))


def test_an_altered_word_in_one_language_makes_the_whole_survey_custom() -> None:
    texts = asked("nps", "overall")
    texts["ja"]["prompt"] = "おすすめ度は？"

    assert not is_standard(altered(texts=texts))


def test_a_help_text_under_the_rating_makes_a_survey_custom() -> None:
    assert not is_standard(altered(help="Think of the last year."))


def test_other_words_for_one_persona_make_a_survey_custom() -> None:
    variants = {"champion": {"en": {"prompt": "You love us, don't you?"}}}

    assert not is_standard(altered(variants=variants))


def test_a_survey_marked_custom_is_custom_whatever_it_says() -> None:
    document = definition_to_json(load_survey("nps"))

    assert not is_standard(parse_definition({**document, "is_custom": True}))


def test_a_draft_without_a_translation_is_not_standard_yet() -> None:
    assert not is_standard(altered(without="ja"))


def test_a_language_without_locked_wording_makes_a_survey_custom() -> None:
    document = copy.deepcopy(definition_to_json(load_survey("pulse")))
    document["languages"]["sv"] = {"name": "En kort fråga", "needs_review": True}
    for question in document["pages"][0]["questions"]:
        question["texts"]["sv"] = question["texts"]["en"]

    assert not is_standard(parse_definition(document))


def test_accents_written_as_two_characters_are_the_same_words() -> None:
    texts = asked("nps", "overall")
    texts["de"]["high"] = unicodedata.normalize("NFD", f" {texts['de']['high']} ")

    assert is_standard(altered(texts=texts))


def test_the_question_of_one_kind_on_the_scale_of_another_is_custom() -> None:
    assert not is_standard(altered(kind="csat"))


def test_the_words_of_other_questions_are_free() -> None:
    document = copy.deepcopy(definition_to_json(load_survey("nps")))
    document["pages"][0]["questions"][1]["texts"]["en"]["prompt"] = "Tell us"

    assert is_standard(parse_definition(document))
