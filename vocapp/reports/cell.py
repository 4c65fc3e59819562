"""The processes that lay pages out: HTML in, PDF out. The only place that knows WeasyPrint.

One process loads WeasyPrint and never sees a page. For every page it forks a child, which may open nothing
but data URIs, may use so much memory and time, and ends with its page: no page finds anything of another. It
imports nothing of ours, so that it has no setting and nobody's words.
"""

import gc
import importlib
import os
import resource
import select
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress

SECONDS = 60
MEMORY = 2 * 1024**3
LARGEST_FILE = 64 * 1024**2
# A process that nobody has needed for so long gives its memory back.
IDLE_SECONDS = 300.0
LONGEST_ORDER = 4096
FILES = 3
LATE = "late"

# What WeasyPrint loads only when it lays out; here every child has it already.
LOADED_LATE = (
    "email.policy",
    "fontTools.agl",
    "fontTools.ttLib.tables.B_A_S_E_",
    "fontTools.ttLib.tables.M_V_A_R_",
    "fontTools.ttLib.tables.O_S_2f_2",
    "fontTools.ttLib.tables.S_T_A_T_",
    "fontTools.ttLib.tables._a_v_a_r",
    "fontTools.ttLib.tables._f_p_g_m",
    "fontTools.ttLib.tables._g_a_s_p",
    "fontTools.ttLib.tables._h_h_e_a",
    "fontTools.ttLib.tables._p_r_e_p",
    "fontTools.ttLib.tables._v_h_e_a",
)


def main() -> None:
    """Take orders from the socket that is standard input until its other end is closed, or nobody orders.

    An order is how many seconds it may take, a folder, and three open files: the page, its PDF, and what is
    said of it. The answer is the child's exit code, or "late".
    """
    os.umask(0o077)
    # Here and not above: it needs system libraries that only this process has to have. No layout is tried
    # beforehand: Pango begins threads with the first, and a fork of threads may never end.
    importlib.import_module("weasyprint")
    for name in LOADED_LATE:
        # Another version may have other parts; then its children load them.
        with suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    # What is there stays: a child that looked through it for rubbish would copy all of it.
    gc.freeze()
    with socket.socket(fileno=sys.stdin.fileno()) as link:
        while select.select([link], [], [], IDLE_SECONDS)[0]:
            order, files, _flags, _address = socket.recv_fds(link, LONGEST_ORDER, FILES)
            if len(files) != FILES:
                break
            seconds, folder = order.decode().split(" ", 1)
            link.sendall(_drawn_by_child(folder, files, float(seconds)).encode())


def _drawn_by_child(folder: str, files: Sequence[int], seconds: float) -> str:
    # Closed by the end of the child, however it ends: only it has the other side.
    alive, held = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _draw(folder, files)
            os._exit(0)
        finally:
            # Reached by a failure alone, which must not get back to the loop above.
            traceback.print_exc()
            os._exit(1)
    for file in (*files, held):
        os.close(file)
    is_late = not select.select([alive], [], [], seconds)[0]
    if is_late:
        os.kill(child, signal.SIGKILL)
    os.close(alive)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return LATE if is_late else str(code)


def _draw(folder: str, files: Sequence[int]) -> None:
    """Lay out the page; standard input, output and error become its files, and the link is gone with that."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    # For the libraries beneath as well; what Python has read of its surroundings was read before.
    os.putenv("HOME", folder)
    os.putenv("TMPDIR", folder)
    tempfile.tempdir = folder
    _limit_resources()
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    page = HTML(string=sys.stdin.buffer.read().decode(), url_fetcher=fetcher)
    sys.stdout.buffer.write(page.write_pdf(pdf_variant="pdf/ua-1"))
    sys.stdout.buffer.flush()


def _limit_resources() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
