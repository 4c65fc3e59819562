"""What the page of a connection and the list of connections show, put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vocapp.core.audit import AuditEntry
from vocapp.sync.models import CrmConflict, CrmConnection, CrmMapping, CrmRefusal, CrmRun
from vocapp.sync.phrases import state_of
from vocapp.sync.queries import (
    Totals,
    acts_of,
    connections_by_name,
    count_undoable,
    has_run_waiting,
    last_run,
    last_runs,
    link_counts,
    mappings_of,
    open_counts,
    pushes_waiting,
    totals_since,
)
from vocapp.sync.rules import LinkState, RunKind, RunState
from vocapp.sync.running import is_at_work

REAL = (RunKind.SYNC, RunKind.PULL, RunKind.PUSH)
SPAN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Line:
    """One connection in the list."""

    connection: CrmConnection
    state: str
    last: CrmRun | None
    conflicts: int
    refusals: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a connection stands just now. `is_waiting`: a run was asked for and no worker has begun it."""

    state: str
    under_way: CrmRun | None
    is_waiting: bool

    @property
    def is_busy(self) -> bool:
        """Whether the page should look again by itself."""
        return self.under_way is not None or self.is_waiting


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page of a connection."""

    standing: Standing
    last: CrmRun | None
    rehearsal: CrmRun | None
    conflicts: int
    refusals: int
    waiting_pushes: int
    out_of_sight: int
    linked: int
    totals: Totals
    mappings: Sequence[CrmMapping]
    stopped: int
    to_undo: int
    acts: Sequence[tuple[AuditEntry, str | None]]


def connection_lines(*, now: datetime) -> list[Line]:
    """Return all connections by name, with where each stands."""
    found = connections_by_name()
    newest = last_runs([one.id for one in found])
    conflicts, refusals = open_counts(CrmConflict), open_counts(CrmRefusal)
    return [
        Line(
            one,
            state_of(one, is_at_work=is_at_work(one, now=now), has_run=_has_run(one, newest)),
            newest.get(one.id),
            conflicts.get(one.id, 0),
            refusals.get(one.id, 0),
        )
        for one in found
    ]


def _has_run(connection: CrmConnection, newest: Mapping[int, CrmRun]) -> bool:
    run = newest.get(connection.id)
    return run is not None and (run.kind in REAL or last_run(connection.id, *REAL) is not None)


def standing_of(connection: CrmConnection, *, now: datetime) -> Standing:
    """Return where a connection stands just now."""
    at_work = is_at_work(connection, now=now)
    newest = last_run(connection.id) if at_work else None
    return Standing(
        state=state_of(connection, is_at_work=at_work, has_run=last_run(connection.id, *REAL) is not None),
        under_way=newest if newest is not None and newest.state == RunState.RUNNING else None,
        is_waiting=not at_work and has_run_waiting(connection.id),
    )


def overview_of(connection: CrmConnection, *, now: datetime) -> Overview:
    """Return everything on the page of a connection."""
    counts = link_counts(connection.id)
    hidden = {LinkState.LOST, LinkState.WAITING, LinkState.UNMATCHED}
    mappings = mappings_of(connection.id)
    return Overview(
        standing=standing_of(connection, now=now),
        last=last_run(connection.id, *REAL),
        rehearsal=last_run(connection.id, RunKind.REHEARSAL),
        conflicts=open_counts(CrmConflict).get(connection.id, 0),
        refusals=open_counts(CrmRefusal).get(connection.id, 0),
        waiting_pushes=pushes_waiting(connection.id),
        out_of_sight=sum(count for _name, state, count in counts if state in hidden),
        linked=sum(count for _name, state, count in counts if state == LinkState.LINKED),
        totals=totals_since(connection.id, now - SPAN),
        mappings=mappings,
        stopped=sum(
            bool(one.stopped_reason) + sum(1 for field in one.fields if field.stopped_reason)
            for one in mappings
        ),
        to_undo=count_undoable(connection.id),
        acts=acts_of(connection.id),
    )
