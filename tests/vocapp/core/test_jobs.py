"""Jobs are never lost, never run by two at once, and periodic ones fire once."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from integrations.errors import Retryable
from vocapp import worker
from vocapp.core import outages
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.jobs import (
    HANDOVER,
    MAX_ATTEMPTS,
    Job,
    JobState,
    Lease,
    LeasedJob,
    begin_job,
    enqueue,
    finish_job,
    lease_due_jobs,
    postpone_job,
    queue_due_schedules,
    release_job,
    retry_delay,
)
from vocapp.core.stopping import EXTENSION_KEY as STOPPING
from vocapp.core.stopping import stopping_of
from vocapp.operations import engine
from vocapp.worker import Task, run_due_jobs, run_job

NOW = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("app")


def the_job() -> Job:
    db.session.expire_all()
    return db.session.scalars(select(Job)).one()


def lease_one(now: datetime = NOW) -> list[Lease]:
    with transaction():
        return lease_due_jobs(10, now=now)


def begin(lease: Lease, now: datetime = NOW) -> LeasedJob | None:
    with transaction():
        return begin_job(lease, leases={"work": MINUTE}, now=now)


def test_a_job_of_a_rolled_back_transaction_never_existed() -> None:
    def write_and_fail() -> None:
        with transaction():
            enqueue("work", {}, run_at=NOW)
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert db.session.scalars(select(Job)).all() == []


def test_a_job_is_leased_once_until_its_lease_runs_out() -> None:
    with transaction():
        enqueue("work", {"x": 1}, run_at=NOW)
    first = lease_one()
    assert len(first) == 1
    assert begin(first[0]) is not None
    assert lease_one(NOW + HANDOVER) == []
    second = lease_one(NOW + MINUTE)
    assert len(second) == 1
    assert begin(first[0], NOW + MINUTE) is None
    found = begin(second[0], NOW + MINUTE)
    assert found is not None
    assert (found.payload, found.attempts) == ({"x": 1}, 2)


def test_a_job_lost_on_its_way_to_a_worker_is_handed_out_soon_and_costs_no_attempt() -> None:
    with transaction():
        enqueue("work", {}, run_at=NOW)
    for number in range(2 * MAX_ATTEMPTS):
        assert len(lease_one(NOW + number * HANDOVER)) == 1
    assert the_job().attempts == 0


def test_a_job_given_back_is_due_at_once_and_has_cost_no_attempt() -> None:
    with transaction():
        enqueue("work", {}, run_at=NOW)
    lease = lease_one()[0]
    begin(lease)
    with transaction():
        release_job(lease, has_begun=True, now=NOW)
    assert (the_job().state, the_job().attempts) == (JobState.QUEUED, 0)
    again = lease_one()
    assert len(again) == 1
    with transaction():
        release_job(lease, has_begun=True, now=NOW)
    assert begin(again[0]) is not None, "whoever lost the lease gave back somebody else's job"


def test_a_worker_that_lost_its_lease_cannot_finish_the_job() -> None:
    with transaction():
        enqueue("work", {}, run_at=NOW)
    lost = lease_one()[0]
    held = lease_one(NOW + MINUTE)[0]
    with transaction():
        finish_job(lost, now=NOW)
    assert the_job().state == JobState.LEASED
    with transaction():
        finish_job(held, now=NOW)
    assert the_job().state == JobState.DONE


def test_one_waiting_job_per_key_and_another_while_it_runs() -> None:
    with transaction():
        enqueue("work", {}, key="k", run_at=NOW)
        enqueue("work", {}, key="k", run_at=NOW)
    assert len(db.session.scalars(select(Job)).all()) == 1
    lease_one()
    with transaction():
        enqueue("work", {}, key="k", run_at=NOW)
    assert len(db.session.scalars(select(Job)).all()) == 2


def test_a_job_is_not_due_before_its_time() -> None:
    with transaction():
        enqueue("work", {}, run_at=NOW + MINUTE)
    assert lease_one() == []


def test_pauses_double_up_to_an_hour() -> None:
    assert [retry_delay(n).total_seconds() for n in (1, 2, 3, 11, 12, 500)] == [2, 4, 8, 2048, 3600, 3600]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Retryable("the server is away"), JobState.QUEUED),
        (ValueError("surprise"), JobState.QUEUED),
        (DomainError("Do something else."), JobState.DEAD),
    ],
)
def test_a_failing_job_is_kept_with_its_reason(
    error: Exception, state: JobState, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_payload: object) -> None:
        raise error

    monkeypatch.setitem(worker.JOBS, "work", Task(fail))
    with transaction():
        enqueue("work", {})
    run_due_jobs(limit=1)
    assert the_job().state == state
    assert str(error) in (the_job().last_error or "")


def test_a_job_that_always_fails_is_given_up_but_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_payload: object) -> None:
        raise ValueError("never works")

    monkeypatch.setitem(worker.JOBS, "work", Task(fail))
    with transaction():
        enqueue("work", {}, run_at=NOW)
    now = NOW
    for _attempt in range(MAX_ATTEMPTS):
        db.session.execute(Job.__table__.update().values(run_at=now))
        run_job(lease_one(now)[0])
        now += timedelta(hours=2)
    assert the_job().state == JobState.DEAD


def test_a_postponed_job_gives_way_to_a_waiting_one_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_payload: object) -> None:
        with transaction():
            enqueue("work", {}, key="k", run_at=NOW + MINUTE)
        raise ValueError("once")

    monkeypatch.setitem(worker.JOBS, "work", Task(fail))
    with transaction():
        enqueue("work", {}, key="k", run_at=NOW)
    run_job(lease_one()[0])
    states = sorted(db.session.scalars(select(Job.state)))
    assert states == [JobState.DONE, JobState.QUEUED]


def test_a_job_given_back_hurries_the_waiting_one_with_its_key() -> None:
    with transaction():
        enqueue("work", {}, key="k", run_at=NOW)
    lease = lease_one()[0]
    begin(lease)
    with transaction():
        enqueue("work", {}, key="k", run_at=NOW + MINUTE)
        enqueue("other", {}, run_at=NOW + MINUTE)
        release_job(lease, has_begun=True, now=NOW)
    rows = db.session.execute(select(Job.kind, Job.state, Job.run_at).order_by(Job.id)).all()
    assert rows == [
        ("work", JobState.DONE, NOW),
        ("work", JobState.QUEUED, NOW),
        ("other", JobState.QUEUED, NOW + MINUTE),
    ]


def test_a_periodic_job_is_queued_once_however_many_schedulers_ask() -> None:
    periods = {"work": MINUTE}
    with transaction():
        queue_due_schedules(periods, now=NOW)
    assert db.session.scalars(select(Job)).all() == []
    for _scheduler in range(3):
        with transaction():
            queue_due_schedules(periods, now=NOW + 5 * MINUTE)
    assert len(db.session.scalars(select(Job)).all()) == 1


@pytest.mark.parametrize("period", [MINUTE, timedelta(days=1)])
@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=1), timedelta(days=400)])
def test_a_clock_that_jumps_ahead_and_back_does_not_quiet_what_is_periodic(
    period: timedelta, jump: timedelta
) -> None:
    def ask(now: datetime) -> int:
        with transaction():
            queue_due_schedules({"work": period}, now=now)
            leases = lease_due_jobs(10, now=now)
            for lease in leases:
                finish_job(lease, now=now)
        return len(leases)

    ask(NOW)
    ask(NOW + jump)
    assert ask(NOW) == 0
    assert ask(NOW + period) == 1
    assert ask(NOW + period) == 0


def test_schedulers_whose_clocks_differ_a_little_fire_once() -> None:
    def ask(now: datetime) -> int:
        with transaction():
            queue_due_schedules({"work": MINUTE}, now=now)
        return len(lease_one(NOW + timedelta(days=1)))

    ask(NOW)
    behind = timedelta(seconds=50)
    assert ask(NOW + MINUTE) == 1
    assert ask(NOW + MINUTE - behind) == 0
    assert ask(NOW + MINUTE + timedelta(seconds=5)) == 0


def test_asking_again_hurries_a_waiting_job_and_never_delays_it() -> None:
    for run_at in (NOW + MINUTE, NOW, NOW + 2 * MINUTE):
        with transaction():
            enqueue("work", {}, key="k", run_at=run_at)
    assert the_job().run_at == NOW


@pytest.mark.parametrize(
    "trouble",
    [OperationalError("SELECT 1", None, ConnectionError("the database is away")), RuntimeError("surprise")],
)
def test_a_dispatcher_outlives_a_database_that_goes_away(
    app: Flask, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    troubles = []

    def lose(*_: object, **__: object) -> None:
        troubles.append("lost")
        if len(troubles) == 2:
            stopping_of(app).set()
        raise trouble

    monkeypatch.setitem(app.extensions, STOPPING, threading.Event())
    work_engine = engine.Engine(app, worker.WORK, None)
    monkeypatch.setattr(engine, "AWAY_SECONDS", 0.0)
    monkeypatch.setattr(engine, "queue_due_schedules", lose)
    work_engine.dispatch()
    assert len(troubles) == 2


def test_a_job_whose_database_goes_away_waits_and_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(_payload: object) -> None:
        raise OperationalError("SELECT 1", None, ConnectionError("the database is away"))

    away = [True, True]

    def postpone(*arguments: Any, **values: Any) -> None:
        if away:
            away.pop()
            lose({})
        postpone_job(*arguments, **values)

    monkeypatch.setitem(worker.JOBS, "work", Task(lose))
    monkeypatch.setattr(outages, "AWAY_SECONDS", 0.0)
    monkeypatch.setattr(engine, "postpone_job", postpone)
    with transaction():
        enqueue("work", {})
    run_due_jobs(limit=1)
    assert away == []
    assert the_job().state == JobState.QUEUED


def test_a_job_that_kills_its_workers_is_given_up() -> None:
    with transaction():
        enqueue("work", {}, run_at=NOW)
    now = NOW
    for _worker in range(MAX_ATTEMPTS):
        begin(lease_one(now)[0], now)
        now += 2 * MINUTE
    assert lease_one(now) == []
    assert the_job().state == JobState.DEAD
    assert "died" in (the_job().last_error or "")
