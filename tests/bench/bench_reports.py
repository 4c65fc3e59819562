"""Reports as PDF: a benchmark and a review against bare WeasyPrint, and one process against two.

The floor lays out the same finished page, again and again in one process that has everything loaded. Both are
measured in turns and in processor time, which other work on the machine disturbs less than elapsed time.
Run alone: `python -m tests.bench.bench_reports --reports 40`.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.places import close_places, fresh_app
from tests.vocapp.reports.samples import sample
from vocapp.reports import presses
from vocapp.reports.printing import page_of_report
from vocapp.reports.rendering import render_pdf

REPORTS = 200
ROUNDS = 5
TURN = 20


def _used() -> float:
    """Seconds of processor time of this process, its children that ended, and its presses with theirs."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    there = sum(_used_by(pid) for pid in presses.idle_presses())
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime + there


def _used_by(pid: int) -> float:
    """Seconds of processor time of a process and of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def measure(work: Callable[[], Any]) -> tuple[float, float]:
    """Return (processor seconds, elapsed seconds) of a piece of work."""
    used, start = _used(), time.perf_counter()
    work()
    return _used() - used, time.perf_counter() - start


def bare(page: str) -> bytes:
    """The floor: WeasyPrint as it is, without a process or a limit of its own."""
    from weasyprint import HTML

    return bytes(HTML(string=page).write_pdf(pdf_variant="pdf/ua-1") or b"")


def measure_kind(kind: str, rounds: int) -> None:
    """Print what one report of a kind takes, beside its floor."""
    snapshot = sample(kind)
    page = page_of_report(snapshot)
    bare(page)
    render_pdf(page)
    writing, drawing, floor = [], [], []
    for _round in range(rounds):
        writing.append(measure(lambda: page_of_report(snapshot)))
        drawing.append(measure(lambda: render_pdf(page)))
        floor.append(measure(lambda: bare(page)))
    (written, _), (drawn, took), (least, least_took) = (
        (median(one[0] for one in times), median(one[1] for one in times))
        for times in (writing, drawing, floor)
    )
    print(
        f"{kind:<10} page {written * 1000:>5.0f} ms, paper {drawn * 1000:>5.0f} ms, "
        f"bare {least * 1000:>5.0f} ms of processor time: ratio {drawn / least:.2f}; "
        f"elapsed {took:.1f} s against {least_took:.1f} s",
        flush=True,
    )


def measure_workers(reports: int) -> None:
    """Print how much faster two processes draw many account benchmarks than one does."""
    page = page_of_report(sample("account"))
    seconds = {1: 0.0, 2: 0.0}
    # In turns, so that other work on the machine meets both alike.
    for count in _parts(reports):
        for workers in seconds:
            with ThreadPoolExecutor(workers) as pool:
                start = time.perf_counter()
                list(pool.map(render_pdf, [page] * count))
                seconds[workers] += time.perf_counter() - start
    held = max(_resident(pid) for pid in presses.idle_presses())
    presses.end_idle_presses()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{reports} account reports: {seconds[1]:.0f} s in one process at a time, {seconds[2]:.0f} s in two: "
        f"{seconds[1] / seconds[2]:.2f} times as fast; "
        f"a press holds {held:.0f} MB, a page at most {peak:.0f} MB",
        flush=True,
    )


def _parts(reports: int) -> list[int]:
    return [min(TURN, reports - done) for done in range(0, reports, TURN)]


def _resident(pid: int) -> float:
    """Megabytes of memory a process holds, shared ones included."""
    return (
        int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
        * resource.getpagesize()
        / 2**20
    )


def start_up() -> float:
    """Return the processor seconds of starting a press: an interpreter that has loaded WeasyPrint."""
    command = [sys.executable, "-c", "import vocapp.reports.cell, weasyprint"]
    return median(measure(lambda: subprocess.run(command, check=True))[0] for _round in range(3))


def main(arguments: list[str] | None = None) -> None:
    """Measure every kind, then many at once, and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=REPORTS, help="how many are drawn at once")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args(arguments or [])
    app = fresh_app("sqlite")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; start-up {start_up() * 1000:.0f} ms")
    with app.app_context():
        for kind in ("account", "portfolio"):
            measure_kind(kind, chosen.rounds)
        measure_workers(chosen.reports)
    print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    finally:
        close_places()
