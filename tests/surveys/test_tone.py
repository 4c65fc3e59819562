"""Tone is a hint in English, and nothing at all elsewhere."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.tone import can_read, tone_of


def test_the_known_misreadings_of_the_method_are_reproduced() -> None:
    # docs/method.md §12: why this is a hint only.
    assert tone_of("I would love an answer to my ticket", "en") == pytest.approx(0.637, abs=0.001)
    assert tone_of("I would not call it a problem", "en") is not None


def test_a_text_without_a_word_that_has_a_tone_is_not_called_neutral() -> None:
    assert tone_of("Why was the renewal price doubled?", "en") is None
    assert tone_of("", "en") is None
    assert tone_of("  \n", "en") is None


@pytest.mark.parametrize("language", ["de", "fr", "ja", "ar", "", "eng-x"])
def test_other_languages_are_not_analysed(language: str) -> None:
    assert tone_of("terrible, horrible, awful", language) is None
    assert not can_read(language)


def test_kinds_of_english_are_english() -> None:
    assert can_read("en-GB")
    assert can_read("EN")
    harsh, warm = tone_of("terrible, awful", "en-US"), tone_of("great, thanks", "en")
    assert harsh is not None
    assert warm is not None
    assert harsh < 0 < warm


@pytest.mark.parametrize("text", ["😀" * 10_000, "good but bad " * 800, "!" * 10_000, "<b>bad</b>" * 1_000])
def test_a_long_text_is_read_at_its_beginning_only(text: str) -> None:
    tone = tone_of(text, "en")
    assert tone is None or -1 <= tone <= 1


@settings(max_examples=30)
@given(st.text(max_size=120))
def test_any_text_has_a_tone_within_range_or_none(text: str) -> None:
    tone = tone_of(text, "en")
    assert tone is None or (-1 <= tone <= 1)
