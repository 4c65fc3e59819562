"""Bubbles, and their names as layers of text for windows of three widths, or for paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

from vocapp.charts.frame import Spec
from vocapp.charts.labels import Disc, Label, place_labels

# The pixels between frame and plot that axes and their titles take.
MARGIN = 64


@dataclass(frozen=True, slots=True)
class Axis:
    """One side of the bubble chart: its words, the range of its values, and how they are written.

    `kind` is "share" (0-1 as percent), "points" (NPS, -1 to 1, as points) or "number".
    """

    title: str
    low: float
    high: float
    kind: str = "number"

    @property
    def format(self) -> Spec:
        """Return how Vega-Lite writes the values."""
        if self.kind == "share":
            return {"format": ".0%"}
        if self.kind == "points":
            return {"labelExpr": "format(datum.value * 100, '+.0f')"}
        return {"format": ".0f"}


@dataclass(frozen=True, slots=True)
class Bubble:
    """One account: where it is and was, how large it is drawn (`area` in square pixels), and what it is.

    `facts` are (label, text) pairs for the tooltip; `before` is its place at the previous wave, or None.
    """

    id: int
    name: str
    x: float
    y: float
    area: float
    status: str
    url: str = ""
    before: tuple[float, float] | None = None
    facts: Sequence[tuple[str, str]] = ()


# On a plot of this width bubbles have their full size; on narrower ones they shrink with it.
FULL_WIDTH = 760
SMALLEST_SCALE = 0.3


def scale_at(width: float) -> float:
    """Return by how much the areas of bubbles shrink on a plot so many pixels wide."""
    return min(1.0, max(SMALLEST_SCALE, width / FULL_WIDTH))


@dataclass(frozen=True, slots=True)
class _Width:
    """Names placed for a plot `least` pixels wide, and shown from that width on, below `below`."""

    least: int
    below: int
    labels: int


# A plot grows between two of these widths, and what fits the narrower fits the wider.
_WIDTHS = (
    _Width(200, 320, 4),
    _Width(320, 440, 8),
    _Width(440, 600, 14),
    _Width(600, 840, 20),
    _Width(840, 100_000, 28),
)
# The least height of the plot on the page.
_TALL = 380


def name_layers(
    bubbles: Sequence[Bubble], *, x: Axis, y: Axis, most: int, is_static: bool, size: tuple[int, int]
) -> list[Spec]:
    """Return the names of the largest bubbles; on the page the layer that fits the window is shown."""
    if is_static:
        plot = (size[0] - MARGIN, size[1] - MARGIN)
        return [
            _name_layer(
                bubbles, _labels(bubbles, x, y, plot=plot, most=most, font_size=10, scale=1.0), shown=None
            )
        ]
    return [
        _name_layer(
            bubbles,
            _labels(
                bubbles,
                x,
                y,
                plot=(width.least, _TALL),
                most=min(most, width.labels),
                font_size=12,
                scale=scale_at(width.below),
            ),
            shown=f"width >= {width.least} && width < {width.below}",
        )
        for width in _WIDTHS
    ]


def _labels(
    bubbles: Sequence[Bubble],
    x: Axis,
    y: Axis,
    *,
    plot: tuple[int, int],
    most: int,
    font_size: float,
    scale: float,
) -> list[Label]:
    wide, tall = plot
    discs = [
        Disc(
            x=(bubble.x - x.low) / (x.high - x.low) * wide,
            y=(y.high - bubble.y) / (y.high - y.low) * tall,
            radius=(bubble.area * scale / pi) ** 0.5,
            text=bubble.name,
        )
        for bubble in bubbles
    ]
    corner = 110, 24
    taken = [
        (left, top, left + corner[0], top + corner[1])
        for left in (0, wide - corner[0])
        for top in (0, tall - corner[1])
    ]
    return place_labels(discs, width=wide, height=tall, most=most, font_size=font_size, taken=taken)


def _name_layer(bubbles: Sequence[Bubble], labels: Sequence[Label], *, shown: str | None) -> Spec:
    rows = [
        {
            "x": bubbles[label.index].x,
            "y": bubbles[label.index].y,
            "name": label.text,
            "dx": label.dx,
            "dy": label.dy,
            "align": label.align,
        }
        for label in labels
    ]
    mark: Spec = {
        "type": "text",
        "baseline": "middle",
        "fontSize": 12 if shown else 10,
        "dx": {"expr": "datum.dx"},
        "dy": {"expr": "datum.dy"},
        "align": {"expr": "datum.align"},
        "aria": False,
        # Without this, names that are not shown would still make room for themselves.
        "clip": True,
    }
    encoding: Spec = {
        "x": {"field": "x", "type": "quantitative"},
        "y": {"field": "y", "type": "quantitative"},
        "text": {"field": "name"},
    }
    if shown:
        encoding["opacity"] = {"condition": {"test": shown, "value": 1}, "value": 0}
    return {"data": {"values": rows}, "mark": mark, "encoding": encoding}
