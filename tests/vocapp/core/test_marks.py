"""The geometry of bars and sparklines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocapp.core.marks import segments, spark_lines

sizes = st.lists(st.one_of(st.none(), st.floats(0, 1e9)), max_size=8)


@given(sizes)
def test_segments_follow_each_other_within_the_width(values: list[float | None]) -> None:
    drawn = segments(values)
    assert all(x >= 0 and width >= 0 and x + width <= 100.02 for x, width in drawn)


def test_segments_share_the_width() -> None:
    assert segments([1, None, 3, -5], width=80) == [(0, 20), (20, 0), (20, 60), (80, 0)]


def test_segments_of_nothing_take_no_room() -> None:
    assert segments([0, 0]) == [(0, 0), (0, 0)]


def test_a_line_breaks_where_nothing_was_measured() -> None:
    drawn = spark_lines([0, 100, None, 50], width=64, height=24)
    assert drawn.lines == ("2.0,22.0 22.0,2.0",)
    assert drawn.dots == ((62.0, 12.0),)
    assert drawn.last == (62.0, 12.0)


@pytest.mark.parametrize("value", [-400.0, 900.0])
def test_a_value_outside_the_range_stays_in_the_drawing(value: float) -> None:
    last = spark_lines([value], height=20).last
    assert last is not None
    assert last[1] in (2.0, 18.0)
