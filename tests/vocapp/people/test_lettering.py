"""Names fit into cards, whatever their script and length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocapp.people.lettering import END_ISOLATE, ISOLATE, fitted, lines_of, width_of


def plain(text: str) -> str:
    return text.replace(ISOLATE, "").replace(END_ISOLATE, "")


@given(st.text(), st.integers(40, 300))
def test_what_was_fitted_fits(text: str, room: int) -> None:
    assert width_of(fitted(text, size=14, room=room), 14) <= room


@given(st.text(), st.integers(40, 300))
def test_no_line_is_wider_than_its_room(text: str, room: int) -> None:
    lines = lines_of(text, size=14, rooms=(room, room))
    assert len(lines) <= 2
    assert all(width_of(line, 14) <= room for line in lines)


def test_a_short_name_stays_whole() -> None:
    assert lines_of("Ana Silva", size=14, rooms=(150, 150)) == ["Ana Silva"]


def test_a_long_name_breaks_between_words() -> None:
    assert lines_of("Maximiliana Silva-Montgomery", size=14, rooms=(120, 200)) == [
        "Maximiliana",
        "Silva-Montgomery",
    ]


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    assert plain(fitted("X" * 90, size=14, room=100)).endswith("X…")


@pytest.mark.parametrize("name", ["山田太郎", "محمد عبد الرحمن"])
def test_other_scripts_keep_to_themselves(name: str) -> None:
    assert fitted(name, size=14, room=500) == f"{ISOLATE}{name}{END_ISOLATE}"


def test_a_full_width_letter_takes_more_room_than_a_latin_one() -> None:
    assert width_of("山", 14) > width_of("a", 14)


def test_a_combining_mark_takes_no_room() -> None:
    assert width_of("e\u0301", 14) == width_of("e", 14)
