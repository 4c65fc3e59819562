"""Background work: which function a job name means, the dispatcher, and the loop that runs jobs."""

import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import dramatiq
import structlog
from dramatiq.brokers.stub import StubBroker
from flask import Flask
from sqlalchemy.exc import OperationalError

from integrations.errors import Retryable
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.core.errors import DomainError
from vocapp.core.jobs import (
    Lease,
    abandon_job,
    count_leased_jobs,
    finish_job,
    forget_finished_jobs,
    has_due_jobs,
    lease_due_jobs,
    leased_job,
    postpone_job,
    queue_due_schedules,
)
from vocapp.workflows.close_waves import close_due_waves
from vocapp.workflows.deliver_mail import deliver_mail, sweep_mail
from vocapp.workflows.import_file import import_file
from vocapp.workflows.launch_wave import launch_wave
from vocapp.workflows.look_after_champions import look_after_champions
from vocapp.workflows.remind import send_due_reminders
from vocapp.workflows.remind_assessments import remind_assessments
from vocapp.workflows.render_report import render_report
from vocapp.workflows.rescore import rescore_accounts, rescore_everything
from vocapp.workflows.response_received import response_received
from vocapp.workflows.sync_crm import start_due_syncs, sync_crm
from vocapp.workflows.wave_closed import wave_closed

log = structlog.get_logger()

Payload = Mapping[str, Any]

POLL_SECONDS = 0.25
DATABASE_AWAY_SECONDS = 1.0
SCHEDULE_SECONDS = 5.0
WORKER_THREADS = 4
# How many jobs may be with a broker and its workers at a time.
MAX_OUTSTANDING = 100
KEEP_DONE_JOBS = timedelta(days=7)


@dataclass(frozen=True)
class Task:
    """What a job name means: a function, and how long its worker may take before others may try."""

    run: Callable[[Payload], None]
    lease: timedelta = timedelta(minutes=2)


def _forget_done_jobs(_payload: Payload) -> None:
    with transaction():
        forget_finished_jobs(before=utcnow() - KEEP_DONE_JOBS)


JOBS: dict[str, Task] = {
    "import_file": Task(import_file, lease=timedelta(minutes=15)),
    "launch_wave": Task(launch_wave, lease=timedelta(minutes=10)),
    "deliver_mail": Task(deliver_mail),
    "sweep_mail": Task(sweep_mail),
    "response_received": Task(response_received),
    "wave_closed": Task(wave_closed, lease=timedelta(minutes=10)),
    "render_report": Task(render_report),
    "rescore_accounts": Task(rescore_accounts, lease=timedelta(minutes=15)),
    "rescore_everything": Task(rescore_everything, lease=timedelta(minutes=15)),
    "close_due_waves": Task(close_due_waves),
    "send_due_reminders": Task(send_due_reminders),
    "look_after_champions": Task(look_after_champions),
    "remind_assessments": Task(remind_assessments),
    "start_due_syncs": Task(start_due_syncs),
    "sync_crm": Task(sync_crm, lease=timedelta(minutes=10)),
    "forget_done_jobs": Task(_forget_done_jobs),
}

PERIODIC: dict[str, timedelta] = {
    "close_due_waves": timedelta(minutes=1),
    "sweep_mail": timedelta(minutes=1),
    "rescore_everything": timedelta(days=1),
    "send_due_reminders": timedelta(minutes=5),
    "look_after_champions": timedelta(minutes=5),
    "remind_assessments": timedelta(days=1),
    "start_due_syncs": timedelta(minutes=1),
    "forget_done_jobs": timedelta(days=1),
}


def run_job(lease: Lease) -> None:
    """Run one leased job inside an app context: done, tried again later, or given up with its reason."""
    job = leased_job(lease)
    db.session.rollback()
    if job is None:
        return  # The lease ran out and passed on; whoever holds it now does the work.
    try:
        JOBS[job.kind].run(job.payload)
    except DomainError as refusal:
        reason = str(refusal)
        _close(lease, lambda: abandon_job(lease, reason=reason, now=utcnow()))
    except Retryable as trouble:
        _postpone(lease, job.attempts, str(trouble))
    except Exception as error:
        log.exception("job_failed", job_id=job.id, kind=job.kind, attempts=job.attempts)
        _postpone(lease, job.attempts, f"{type(error).__name__}: {error}")
    else:
        _close(lease, lambda: finish_job(lease, now=utcnow()))


