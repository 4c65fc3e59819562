"""The people map as geometry: everybody once, nothing over anything else, whatever the lines are."""

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from vocapp.people.layout import (
    CARD_HEIGHT,
    CARD_WIDTH,
    MOST_IN_GROUP,
    MOST_SHOWN,
    Box,
    Drawing,
    Member,
    lay_out,
)

GROUPS = ("decision_maker", "champion", "admin")
WIDE, NARROW = 1040, 320


@st.composite
def companies(draw: st.DrawFn) -> list[Member]:
    size = draw(st.integers(0, 60))
    return [
        Member(
            id=number,
            group=draw(st.sampled_from([*GROUPS, "", "unknown"])),
            weight=draw(st.integers(0, 5)),
            reports_to=draw(st.one_of(st.none(), st.integers(1, max(size, 1)))),
            is_gone=draw(st.booleans()),
        )
        for number in range(1, size + 1)
    ]


seat_counts = st.dictionaries(st.sampled_from(GROUPS), st.integers(0, 3))


def covers(box: Box, other: Box) -> bool:
    return abs(box.x - other.x) < CARD_WIDTH and abs(box.y - other.y) < CARD_HEIGHT


def shown(drawing: Drawing) -> list[int]:
    return [box.member_id for box in drawing.boxes if box.member_id is not None]


@settings(max_examples=60, deadline=None)
@given(companies(), seat_counts, st.sampled_from([WIDE, NARROW, 640]))
def test_no_card_lies_over_another(members: list[Member], seats: dict[str, int], width: int) -> None:
    drawing = lay_out(members, seats, groups=GROUPS, width=width)
    assert not [pair for pair in combinations(drawing.boxes, 2) if covers(*pair)]


@settings(max_examples=50, deadline=None)
@given(companies(), seat_counts, st.sampled_from([WIDE, NARROW]))
def test_no_line_runs_through_a_card(members: list[Member], seats: dict[str, int], width: int) -> None:
    drawing = lay_out(members, seats, groups=GROUPS, width=width)
    for line in drawing.lines:
        for (x1, y1), (x2, y2) in pairwise(line.points):
            for box in drawing.boxes:
                is_beside = max(x1, x2) <= box.x or min(x1, x2) >= box.x + CARD_WIDTH
                is_apart = max(y1, y2) <= box.y or min(y1, y2) >= box.y + CARD_HEIGHT
                assert is_beside or is_apart


@settings(max_examples=50, deadline=None)
@given(companies(), seat_counts)
def test_everything_lies_within_the_drawing(members: list[Member], seats: dict[str, int]) -> None:
    drawing = lay_out(members, seats, groups=GROUPS, width=WIDE)
    for box in drawing.boxes:
        assert 0 <= box.x <= drawing.width - CARD_WIDTH
        assert 0 <= box.y <= drawing.height - CARD_HEIGHT


@settings(max_examples=50, deadline=None)
@given(companies())
def test_everybody_is_drawn_once_or_counted_as_folded(members: list[Member]) -> None:
    drawing = lay_out(members, {}, groups=GROUPS, width=WIDE)
    placed = shown(drawing)
    assert len(placed) == len(set(placed))
    folded = sum(box.folded for box in drawing.boxes)
    assert len([m for m in members if not m.is_gone]) <= len(placed) + folded <= len(members)


@given(companies())
def test_the_same_people_are_drawn_the_same_way_in_any_order(members: list[Member]) -> None:
    drawing = lay_out(members, {}, groups=GROUPS, width=WIDE)
    assert lay_out(list(reversed(members)), {}, groups=GROUPS, width=WIDE) == drawing


def test_whoever_reports_stands_below() -> None:
    drawing = lay_out([Member(1, "a"), Member(2, "a", reports_to=1)], {}, groups=["a"], width=WIDE)
    boss, report = sorted(drawing.boxes, key=lambda box: box.member_id or 0)
    assert report.y > boss.y
    assert len(drawing.lines) > 0


def test_three_reports_stand_beside_each_other_on_a_screen() -> None:
    members = [Member(1, "a"), *(Member(n, "a", reports_to=1) for n in (2, 3, 4))]
    drawing = lay_out(members, {}, groups=["a"], width=WIDE)
    assert len({box.y for box in drawing.boxes}) == 2


def test_on_a_phone_they_hang_below_each_other() -> None:
    members = [Member(1, "a"), *(Member(n, "a", reports_to=1) for n in (2, 3, 4))]
    drawing = lay_out(members, {}, groups=["a"], width=NARROW)
    assert len({box.y for box in drawing.boxes}) == 4
    assert drawing.width <= NARROW


def test_people_without_a_line_stand_by_persona() -> None:
    members = [Member(1, "champion"), Member(2, "admin"), Member(3, "champion")]
    drawing = lay_out(members, {}, groups=GROUPS, width=WIDE)
    assert [heading.group for heading in drawing.headings] == ["champion", "admin"]


def test_an_empty_seat_is_one_card_whatever_their_number() -> None:
    drawing = lay_out([], {"champion": 3, "admin": 0}, groups=GROUPS, width=WIDE)
    assert [box.seat for box in drawing.boxes] == ["champion"]


def test_a_large_group_shows_those_who_matter_most_and_counts_the_rest() -> None:
    members = [Member(n, "admin", weight=n) for n in range(1, 13)]
    drawing = lay_out(members, {}, groups=GROUPS, width=WIDE)
    assert shown(drawing) == [12, 11, 10, 9, 8]
    assert drawing.boxes[-1].folded == 12 - MOST_IN_GROUP


def test_sixty_people_in_lines_are_folded_to_what_a_page_holds() -> None:
    members = [Member(1, "a"), *(Member(n, "a", reports_to=n // 3 or 1) for n in range(2, 61))]
    drawing = lay_out(members, {}, groups=["a"], width=WIDE)
    assert len(shown(drawing)) <= MOST_SHOWN
    assert sum(box.folded for box in drawing.boxes) == 60 - len(shown(drawing))


def test_people_who_report_in_a_circle_are_drawn_all_the_same() -> None:
    members = [Member(n, "a", reports_to=n % 3 + 1) for n in (1, 2, 3)]
    assert sorted(shown(lay_out(members, {}, groups=["a"], width=WIDE))) == [1, 2, 3]


def test_somebody_who_left_is_drawn_while_others_hang_on_their_line() -> None:
    members = [Member(1, "a", is_gone=True), Member(2, "a", reports_to=1), Member(3, "a", is_gone=True)]
    assert sorted(shown(lay_out(members, {}, groups=["a"], width=WIDE))) == [1, 2]


def test_nobody_makes_an_empty_drawing() -> None:
    assert lay_out([], {}, groups=GROUPS, width=WIDE).boxes == []
