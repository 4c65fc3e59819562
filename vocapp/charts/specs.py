"""Charts as plain Vega-Lite specs: the same one on the page, interactive, and in the PDF, still."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from vocapp.charts.bubbles import FULL_WIDTH, SMALLEST_SCALE, Axis, Bubble, name_layers
from vocapp.charts.frame import ACCENT, COLOURS, QUIET, SHAPES, STATUSES, Spec, by_status, framed


@dataclass(frozen=True, slots=True)
class Corners:
    """The names of the four corners."""

    upper_right: str
    upper_left: str
    lower_right: str
    lower_left: str


def bubble_chart(
    bubbles: Sequence[Bubble],
    *,
    x: Axis,
    y: Axis,
    status_words: Mapping[str, str],
    description: str,
    corners: Corners | None = None,
    split: tuple[float, float] | None = None,
    is_static: bool = False,
    size: tuple[int, int] = (960, 560),
    labels: int = 24,
) -> Spec:
    """Return the bubble chart; draw order is largest first, so that no account hides behind another.

    Interactive: brushing (parameter `brush`), tooltips, links. Static: fixed `size`, paper colours, no
    interaction. `split` is where the lines between the corners lie. `status_words` name the statuses in the
    legend. `description` is the chart in one sentence, for those who cannot see it.
    """
    ordered = sorted(bubbles, key=lambda bubble: (-bubble.area, bubble.name, bubble.id))
    layers: list[Spec] = []
    if split is not None:
        layers += [_split_line("x", split[0]), _split_line("y", split[1])]
    layers.append(_trails(ordered, is_static=is_static))
    layers.append(_bubbles(ordered, x=x, y=y, words=status_words, is_static=is_static))
    if corners is not None:
        layers += _corner_names(corners, x, y)
    layers += name_layers(ordered, x=x, y=y, most=labels, is_static=is_static, size=size)
    pointed: Spec = {} if is_static else {"params": [{"name": "pointed", "value": 0}]}
    return framed(
        {"layer": layers, "resolve": {"scale": {"size": "independent"}}, **pointed},
        description=description,
        is_static=is_static,
        size=size,
    )


# The legend lies above the title of the upright axis.
_ABOVE_TITLE = 32


def _split_line(channel: str, at: float) -> Spec:
    return {
        "data": {"values": [{"at": at}]},
        "mark": {
            "type": "rule",
            "color": QUIET,
            "strokeDash": [2, 4],
            "opacity": 0.6,
            "clip": True,
            "aria": False,
        },
        "encoding": {channel: {"field": "at", "type": "quantitative"}},
    }


def _corner_names(corners: Corners, x: Axis, y: Axis) -> list[Spec]:
    places = (
        (corners.upper_right, x.high, y.high, "right", "top", -6, 6),
        (corners.upper_left, x.low, y.high, "left", "top", 6, 6),
        (corners.lower_right, x.high, y.low, "right", "bottom", -6, -6),
        (corners.lower_left, x.low, y.low, "left", "bottom", 6, -6),
    )
    return [
        {
            "data": {"values": [{"x": at_x, "y": at_y, "name": name}]},
            "mark": {
                "type": "text",
                "align": align,
                "baseline": baseline,
                "dx": dx,
                "dy": dy,
                "color": QUIET,
                "fontSize": 12,
                "fontWeight": 600,
                "aria": False,
            },
            "encoding": {
                "x": {"field": "x", "type": "quantitative"},
                "y": {"field": "y", "type": "quantitative"},
                "text": {"field": "name"},
            },
        }
        for name, at_x, at_y, align, baseline, dx, dy in places
    ]


def _trails(bubbles: Sequence[Bubble], *, is_static: bool) -> Spec:
    """Return the ways from the previous wave's places: thin where they begin, thicker towards today."""
    rows = [
        {"id": bubble.id, "x": place[0], "y": place[1], "at": at}
        for bubble in bubbles
        if bubble.before is not None
        for at, place in enumerate((bubble.before, (bubble.x, bubble.y)))
    ]
    return {
        "data": {"values": rows},
        # In a part of the chart a way may lead in from outside.
        "mark": {
            "type": "trail",
            "color": QUIET,
            "opacity": 0.45 if is_static else 0.38,
            "clip": True,
            "aria": False,
        },
        "encoding": {
            "x": {"field": "x", "type": "quantitative"},
            "y": {"field": "y", "type": "quantitative"},
            "detail": {"field": "id"},
            "order": {"field": "at"},
            "size": {
                "field": "at",
                "type": "quantitative",
                "scale": {"domain": [0, 1], "range": [0.3, 2.2]},
                "legend": None,
            },
        },
    }


