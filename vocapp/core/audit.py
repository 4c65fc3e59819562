"""Who did what, when: one row per act that somebody may ask about later."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from vocapp.core.clock import utcnow
from vocapp.core.db import Base, db


class AuditEntry(Base):
    """One act."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject_kind", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    actor_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None]
    details: Mapped[dict[str, Any]]


def record_act(
    action: str,
    *,
    actor_id: int | None,
    subject_kind: str,
    subject_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Note an act in the caller's transaction; `actor_id` None means the program itself.

    `details` holds counts, names of fields and the like, and no personal data. The entry has its number once
    it is flushed.
    """
    entry = AuditEntry(
        action=action,
        actor_id=actor_id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        details=dict(details or {}),
    )
    db.session.add(entry)
    return entry
