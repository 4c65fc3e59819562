"""Roster confirmations of CSMs, and requests to champions with what they sent back."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Account, Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User
from vocapp.rosters.rules import RequestState


class RosterConfirmation(Base):
    """A CSM went through the people of an account; `is_latest` marks the one that counts."""

    __tablename__ = "roster_confirmations"
    __table_args__ = (Index("ix_roster_confirmations_account_at", "account_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(default=utcnow)
    is_latest: Mapped[bool] = mapped_column(default=True)
    by: Mapped[User] = relationship()
    lines: Mapped[list["RosterLine"]] = relationship(
        cascade="all, delete-orphan", back_populates="confirmation"
    )


class RosterLine(Base):
    """What was decided about one person; `reason` and `note` for those removed or replaced."""

    __tablename__ = "roster_lines"

    confirmation_id: Mapped[int] = mapped_column(
        ForeignKey("roster_confirmations.id", ondelete="CASCADE"), primary_key=True
    )
    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    decision: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(16), default="")
    note: Mapped[str] = mapped_column(String(300), default="")
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    confirmation: Mapped[RosterConfirmation] = relationship(back_populates="lines")
    contact: Mapped[Contact] = relationship(foreign_keys=[contact_id])


class RosterRequest(Base):
    """One champion's link to `/r/<token>`; `answer` is the form that counts (`ChampionAnswer` as JSON).

    `revision` is the number of that form; doubtful ones wait among the revisions and count nowhere.
    """

    __tablename__ = "roster_requests"
    __table_args__ = (Index("ix_roster_requests_account_created", "account_id", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    sender_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(10), default=RequestState.PLANNED)
    personal_note: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(16), default="en")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    sent_at: Mapped[datetime | None]
    reminder_due_at: Mapped[datetime | None] = mapped_column(index=True)
    reminded_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    answer: Mapped[dict[str, Any] | None]
    revision: Mapped[int] = mapped_column(default=0)
    account: Mapped[Account] = relationship()
    contact: Mapped[Contact] = relationship()
    sender: Mapped[User] = relationship()


class RosterRevision(Base):
    """One sent form of a champion, exactly as it was understood; number 1 is the first.

    A doubtful form has a `quarantine_reason` and stays beside the one that counts until it is released.
    """

    __tablename__ = "roster_revisions"
    __table_args__ = (UniqueConstraint("request_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("roster_requests.id", ondelete="CASCADE"))
    number: Mapped[int]
    answer: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=utcnow)
    quarantine_reason: Mapped[str | None] = mapped_column(String(60))
    decision: Mapped[str | None] = mapped_column(String(10))
    decided_at: Mapped[datetime | None]
    request: Mapped[RosterRequest] = relationship()
