"""What the pages about connections read: states, runs, conflicts, refusals, links, and where records are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from vocapp.accounts.models import Account, Contact
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db
from vocapp.core.jobs import Job, JobState
from vocapp.identity.models import User
from vocapp.sync.models import (
    CrmChange,
    CrmConflict,
    CrmConnection,
    CrmField,
    CrmLink,
    CrmMapping,
    CrmPush,
    CrmRefusal,
    CrmRun,
)
from vocapp.sync.rules import LinkState, PushState, RunKind, RunState

RUNS_SHOWN = 20
ACTS_SHOWN = 15
OUT_OF_SIGHT = (LinkState.LOST, LinkState.WAITING, LinkState.UNMATCHED)


@dataclass(frozen=True, slots=True)
class Totals:
    """How runs of a span of time went. `seconds` is how long the finished ones took together."""

    runs: int
    failures: int
    records: int
    calls: int
    seconds: float

    @property
    def records_per_second(self) -> float | None:
        """Records read and written per second of running; None before anything was done."""
        return self.records / self.seconds if self.seconds and self.records else None


def connections_by_name() -> Sequence[CrmConnection]:
    """Return all connections by name."""
    return db.session.scalars(select(CrmConnection).order_by(CrmConnection.name, CrmConnection.id)).all()


def last_runs(connection_ids: Collection[int]) -> Mapping[int, CrmRun]:
    """Return connection id → its newest run."""
    newest = select(func.max(CrmRun.id)).where(CrmRun.connection_id.in_(connection_ids))
    rows = select(CrmRun).where(CrmRun.id.in_(newest.group_by(CrmRun.connection_id)))
    return {run.connection_id: run for run in db.session.scalars(rows)}


def last_run(connection_id: int, *kinds: str) -> CrmRun | None:
    """Return the newest run of a connection, of some kinds only if any are named."""
    rows = select(CrmRun).where(CrmRun.connection_id == connection_id)
    if kinds:
        rows = rows.where(CrmRun.kind.in_(kinds))
    return db.session.scalar(rows.order_by(CrmRun.id.desc()).limit(1))


def runs_of(connection_id: int) -> Select[Any]:
    """Return the runs of a connection, newest first."""
    return select(CrmRun).where(CrmRun.connection_id == connection_id).order_by(CrmRun.id.desc())


def totals_since(connection_id: int, since: datetime) -> Totals:
    """Return how the runs begun since a moment went, those under way left out; a dry run moves no record."""
    # Only what is counted: a report also holds every difference that is shown.
    parts = (CrmRun.report[name].label(name) for name in ("read", "written", "calls"))
    rows = db.session.execute(
        select(CrmRun.kind, CrmRun.state, CrmRun.started_at, CrmRun.finished_at, *parts).where(
            CrmRun.connection_id == connection_id,
            CrmRun.started_at >= since,
            CrmRun.finished_at.is_not(None),
        )
    ).all()
    took = (row.finished_at - row.started_at for row in rows)
    return Totals(
        runs=len(rows),
        failures=sum(1 for row in rows if row.state == RunState.FAILED),
        records=sum(
            sum(part.values())
            for row in rows
            if row.kind != RunKind.REHEARSAL
            for part in (row.read, row.written)
        ),
        calls=sum(row.calls for row in rows),
        seconds=sum(took, timedelta()).total_seconds(),
    )


def has_run_waiting(connection_id: int) -> bool:
    """Whether a run was asked for and is not over: a worker is yet to begin it, or just ends it."""
    waiting = select(Job.id).where(
        Job.kind == "sync_crm",
        Job.state.in_((JobState.QUEUED, JobState.LEASED)),
        Job.key.in_([f"sync:{connection_id}", *(f"sync:{connection_id}:{kind}" for kind in _KINDS)]),
    )
    return db.session.scalar(waiting.limit(1)) is not None


_KINDS = ("pull", "push", "sync", "rehearsal", "undo")


def open_counts(table: type[CrmConflict] | type[CrmRefusal]) -> Mapping[int, int]:
    """Return connection id → how many conflicts or refusals are open."""
    rows = select(table.connection_id, func.count()).where(_is_open(table)).group_by(table.connection_id)
    return {row[0]: row[1] for row in db.session.execute(rows)}


def _is_open(table: type[CrmConflict] | type[CrmRefusal]) -> ColumnElement[bool]:
    return (table.decided_at if table is CrmConflict else table.resolved_at).is_(None)  # type: ignore[union-attr]


def open_conflicts(
    connection_id: int, *, object_name: str = "", field: str = "", ids: Collection[int] = ()
) -> Select[Any]:
    """Return the conflicts that wait for a decision, oldest first; `ids` narrows them to some."""
    rows = (
        select(CrmConflict)
        .join(CrmLink)
        .where(CrmConflict.connection_id == connection_id, CrmConflict.decided_at.is_(None))
    )
    if object_name:
        rows = rows.where(CrmLink.object == object_name)
    if field:
        rows = rows.where(CrmConflict.ours_field == field)
    if ids:
        rows = rows.where(CrmConflict.id.in_(ids))
    return rows.order_by(CrmConflict.id)


def some_conflicts(statement: Select[Any], most: int) -> Sequence[CrmConflict]:
    """Return the first ones of a statement of `open_conflicts`."""
    return db.session.scalars(statement.limit(most)).all()


def conflict_filters(connection_id: int) -> tuple[list[str], list[str]]:
    """Return the objects and our fields that open conflicts are about."""
    rows = db.session.execute(
        select(CrmLink.object, CrmConflict.ours_field)
        .join(CrmLink)
        .where(CrmConflict.connection_id == connection_id, CrmConflict.decided_at.is_(None))
        .distinct()
    ).all()
    return sorted({row[0] for row in rows}), sorted({row[1] for row in rows})


def open_refusals(
    connection_id: int, *, object_name: str = "", code: str = "", ids: Collection[int] = ()
) -> Select[Any]:
    """Return the refusals that are open, newest first; `ids` narrows them to some."""
    rows = select(CrmRefusal).where(
        CrmRefusal.connection_id == connection_id, CrmRefusal.resolved_at.is_(None)
    )
    if object_name:
        rows = rows.where(CrmRefusal.object == object_name)
    if code:
        rows = rows.where(CrmRefusal.code == code)
    if ids:
        rows = rows.where(CrmRefusal.id.in_(ids))
    return rows.order_by(CrmRefusal.last_at.desc(), CrmRefusal.id.desc())


def some_refusals(statement: Select[Any], most: int) -> Sequence[CrmRefusal]:
    """Return the first ones of a statement of `open_refusals`."""
    return db.session.scalars(statement.limit(most)).all()


def refusal_codes(connection_id: int) -> Sequence[tuple[str, str, int]]:
    """Return (object, code, how many are open), the most frequent first."""
    rows = (
        select(CrmRefusal.object, CrmRefusal.code, func.count().label("many"))
        .where(CrmRefusal.connection_id == connection_id, CrmRefusal.resolved_at.is_(None))
        .group_by(CrmRefusal.object, CrmRefusal.code)
        .order_by(func.count().desc(), CrmRefusal.object, CrmRefusal.code)
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(rows)]


def links_out_of_sight(connection_id: int, *, state: str = "", object_name: str = "") -> Select[Any]:
    """Return the records over there that nobody here is, that wait, or that we cannot see any more."""
    rows = select(CrmLink).where(
        CrmLink.connection_id == connection_id,
        CrmLink.state.in_([state] if state in OUT_OF_SIGHT else OUT_OF_SIGHT),
    )
    if object_name:
        rows = rows.where(CrmLink.object == object_name)
    return rows.order_by(CrmLink.seen_at.desc(), CrmLink.id.desc())


def link_counts(connection_id: int) -> Sequence[tuple[str, str, int]]:
    """Return (object, state, how many records) of everything that was ever read."""
    rows = (
        select(CrmLink.object, CrmLink.state, func.count())
        .where(CrmLink.connection_id == connection_id)
        .group_by(CrmLink.object, CrmLink.state)
        .order_by(CrmLink.object, CrmLink.state)
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(rows)]


def pushes_waiting(connection_id: int) -> int:
    """Return how many changes wait to be written over there."""
    rows = select(func.count()).where(
        CrmPush.connection_id == connection_id, CrmPush.state == PushState.WAITING
    )
    return db.session.scalar(rows) or 0


def count_undoable(connection_id: int) -> int:
    """Return how many fields an undo of the newest push would take back; 0 when it was undone already."""
    newest = select(func.max(CrmChange.run_id)).where(
        CrmChange.connection_id == connection_id, CrmChange.direction == "out"
    )
    rows = select(func.count()).where(
        CrmChange.connection_id == connection_id,
        CrmChange.direction == "out",
        CrmChange.run_id == newest.scalar_subquery(),
        CrmChange.undone_at.is_(None),
        CrmChange.ours_field != "",
    )
    return db.session.scalar(rows) or 0


def acts_of(connection_id: int) -> Sequence[tuple[AuditEntry, str | None]]:
    """Return the newest acts on a connection, each with the name of who did it (None: the program)."""
    rows = (
        select(AuditEntry, User.name)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(AuditEntry.subject_kind == "crm_connection", AuditEntry.subject_id == connection_id)
        .order_by(AuditEntry.id.desc())
        .limit(ACTS_SHOWN)
    )
    return [(entry, name) for entry, name in db.session.execute(rows)]


def mappings_of(connection_id: int) -> Sequence[CrmMapping]:
    """Return what is mapped, in its order."""
    rows = select(CrmMapping).where(CrmMapping.connection_id == connection_id)
    return db.session.scalars(rows.order_by(CrmMapping.position, CrmMapping.id)).all()


def mapped_field(connection_id: int, entity: str, ours: str) -> CrmField | None:
    """Return how a field of ours travels over a connection, or None."""
    rows = (
        select(CrmField)
        .join(CrmMapping)
        .where(CrmMapping.connection_id == connection_id, CrmMapping.entity == entity, CrmField.ours == ours)
    )
    return db.session.scalar(rows.limit(1))


def users_there(connection_id: int) -> Select[Any]:
    """Return the users of the other side that were read, those who are nobody here first."""
    rows = select(CrmLink).where(
        CrmLink.connection_id == connection_id,
        CrmLink.entity == "user",
        CrmLink.state.in_((LinkState.LINKED, LinkState.WAITING, LinkState.UNMATCHED)),
    )
    return rows.order_by(CrmLink.local_id.is_not(None), CrmLink.id)


def user_ids_there(connection_id: int) -> set[str]:
    """Return the ids of all users over there that were read."""
    return set(db.session.scalars(users_there(connection_id).with_only_columns(CrmLink.remote_id)))


def user_names_there(connection_id: int, ids: Collection[str]) -> dict[str, str]:
    """Return id → name of users over there, of those that were read and have one."""
    rows = users_there(connection_id).where(CrmLink.remote_id.in_(ids))
    said = {
        link.remote_id: link.theirs.get("Name") or link.theirs.get("name")
        for link in db.session.scalars(rows)
    }
    return {key: str(name) for key, name in said.items() if name}


def owned_there(connection_id: int) -> Mapping[str, int]:
    """Return id of an owner over there → how many linked accounts they own."""
    owner = mapped_field(connection_id, "account", "owner")
    if owner is None:
        return {}
    key = CrmLink.theirs[owner.theirs].as_string()
    rows = (
        select(key, func.count())
        .where(
            CrmLink.connection_id == connection_id,
            CrmLink.entity == "account",
            CrmLink.state == LinkState.LINKED,
        )
        .group_by(key)
    )
    return {str(name): count for name, count in db.session.execute(rows) if name}


def names_here(records: Iterable[tuple[str, int | None]]) -> Mapping[tuple[str, int], str]:
    """Return (entity, our id) → name of the accounts, people and users among some records."""
    wanted: dict[str, set[int]] = {"account": set(), "contact": set(), "user": set()}
    for entity, local_id in records:
        if entity in wanted and local_id is not None:
            wanted[entity].add(local_id)
    accounts = select(Account.id, Account.name).where(Account.id.in_(wanted["account"]))
    people = select(Contact).where(Contact.id.in_(wanted["contact"]))
    users = select(User.id, User.name, User.email).where(User.id.in_(wanted["user"]))
    found = {("account", one): name for one, name in db.session.execute(accounts)}
    found |= {("user", one): name or email for one, name, email in db.session.execute(users)}
    return found | {("contact", one.id): one.full_name or one.email for one in db.session.scalars(people)}


def records_of(entity: str, local_id: int) -> Sequence[tuple[CrmLink, CrmConnection]]:
    """Return the records over there that an account or person of ours is, each with its connection."""
    rows = (
        select(CrmLink, CrmConnection)
        .join(CrmConnection, CrmConnection.id == CrmLink.connection_id)
        .where(CrmLink.entity == entity, CrmLink.local_id == local_id, CrmLink.state == LinkState.LINKED)
        .order_by(CrmConnection.name, CrmLink.id)
    )
    return [(link, connection) for link, connection in db.session.execute(rows)]
