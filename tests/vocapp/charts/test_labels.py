"""Names beside bubbles never touch each other, a bubble, or the frame."""

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from vocapp.charts.labels import Disc, Label, place_labels, shortened, text_width

WIDTH, HEIGHT, FONT = 600.0, 400.0, 12.0


def box(disc: Disc, label: Label) -> tuple[float, float, float, float]:
    wide, tall = text_width(label.text, font_size=FONT), FONT * 1.25
    left = disc.x + label.dx - {"left": 0, "right": wide, "center": wide / 2}[label.align]
    return left, disc.y + label.dy - tall / 2, left + wide, disc.y + label.dy + tall / 2


def meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    # Offsets are stored to a tenth of a pixel.
    return (
        one[0] < other[2] - 0.2
        and other[0] < one[2] - 0.2
        and one[1] < other[3] - 0.2
        and other[1] < one[3] - 0.2
    )


names = st.sampled_from(["Yarrow", "Meridian Harbour Logistics", "小林システム株式会社", "شركة النور", "A"])
discs = st.lists(
    st.builds(
        Disc,
        x=st.floats(0, WIDTH),
        y=st.floats(0, HEIGHT),
        radius=st.floats(2, 25),
        text=names,
    ),
    max_size=40,
)


@given(discs)
def test_no_two_names_touch_and_all_lie_inside(found: list[Disc]) -> None:
    labels = place_labels(found, width=WIDTH, height=HEIGHT, font_size=FONT)
    boxes = [box(found[label.index], label) for label in labels]
    assert not any(meet(one, other) for one, other in itertools.combinations(boxes, 2))
    assert all(
        left > -0.2 and top > -0.2 and right < WIDTH + 0.2 and bottom < HEIGHT + 0.2
        for left, top, right, bottom in boxes
    )


@given(discs)
def test_no_name_covers_another_bubble(found: list[Disc]) -> None:
    for label in place_labels(found, width=WIDTH, height=HEIGHT, font_size=FONT):
        left, top, right, bottom = box(found[label.index], label)
        for index, disc in enumerate(found):
            if index != label.index:
                x, y = min(max(disc.x, left), right), min(max(disc.y, top), bottom)
                assert (x - disc.x) ** 2 + (y - disc.y) ** 2 >= (disc.radius - 0.2) ** 2


def test_the_first_bubbles_get_their_names_first() -> None:
    draw = random.Random(1)
    found = [Disc(draw.random() * 600, draw.random() * 400, 6, f"Account {n}") for n in range(60)]
    labels = place_labels(found, width=WIDTH, height=HEIGHT, most=5)
    assert [label.index for label in labels] == sorted(label.index for label in labels)
    assert len(labels) == 5


def test_a_name_keeps_out_of_places_that_are_taken() -> None:
    disc = Disc(50, 50, 5, "Yarrow")
    free = place_labels([disc], width=WIDTH, height=HEIGHT)[0]
    moved = place_labels([disc], width=WIDTH, height=HEIGHT, taken=[box(disc, free)])[0]
    assert (moved.dx, moved.dy) != (free.dx, free.dy)


def test_a_long_name_is_cut_at_a_word() -> None:
    assert shortened("Meridian Harbour Logistics International") == "Meridian Harbour…"


def test_a_name_without_spaces_is_cut_anywhere() -> None:
    assert shortened("x" * 90) == "x" * 25 + "…"


def test_east_asian_letters_take_a_full_square() -> None:
    assert text_width("小林", font_size=10) == 20
