"""Presses: processes that have WeasyPrint loaded and draw page after page, each in a child of its own.

A press is started when a page needs one and kept for the next. It stops by itself when nobody needs it, and
when this process ends.
"""

import atexit
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass

from vocapp.core.settings import PROJECT_ROOT
from vocapp.reports import cell

# Without the epoch every embedded font would carry the moment it was cut to size.
ENVIRONMENT = {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0"}
# More than these are only there while as many pages are drawn at once.
MOST_IDLE = 2
GRACE_SECONDS = 10.0


class PageLate(TimeoutError):
    """The page took longer than it may; its process was stopped, and the press goes on."""


class PressGone(OSError):
    """The press ended before it answered: it was idle for long, or never came up."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came of a page: the exit code of its process, its PDF, and what was said of it."""

    code: int
    pdf: bytes
    said: str


class Press:
    """One such process, and our end of its link."""

    def __init__(self) -> None:
        self._link, theirs = socket.socketpair()
        with theirs:
            # In a session of its own: it ends with its link, not by a key that was meant for us.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "vocapp.reports.cell"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd=PROJECT_ROOT,
                env=ENVIRONMENT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def draw(self, page: bytes, *, seconds: float) -> Drawn:
        """Return what comes of a page. Raises `TimeoutError` when late, `PressGone` without an answer."""
        with (
            tempfile.TemporaryDirectory(prefix="vocapp-paper-") as folder,
            tempfile.TemporaryFile() as written,
            tempfile.TemporaryFile() as pdf,
            tempfile.TemporaryFile() as said,
        ):
            written.write(page)
            written.seek(0)
            files = [file.fileno() for file in (written, pdf, said)]
            code = self._order(folder, files, seconds)
            for file in (pdf, said):
                file.seek(0)
            return Drawn(code, pdf.read(), said.read().decode(errors="replace"))

    def end(self) -> None:
        """Stop it, with whatever it draws."""
        self._link.close()
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def leave(self) -> None:
        """Let go of it without a word: it is another process's."""
        self._link.close()
        self._process.returncode = 0

    def _order(self, folder: str, files: list[int], seconds: float) -> int:
        # The press keeps the time; this is for one that does not.
        self._link.settimeout(seconds + GRACE_SECONDS)
        try:
            socket.send_fds(self._link, [f"{seconds} {folder}".encode()], files)
            answer = self._link.recv(16).decode()
        except (BrokenPipeError, ConnectionResetError):
            answer = ""
        if not answer:
            raise PressGone
        if answer == cell.LATE:
            raise PageLate
        return int(answer)


_idle: list[Press] = []


def draw(page: bytes, *, seconds: float) -> Drawn:
    """Return what comes of a page that a press draws, without waiting for another page.

    Raises `TimeoutError` after `seconds`, and `PressGone` when presses cannot be started.
    """
    try:
        kept = _idle.pop()
    except IndexError:
        return _drawn(Press(), page, seconds)
    try:
        return _drawn(kept, page, seconds)
    except PressGone:
        # It was idle for long, and has just ended.
        return _drawn(Press(), page, seconds)


def end_idle_presses() -> None:
    """Stop the presses that wait for a page."""
    while _idle:
        _idle.pop().end()


def idle_presses() -> list[int]:
    """Return the process numbers of the presses that wait for a page."""
    return [press.pid for press in _idle]


def _drawn(press: Press, page: bytes, seconds: float) -> Drawn:
    is_well = False
    try:
        drawn = press.draw(page, seconds=seconds)
        is_well = True
        return drawn
    except PageLate:
        is_well = True
        raise
    finally:
        if is_well and len(_idle) < MOST_IDLE:
            _idle.append(press)
        else:
            press.end()


def _leave_presses() -> None:
    while _idle:
        _idle.pop().leave()


atexit.register(end_idle_presses)
# Two processes that order from one press would get each other's answers.
os.register_at_fork(after_in_child=_leave_presses)
