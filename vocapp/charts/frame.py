"""What all charts share: colours and shapes of the statuses, paper, and the frame around the layers."""

from collections.abc import Sequence
from typing import Any

Spec = dict[str, Any]

STATUSES = ("green", "amber", "red", "grey")
# Shapes tell the statuses apart without colour; grey is drawn hollow.
SHAPES = ("circle", "triangle-up", "diamond", "circle")
COLOURS = ("#2f9271", "#d1901f", "#c9483c", "#7d878d")
ACCENT = "#2a7f91"
QUIET = "#7d878d"
INK = "#1b2226"

# What the page's script sets from its style sheet; paper has its own, for black ink on white.
PAPER_CONFIG: Spec = {
    "background": "white",
    "font": "Inter, 'DejaVu Sans', sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "#4a545a",
        "titleColor": "#4a545a",
        "gridColor": "#e5e2da",
        "domainColor": "#c9c5ba",
        "tickColor": "#c9c5ba",
        "labelFontSize": 10,
        "titleFontSize": 10,
        "titleFontWeight": 500,
    },
    "axisQuantitative": {"tickCount": 5},
    "legend": {
        "orient": "top",
        "labelColor": "#4a545a",
        "titleColor": "#4a545a",
        "labelFontSize": 10,
        "titleFontSize": 10,
    },
    "text": {"color": INK},
}


def framed(spec: Spec, *, description: str, is_static: bool, size: tuple[int, int]) -> Spec:
    """Return layers as a chart that fills its container, or, static, one of a fixed size on paper."""
    frame: Spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": description,
        "autosize": {"type": "fit", "contains": "padding"},
        **spec,
    }
    if is_static:
        return frame | {"width": size[0], "height": size[1], "config": PAPER_CONFIG}
    return frame | {"width": "container", "height": "container"}


def by_status(domain: Sequence[str], range_: Sequence[str], *, offset: int = 12) -> Spec:
    """Return how a channel follows the status; channels with the same domain share one legend."""
    return {
        "field": "status",
        "type": "nominal",
        "scale": {"domain": list(domain), "range": list(range_)},
        "legend": {"title": None, "symbolOpacity": 1, "symbolStrokeWidth": 1.5, "offset": offset},
    }
