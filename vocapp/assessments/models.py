"""Assessments of accounts and of stakeholders by the people who look after them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User


class Assessment(Base):
    """One filled-in form; of the account as a whole, or (with `contact_id`) of one stakeholder.

    `ratings` maps a question's key to 1-5; questions that were left out are absent.
    """

    __tablename__ = "assessments"
    __table_args__ = (Index("ix_assessments_account_contact_at", "account_id", "contact_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    ratings: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=utcnow)
    author: Mapped[User | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
