"""The engine of one process: it leases due jobs, has them run, and gives back what it cannot finish."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import dramatiq
import structlog
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import BrokerConnectionError
from flask import Flask
from redis.exceptions import RedisError

from integrations.errors import Retryable
from vocapp.core.clock import utcnow
from vocapp.core.db import reading, transaction
from vocapp.core.errors import DomainError
from vocapp.core.jobs import (
    Lease,
    LeasedJob,
    abandon_job,
    begin_job,
    count_leased_jobs,
    finish_job,
    has_due_jobs,
    lease_due_jobs,
    postpone_job,
    queue_due_schedules,
    release_job,
)
from vocapp.core.outages import AWAY_SECONDS, DATABASE_AWAY, write_when_back
from vocapp.core.stopping import stopping_of

log = structlog.get_logger()

Payload = Mapping[str, Any]

# What sending to a broker raises that is away, starting, or has just been wiped.
BROKER_AWAY = (BrokerConnectionError, RedisError, OSError)

POLL_SECONDS = 0.25
# How long a worker waits for the database to come back before it leaves its job to the lease.
PATIENCE = timedelta(seconds=60)
SCHEDULE_SECONDS = 5.0
# How long a process that is told to stop waits for what it has begun.
STOP_SECONDS = 30
WORKER_THREADS = 4
# How many jobs may be with a broker and its workers at a time.
MAX_OUTSTANDING = 100


@dataclass(frozen=True)
class Task:
    """What a job name means: a function, and how long its worker may take before others may try."""

    run: Callable[[Payload], None]
    lease: timedelta = timedelta(minutes=2)


@dataclass(frozen=True)
class Work:
    """All there is to do: job name → task, and job name → how often it comes by itself."""

    tasks: Mapping[str, Task]
    periods: Mapping[str, timedelta]

    @property
    def leases(self) -> dict[str, timedelta]:
        """How long each kind of job may take."""
        return {kind: task.lease for kind, task in self.tasks.items()}


def run_job(lease: Lease, work: Work) -> None:
    """Run one leased job inside an app context: done, tried again later, or given up with its reason.

    A database that goes away meanwhile is waited for.
    """
    job = _begin(lease, work)
    if job is None:
        return  # The lease ran out and passed on; whoever holds it now does the work.
    with structlog.contextvars.bound_contextvars(job_id=job.id, kind=job.kind):
        _run(lease, job, work)


def _begin(lease: Lease, work: Work) -> LeasedJob | None:
    begun: list[LeasedJob | None] = []
    _write(lambda: begun.append(begin_job(lease, leases=work.leases, now=utcnow())))
    return begun[-1]


def _run(lease: Lease, job: LeasedJob, work: Work) -> None:
    try:
        work.tasks[job.kind].run(job.payload)
    except DomainError as refusal:
        reason = str(refusal)
        _write(lambda: abandon_job(lease, reason=reason, now=utcnow()))
    except Retryable as trouble:
        _postpone(lease, job.attempts, str(trouble))
    except DATABASE_AWAY as trouble:
        log.warning("database_away", error=type(trouble).__name__)
        _postpone(lease, job.attempts, "The database went away.")
    except Exception as error:
        log.exception("job_failed", attempts=job.attempts)
        _postpone(lease, job.attempts, f"{type(error).__name__}: {error}")
    else:
        _write(lambda: finish_job(lease, now=utcnow()))


def _postpone(lease: Lease, attempts: int, reason: str) -> None:
    _write(lambda: postpone_job(lease, attempts=attempts, reason=reason, now=utcnow()))


def _write(change: Callable[[], None]) -> None:
    write_when_back(change, patience=PATIENCE)


class Engine:
    """Broker, worker threads and dispatcher of one process, as far as the process needs them."""

    def __init__(self, app: Flask, work: Work, broker_url: str | None) -> None:
        self._app = app
        self._work = work
        self._stopping = stopping_of(app)
        self._broker = make_broker(broker_url)
        self._busy = threading.Semaphore(WORKER_THREADS * 2)
        self._is_local = broker_url is None
        self._worker: dramatiq.Worker | None = None
        self._dispatcher: threading.Thread | None = None
        # What this process answers for: lease → whether its job has begun.
        self._held: dict[Lease, bool] = {}
        self._last_round = time.monotonic()
        self._next_schedule = 0.0

        @dramatiq.actor(broker=self._broker, actor_name="run_job", max_retries=0, time_limit=3_600_000)
        def run_leased_job(job_id: int, token: str) -> None:
            self._run_leased_job(Lease(job_id, token))

        self._actor = run_leased_job

    def _run_leased_job(self, lease: Lease) -> None:
        self._held[lease] = True
        try:
            with self._app.app_context():
                run_job(lease, self._work)
        except DATABASE_AWAY as trouble:
            log.warning("job_left_to_its_lease", job_id=lease.job_id, error=type(trouble).__name__)
        finally:
            self._held.pop(lease, None)
            if self._is_local:
                self._busy.release()

    def start_worker(self) -> None:
        """Start the threads that run jobs."""
        self._worker = dramatiq.Worker(self._broker, worker_threads=WORKER_THREADS, worker_timeout=100)
        self._worker.start()

    def start_dispatcher(self) -> None:
        """Start the thread that hands out jobs."""
        self._dispatcher = threading.Thread(target=self.dispatch, name="dispatcher", daemon=True)
        self._dispatcher.start()

    @property
    def has_stopped_dispatching(self) -> bool:
        """Whether the dispatcher was started and has ended."""
        return self._dispatcher is not None and not self._dispatcher.is_alive()

    def is_moving(self, *, within: float) -> bool:
        """Whether the dispatcher has come round in the last seconds; one without a dispatcher always is."""
        return self._dispatcher is None or time.monotonic() - self._last_round <= within

    def dispatch(self) -> None:
        """Lease due jobs and queue due schedules until told to stop.

        Outlives a database and a broker that go away, and whatever else they raise on the way.
        """
        while not self._stopping.is_set():
            pause = AWAY_SECONDS
            try:
                pause = 0.0 if self._go_round() else POLL_SECONDS
            except DATABASE_AWAY as trouble:
                log.warning("database_away", error=type(trouble).__name__)
            except BROKER_AWAY as trouble:
                log.warning("broker_away", error=type(trouble).__name__)
            except Exception:
                # One that goes on and on is noticed: this is no round, and `is_moving` says so.
                log.exception("dispatch_failed")
                self._stopping.wait(pause)
                continue
            self._last_round = time.monotonic()
            self._stopping.wait(pause)

    def _go_round(self) -> int:
        """Queue what is due by its schedule, hand out what is due; return how many jobs that were."""
        with self._app.app_context():
            if time.monotonic() >= self._next_schedule:
                with transaction():
                    queue_due_schedules(self._work.periods, now=utcnow())
                self._next_schedule = time.monotonic() + SCHEDULE_SECONDS
            with reading():
                has_work = has_due_jobs(now=utcnow())
            return self._dispatch_once() if has_work else 0

    def _dispatch_once(self) -> int:
        """Hand out jobs, no more than the workers soon take, so that no lease is spent waiting."""
        places = self._take_local_places()
        try:
            with transaction():
                if not self._is_local:
                    places = max(0, MAX_OUTSTANDING - count_leased_jobs(now=utcnow()))
                leases = lease_due_jobs(places, now=utcnow())
        except BaseException:
            self._give_back_local_places(places)
            raise
        if self._is_local:
            self._held.update(dict.fromkeys(leases, False))
        self._hand_out(leases)
        self._give_back_local_places(places - len(leases))
        return len(leases)

    def _hand_out(self, leases: list[Lease]) -> None:
        """Send leases to the broker; those it does not take are due again at once."""
        for sent, lease in enumerate(leases):
            try:
                self._actor.send(lease.job_id, lease.token)
            except BROKER_AWAY:
                for unsent in leases[sent:]:
                    self._give_back(unsent, has_begun=False)
                raise

    def _take_local_places(self) -> int:
        places = 0
        while self._is_local and places < WORKER_THREADS and self._busy.acquire(blocking=False):
            places += 1
        return places

    def _give_back_local_places(self, places: int) -> None:
        for _unused in range(places if self._is_local else 0):
            self._busy.release()

    def _give_back(self, lease: Lease, *, has_begun: bool) -> None:
        self._held.pop(lease, None)
        with transaction():
            release_job(lease, has_begun=has_begun, now=utcnow())

    def stop(self, *, patience: float = STOP_SECONDS) -> None:
        """Hand out no more, let what has begun finish for `patience` seconds, and give back the rest."""
        self._stopping.set()
        if self._dispatcher is not None and self._dispatcher is not threading.current_thread():
            self._dispatcher.join(timeout=10)
        if self._worker is not None:
            self._worker.stop(timeout=int(patience * 1000))
        with self._app.app_context():
            try:
                for lease, has_begun in list(self._held.items()):
                    self._give_back(lease, has_begun=has_begun)
            except DATABASE_AWAY:
                log.warning("jobs_left_to_their_leases", jobs=len(self._held))


def make_broker(broker_url: str | None) -> dramatiq.Broker:
    """Return the broker of a URL; without one, a queue inside this process."""
    if broker_url is None:
        broker: dramatiq.Broker = StubBroker()
        broker.emit_after("process_boot")
    elif broker_url.startswith("redis"):
        from dramatiq.brokers.redis import RedisBroker

        # Redis gives back a dead worker's messages only after its heartbeat runs out.
        broker = RedisBroker(url=broker_url, heartbeat_timeout=10_000)
    else:
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        # Unless it confirms, a broker that came back without its queues swallows every message in silence.
        broker = RabbitmqBroker(url=broker_url, confirm_delivery=True)
    return broker
