"""From a snapshot to the HTML that is printed, the same way for every kind of report."""

from collections.abc import Mapping
from typing import Any

import flask_babel
from flask import current_app

from vocapp.charts.frame import Spec
from vocapp.reports import editions, texts
from vocapp.reports.charting import drawn
from vocapp.reports.fonts import faces_of, font_style
from vocapp.reports.rules import snapshot_id

# The brand of reports that were frozen before there was one to choose.
PLAIN_BRAND: Mapping[str, Any] = {"accent": "#0f5261", "logo": None, "logo_size": None}


def written(
    template_name: str, snapshot: Mapping[str, Any], *, specs: Mapping[str, Spec | None], **context: object
) -> str:
    """Return the page of a snapshot: its charts drawn, every font it needs inside.

    The template knows the snapshot and what is passed with it, nothing else: neither request nor user nor
    database. `specs` are charts by name; one that is None was not worth drawing and is None in `charts`.
    Call it under the snapshot's locale.
    """
    template = current_app.jinja_env.get_template(template_name)
    known = {
        "snapshot": snapshot,
        "texts": texts,
        "editions": editions,
        "brand": snapshot.get("brand") or PLAIN_BRAND,
        "paper_size": snapshot.get("paper", "a4"),
        "id": snapshot_id(snapshot),
        "is_mirrored": flask_babel.get_locale().text_direction == "rtl",
        **context,
    }
    # Written once without fonts and charts, to see which letters they have to draw.
    letters = template.render(fonts="", charts=dict.fromkeys(specs), **known) + str(dict(specs))
    faces = faces_of(letters)
    families = [face.family for face in faces]
    charts = {name: spec and drawn(spec, families=families) for name, spec in specs.items()}
    return template.render(fonts=font_style(faces), charts=charts, **known)
