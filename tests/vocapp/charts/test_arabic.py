"""Arabic words in drawings, as signs from left to right."""

import unicodedata

import pytest

from vocapp.charts.arabic import joined, with_arabic


def read_back(text: str) -> str:
    """What the signs stand for, in the order they are seen."""
    return unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("قوية", "ةيوق"),
        # Numbers and Latin words keep running from the left, brackets still open before what they hold.
        ("5 من 12", "12 نم 5"),
        ("حساب (ACME 3.5%)", "(ACME 3.5%) باسح"),
        ("Plain text", "Plain text"),
    ],
)
def test_words_run_from_the_right_and_numbers_from_the_left(text, seen):
    if text.isascii():
        assert with_arabic(f"<text>{text}</text>") == f"<text>{seen}</text>"
    else:
        assert read_back(joined(text)) == seen


def test_letters_join_as_their_neighbours_allow():
    # Beginning, middle and end of a word; alif joins nothing that follows.
    assert joined("بيت") == "\ufe96\ufef4\ufe91"
    assert joined("باب") == "\ufe8f\ufe8e\ufe91"
    # Lam and alif are one sign, and a vowel mark does not part letters.
    assert joined("سلامًا") == "\ufe8e\ufee3\ufefc\ufeb3"


def test_only_the_words_of_a_drawing_change():
    page = "<p>قوية</p><svg><title>قوية</title><text x='1'>A &amp; قوية</text></svg>"
    drawn = with_arabic(page)
    assert drawn.startswith("<p>قوية</p><svg><title>قوية</title><text x='1'>")
    assert "&amp;" in drawn
    assert drawn.count("قوية") == 2
