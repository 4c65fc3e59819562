"""Charts as SVG for paper. Only the worker and commands call this: it holds the interpreter while it draws.

Never render in the web process: a child forked after its parent has rendered once hangs in its first render.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import vl_convert

from vocapp.charts.arabic import with_arabic
from vocapp.core.assets import VENDOR

VERSION = "6.4"


def render_svg(spec: dict[str, Any]) -> str:
    """Return a spec as an SVG document that carries its description; it may read no file and no address."""
    _register_fonts(VENDOR)
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=VERSION, allowed_base_urls=[])
    # The drawing itself does not say what it is; a reader that speaks needs its description.
    words = escape(spec.get("description", ""), {'"': "&quot;"})
    return (
        with_arabic(svg)
        .replace("<svg ", f'<svg role="img" aria-label="{words}" ', 1)
        .replace(">", f"><title>{words}</title>", 1)
    )


@lru_cache(maxsize=1)
def _register_fonts(folder: Path) -> None:
    """Let texts be measured with the fonts that were installed with the pages, where it can read them."""
    if folder.is_dir():
        vl_convert.register_font_directory(str(folder))
