"""Every language says everything, with the same fields."""

import pytest

from surveys.merging import merge_fields_in
from surveys.translation import best_language, language, phrase, phrase_book

BOOK = phrase_book()
LANGUAGES = ("en", "de", "fr", "es", "pt", "ja", "ar")


def test_the_languages_are_those_of_the_product() -> None:
    assert tuple(BOOK.languages) == LANGUAGES


@pytest.mark.parametrize("key", sorted(BOOK.phrases))
def test_a_phrase_exists_in_every_language_with_the_same_fields(key: str) -> None:
    texts = BOOK.phrases[key]

    assert tuple(texts) == LANGUAGES
    assert all(text == text.strip() and text for text in texts.values())
    assert {merge_fields_in(text) for text in texts.values()} == {merge_fields_in(texts["en"])}


def test_only_arabic_is_read_from_right_to_left() -> None:
    assert [spoken.code for spoken in BOOK.languages.values() if spoken.direction == "rtl"] == ["ar"]


def test_every_language_but_english_waits_for_a_reader() -> None:
    assert [spoken.code for spoken in BOOK.languages.values() if not spoken.needs_review] == ["en"]


def test_the_subject_of_a_mail_does_not_say_survey() -> None:
    assert "survey" not in phrase("mail_subject", "en", sender="Ana").lower()


def test_fields_are_filled_as_plain_text() -> None:
    assert phrase("asks_you", "en", sender="<b>{{company}}</b>") == "<b>{{company}}</b> asks"


@pytest.mark.parametrize(
    ("key", "code", "values"),
    [
        ("no_such_phrase", "en", {}),
        ("send", "xx", {}),
        ("asks_you", "en", {}),
        ("asks_you", "en", {"sender": "Ana", "date": "today"}),
    ],
)
def test_half_a_sentence_is_refused(key: str, code: str, values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="phrase"):
        phrase(key, code, **values)


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    assert language("ar").name == "العربية"
    with pytest.raises(ValueError, match="en, de, fr"):
        language("xx")


@pytest.mark.parametrize(
    ("wanted", "available", "expected"),
    [
        (["de"], LANGUAGES, "de"),
        (["de-AT"], LANGUAGES, "de"),
        (["DE_at"], LANGUAGES, "de"),
        ([None, "", "ja"], LANGUAGES, "ja"),
        (["sv", "fr"], LANGUAGES, "fr"),
        (["sv"], LANGUAGES, "en"),
        ([], LANGUAGES, "en"),
        (["pt"], ["en", "pt-BR"], "pt-BR"),
        (["pt-PT"], ["en", "pt-BR", "pt-PT"], "pt-PT"),
        (["sv"], ["fr", "de"], "fr"),
    ],
)
def test_the_best_language_is_chosen(
    wanted: list[str | None], available: tuple[str, ...], expected: str
) -> None:
    assert best_language(wanted, available) == expected


def test_no_language_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one language"):
        best_language(["en"], [])
