"""One run per connection: who holds it, that they are alive, and how the run ended."""

import os
import socket
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, or_, select, update

from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.sync.context import Tally
from vocapp.sync.models import CrmConnection, CrmRun
from vocapp.sync.rules import FAILURES_BEFORE_ALERT, HEARTBEAT_DEAD_AFTER, RunKind, RunState


class AlreadyRunning(DomainError):
    """Another run works with this connection; it is not disturbed."""


class RunLost(DomainError):
    """This run was taken for dead and another one goes on in its place: it may not write any more."""


def begin_run(connection_id: int, kind: RunKind, *, now: datetime, asked_by_id: int | None = None) -> CrmRun:
    """Take a connection and return the run, whose token is newer than any before.

    Raises `AlreadyRunning` while another run holds it and was heard of lately.
    """
    free = or_(
        CrmConnection.held_by.is_(None),
        CrmConnection.heartbeat_at.is_(None),
        CrmConnection.heartbeat_at < now - HEARTBEAT_DEAD_AFTER,
    )
    taken = db.session.execute(
        update(CrmConnection)
        .where(CrmConnection.id == connection_id, free)
        .values(
            held_by=f"{socket.gethostname()}:{os.getpid()}"[:80],
            heartbeat_at=now,
            run_token=CrmConnection.run_token + 1,
        )
    )
    if not isinstance(taken, CursorResult) or taken.rowcount != 1:
        raise AlreadyRunning("Another run is at work with this connection; wait until it is done.")
    token = db.session.scalar(select(CrmConnection.run_token).where(CrmConnection.id == connection_id)) or 0
    left_behind = update(CrmRun).where(
        CrmRun.connection_id == connection_id, CrmRun.state == RunState.RUNNING, CrmRun.token < token
    )
    db.session.execute(
        left_behind.values(
            state=RunState.STOPPED,
            finished_at=now,
            reason="It stopped in the middle; the next run went on where it was.",
        )
    )
    run = CrmRun(
        connection_id=connection_id,
        kind=kind,
        token=token,
        state=RunState.RUNNING,
        report=Tally().as_json(),
        started_at=now,
        asked_by_id=asked_by_id,
    )
    db.session.add(run)
    db.session.flush()
    return run


def is_at_work(connection: CrmConnection, *, now: datetime) -> bool:
    """Whether a run holds the connection and was heard of lately."""
    heard_at = connection.heartbeat_at
    return connection.held_by is not None and heard_at is not None and heard_at > now - HEARTBEAT_DEAD_AFTER


def beat(connection_id: int, token: int, *, now: datetime, phase: str = "") -> None:
    """Say, in every transaction of a run, that it is alive; raises `RunLost` when another one took over."""
    alive = db.session.execute(
        update(CrmConnection)
        .where(CrmConnection.id == connection_id, CrmConnection.run_token == token)
        .values(heartbeat_at=now)
    )
    if not isinstance(alive, CursorResult) or alive.rowcount != 1:
        raise RunLost("Another run took over this connection; this one stops without writing any more.")
    if phase:
        db.session.execute(
            update(CrmRun)
            .where(CrmRun.connection_id == connection_id, CrmRun.token == token)
            .values(phase=phase[:60])
        )


def finish_run(
    connection_id: int,
    token: int,
    *,
    state: RunState,
    tally: Tally,
    now: datetime,
    reason: str | None = None,
    hint: str | None = None,
) -> bool:
    """Write the report and let go of the connection; return whether this run still held it.

    A run that was taken for dead writes nothing: another one goes on, and said so in the report.
    """
    let_go = db.session.execute(
        update(CrmConnection)
        .where(CrmConnection.id == connection_id, CrmConnection.run_token == token)
        .values(held_by=None, heartbeat_at=None)
    )
    if not isinstance(let_go, CursorResult) or let_go.rowcount != 1:
        return False
    db.session.execute(
        update(CrmRun)
        .where(CrmRun.connection_id == connection_id, CrmRun.token == token)
        .values(state=state, report=tally.as_json(), reason=reason, hint=hint, finished_at=now, phase="")
    )
    return True


def note_outcome(connection: CrmConnection, *, state: RunState, reason: str | None, now: datetime) -> bool:
    """Count failures in a row and say when the next run is due; return whether somebody is to be told now.

    One failure is weather; the third in a row is told once, and again only after it worked meanwhile. A run
    that stopped on purpose, as when the calls of the day are spent, is neither.
    """
    connection.next_run_at = now + timedelta(minutes=connection.every_minutes)
    if state is RunState.STOPPED:
        return False
    if state is RunState.DONE:
        connection.failures, connection.alerted_at, connection.last_error = 0, None, None
        return False
    connection.failures += 1
    connection.last_error = reason
    connection.next_run_at = now + timedelta(
        minutes=min(connection.every_minutes * 2 ** min(connection.failures - 1, 5), 24 * 60)
    )
    if connection.failures >= FAILURES_BEFORE_ALERT and connection.alerted_at is None:
        connection.alerted_at = now
        return True
    return False


def due_connections(now: datetime) -> list[int]:
    """Return the connections whose next run is due, paused ones left out."""
    due = select(CrmConnection.id).where(
        CrmConnection.paused_at.is_(None),
        or_(CrmConnection.next_run_at.is_(None), CrmConnection.next_run_at <= now),
        or_(CrmConnection.held_by.is_(None), CrmConnection.heartbeat_at < now - HEARTBEAT_DEAD_AFTER),
    )
    return list(db.session.scalars(due))