def _bubbles(
    bubbles: Sequence[Bubble], *, x: Axis, y: Axis, words: Mapping[str, str], is_static: bool
) -> Spec:
    rows = [
        {
            "id": bubble.id,
            "name": bubble.name,
            "x": bubble.x,
            "y": bubble.y,
            "area": bubble.area,
            "status": words[bubble.status],
            "url": bubble.url,
            "tip": {"title": bubble.name, **dict(bubble.facts)},
        }
        for bubble in bubbles
    ]
    present = [status for status in STATUSES if any(bubble.status == status for bubble in bubbles)]
    domain = [words[status] for status in present]
    colours = [COLOURS[STATUSES.index(status)] for status in present]
    hollow = ["transparent" if status == "grey" else COLOURS[STATUSES.index(status)] for status in present]
    shapes = [SHAPES[STATUSES.index(status)] for status in present]
    encoding: Spec = {
        "x": _axis_encoding(x, "x"),
        "y": _axis_encoding(y, "y"),
        "size": {"field": "area", "type": "quantitative", "scale": None, "legend": None},
        "fill": by_status(domain, hollow, offset=_ABOVE_TITLE),
        "stroke": by_status(domain, colours, offset=_ABOVE_TITLE),
        "shape": by_status(domain, shapes, offset=_ABOVE_TITLE),
        "description": {"field": "name"},
    }
    layer: Spec = {
        "data": {"values": rows},
        "mark": {"type": "point", "fillOpacity": 0.62, "strokeWidth": 1.4},
        "encoding": encoding,
    }
    if not is_static:
        layer["transform"] = [
            {
                "calculate": f"datum.area * clamp(width / {FULL_WIDTH}, {SMALLEST_SCALE}, 1)",
                "as": "size",
            }
        ]
        encoding["size"] = {**encoding["size"], "field": "size"}
        encoding["tooltip"] = {"field": "tip"}
        encoding["href"] = {"field": "url"}
        encoding["opacity"] = {"condition": {"param": "brush", "value": 1}, "value": 0.18}
        # The list beside the chart says which account is pointed at.
        encoding["strokeWidth"] = {"condition": {"test": "datum.id === pointed", "value": 4}, "value": 1.4}
        layer["params"] = [
            {
                "name": "brush",
                "select": {
                    "type": "interval",
                    "encodings": ["x", "y"],
                    # With a finger the page must still scroll, so only a mouse brushes.
                    "on": "[mousedown, window:mouseup] > window:mousemove!",
                    "translate": "[mousedown, window:mouseup] > window:mousemove!",
                    "zoom": False,
                    "mark": {"fill": ACCENT, "fillOpacity": 0.06, "stroke": ACCENT, "strokeOpacity": 0.5},
                },
            }
        ]
    return layer


def _axis_encoding(axis: Axis, side: str) -> Spec:
    # The title of the upright axis lies above it: read without turning the head, and no width is lost.
    title: Spec = {"title": f"{axis.title} →"}
    if side == "y":
        title = {
            "title": f"{axis.title} ↑",
            "titleAngle": 0,
            "titleAlign": "left",
            "titleAnchor": "end",
            "titleX": -34,
            "titleY": -14,
        }
    return {
        "field": side,
        "type": "quantitative",
        "scale": {"domain": [axis.low, axis.high], "nice": False, "zero": False},
        "axis": {"grid": False, **title, **axis.format},
    }


@dataclass(frozen=True, slots=True)
class Strip:
    """One line of dots: what is compared, the account's own value, and the others' (all 0-100)."""

    name: str
    own: float | None
    others: Sequence[float]


