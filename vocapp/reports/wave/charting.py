"""The drawings of a wave report, in millimetres."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 84.0, 24.0
FUNNEL_WIDTH = 60.0
# Dark to light, so that they can be told apart without colour, too.
TINTS: Mapping[str, str] = {"bad": "#b5342b", "middle": "#c3cbce", "good": "#2b8a66"}


@dataclass(frozen=True, slots=True)
class Column:
    """One point of a scale: where its column stands, how many chose it, and the colour of its class."""

    point: int
    count: int
    middle: float
    x: float
    y: float
    width: float
    height: float
    fill: str


def columns(rating: Mapping[str, Any] | None) -> list[Column]:
    """Return how ratings are spread, a column per point of the scale; nothing without ratings."""
    if rating is None or not rating["n"]:
        return []
    counts = rating["counts"]
    top, step = max(count for _point, count in counts), WIDTH / len(counts)
    return [
        Column(
            point,
            count,
            middle=round((number + 0.5) * step, 2),
            x=round(number * step + 0.5, 2),
            y=round(HEIGHT * (1 - count / top), 2),
            width=round(step - 1, 2),
            height=round(HEIGHT * count / top, 2),
            fill=TINTS.get(rating["band_of"][str(point)], TINTS["middle"]),
        )
        for number, (point, count) in enumerate(counts)
    ]
