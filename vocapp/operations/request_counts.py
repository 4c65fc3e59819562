"""How many requests came to each page, what came of them and how long they took.

The counts of all web processes of a machine stand in memory they share, each writing into a share of its
own, so whichever is asked knows all. Two threads of one process may now and then count two requests as one;
that is close enough for a figure to watch.
"""

import mmap
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from flask import Flask, Response, request

EXTENSION_KEY = "vocapp.request_counts"
BEGAN = "vocapp.began"
NO_PAGE = "none"
# Upper edges in seconds; what takes longer than the last is in a bucket of its own.
EDGES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SHARES = 32
CLASSES = 5
SECONDS = CLASSES + len(EDGES) + 1
ROW = SECONDS + 1
NUMBER_BYTES = 8


@dataclass(frozen=True)
class RequestTotals:
    """The requests to one page: by class of status, by time taken (each once), and seconds in all."""

    by_class: Mapping[str, int]
    by_edge: tuple[int, ...]
    seconds: float


class RequestCounts:
    """Counts per endpoint, in memory that processes forked from this one share."""

    def __init__(self, endpoints: Iterable[str]) -> None:
        self._rows = {name: number for number, name in enumerate((NO_PAGE, *endpoints))}
        size = len(self._rows) * ROW
        memory = mmap.mmap(-1, SHARES * size * NUMBER_BYTES)
        self._shares = [
            memoryview(memory)[share * size * NUMBER_BYTES : (share + 1) * size * NUMBER_BYTES].cast("d")
            for share in range(SHARES)
        ]
        self._own = self._shares[0]

    def take_share(self, number: int) -> None:
        """Count into the share of this number from now on; no two living processes should have one."""
        self._own = self._shares[number % SHARES]

    def count(self, endpoint: str | None, *, status: int, seconds: float) -> None:
        """Count one request."""
        start = self._rows.get(endpoint or NO_PAGE, 0) * ROW
        edge = next((number for number, limit in enumerate(EDGES) if seconds <= limit), len(EDGES))
        self._own[start + min(max(status // 100, 1), CLASSES) - 1] += 1
        self._own[start + CLASSES + edge] += 1
        self._own[start + SECONDS] += seconds

    def totals(self) -> dict[str, RequestTotals]:
        """Return endpoint → its requests since the start, of all shares, where there were any."""
        found = {}
        for name, number in self._rows.items():
            rows = [share[number * ROW : (number + 1) * ROW].tolist() for share in self._shares]
            summed = [sum(column) for column in zip(*rows, strict=True)]
            if any(summed[:CLASSES]):
                classes = {f"{place + 1}xx": int(count) for place, count in enumerate(summed[:CLASSES])}
                edges = tuple(int(count) for count in summed[CLASSES:SECONDS])
                found[name] = RequestTotals(classes, edges, summed[SECONDS])
        return found


def init_request_counts(app: Flask) -> None:
    """Count every request from now on; call when all pages are registered."""
    counts = RequestCounts(sorted(app.view_functions))
    app.extensions[EXTENSION_KEY] = counts

    def note_beginning() -> None:
        request.environ[BEGAN] = time.perf_counter()

    # Before everything else, so that what the guards take counts too.
    app.before_request_funcs.setdefault(None, []).insert(0, note_beginning)

    @app.after_request
    def _count(response: Response) -> Response:
        began = request.environ.get(BEGAN)
        if began is not None:
            taken = time.perf_counter() - began
            counts.count(request.endpoint, status=response.status_code, seconds=taken)
        return response


def request_counts(app: Flask) -> RequestCounts:
    """Return the counts of an app."""
    return cast(RequestCounts, app.extensions[EXTENSION_KEY])
