"""Themes of comments: words people wrote down, found where words begin, in the languages they did so for."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.comments import (
    Theme,
    ThemeError,
    ThemeFinder,
    default_themes,
    parse_theme,
    themes_in,
)
from surveys.translation import phrase_book

PRICE = Theme("price", {"en": "Price"}, {"en": ("price", "value for money"), "ar": ("سعر",), "ja": ("価格",)})
SPEED = Theme("speed", {"en": "Speed", "de": "Tempo"}, {"en": ("slow",), "fr": ("élevé",)})
THEMES = (PRICE, SPEED)

# What people write, and what it is about, in every language of the product.
SAID = [
    ("en", "The price went up again, but your support answered every ticket.", {"price", "support"}),
    ("de", "Die Einführung war gut, aber die Lizenz ist zu teuer.", {"onboarding", "price"}),
    ("fr", "L’interface est lente et la formation a été courte.", {"ease-of-use", "performance", "training"}),
    ("es", "El rendimiento ha empeorado y el soporte tarda.", {"performance", "support"}),
    ("pt", "A integração com o ERP é boa; o preço não.", {"integrations", "price"}),
    ("ja", "サポートの対応は早いが、価格が高い。", {"support", "price", "contact", "performance"}),
    ("ar", "الدعم ممتاز ولكن السعر مرتفع", {"support", "price"}),
]


@pytest.mark.parametrize(("language", "text", "about"), SAID)
def test_the_default_dictionary_reads_every_language(language: str, text: str, about: set[str]) -> None:
    assert set(themes_in(text, language, default_themes()) or ()) == about


def test_every_default_theme_has_a_name_and_words_in_every_language() -> None:
    languages = set(phrase_book().languages)
    for theme in default_themes():
        assert set(theme.names) == set(theme.words) == languages, theme.key


def test_a_comment_may_have_several_themes_in_the_order_of_the_dictionary() -> None:
    assert themes_in("Slow, and the price is high", "en", THEMES) == ("price", "speed")


def test_a_word_counts_where_a_word_begins_and_not_inside_another() -> None:
    assert themes_in("PRICING? No: prices", "en", THEMES) == ("price",)
    assert themes_in("overpriced", "en", THEMES) == ()


def test_words_of_several_words_are_found_across_what_stands_between_them() -> None:
    assert themes_in("good value\nfor  money!", "en", THEMES) == ("price",)
    assert themes_in("good value, no money", "en", THEMES) == ()


def test_case_and_accents_make_no_difference() -> None:
    assert themes_in("prix ELEVE", "fr", THEMES) == ("speed",)
    assert themes_in("prix e\u0301leve\u0301s", "fr", THEMES) == ("speed",)


@pytest.mark.parametrize("written", ["السعر", "بالسعر", "وسعره", "للسعر", "سِعْر", "والسعر", "سعـــر"])
def test_an_arabic_word_is_found_behind_its_article_and_prefixes(written: str) -> None:
    assert themes_in(f"كان {written} مهما", "ar", THEMES) == ("price",)


def test_a_language_without_spaces_is_searched_anywhere() -> None:
    assert themes_in("御社の価格は高い", "ja", THEMES) == ("price",)
    assert themes_in("御社のｶﾁ", "ja", THEMES) == ()


def test_a_language_without_words_is_not_analysed_rather_than_without_themes() -> None:
    assert themes_in("De prijs is hoog", "nl", THEMES) is None
    assert themes_in("The weather is fine", "en", THEMES) == ()
    assert themes_in("The price", "en", ()) is None


def test_a_regional_language_reads_the_words_of_its_language() -> None:
    assert themes_in("The price", "en-GB", THEMES) == ("price",)


def test_it_is_known_by_which_word_a_theme_was_found() -> None:
    assert ThemeFinder(THEMES).find("Not good value for money", "en") == {"price": "value for money"}


def test_a_name_falls_back_to_english_and_then_to_any() -> None:
    assert SPEED.name_in("de") == "Tempo"
    assert SPEED.name_in("ar") == "Speed"
    assert Theme("x", {"ja": "速度"}, {}).name_in("en") == "速度"


@pytest.mark.parametrize("theme", default_themes(), ids=lambda theme: theme.key)
def test_a_theme_is_read_back_as_it_was_written(theme: Theme) -> None:
    assert parse_theme(theme.key, theme.to_json()) == theme


def test_words_are_stripped_and_kept_once_and_languages_without_any_left_out() -> None:
    theme = parse_theme("a", {"names": {"en": " A "}, "words": {"en": [" cost", "cost", ""], "de": []}})
    assert theme == Theme("a", {"en": "A"}, {"en": ("cost",)})


@pytest.mark.parametrize(
    ("key", "document", "complaint"),
    [
        ("No Key", {"names": {"en": "A"}}, "key"),
        ("a", [], "names and words"),
        ("a", {"names": {}}, "name in at least one"),
        ("a", {"names": {"en": "A" * 61}}, "too long"),
        ("a", {"names": {"english please": "A"}}, "not a language code"),
        ("a", {"names": {"en": "A"}, "words": {"en": "price"}}, "list"),
        ("a", {"names": {"en": "A"}, "words": {"en": ["x"]}}, "too short"),
        ("a", {"names": {"en": "A"}, "words": {"en": ["!!!"]}}, "too short"),
        ("a", {"names": {"en": "A"}, "words": {"en": [7]}}, "text"),
        ("a", {"names": {"en": "A"}, "words": {"en": [f"word{n}" for n in range(201)]}}, "at most 200"),
    ],
)
def test_a_theme_that_cannot_be_used_is_refused_in_one_sentence(
    key: str, document: object, complaint: str
) -> None:
    with pytest.raises(ThemeError, match=complaint):
        parse_theme(key, document)


HOSTILE = {
    "one long word": "p" * 50_000,
    "beginnings that go nowhere": "pri " * 12_500,
    "words found again and again": "price " * 8_333,
    "accents without letters": "e" + "\u0301" * 50_000,
    "prefixes of prefixes": "وبالوبال " * 5_555,
    "only spaces": " " * 50_000,
    "astral letters": "𝔭" * 50_000,
    "no spaces": "価" * 50_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("language", ["en", "ar", "ja"])
def test_twice_as_many_hostile_characters_take_about_twice_as_long(text: str, language: str) -> None:
    finder = ThemeFinder(default_themes())
    finder.find("once", language)
    half, whole = (
        min(_seconds(finder, part, language) for _attempt in range(3))
        for part in (text[: len(text) // 2], text)
    )
    # What grows with the square would take four times as long; the rest is the clock's own coarseness.
    assert whole < 3.5 * half + 0.02


def _seconds(finder: ThemeFinder, text: str, language: str) -> float:
    # Of the processor: what others do on the machine meanwhile says nothing about the code.
    begun = time.process_time()
    finder.find(text, language)
    return time.process_time() - begun


@given(st.text(max_size=200), st.sampled_from(["en", "de", "ar", "ja", "xx"]))
def test_any_text_is_read_without_failing(text: str, language: str) -> None:
    found = themes_in(text, language, default_themes())
    assert (found is None) == (language == "xx")
