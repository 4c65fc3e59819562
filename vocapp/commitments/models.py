"""Promises to a customer."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Account
from vocapp.commitments.rules import LONGEST, CommitmentState
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User


class Commitment(Base):
    """Something we promised an account; it stands in its reports, customers' edition included."""

    __tablename__ = "commitments"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(String(LONGEST))
    due_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(10), default=CommitmentState.OPEN)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    made_at: Mapped[datetime] = mapped_column(default=utcnow)
    settled_at: Mapped[datetime | None]
    account: Mapped[Account] = relationship()
    made_by: Mapped[User | None] = relationship()
