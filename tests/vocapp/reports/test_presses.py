"""Presses: kept from page to page, while nothing of one page reaches the next."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.vocapp.reports.builders import fonts, opened
from vocapp.reports import cell, presses
from vocapp.reports.fonts import faces_of, font_style
from vocapp.reports.rendering import SECONDS, RenderingFailed, render_pdf

PLAIN = (
    "<html lang='en'><title>x</title><body style='font-family: Stolen, sans-serif'><p>Plain words</p></body>"
)
ENDLESS = f"<p>{'x' * 2000} " * 3000


@pytest.fixture(autouse=True)
def no_press():
    presses.end_idle_presses()
    yield
    presses.end_idle_presses()


def stolen_font() -> str:
    """The rule of a font that the plain page asks for, and does not bring."""
    face = faces_of("Plain")[0]
    return str(font_style([face])).replace(face.family, "Stolen")


def test_a_press_draws_page_after_page():
    render_pdf(PLAIN)
    first = presses.idle_presses()
    render_pdf(PLAIN)
    assert presses.idle_presses() == first
    assert len(first) == 1


def test_a_page_finds_nothing_of_the_one_before_it():
    fresh = render_pdf(PLAIN)
    secret = "the canary sings at midnight"
    style = f"<style>{stolen_font()}</style>"
    with_font = render_pdf(PLAIN.replace("<body", f"{style}<body").replace("Plain", secret))
    assert any("Stolen" in name for name in fonts(opened(with_font)))
    assert render_pdf(PLAIN) == fresh
    assert secret.encode() not in memory_of(presses.idle_presses()[0])


def memory_of(pid: int) -> bytes:
    """Everything a process holds that it may write to."""
    found = b""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights = line.split()[:2]
            if rights.startswith("rw"):
                start, end = (int(edge, 16) for edge in span.split("-"))
                memory.seek(start)
                found += memory.read(end - start)
    return found


def test_a_press_outlives_pages_that_break_their_process_or_never_end():
    render_pdf(PLAIN)
    kept = presses.idle_presses()
    broken = presses.draw(b"\xff", seconds=SECONDS)
    assert (broken.code, broken.pdf) == (1, b"")
    assert "UnicodeDecodeError" in broken.said
    assert presses.idle_presses() == kept
    with pytest.raises(RenderingFailed, match="took too long"):
        render_pdf(ENDLESS, seconds=1)
    assert presses.idle_presses() == kept
    assert len(opened(render_pdf(PLAIN)).pages) == 1


def test_what_draws_a_page_has_its_limits():
    render_pdf(PLAIN)
    (press,) = presses.idle_presses()
    with ThreadPoolExecutor(1) as pool:
        drawing = pool.submit(render_pdf, ENDLESS, seconds=5)
        child = awaited(lambda: Path(f"/proc/{press}/task/{press}/children").read_text().strip())
        limit = awaited(lambda: limits(child)["Max core file size"] == "0" and limits(child))
        assert limit["Max address space"] == str(cell.MEMORY)
        assert limit["Max file size"] == str(cell.LARGEST_FILE)
        assert limit["Max cpu time"] == str(cell.SECONDS)
        with pytest.raises(RenderingFailed):
            drawing.result()
    assert not Path(f"/proc/{child}").exists()


def limits(pid: str) -> dict[str, str]:
    """The hard limits of a process, by name."""
    rows = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {row[:26].strip(): row[26:].split()[1] for row in rows}


def awaited(look: Callable[[], Any]) -> Any:
    """What a look finds as soon as it finds anything."""
    while not (found := look()):
        time.sleep(0.01)
    return found


def test_a_press_that_has_ended_is_replaced():
    render_pdf(PLAIN)
    (gone,) = presses.idle_presses()
    os.kill(gone, signal.SIGKILL)
    render_pdf(PLAIN)
    assert presses.idle_presses() not in ([], [gone])


def test_a_press_knows_no_setting_and_has_no_file_open(monkeypatch):
    monkeypatch.setenv("VOCAPP_SECRET_KEY", "the canary sings at midnight")
    render_pdf(PLAIN)
    (pid,) = presses.idle_presses()
    words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert {word.partition(b"=")[0].decode() for word in words if word} <= {*presses.ENVIRONMENT, "LC_CTYPE"}
    assert sorted(one.name for one in Path(f"/proc/{pid}/fd").iterdir()) == ["0", "1", "2"]
    # Of several threads only one goes on in a fork, and may wait for the others without end.
    assert len(list(Path(f"/proc/{pid}/task").iterdir())) == 1


def test_a_fork_leaves_the_presses_to_its_parent():
    render_pdf(PLAIN)
    kept = presses.idle_presses()
    child = os.fork()
    if child == 0:
        os._exit(len(presses.idle_presses()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    render_pdf(PLAIN)
    assert presses.idle_presses() == kept