def peer_dots(
    strips: Sequence[Strip],
    *,
    own_word: str,
    description: str,
    is_static: bool = False,
    size: tuple[int, int] = (640, 150),
) -> Spec:
    """Return where an account lies among others: per measure the others as small dots, the own one large.

    A short upright line marks the middle of the others. `own_word` names the account in the tooltip.
    """
    order = [strip.name for strip in strips]
    line: Spec = {"field": "name", "type": "nominal", "sort": order, "axis": _strip_axis()}
    along: Spec = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, 100]},
        "axis": {"title": None, "grid": False, "values": [0, 25, 50, 75, 100]},
    }
    others = [{"name": strip.name, "value": value} for strip in strips for value in strip.others]
    middles = [{"name": strip.name, "value": median(strip.others)} for strip in strips if strip.others]
    own = [
        {"name": strip.name, "value": strip.own, "tip": {"title": own_word, strip.name: f"{strip.own:.0f}"}}
        for strip in strips
        if strip.own is not None
    ]
    layers: list[Spec] = [
        {
            "data": {"values": others},
            "mark": {"type": "point", "filled": True, "size": 34, "color": QUIET, "opacity": 0.42},
            "encoding": {"x": along, "y": line},
        },
        {
            "data": {"values": middles},
            "mark": {"type": "tick", "thickness": 2, "color": QUIET, "height": 20},
            "encoding": {"x": along, "y": line},
        },
        {
            "data": {"values": own},
            "mark": {
                "type": "point",
                "filled": True,
                "size": 190,
                "color": ACCENT,
                "stroke": "white",
                "strokeWidth": 1.5,
                "opacity": 1,
            },
            "encoding": {"x": along, "y": line},
        },
    ]
    if not is_static:
        layers[-1]["encoding"] = {"x": along, "y": line, "tooltip": {"field": "tip"}}
    # A layer with nothing to draw would still widen the scales.
    drawn = [layer for layer in layers if layer["data"]["values"]]
    return framed({"layer": drawn or layers[:1]}, description=description, is_static=is_static, size=size)


def _strip_axis() -> Spec:
    return {
        "title": None,
        "domain": False,
        "ticks": False,
        "grid": True,
        "gridDash": [1, 3],
        "labelFontSize": 12,
        "labelPadding": 10,
    }


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """Strength after one wave: its name, value 0-100 (None: not measured), interval, and status."""

    wave: str
    value: float | None
    ci: tuple[float, float] | None = None
    status: str = "grey"


def strength_trend(
    points: Sequence[TrendPoint],
    *,
    status_words: Mapping[str, str],
    title: str,
    description: str,
    is_static: bool = False,
    size: tuple[int, int] = (640, 190),
) -> Spec:
    """Return strength over waves, oldest first: the line, its interval as upright bars, status as shape."""
    rows = [
        {
            "number": number,
            "wave": point.wave,
            "value": point.value,
            "low": point.ci[0] if point.ci else None,
            "high": point.ci[1] if point.ci else None,
            "status": status_words[point.status],
        }
        for number, point in enumerate(points)
    ]
    # Waves without a value stay in the rows: the line must break there and not jump across.
    known = {point.status for point in points if point.value is not None}
    present = [status for status in STATUSES if status in known]
    domain = [status_words[status] for status in present]
    hollow = ["transparent" if status == "grey" else COLOURS[STATUSES.index(status)] for status in present]
    waves = [point.wave for point in points]
    across: Spec = {
        "field": "wave",
        "type": "ordinal",
        "sort": waves,
        "scale": {"domain": waves, "padding": 0.5},
        "axis": {"title": None, "labelAngle": 0, "labelOverlap": True, "domain": False, "ticks": False},
    }
    up: Spec = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, 100]},
        "axis": {"title": title, "values": [0, 25, 50, 75, 100]},
    }
    shape = by_status(domain, [SHAPES[STATUSES.index(status)] for status in present])
    marks: Spec = {
        "x": across,
        "y": up,
        "fill": by_status(domain, hollow),
        "stroke": by_status(domain, [COLOURS[STATUSES.index(status)] for status in present]),
        "shape": shape,
    }
    if not is_static:
        marks["tooltip"] = [{"field": "wave"}, {"field": "value", "format": ".0f"}, {"field": "status"}]
    return framed(
        {
            "data": {"values": rows},
            "layer": [
                {
                    "mark": {"type": "rule", "color": QUIET, "opacity": 0.55, "strokeWidth": 6},
                    "encoding": {"x": across, "y": {**up, "field": "low"}, "y2": {"field": "high"}},
                },
                {
                    "mark": {
                        "type": "line",
                        "color": ACCENT,
                        "strokeWidth": 2,
                        "invalid": "break-paths-show-domains",
                    },
                    "encoding": {"x": across, "y": up},
                },
                {
                    "transform": [{"filter": "isValid(datum.value)"}],
                    "mark": {"type": "point", "size": 110, "fillOpacity": 1},
                    "encoding": marks,
                },
            ],
        },
        description=description,
        is_static=is_static,
        size=size,
    )
