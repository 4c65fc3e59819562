"""From an HTML page to a PDF, in a process of its own that knows no setting of ours."""

import subprocess
import sys
import tempfile

import structlog

from vocapp.charts.arabic import with_arabic
from vocapp.core.errors import DomainError
from vocapp.core.settings import PROJECT_ROOT
from vocapp.reports import cell

log = structlog.get_logger()

SECONDS = cell.SECONDS
# Without the epoch every embedded font would carry the moment it was cut to size.
ENVIRONMENT = {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0"}


class RenderingFailed(DomainError):
    """The page could not be laid out, or took too long."""


def render_pdf(html: str, *, seconds: float = SECONDS) -> bytes:
    """Return a page as a tagged PDF (PDF/UA-1); the same page gives the same bytes.

    Nothing is fetched: whatever the page asks for beyond data URIs is left out. Raises `RenderingFailed`
    after `seconds`, or when the page cannot be laid out.
    """
    with tempfile.TemporaryDirectory(prefix="vocapp-paper-") as folder:
        command = [sys.executable, "-m", "vocapp.reports.cell"]
        environment = ENVIRONMENT | {"TMPDIR": folder, "HOME": folder}
        try:
            done = subprocess.run(  # noqa: S603 - our own module, the page travels on standard input
                command,
                input=with_arabic(html).encode(),
                capture_output=True,
                timeout=seconds,
                cwd=PROJECT_ROOT,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RenderingFailed("Drawing the report took too long; please ask for it again.") from None
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF"):
        log.error("rendering_failed", code=done.returncode, said=done.stderr.decode(errors="replace")[-2000:])
        raise RenderingFailed("The report could not be drawn; please tell your administrator.")
    return done.stdout
