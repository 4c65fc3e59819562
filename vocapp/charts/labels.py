"""Where names stand beside bubbles without touching each other, computed before anything is drawn."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Inter's letters are a little over half as wide as the type is tall; East Asian ones are square.
_LETTER_WIDTH = 0.56
_WIDE_LETTER_WIDTH = 1.0
_LINE_HEIGHT = 1.25
_AIR = 3.0
# Among small bubbles hardly any has room for its name: so many per label are tried.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Disc:
    """A bubble on the paper: centre and radius in pixels from the upper left corner, and its name."""

    x: float
    y: float
    radius: float
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """The name of bubble number `index`, (dx, dy) pixels from its centre; `align` left, right, center."""

    index: int
    text: str
    dx: float
    dy: float
    align: str


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Box") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


class _Discs:
    """All bubbles as columns, so that a box is compared with every one of them at once."""

    def __init__(self, discs: Sequence[Disc]) -> None:
        self._x = np.array([disc.x for disc in discs])
        self._y = np.array([disc.y for disc in discs])
        self._reach = np.array([disc.radius for disc in discs]) ** 2

    def are_touched(self, box: _Box, *, but: int) -> bool:
        """Whether a box covers part of any bubble but one."""
        across = np.clip(self._x, box.left, box.right) - self._x
        up = np.clip(self._y, box.top, box.bottom) - self._y
        touched = across**2 + up**2 < self._reach
        touched[but] = False
        return bool(touched.any())


def text_width(text: str, *, font_size: float) -> float:
    """Return about how many pixels a text takes."""
    letters = (
        _WIDE_LETTER_WIDTH if unicodedata.east_asian_width(letter) in "WF" else _LETTER_WIDTH
        for letter in text
        if not unicodedata.combining(letter)
    )
    return sum(letters) * font_size


def shortened(text: str, *, most: int = 26) -> str:
    """Return a name of at most `most` letters, cut at a word where one ends late enough."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    head, space, _rest = cut.rpartition(" ")
    return (head if space and len(head) >= most // 2 else cut).rstrip() + "…"


def place_labels(
    discs: Sequence[Disc],
    *,
    width: float,
    height: float,
    most: int = 24,
    font_size: float = 12.0,
    taken: Sequence[tuple[float, float, float, float]] = (),
) -> list[Label]:
    """Return labels for as many of the bubbles as fit, those first in `discs` first.

    A label lies inside the frame, covers no other bubble and no other label, nor a `taken` box (left, top,
    right, bottom). A bubble that finds no place goes without a name: its name is in the tooltip and the list.
    """
    boxes = [_Box(*box) for box in taken]
    labels: list[Label] = []
    everything = _Discs(discs)
    for index, disc in enumerate(discs[: most * _TRIES]):
        if len(labels) >= most:
            break
        text = shortened(disc.text)
        label = _first_free(
            index, disc, text, everything, boxes, width=width, height=height, font_size=font_size
        )
        if label is not None:
            labels.append(label[0])
            boxes.append(label[1])
    return labels


def _first_free(
    index: int,
    disc: Disc,
    text: str,
    discs: _Discs,
    boxes: Sequence[_Box],
    *,
    width: float,
    height: float,
    font_size: float,
) -> tuple[Label, _Box] | None:
    wide, tall = text_width(text, font_size=font_size), font_size * _LINE_HEIGHT
    away = disc.radius + _AIR
    places = (
        ("left", away, 0.0, 0.0),
        ("right", -away, 0.0, -wide),
        ("center", 0.0, -away - tall / 2, -wide / 2),
        ("center", 0.0, away + tall / 2, -wide / 2),
        ("left", away * 0.75, -away * 0.75, 0.0),
        ("left", away * 0.75, away * 0.75, 0.0),
        ("right", -away * 0.75, -away * 0.75, -wide),
        ("right", -away * 0.75, away * 0.75, -wide),
        ("right", disc.radius, -away - tall / 2, -wide),
        ("right", disc.radius, away + tall / 2, -wide),
        ("left", -disc.radius, -away - tall / 2, 0.0),
        ("left", -disc.radius, away + tall / 2, 0.0),
    )
    for align, dx, dy, start in places:
        left, middle = disc.x + dx + start, disc.y + dy
        box = _Box(left, middle - tall / 2, left + wide, middle + tall / 2)
        if box.left < 0 or box.top < 0 or box.right > width or box.bottom > height:
            continue
        if any(box.meets(other) for other in boxes):
            continue
        if discs.are_touched(box, but=index):
            continue
        return Label(index, text, round(dx, 1), round(dy, 1), align), box
    return None
