"""How ratings are spread over their scale: one bar per point, coloured by its class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vocapp.charts.frame import COLOURS, QUIET, Spec, framed

# Good, in between, bad; the axis and the legend say the same in words.
BAND_COLOURS: Mapping[str, str] = {"good": COLOURS[0], "middle": QUIET, "bad": COLOURS[2]}


@dataclass(frozen=True, slots=True)
class RatingBar:
    """One point of a scale, how many gave it, and its class: good, middle or bad."""

    point: int
    count: int
    band: str


def rating_bars(
    bars: Sequence[RatingBar],
    *,
    band_words: Mapping[str, str],
    title: str,
    description: str,
    is_static: bool = False,
    size: tuple[int, int] = (640, 200),
) -> Spec:
    """Return the bars in the order of the scale, lowest first; `band_words` name the classes."""
    present = [band for band in ("bad", "middle", "good") if any(bar.band == band for bar in bars)]
    rows = [{"point": str(bar.point), "count": bar.count, "band": band_words[bar.band]} for bar in bars]
    across: Spec = {
        "field": "point",
        "type": "ordinal",
        "sort": [row["point"] for row in rows],
        "axis": {"title": None, "labelAngle": 0, "domain": False, "ticks": False},
    }
    # Whole answers only: a scale of 0, 0.5, 1 would promise halves.
    most = max((bar.count for bar in bars), default=0)
    up: Spec = {
        "field": "count",
        "type": "quantitative",
        "scale": {"domain": [0, max(most, 4)], "nice": True},
        "axis": {"title": title, "tickMinStep": 1, "format": ",d", "tickCount": 4},
    }
    encoding: Spec = {
        "x": across,
        "y": up,
        "color": {
            "field": "band",
            "type": "nominal",
            "scale": {
                "domain": [band_words[band] for band in present],
                "range": [BAND_COLOURS[band] for band in present],
            },
            # On a phone its words do not fit side by side: there the page says them above the chart.
            "legend": {"title": None} if is_static else None,
        },
    }
    if not is_static:
        encoding["tooltip"] = [
            {"field": "point", "title": " "},
            {"field": "band", "title": " "},
            {"field": "count", "title": title},
        ]
    mark: Spec = {"type": "bar", "cornerRadiusEnd": 2}
    return framed(
        {"data": {"values": rows}, "mark": mark, "encoding": encoding},
        description=description,
        is_static=is_static,
        size=size,
    )
