"""From an HTML page to a PDF, in a process of its own that knows no setting of ours."""

import structlog

from vocapp.charts.arabic import with_arabic
from vocapp.core.errors import DomainError
from vocapp.reports import cell, presses

log = structlog.get_logger()

SECONDS = cell.SECONDS


class RenderingFailed(DomainError):
    """The page could not be laid out, or took too long."""


def render_pdf(html: str, *, seconds: float = SECONDS) -> bytes:
    """Return a page as a tagged PDF (PDF/UA-1); the same page gives the same bytes.

    Nothing is fetched: whatever the page asks for beyond data URIs is left out. Raises `RenderingFailed`
    after `seconds`, or when the page cannot be laid out.
    """
    try:
        drawn = presses.draw(with_arabic(html).encode(), seconds=seconds)
    except TimeoutError:
        raise RenderingFailed("Drawing the report took too long; please ask for it again.") from None
    except presses.PressGone:
        drawn = presses.Drawn(-1, b"", "The process that draws ended before it answered.")
    if drawn.code != 0 or not drawn.pdf.startswith(b"%PDF"):
        log.error("rendering_failed", code=drawn.code, said=drawn.said[-2000:])
        raise RenderingFailed("The report could not be drawn; please tell your administrator.")
    return drawn.pdf
