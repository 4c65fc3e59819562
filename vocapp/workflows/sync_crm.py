"""A run with another system from end to end: take the connection, read, write, report, let go."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import structlog

from integrations.crm.base import Crm, NoAccess
from integrations.errors import Rejected, Retryable
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.sync.connecting import open_crm
from vocapp.sync.context import Context, Tally
from vocapp.sync.letters import tell_administrators
from vocapp.sync.models import CrmConnection, CrmRun
from vocapp.sync.relinking import follow_our_side
from vocapp.sync.rules import RunKind, RunState
from vocapp.sync.running import (
    AlreadyRunning,
    RunLost,
    beat,
    begin_run,
    due_connections,
    finish_run,
    note_outcome,
)
from vocapp.sync.schema import active_plans
from vocapp.sync.service import context_of, learn_identity
from vocapp.workflows.crm_reading import look_at_schema, read_everything
from vocapp.workflows.crm_rehearsal import rehearse
from vocapp.workflows.crm_run import Run, RunStopped
from vocapp.workflows.crm_undo import undo_last_push
from vocapp.workflows.crm_writing import write_everything

log = structlog.get_logger()


def start_due_syncs(_payload: Mapping[str, Any]) -> None:
    """Queue a run for every connection whose time has come, once however many ask."""
    with transaction():
        for connection_id in due_connections(utcnow()):
            enqueue(
                "sync_crm",
                {"connection_id": connection_id, "kind": RunKind.SYNC, "is_scheduled": True},
                key=f"sync:{connection_id}",
            )


def sync_crm(payload: Mapping[str, Any]) -> None:
    """Run as asked; a connection that somebody works with already, or that went away, is left alone.

    So is one that another run took over meanwhile.
    """
    if db.session.get(CrmConnection, payload["connection_id"]) is None:
        return
    try:
        run_sync(
            payload["connection_id"],
            RunKind(payload["kind"]),
            asked_by_id=payload.get("asked_by_id"),
            is_scheduled=bool(payload.get("is_scheduled")),
        )
    except AlreadyRunning:
        log.info("sync_already_running", connection_id=payload["connection_id"])
    except RunLost:
        log.warning("sync_lost_its_connection", connection_id=payload["connection_id"])


def run_sync(
    connection_id: int,
    kind: RunKind,
    *,
    asked_by_id: int | None = None,
    is_scheduled: bool = False,
    sleep: Callable[[float], object] = time.sleep,
) -> CrmRun:
    """Run and return the run with its report; how it failed stands in the run, not in an exception.

    Raises `AlreadyRunning` while another run is at work.
    """
    with transaction():
        connection = db.session.get_one(CrmConnection, connection_id)
        if is_scheduled and connection.paused_at is not None:
            raise AlreadyRunning("The connection is paused.")
        begun = begin_run(connection_id, kind, now=utcnow(), asked_by_id=asked_by_id)
        context = context_of(connection, begun, now=utcnow())
        run_id, token = begun.id, begun.token

    def wait(seconds: float) -> None:
        """Wait without being taken for dead meanwhile."""
        _say_alive(connection_id, token)
        sleep(seconds)
        _say_alive(connection_id, token)

    with _reported(context, token, kind) as tell, closing(open_crm(connection_id, sleep=wait)) as crm:
        run = Run(context, crm, token, started_calls=crm.calls)
        tell.append(run)
        _do(run, kind, sleep=sleep)
    with reading():
        found = db.session.get_one(CrmRun, run_id)
        db.session.expunge(found)
        return found


def _say_alive(connection_id: int, token: int) -> None:
    with transaction():
        beat(connection_id, token, now=utcnow())


def _do(run: Run, kind: RunKind, *, sleep: Callable[[float], object]) -> None:
    _check_identity(run, run.crm)
    run.set_budget()
    run.context.tally.planned_calls += 2  # Signing in, and asking for the calls of the day.
    if kind is RunKind.UNDO:
        undo_last_push(run)
        return
    with reading():
        plans = active_plans(run.context.connection_id)
    if not plans:
        raise RunStopped(
            "Nothing is mapped, or every mapping rests.",
            hint="Propose the mapping on the connection's page, or let what rests try again.",
        )
    run.plans = look_at_schema(run, plans)
    if kind is RunKind.REHEARSAL:
        rehearse(run)
        return
    with run.step("Looking what changed here"):
        follow_our_side(run.context, run.plans)
    if kind in {RunKind.PULL, RunKind.SYNC}:
        read_everything(run)
    if kind in {RunKind.PUSH, RunKind.SYNC}:
        write_everything(run, sleep=sleep)


def _check_identity(run: Run, crm: Crm) -> None:
    """Learn who we are over there the first time, and refuse any other organisation ever after."""
    identity = crm.identity()
    with run.step("Signing in"):
        learn_identity(run.context.connection_id, identity)
    run.context.us = identity.user_id


@contextmanager
def _reported(context: Context, token: int, kind: RunKind) -> Iterator[list[Run]]:
    """Report a run however it ends, let go of the connection, and tell people when it keeps failing."""
    runs: list[Run] = []
    state, reason, hint = RunState.FAILED, None, None
    try:
        yield runs
        state = RunState.DONE
    except RunStopped as stop:
        state, reason, hint = RunState.STOPPED, str(stop), stop.hint
    except RunLost:
        raise
    except NoAccess as refusal:
        reason, hint = refusal.reason, refusal.hint
    except (Rejected, Retryable) as trouble:
        reason = trouble.reason
        hint = "Nothing is lost: the next run goes on from here."
    except DomainError as refusal:
        reason = str(refusal)
    except BaseException:
        _finish(context, token, kind, RunState.FAILED, runs, reason="It broke off; the log says why.")
        raise
    _finish(context, token, kind, state, runs, reason=reason, hint=hint)


def _finish(
    context: Context,
    token: int,
    kind: RunKind,
    state: RunState,
    runs: list[Run],
    *,
    reason: str | None = None,
    hint: str | None = None,
) -> None:
    tally: Tally = context.tally
    tally.calls = runs[0].calls if runs else 0
    now = utcnow()
    with transaction():
        is_ours = finish_run(
            context.connection_id, token, state=state, tally=tally, now=now, reason=reason, hint=hint
        )
        if is_ours and kind in {RunKind.SYNC, RunKind.PULL, RunKind.PUSH}:
            connection = db.session.get_one(CrmConnection, context.connection_id)
            if note_outcome(connection, state=state, reason=reason, now=now):
                tell_administrators(connection, now=now)
