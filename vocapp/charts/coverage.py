"""How coverage moves: three depths over days, as a Vega-Lite spec."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from vocapp.charts.frame import ACCENT, QUIET, Spec, framed

# Told apart by dash and width as well as by colour: outermost first.
_DASHES = ([1, 3], [1, 0], [6, 4])
_COLOURS = (QUIET, ACCENT, "#2f9271")
_WIDTHS = (1.6, 2.6, 1.8)


@dataclass(frozen=True, slots=True)
class DepthPoint:
    """Coverage at the three depths from a day on, each 0-1 or None."""

    on_day: date
    identified: float | None
    verified: float | None
    reachable: float | None


def coverage_trend(
    points: Sequence[DepthPoint],
    *,
    words: tuple[str, str, str],
    description: str,
    is_static: bool = False,
    size: tuple[int, int] = (640, 220),
) -> Spec:
    """Return three stepped lines, oldest point first; a value holds until the next point.

    `words` name the depths identified, verified and reachable.
    """
    rows = [
        {"day": point.on_day.isoformat(), "depth": word, "share": share}
        for point in points
        for word, share in zip(words, (point.identified, point.verified, point.reachable), strict=True)
    ]
    # On a phone the three words do not fit beside each other.
    columns = {"expr": f"width < 400 ? 1 : {len(words)}"}
    legend: Spec = {"title": None, "symbolStrokeWidth": 2.5, "symbolSize": 400, "columns": columns}

    def by_depth(range_: Sequence[object], legend: Spec | None = legend) -> Spec:
        return {
            "field": "depth",
            "type": "nominal",
            "scale": {"domain": list(words), "range": list(range_)},
            "legend": legend,
        }

    encoding: Spec = {
        "x": {
            "field": "day",
            "type": "temporal",
            "axis": {"title": None, "grid": False, "tickCount": 6, "labelOverlap": True, "format": "%b %-d"},
        },
        "y": {
            "field": "share",
            "type": "quantitative",
            "scale": {"domain": [0, 1]},
            "axis": {"title": None, "values": [0, 0.25, 0.5, 0.75, 1], "format": ".0%"},
        },
        "color": by_depth(_COLOURS),
        "strokeDash": by_depth(_DASHES),
        "strokeWidth": by_depth(_WIDTHS, None),
    }
    if not is_static:
        encoding["tooltip"] = [
            {"field": "day", "type": "temporal", "format": "%x", "title": " "},
            {"field": "share", "type": "quantitative", "format": ".0%", "title": "%"},
            {"field": "depth", "type": "nominal", "title": "="},
        ]
    return framed(
        {
            "data": {"values": rows},
            "mark": {
                "type": "line",
                "interpolate": "step-after",
                "invalid": "break-paths-show-domains",
                "point": False,
            },
            "encoding": encoding,
        },
        description=description,
        is_static=is_static,
        size=size,
    )
