"""The process that lays a page out: HTML in, PDF out. The only place that knows WeasyPrint.

It can open nothing but data URIs and may use so much memory and time. It is started for every report, so it
imports nothing of ours: reading the settings alone takes as long as loading WeasyPrint.
"""

import os
import resource
import sys

SECONDS = 60
MEMORY = 2 * 1024**3
LARGEST_FILE = 64 * 1024**2


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
