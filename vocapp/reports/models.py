"""Reports asked for, and their finished PDF."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Account
from vocapp.campaigns.models import Wave
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User
from vocapp.reports.rules import Audience, Order, PaperSize, ReportKind, ReportState


class ReportBatch(Base):
    """Reports of many accounts that were asked for at once."""

    __tablename__ = "report_batches"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    requested_by: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Report(Base):
    """One report: waiting, ready or failed, with the frozen inputs it shows.

    `account_id`, `wave_id` or `user_id` (whose book) is its subject, by kind; a portfolio has none and shows
    what its `requested_by` may see. `edition` counts the corrections of one report, `previous_id` is the
    edition before, or the try that failed. `sees_all`: whoever asked saw every account when it was frozen.
    `snapshot_id` names the frozen inputs; it is printed on every page.
    """

    __tablename__ = "reports"
    __table_args__ = (Index("ix_reports_kind_created_at", "kind", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("waves.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    audience: Mapped[str] = mapped_column(String(10), default=Audience.INTERNAL)
    language: Mapped[str] = mapped_column(String(10), default="en")
    paper: Mapped[str] = mapped_column(String(10), default=PaperSize.A4)
    has_appendix: Mapped[bool] = mapped_column(default=False)
    sees_all: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default=ReportState.WAITING)
    edition: Mapped[int] = mapped_column(default=1)
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("reports.id", ondelete="SET NULL"), index=True)
    batch_id: Mapped[int | None] = mapped_column(
        ForeignKey("report_batches.id", ondelete="SET NULL"), index=True
    )
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    snapshot_id: Mapped[str | None] = mapped_column(String(12), index=True)
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    failure: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]
    account: Mapped[Account | None] = relationship()
    wave: Mapped[Wave | None] = relationship()
    subject: Mapped[User | None] = relationship(foreign_keys=[user_id])
    requester: Mapped[User | None] = relationship(foreign_keys=[requested_by])

    @property
    def order(self) -> Order:
        """What was asked for."""
        return Order(
            kind=ReportKind(self.kind),
            account_id=self.account_id,
            wave_id=self.wave_id,
            user_id=self.user_id,
            reader_id=self.requested_by,
            audience=Audience(self.audience),
            language=self.language,
            paper=PaperSize(self.paper),
            has_appendix=self.has_appendix,
        )
