"""Reports asked for, and their finished PDF."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Account
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User
from vocapp.reports.rules import ReportState


class Report(Base):
    """One report: waiting, ready or failed, with the frozen inputs it shows."""

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str] = mapped_column(String(10), default=ReportState.WAITING)
    snapshot: Mapped[dict[str, Any] | None]
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    failure: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]
    account: Mapped[Account | None] = relationship()
    requester: Mapped[User | None] = relationship()