def _postpone(lease: Lease, attempts: int, reason: str) -> None:
    _close(lease, lambda: postpone_job(lease, attempts=attempts, reason=reason, now=utcnow()))


def _close(lease: Lease, write: Callable[[], None]) -> None:
    db.session.rollback()
    with transaction():
        write()
    log.debug("job_closed", job_id=lease.job_id)


def run_due_jobs(*, limit: int = 100) -> int:
    """Run what is due now, here, one after another; return how many ran. For tests and one-shot commands."""
    ran = 0
    while ran < limit:
        with transaction():
            leases = lease_due_jobs(1, leases=lease_times(), now=utcnow())
        if not leases:
            return ran
        run_job(leases[0])
        ran += 1
    return ran


def lease_times() -> dict[str, timedelta]:
    """Return how long each kind of job may take."""
    return {kind: task.lease for kind, task in JOBS.items()}


class Engine:
    """Broker, worker threads and dispatcher of one process, as far as the process needs them."""

    def __init__(self, app: Flask, broker_url: str | None) -> None:
        self._app = app
        self._stopping = threading.Event()
        self._broker = make_broker(broker_url)
        self._busy = threading.Semaphore(WORKER_THREADS * 2)
        self._is_local = broker_url is None

        @dramatiq.actor(broker=self._broker, actor_name="run_job", max_retries=0, time_limit=3_600_000)
        def run_leased_job(job_id: int, token: str) -> None:
            try:
                with app.app_context():
                    run_job(Lease(job_id, token))
            finally:
                if self._is_local:
                    self._busy.release()

        self._actor = run_leased_job

    def start_worker(self) -> dramatiq.Worker:
        """Start the threads that run jobs."""
        worker = dramatiq.Worker(self._broker, worker_threads=WORKER_THREADS, worker_timeout=100)
        worker.start()
        return worker

    def dispatch(self) -> None:
        """Lease due jobs and queue due schedules until told to stop; outlives a database that goes away."""
        next_schedule = 0.0
        while not self._stopping.is_set():
            dispatched = 0
            try:
                with self._app.app_context():
                    if time.monotonic() >= next_schedule:
                        with transaction():
                            queue_due_schedules(PERIODIC, now=utcnow())
                        next_schedule = time.monotonic() + SCHEDULE_SECONDS
                    with reading():
                        has_work = has_due_jobs(now=utcnow())
                    dispatched = self._dispatch_once() if has_work else 0
            except OperationalError:
                log.exception("database_away")
                self._stopping.wait(DATABASE_AWAY_SECONDS)
            if not dispatched:
                self._stopping.wait(POLL_SECONDS)

    def _dispatch_once(self) -> int:
        """Hand out jobs, no more than the workers soon take, so that no lease is spent waiting."""
        places = self._take_local_places()
        try:
            with transaction():
                if not self._is_local:
                    places = max(0, MAX_OUTSTANDING - count_leased_jobs(now=utcnow()))
                leases = lease_due_jobs(places, leases=lease_times(), now=utcnow())
        except BaseException:
            self._give_back_local_places(places)
            raise
        for lease in leases:
            self._actor.send(lease.job_id, lease.token)
        self._give_back_local_places(places - len(leases))
        return len(leases)

    def _take_local_places(self) -> int:
        places = 0
        while self._is_local and places < WORKER_THREADS and self._busy.acquire(blocking=False):
            places += 1
        return places

    def _give_back_local_places(self, places: int) -> None:
        for _unused in range(places if self._is_local else 0):
            self._busy.release()

    def stop(self) -> None:
        """Let the dispatcher end after its current round."""
        self._stopping.set()


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

        broker = RabbitmqBroker(url=broker_url)
    return broker


def serve_background_work(app: Flask, *, has_worker: bool, has_scheduler: bool) -> None:
    """Run jobs and/or dispatch them until SIGTERM or SIGINT."""
    engine = Engine(app, app.extensions["vocapp"].settings.broker_url)
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    worker = engine.start_worker() if has_worker else None
    dispatcher = threading.Thread(target=engine.dispatch, name="dispatcher", daemon=True)
    if has_scheduler:
        dispatcher.start()
    while not stopped.wait(1.0):
        if has_scheduler and not dispatcher.is_alive():
            raise SystemExit("The dispatcher stopped; see the log for the reason and start the worker again.")
    engine.stop()
    if has_scheduler:
        dispatcher.join(timeout=10)
    if worker is not None:
        worker.stop(timeout=10_000)
