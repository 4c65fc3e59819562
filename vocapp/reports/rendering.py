"""From an HTML page to a PDF: the only place that knows WeasyPrint.

The page is laid out in a process of its own, which can open nothing but data URIs, may use so much memory and
time, and knows no setting of ours. Run as a module it is that process: HTML in, PDF out.
"""

import os
import resource
import subprocess
import sys
import tempfile

import structlog

from vocapp.charts.arabic import with_arabic
from vocapp.core.errors import DomainError
from vocapp.core.settings import PROJECT_ROOT

log = structlog.get_logger()

SECONDS = 60
MEMORY = 2 * 1024**3
LARGEST_FILE = 64 * 1024**2
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
        command = [sys.executable, "-m", "vocapp.reports.rendering"]
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


def main() -> None:
    """Read a page from standard input and write its PDF to standard output."""
    _limit_resources()
    # Here and not above: it needs system libraries that only this process has to have.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    page = HTML(string=sys.stdin.buffer.read().decode(), url_fetcher=fetcher)
    sys.stdout.buffer.write(page.write_pdf(pdf_variant="pdf/ua-1"))


def _limit_resources() -> None:
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
