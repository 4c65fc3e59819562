"""Messages and suppressed addresses."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from vocapp.core.clock import utcnow
from vocapp.core.db import Base, db
from vocapp.outbox.rules import MessageState


class Message(Base):
    """One mail to one person for one purpose; rendered when it is sent, from `template` and `context`.

    `key` names purpose and recipient ("invitation:17", "reminder:17:1"), so nothing is ever written twice.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_due", "state", "next_attempt_at"),
        Index("ix_messages_subject", "subject_kind", "subject_id"),
        # Few rows have an owner at a time; the sweep looks through these alone.
        Index(
            "ix_messages_owned",
            "claimed_until",
            sqlite_where=db.text("claimed_until IS NOT NULL"),
            postgresql_where=db.text("claimed_until IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    template: Mapped[str] = mapped_column(String(60))
    context: Mapped[dict[str, Any]]
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int]
    language: Mapped[str] = mapped_column(String(16), default="en")
    to_address: Mapped[str] = mapped_column(String(320))
    to_name: Mapped[str] = mapped_column(String(200), default="")
    from_name: Mapped[str] = mapped_column(String(200), default="")
    reply_to: Mapped[str] = mapped_column(String(320), default="")
    state: Mapped[str] = mapped_column(String(12), default=MessageState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=utcnow)
    send_by: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(String(40))
    claimed_until: Mapped[datetime | None]
    first_tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Suppression(Base):
    """An address nobody here may write to, as a keyed hash that outlives the person's record."""

    __tablename__ = "suppressions"

    id: Mapped[int] = mapped_column(primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), unique=True)
    reason: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
