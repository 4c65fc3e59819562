"""The map of drivers: importance across, performance up, the middle of both as lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from vocapp.charts.frame import ACCENT, QUIET, Spec, framed


@dataclass(frozen=True, slots=True)
class DriverDot:
    """One driver: importance and performance (0 to 1), whether its field is sure, and that in words."""

    name: str
    importance: float
    performance: float
    is_sure: bool
    words: str


def driver_chart(
    dots: Sequence[DriverDot],
    *,
    axes: tuple[float, float],
    titles: tuple[str, str],
    description: str,
    is_static: bool = False,
    size: tuple[int, int] = (640, 360),
) -> Spec:
    """Return the map; filled dots are sure, hollow ones may lie elsewhere. `axes`, `titles`: across, up."""
    rows = [
        {"name": dot.name, "x": dot.importance, "y": dot.performance, "sure": dot.is_sure, "words": dot.words}
        for dot in dots
    ]
    across, up = (
        {
            "field": field,
            "type": "quantitative",
            "scale": {"zero": False, "nice": True, "padding": 24},
            "axis": {"title": title, "format": ".0%", "grid": False},
        }
        for field, title in zip("xy", titles, strict=True)
    )
    middles = [
        {
            "data": {"values": [{field: value}]},
            "mark": {"type": "rule", "strokeDash": [4, 4], "color": QUIET},
            "encoding": {field: {"field": field, "type": "quantitative"}},
        }
        for field, value in zip("xy", axes, strict=True)
    ]
    points: Spec = {
        "mark": {"type": "point", "size": 110, "strokeWidth": 2},
        "encoding": {
            "x": across,
            "y": up,
            "color": {"value": ACCENT},
            "fill": {"condition": {"test": "datum.sure", "value": ACCENT}, "value": "transparent"},
        },
    }
    if not is_static:
        points["encoding"]["tooltip"] = [
            {"field": "name", "title": " "},
            {"field": "words", "title": " "},
            {"field": "x", "title": titles[0], "format": ".0%"},
            {"field": "y", "title": titles[1], "format": ".0%"},
        ]
    names: Spec = {
        "mark": {"type": "text", "dy": -12, "limit": 140, "fontSize": 11},
        "encoding": {"x": across, "y": up, "text": {"field": "name"}},
    }
    return framed(
        {"data": {"values": rows}, "layer": [*middles, points, names]},
        description=description,
        is_static=is_static,
        size=size,
    )
