"""Pairs that look alike, merges of contacts, every value they moved, and pairs that are two people."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.duplicates.rules import Grade, Likeness, Reason


class ContactMerge(Base):
    """One contact became part of another of the same account."""

    __tablename__ = "contact_merges"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    merged_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(default=utcnow)
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    kept: Mapped[Contact] = relationship(foreign_keys=[kept_id])
    merged: Mapped[Contact] = relationship(foreign_keys=[merged_id])
    moves: Mapped[list["MergeMove"]] = relationship(
        cascade="all, delete-orphan", order_by="MergeMove.id", back_populates="merge"
    )


class MergeMove(Base):
    """One value that a merge changed: the row's primary key and the column, before and after.

    `row_key` leaves out the column itself, so it finds the row before and after the change.
    """

    __tablename__ = "merge_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    merge_id: Mapped[int] = mapped_column(ForeignKey("contact_merges.id", ondelete="CASCADE"), index=True)
    table_name: Mapped[str] = mapped_column(String(60))
    row_key: Mapped[dict[str, Any]]
    column_name: Mapped[str] = mapped_column(String(60))
    before: Mapped[Any] = mapped_column(JSON)
    after: Mapped[Any] = mapped_column(JSON)
    merge: Mapped[ContactMerge] = relationship(back_populates="moves")


class DismissedPair(Base):
    """Two contacts that look alike and are two people: somebody looked, so they are not proposed again."""

    __tablename__ = "dismissed_pairs"
    __table_args__ = (CheckConstraint("first_id < second_id", name="first_is_lower"),)

    first_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)
    second_id: Mapped[int] = mapped_column(
        ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(default=utcnow)


class LikelyPair(Base):
    """Two contacts of one account that looked alike when they were last compared; `recording.py` keeps it."""

    __tablename__ = "likely_pairs"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="first_is_lower"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    grade: Mapped[str] = mapped_column(String(10))
    reasons: Mapped[list[Any]]
    found_at: Mapped[datetime] = mapped_column(default=utcnow)
    first: Mapped[Contact] = relationship(foreign_keys=[first_id])
    second: Mapped[Contact] = relationship(foreign_keys=[second_id])

    @property
    def likeness(self) -> Likeness:
        """Why the two may be one person."""
        return Likeness(
            self.first_id, self.second_id, Grade(self.grade), tuple(Reason(reason) for reason in self.reasons)
        )
