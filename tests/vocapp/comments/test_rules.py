"""Words of a search, and how they are marked in a comment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocapp.comments.rules import (
    LONGEST_QUERY,
    MOST_WORDS,
    CommentFilter,
    excerpt,
    lot_of,
    marked,
    searched_words,
)
from vocapp.responses.rules import themes_of, themes_text


def marks(text: str, query: str) -> list[str]:
    return [piece for piece, is_marked in marked(text, searched_words(query)) if is_marked]


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("Too SLOW, and slowly so", "slow", ["SLOW", "slow"]),
        ("Zu langsam für Müller", "muller FUR", ["für", "Müller"]),
        ("cafe\u0301 time", "café", ["cafe\u0301"]),
        ("100 % of it", "%", ["%"]),
        ('she said "no"', '"', ['"', '"']),
        ("it's", "'", ["'"]),
        ("a_b", "_", ["_"]),
        ("サポートが遅い", "遅い", ["遅い"]),
        ("خدمة الدعم بطيئة", "الدعم", ["الدعم"]),
        ("great 😀!", "😀", ["😀"]),
        ("Straße", "strasse", ["Straße"]),
        ("ababab", "abab", ["abab"]),
        ("a b", "", []),
        ("a b", "x", []),
        ("<b>bold</b>", "<b>", ["<b>"]),
    ],
)
def test_searched_words_are_marked_without_case_and_accents(text: str, query: str, found: list[str]) -> None:
    assert marks(text, query) == found


@given(st.text(max_size=80), st.text(max_size=12))
def test_the_pieces_are_the_text(text: str, query: str) -> None:
    assert "".join(piece for piece, _mark in marked(text, searched_words(query))) == text


def test_a_query_is_cut_and_each_word_counts_once() -> None:
    assert searched_words("  Price  price PRICE ") == ["price"]
    assert len(searched_words(" ".join(f"w{number}" for number in range(50)))) == MOST_WORDS
    assert len(searched_words("x" * 5000)[0]) == LONGEST_QUERY
    assert searched_words(" \u0301 ") == []


@pytest.mark.parametrize("keys", [None, (), ("price",), ("price", "ease-of-use")])
def test_themes_are_stored_and_read_alike(keys: tuple[str, ...] | None) -> None:
    assert themes_of(themes_text(keys)) == keys


def test_nothing_found_and_nothing_analysed_are_two_things() -> None:
    assert themes_text(None) is None
    assert themes_text(()) == ""


def test_the_draw_is_fixed_and_spread() -> None:
    lots = [lot_of(number, "why") for number in range(1000)]
    assert lots == [lot_of(number, "why") for number in range(1000)]
    assert 0 <= min(lots) < max(lots) < 2**31
    assert 400 < sum(lot < 2**30 for lot in lots) < 600


def test_an_account_alone_is_no_filter() -> None:
    assert not CommentFilter(account_id=3).is_set
    assert CommentFilter(account_id=3, text="x").is_set


def test_a_long_text_is_shown_around_the_first_mark() -> None:
    text = "a" * 5_000 + " price " + "b" * 5_000
    shown = excerpt(marked(text, ["price"]), longest=100)
    assert ("price", True) in shown
    assert shown[0] == shown[-1] == ("…", False)
    assert sum(len(piece) for piece, _mark in shown) == 102


@given(st.text(max_size=120), st.text(max_size=3), st.integers(4, 60))
def test_an_excerpt_is_a_part_of_the_text_and_keeps_its_limit(text: str, query: str, longest: int) -> None:
    pieces = marked(text, searched_words(query))
    shown = "".join(piece for piece, _mark in excerpt(pieces, longest=longest))
    if len(text) <= longest:
        assert shown == text
    else:
        assert len(shown) <= longest + 2
        assert shown.removeprefix("…").removesuffix("…") in text or "…" in text
