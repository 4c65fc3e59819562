"""Dated evidence about contacts, and suggestions that wait for the CSM."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Account, Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import Base


class Evidence(Base):
    """Something seen or said about a contact at a time; `effect` is what it changed, so it can be undone.

    `source` and `source_id` name the row it came from; the same thing told twice is one row. `effect` maps
    a column of the contact to [before, after]; `details` holds what was read, such as a date of return.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("contact_id", "kind", "source", "source_id"),
        Index("ix_evidence_account_at", "account_id", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[int]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow)
    details: Mapped[dict[str, Any]]
    effect: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    contact: Mapped[Contact] = relationship()

    @property
    def away_until(self) -> date | None:
        """The day an absence is over, None when nobody said one."""
        told = self.details.get("until")
        return date.fromisoformat(told) if told else None


class Suggestion(Base):
    """A proposed change that waits for the CSM; `values` are the columns of the contact it proposes.

    `contact_id` is whom it is about (null for a new person), `named_by_id` who proposed it, `replaces_id`
    whom a new person would follow, `known_id` a contact who may already be the person named. `persona_key` is
    the seat a new person is for. `key` makes the same proposal one row. Once decided, `outcome_id` is the
    contact it ended with, and `effect` maps the columns a decision changed to [before, after].
    """

    __tablename__ = "suggestions"
    __table_args__ = (Index("ix_suggestions_account_decided", "account_id", "decided_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    named_by_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    known_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    persona_key: Mapped[str] = mapped_column(String(40), default="")
    values: Mapped[dict[str, Any]]
    source: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    decision: Mapped[str | None] = mapped_column(String(10))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    effect: Mapped[dict[str, Any] | None]
    account: Mapped[Account] = relationship()
    contact: Mapped[Contact | None] = relationship(foreign_keys=[contact_id])
    named_by: Mapped[Contact | None] = relationship(foreign_keys=[named_by_id])
    replaces: Mapped[Contact | None] = relationship(foreign_keys=[replaces_id])
    known: Mapped[Contact | None] = relationship(foreign_keys=[known_id])
    outcome: Mapped[Contact | None] = relationship(foreign_keys=[outcome_id])
