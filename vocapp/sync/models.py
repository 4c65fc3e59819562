"""Connections to other systems, how fields travel, what was last read and written, and how runs went."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.core.clock import utcnow
from vocapp.core.crypto import SealedText
from vocapp.core.db import Base

_IS_OPEN = text("decided_at IS NULL")
_IS_UNRESOLVED = text("resolved_at IS NULL")


class CrmConnection(Base):
    """One organisation in another system, and the lock that lets one run at a time work with it.

    `access` holds what is no secret (flow, domain, user name, version), `secrets` the rest as JSON, sealed.
    `organisation` is learned when it is first reached and never changes after. `person_prefix` starts our
    external ids, so that two installations can share an organisation. `run_token` grows with every run: who
    holds an older one may not write.
    """

    __tablename__ = "crm_connections"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    access: Mapped[dict[str, Any]]
    secrets: Mapped[str | None] = mapped_column(SealedText("crm_connections.secrets"))
    options: Mapped[dict[str, Any]]
    organisation: Mapped[str] = mapped_column(String(40), default="")
    user_id: Mapped[str] = mapped_column(String(40), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    is_sandbox: Mapped[bool] = mapped_column(default=False)
    person_prefix: Mapped[str] = mapped_column(String(20))
    every_minutes: Mapped[int] = mapped_column(default=15)
    paused_at: Mapped[datetime | None]
    next_run_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    alerted_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    run_token: Mapped[int] = mapped_column(default=0)
    held_by: Mapped[str | None] = mapped_column(String(80))
    heartbeat_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    mappings: Mapped[list["CrmMapping"]] = relationship(
        back_populates="connection", cascade="all, delete-orphan", order_by="CrmMapping.position"
    )


class CrmMapping(Base):
    """One kind of record over there and what it is here.

    `filter` narrows what comes in, in their language. `value_rules` are the lines that give tiers and
    personas. `stopped_reason` says why the mapping rests until the schema is looked at.
    """

    __tablename__ = "crm_mappings"
    __table_args__ = (UniqueConstraint("connection_id", "object", "entity"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("crm_connections.id", ondelete="CASCADE"))
    object: Mapped[str] = mapped_column(String(80))
    entity: Mapped[str] = mapped_column(String(20))
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    creates: Mapped[bool] = mapped_column(default=True)
    match_field: Mapped[str] = mapped_column(String(120), default="")
    filter: Mapped[str] = mapped_column(String(1000), default="")
    value_rules: Mapped[list[Any]]
    options: Mapped[dict[str, Any]]
    stopped_reason: Mapped[str | None]
    connection: Mapped[CrmConnection] = relationship(back_populates="mappings")
    fields: Mapped[list["CrmField"]] = relationship(
        back_populates="mapping", cascade="all, delete-orphan", order_by="CrmField.id"
    )


class CrmField(Base):
    """How one field travels; `stopped_reason` says why it rests while the others go on."""

    __tablename__ = "crm_fields"
    __table_args__ = (UniqueConstraint("mapping_id", "ours"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mapping_id: Mapped[int] = mapped_column(ForeignKey("crm_mappings.id", ondelete="CASCADE"))
    ours: Mapped[str] = mapped_column(String(60))
    theirs: Mapped[str] = mapped_column(String(120))
    direction: Mapped[str] = mapped_column(String(4))
    owner: Mapped[str] = mapped_column(String(12))
    carries_blank: Mapped[bool] = mapped_column(default=False)
    stopped_reason: Mapped[str | None]
    mapping: Mapped[CrmMapping] = relationship(back_populates="fields")


class CrmLink(Base):
    """One record over there, whom it is here, and what both said when they last agreed.

    `theirs` maps their fields to what was last read or written; `agreed` (theirs) and `ours` to what both
    held when they last agreed. `wrote` maps their fields to [what we last sent, what they made of it,
    whether it was read since], so that our own change coming back is known; of a write nobody heard the end
    of only what we sent.
    `held` are our values that an undo took back over there and that stay back until they change. `winner_id`
    is whom a merged record became part of.
    """

    __tablename__ = "crm_links"
    __table_args__ = (
        UniqueConstraint("connection_id", "object", "remote_id"),
        Index("ix_crm_links_local", "connection_id", "entity", "local_id"),
        Index("ix_crm_links_state", "connection_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("crm_connections.id", ondelete="CASCADE"))
    object: Mapped[str] = mapped_column(String(80))
    remote_id: Mapped[str] = mapped_column(String(40))
    entity: Mapped[str] = mapped_column(String(20))
    local_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(10))
    winner_id: Mapped[str | None] = mapped_column(String(40))
    theirs: Mapped[dict[str, Any]]
    agreed: Mapped[dict[str, Any]]
    ours: Mapped[dict[str, Any]]
    wrote: Mapped[dict[str, Any]]
    held: Mapped[dict[str, Any]]
    stamp: Mapped[datetime | None]
    changed_by_id: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None]
    seen_at: Mapped[datetime] = mapped_column(default=utcnow)


class CrmMark(Base):
    """How far an object was read. `high` moves only when everything below it is stored.

    `low`, `high_aimed` and the place belong to a reading under way, which goes on there after a crash.
    """

    __tablename__ = "crm_marks"

    connection_id: Mapped[int] = mapped_column(
        ForeignKey("crm_connections.id", ondelete="CASCADE"), primary_key=True
    )
    object: Mapped[str] = mapped_column(String(80), primary_key=True)
    high: Mapped[datetime | None]
    low: Mapped[datetime | None]
    high_aimed: Mapped[datetime | None]
    place_stamp: Mapped[datetime | None]
    place_id: Mapped[str | None] = mapped_column(String(40))
    fields_hash: Mapped[str] = mapped_column(String(32), default="")
    reconciled_at: Mapped[datetime | None]


class CrmRun(Base):
    """One run and its report, as the command prints it."""

    __tablename__ = "crm_runs"
    __table_args__ = (Index("ix_crm_runs_connection_at", "connection_id", "started_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("crm_connections.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    token: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    phase: Mapped[str] = mapped_column(String(60), default="")
    report: Mapped[dict[str, Any]]
    reason: Mapped[str | None]
    hint: Mapped[str | None]
    started_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class CrmPush(Base):
    """One outgoing change: object, key and hash of the fields make it one row, however often planned.

    `key` is the remote id, or our external id for a record that is not there yet. `values` and `before` map
    their fields to what is to be and what was last read; `ours` our values that stand behind them.
    """

    __tablename__ = "crm_pushes"
    __table_args__ = (
        UniqueConstraint("connection_id", "object", "key", "hash"),
        Index("ix_crm_pushes_due", "connection_id", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("crm_connections.id", ondelete="CASCADE"))
    object: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(80))
    hash: Mapped[str] = mapped_column(String(32))
    entity: Mapped[str] = mapped_column(String(20))
    local_id: Mapped[int]
    remote_id: Mapped[str | None] = mapped_column(String(40))
    group_key: Mapped[str] = mapped_column(String(40), default="")
    operation: Mapped[str] = mapped_column(String(8))
    values: Mapped[dict[str, Any]]
    before: Mapped[dict[str, Any]]
    ours: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("crm_jobs.id", ondelete="SET NULL"), index=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("crm_runs.id", ondelete="SET NULL"))
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    planned_at: Mapped[datetime] = mapped_column(default=utcnow)
    done_at: Mapped[datetime | None]


class CrmJob(Base):
    """A bulk job: made here before it is made there, so that a restart finds it and its rows again."""

    __tablename__ = "crm_jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("crm_connections.id", ondelete="CASCADE"))
    object: Mapped[str] = mapped_column(String(80))
    operation: Mapped[str] = mapped_column(String(8))
    remote_id: Mapped[str | None] = mapped_column(String(40))
    is_filled: Mapped[bool] = mapped_column(default=False)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("crm_runs.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class CrmRefusal(Base):
    """A record that could not travel, with the reason; open until it is replayed well, or set aside."""

    __tablename__ = "crm_refusals"
    __table_args__ = (
        Index(
            "uq_crm_refusals_open",
            "connection_id",
            "direction",
            "object",
            "key",
            unique=True,
            sqlite_where=_IS_UNRESOLVED,
            postgresql_where=_IS_UNRESOLVED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("crm_connections.id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("crm_runs.id", ondelete="SET NULL"))
    direction: Mapped[str] = mapped_column(String(4))
    object: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(80))
    entity: Mapped[str] = mapped_column(String(20))
    local_id: Mapped[int | None]
    payload: Mapped[dict[str, Any]]
    code: Mapped[str] = mapped_column(String(80))
    message: Mapped[str]
    fields: Mapped[list[Any]]
    matches: Mapped[list[Any]]
    attempts: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime] = mapped_column(default=utcnow)
    last_at: Mapped[datetime] = mapped_column(default=utcnow)
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str | None] = mapped_column(String(20))


class CrmConflict(Base):
    """A field both sides changed, waiting for a person; one open row per field of a record."""

    __tablename__ = "crm_conflicts"
    __table_args__ = (
        Index(
            "uq_crm_conflicts_open",
            "link_id",
            "ours_field",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(
        ForeignKey("crm_connections.id", ondelete="CASCADE"), index=True
    )
    link_id: Mapped[int] = mapped_column(ForeignKey("crm_links.id", ondelete="CASCADE"))
    ours_field: Mapped[str] = mapped_column(String(60))
    theirs_field: Mapped[str] = mapped_column(String(120))
    base: Mapped[dict[str, Any]]
    ours: Mapped[dict[str, Any]]
    theirs: Mapped[dict[str, Any]]
    ours_at: Mapped[datetime | None]
    theirs_at: Mapped[datetime | None]
    theirs_by: Mapped[str] = mapped_column(String(120), default="")
    found_at: Mapped[datetime] = mapped_column(default=utcnow)
    decided_at: Mapped[datetime | None]
    decision: Mapped[str | None] = mapped_column(String(10))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    link: Mapped[CrmLink] = relationship()


class CrmChange(Base):
    """One field changed by a run, here or there: never changed afterwards but to say that it was undone."""

    __tablename__ = "crm_changes"
    __table_args__ = (
        Index("ix_crm_changes_run", "run_id"),
        Index("ix_crm_changes_record", "connection_id", "object", "remote_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("crm_connections.id", ondelete="CASCADE"))
    run_id: Mapped[int] = mapped_column(ForeignKey("crm_runs.id", ondelete="CASCADE"))
    direction: Mapped[str] = mapped_column(String(4))
    object: Mapped[str] = mapped_column(String(80))
    remote_id: Mapped[str] = mapped_column(String(40))
    entity: Mapped[str] = mapped_column(String(20))
    local_id: Mapped[int | None]
    ours_field: Mapped[str] = mapped_column(String(60))
    theirs_field: Mapped[str] = mapped_column(String(120))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    by_id: Mapped[str] = mapped_column(String(80), default="")
    job_id: Mapped[str] = mapped_column(String(40), default="")
    at: Mapped[datetime] = mapped_column(default=utcnow)
    undone_at: Mapped[datetime | None]
