"""From a snapshot to the bytes of its PDF."""

from collections.abc import Mapping
from typing import Any

import flask_babel
from flask import current_app

from vocapp.reports import phrases
from vocapp.reports.charting import cohort_spec, drawn
from vocapp.reports.fonts import faces_of, font_style
from vocapp.reports.paper import lay_out
from vocapp.reports.rendering import SECONDS, render_pdf


def print_account(snapshot: Mapping[str, Any], *, seconds: float = SECONDS) -> bytes:
    """Return the PDF of an account snapshot: the same snapshot gives the same bytes.

    The template knows nothing but the snapshot: neither request nor user nor database. Raises
    `RenderingFailed` when it cannot be laid out within `seconds`.
    """
    return render_pdf(account_page(snapshot), seconds=seconds)


def account_page(snapshot: Mapping[str, Any]) -> str:
    """Return the HTML that is printed."""
    with flask_babel.force_locale(snapshot["language"]):
        template = current_app.jinja_env.get_template("pdf/account.html")
        paper = lay_out(snapshot)
        spec = cohort_spec(snapshot)
        # Written once without fonts, to see which letters they have to draw.
        letters = template.render(paper=paper, say=phrases, fonts="", chart=None) + str(spec)
        faces = faces_of(letters)
        chart = None if spec is None else drawn(spec, families=[face.family for face in faces])
        return template.render(paper=paper, say=phrases, fonts=font_style(faces), chart=chart)
