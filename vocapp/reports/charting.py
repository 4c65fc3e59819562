"""Charts for paper: the same specs as on the pages, drawn as vector and told in words."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from vocapp.charts.frame import Spec
from vocapp.charts.rendering import render_svg


@dataclass(frozen=True)
class Chart:
    """A drawing as a data URI, and what it shows in words."""

    source: str
    title: str


def drawn(spec: Spec, *, families: Sequence[str]) -> Chart:
    """Return a chart drawn for paper, lettered in these families."""
    config = spec["config"]
    # The head of so small a chart belongs to the name of its upright axis.
    legend = {**config["legend"], "orient": "bottom"}
    lettered = {**spec, "config": {**config, "font": ", ".join(families), "legend": legend}}
    drawing = base64.b64encode(render_svg(lettered).encode()).decode("ascii")
    return Chart(f"data:image/svg+xml;base64,{drawing}", spec["description"])
