"""Work to be done later: job rows are the truth, the broker only carries their ids.

A job row is written in the transaction that caused it. A dispatcher leases due rows and hands their ids to
the broker; a worker that holds the lease begins the job, and has as long as its kind may take. Whoever dies,
the lease runs out and the job is due again, so every job must be safe to run twice. A job that was handed out
and never begun, because a broker lost it, is due again soon and has cost no attempt.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Index,
    String,
    Table,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from vocapp.core.clock import utcnow
from vocapp.core.db import Base, db, insert_new

MAX_ATTEMPTS = 12
DEFAULT_LEASE = timedelta(seconds=60)
# How long a job may be on its way to a worker before it is handed out anew.
HANDOVER = timedelta(seconds=30)
# How far apart the clocks of two machines may be.
CLOCKS_APART = timedelta(minutes=1)
_IS_WAITING_WITH_KEY = text("state = 'queued' AND key IS NOT NULL")


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"


class Job(Base):
    """One piece of work."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_due", "state", "run_at"),
        Index(
            "uq_jobs_waiting_key",
            "key",
            unique=True,
            sqlite_where=_IS_WAITING_WITH_KEY,
            postgresql_where=_IS_WAITING_WITH_KEY,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str | None] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default=JobState.QUEUED)
    run_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]


class Schedule(Base):
    """When a periodic job is due next; one row each, shared by every scheduler."""

    __tablename__ = "schedules"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    next_run_at: Mapped[datetime]


@dataclass(frozen=True)
class Lease:
    """The right to run one job until the lease ends."""

    job_id: int
    token: str


