"""The figures to watch, as text for Prometheus."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from flask import current_app
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from vocapp.core.db import reading
from vocapp.operations.health import readiness, remembered
from vocapp.operations.queries import Figures, read_figures
from vocapp.operations.request_counts import EDGES, RequestTotals, request_counts
from vocapp.operations.rules import FINE, OK, PartName, is_running

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
# Counting large tables takes a moment; asking more often than this brings nothing new.
FIGURES_SECONDS = 5.0


def metrics_text(now: datetime) -> bytes:
    """Return every figure in Prometheus' text format.

    What stands in the database is the same whoever is asked; requests are those of this machine's web
    processes. While the database is away, its figures are missing and `vocapp_ready` says so.
    """
    ready = readiness().parts
    families = [_gauge("ready", "Whether this is there (1) or not (0).", "part", _ready(ready))]
    if ready["database"] == OK:
        figures: Figures = remembered(current_app).get(
            "figures", lambda: _figures(now), seconds=FIGURES_SECONDS
        )
        families += _database_families(figures, now)
    families += _request_families(request_counts(current_app).totals())
    registry = CollectorRegistry()
    registry.register(_Given(families))
    return generate_latest(registry)


class _Given(Collector):
    """Families that were made before."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """Yield them."""
        yield from self._families


def _figures(now: datetime) -> Figures:
    with reading():
        return read_figures(now)


def _ready(parts: Mapping[str, str]) -> dict[str, float]:
    return {name: float(word in FINE) for name, word in parts.items()}


def _database_families(figures: Figures, now: datetime) -> list[Metric]:
    running = [part.name for part in figures.parts if is_running(part.seen_at, now=now)]
    silent = len(figures.parts) - len(running)
    unfinished = GaugeMetricFamily(
        "vocapp_unfinished_jobs", "Jobs that wait, run or were given up, by kind.", labels=["kind", "state"]
    )
    for (kind, state), count in figures.unfinished_jobs.items():
        unfinished.add_metric([kind, state], count)
    return [
        _gauge("messages", "Mails by state.", "state", figures.messages),
        _single(
            "messages_oldest_due_seconds", "How long the oldest due mail waits.", figures.oldest_due_message
        ),
        _single("messages_sent_last_hour", "Mails sent within the last hour.", figures.sent_last_hour),
        _gauge("jobs", "Jobs by state; done ones of the last days.", "state", figures.jobs),
        unfinished,
        _single("jobs_oldest_due_seconds", "How long the oldest due job waits.", figures.oldest_due_job),
        _single("schedules_late_seconds", "How late the latest periodic job is.", figures.latest_schedule),
        _single("responses_last_hour", "Answers within the last hour.", figures.responses_last_hour),
        _gauge("inbound_mails", "Mails that came in, by state.", "state", figures.mails_in),
        _gauge(
            "running_parts",
            "Processes that said within a minute that they run.",
            "part",
            {name.value: running.count(name) for name in PartName},
        ),
        _single("silent_parts", "Processes that stopped without saying so, within a day.", silent),
    ]


def _request_families(totals: dict[str, RequestTotals]) -> list[Metric]:
    requests = CounterMetricFamily(
        "vocapp_requests", "Requests by page and status, on this machine.", labels=["page", "status"]
    )
    seconds = HistogramMetricFamily(
        "vocapp_request_seconds", "How long requests took, by page, on this machine.", labels=["page"]
    )
    for page, total in totals.items():
        for status, count in total.by_class.items():
            if count:
                requests.add_metric([page, status], count)
        seconds.add_metric([page], buckets=_buckets(total), sum_value=total.seconds)
    return [requests, seconds]


def _buckets(total: RequestTotals) -> list[tuple[str, float]]:
    """Return upper edge → how many took up to that, in Prometheus' running sums."""
    names = [*map(str, EDGES), "+Inf"]
    return [(name, sum(total.by_edge[: place + 1])) for place, name in enumerate(names)]


def _gauge(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"vocapp_{name}", meaning, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _single(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"vocapp_{name}", meaning, value=value)