@dataclass(frozen=True)
class LeasedJob:
    """What a worker needs to run a job it holds the lease of."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    attempts: int


def enqueue(
    kind: str, payload: Mapping[str, Any], *, key: str | None = None, run_at: datetime | None = None
) -> None:
    """Ask for work, in the caller's transaction.

    With a `key`, at most one such job waits at a time: asking again while one waits only hurries it, asking
    while one runs queues another, so nothing that happened after it started is missed.
    """
    values: dict[str, Any] = {
        "kind": kind,
        "key": key,
        "payload": dict(payload),
        "state": JobState.QUEUED,
        "run_at": run_at or utcnow(),
        "attempts": 0,
        "created_at": utcnow(),
    }
    # What the job is about is written first, as everywhere.
    db.session.flush()
    db.session.execute(_asked(db.engine.dialect.name), values)


@cache
def _asked(_dialect: str) -> SqliteInsert | PostgresqlInsert:
    # Built once for a kind of database: every answer asks for a job, and building takes longer than asking.
    asked = insert_new(cast(Table, Job.__table__))
    # Not `do_nothing`: the update holds the waiting job until our commit. A worker that took it before would
    # not see what we are about to commit, and nobody would look again.
    return asked.on_conflict_do_update(
        index_elements=["key"],
        index_where=_IS_WAITING_WITH_KEY,
        set_={"run_at": _sooner(asked.excluded.run_at)},
    )


def enqueue_each(kind: str, payloads: Iterable[Mapping[str, Any]]) -> None:
    """Ask for many pieces of the same work at once."""
    now = utcnow()
    rows = [{"kind": kind, "payload": dict(payload), "run_at": now} for payload in payloads]
    if rows:
        db.session.execute(insert(Job), rows)


def has_due_jobs(*, now: datetime) -> bool:
    """Whether any job could be leased; a cheap question that blocks nobody."""
    return db.session.scalar(select(Job.id).where(_is_due(now)).limit(1)) is not None


def oldest_waiting(*, now: datetime) -> datetime | None:
    """Return since when the job waits that was due first and that no worker has begun; None without one.

    One that was handed out waits on: a broker may have lost it, or have no worker to give it to.
    """
    is_handed_out = and_(Job.state == JobState.LEASED, Job.attempts == 0)
    return db.session.scalar(select(func.min(Job.run_at)).where(or_(_is_due(now), is_handed_out)))


def attempts_of(key: str) -> int:
    """Return how often the job of a key that runs now was begun, this time included; 0 when none runs."""
    running = select(func.max(Job.attempts)).where(Job.state == JobState.LEASED, Job.key == key)
    return db.session.scalar(running) or 0


def count_leased_jobs(*, now: datetime) -> int:
    """Return how many jobs are with workers, or on their way to them."""
    held = select(func.count()).where(Job.state == JobState.LEASED, Job.lease_until > now)
    return db.session.scalar(held) or 0


def lease_due_jobs(limit: int, *, now: datetime) -> list[Lease]:
    """Take up to `limit` due jobs, oldest first, to be begun before their handover ends.

    A job whose workers died in it too often is given up, so that it cannot kill workers for ever.
    """
    due = select(Job.id, Job.attempts).where(_is_due(now)).order_by(Job.run_at, Job.id)
    taken = []
    for job_id, attempts in db.session.execute(due.limit(limit).with_for_update(skip_locked=True)).all():
        if attempts >= MAX_ATTEMPTS:
            reason = f"its worker died or took too long {attempts} times"
            given_up = {"state": JobState.DEAD, "finished_at": now, "lease_token": None, "last_error": reason}
            db.session.execute(update(Job).where(Job.id == job_id).values(given_up))
            continue
        token = secrets.token_hex(16)
        handed = {"state": JobState.LEASED, "lease_token": token, "lease_until": now + HANDOVER}
        db.session.execute(update(Job).where(Job.id == job_id).values(handed))
        taken.append(Lease(job_id, token))
    return taken


def begin_job(lease: Lease, *, leases: Mapping[str, timedelta], now: datetime) -> LeasedJob | None:
    """Return the job of a lease, begun; None when the lease has passed to somebody else.

    `leases` says per kind how long the worker may take. Commit before the work: an attempt counts once begun,
    whatever becomes of the worker.
    """
    wanted = select(Job.id, Job.kind, Job.payload, Job.attempts).where(_held_by(lease)).with_for_update()
    row = db.session.execute(wanted).one_or_none()
    if row is None:
        return None
    begun = {"lease_until": now + leases.get(row.kind, DEFAULT_LEASE), "attempts": row.attempts + 1}
    db.session.execute(update(Job).where(Job.id == row.id).values(begun))
    return LeasedJob(row.id, row.kind, row.payload, row.attempts + 1)


def release_job(lease: Lease, *, has_begun: bool, now: datetime) -> None:
    """Give back a job that was not finished, due since it was due, and without counting as an attempt."""
    attempts = Job.attempts - 1 if has_begun else Job.attempts
    due_since = db.session.scalar(select(Job.run_at).where(_held_by(lease)))
    if due_since is not None:
        _put_back(lease, now=now, run_at=due_since, attempts=attempts)


def finish_job(lease: Lease, *, now: datetime) -> None:
    """Mark the job done, if the lease is still ours."""
    done = {"state": JobState.DONE, "finished_at": now, "lease_token": None, "last_error": None}
    db.session.execute(update(Job).where(_held_by(lease)).values(done))


def postpone_job(lease: Lease, *, attempts: int, reason: str, now: datetime) -> None:
    """Try again later, twice as late each time; give up (state `dead`) after the last attempt."""
    if attempts >= MAX_ATTEMPTS:
        abandon_job(lease, reason=reason, now=now)
        return
    _put_back(lease, now=now, run_at=now + retry_delay(attempts), last_error=reason[:2000])


def _put_back(lease: Lease, *, now: datetime, **values: Any) -> None:
    put_back = update(Job).where(_held_by(lease))
    try:
        with db.session.begin_nested():
            waiting = {"state": JobState.QUEUED, "lease_token": None, **values}
            db.session.execute(put_back.values(waiting))
    except IntegrityError:
        # A waiting job with the same key covers this one. Asking before would not help: it may be put back
        # at this moment, too.
        covered = {"state": JobState.DONE, "lease_token": None, "finished_at": now, **values}
        key = db.session.scalar(put_back.values(covered).returning(Job.key))
        if key is not None:
            cover = update(Job).where(Job.state == JobState.QUEUED, Job.key == key)
            run_at = literal(values["run_at"], Job.run_at.type)
            db.session.execute(cover.values(run_at=_sooner(run_at)))


def abandon_job(lease: Lease, *, reason: str, now: datetime) -> None:
    """Stop trying; the row stays, with its reason, for an operator."""
    db.session.execute(
        update(Job)
        .where(_held_by(lease))
        .values(state=JobState.DEAD, lease_token=None, last_error=reason[:2000], finished_at=now)
    )


def _sooner(run_at: ColumnElement[datetime]) -> ColumnElement[datetime]:
    return case((Job.run_at > run_at, run_at), else_=Job.run_at)


def retry_delay(attempts: int) -> timedelta:
    """Return the pause after a number of failed attempts (≥ 1): 2 s doubling to at most an hour."""
    return min(timedelta(seconds=2 ** min(attempts, 20)), timedelta(hours=1))


def forget_finished_jobs(*, before: datetime) -> None:
    """Delete done jobs that finished before a time; dead ones stay."""
    db.session.execute(delete(Job).where(Job.state == JobState.DONE, Job.finished_at < before))


def queue_due_schedules(periods: Mapping[str, timedelta], *, now: datetime) -> None:
    """Queue a job for every periodic task whose time has come, once however many schedulers ask.

    `periods` maps job kind → period. Runs are aligned to the period; a missed run is made up for once. A time
    further ahead than any run can be was set while a clock was wrong, and is set anew.
    """
    known = dict(db.session.execute(select(Schedule.name, Schedule.next_run_at)).all())
    for name, period in periods.items():
        due = known.get(name)
        following = _next_aligned(now, period)
        if due is None:
            first = insert_new(Schedule).values(name=name, next_run_at=following)
            db.session.execute(first.on_conflict_do_nothing())
        elif due <= now:
            if _move_schedule(name, due, following):
                enqueue(name, {}, key=name, run_at=now)
        elif due > now + period + CLOCKS_APART:
            _move_schedule(name, due, following)


def _move_schedule(name: str, due: datetime, following: datetime) -> bool:
    still_due = update(Schedule).where(Schedule.name == name, Schedule.next_run_at == due)
    moved = db.session.execute(still_due.values(next_run_at=following))
    return isinstance(moved, CursorResult) and moved.rowcount == 1


def _next_aligned(now: datetime, period: timedelta) -> datetime:
    seconds = period.total_seconds()
    return datetime.fromtimestamp((now.timestamp() // seconds + 1) * seconds, tz=now.tzinfo)


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(Job.state == JobState.QUEUED, Job.run_at <= now),
        and_(Job.state == JobState.LEASED, Job.lease_until <= now),
    )


def _held_by(lease: Lease) -> ColumnElement[bool]:
    return and_(Job.id == lease.job_id, Job.state == JobState.LEASED, Job.lease_token == lease.token)
