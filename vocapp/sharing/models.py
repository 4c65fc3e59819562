"""Schedules of reports, and each report on its way to somebody."""

from datetime import date, datetime, tzinfo

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Account, Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User
from vocapp.reports.models import Report
from vocapp.reports.rules import Audience, PaperSize
from vocapp.sharing.rules import Rhythm, ShareState, Timing


def name_of(user: User | None, contact: Contact | None) -> str:
    """Return the name of one of ours or of somebody at a customer, else their address."""
    if contact is not None:
        return contact.full_name or contact.email
    return (user.name or user.email) if user is not None else ""


class ReportSchedule(Base):
    """A report made by itself; `days` is the day of the month or the days before a date of the account.

    `owner_id` made it, and what they may see is what it shows. `account_id` or `user_id` (whose book) is its
    subject by kind.
    """

    __tablename__ = "report_schedules"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    audience: Mapped[str] = mapped_column(String(10), default=Audience.INTERNAL)
    language: Mapped[str] = mapped_column(String(10), default="en")
    paper: Mapped[str] = mapped_column(String(10), default=PaperSize.A4)
    has_appendix: Mapped[bool] = mapped_column(default=False)
    rhythm: Mapped[str] = mapped_column(String(20), default=Rhythm.MONTHLY)
    days: Mapped[int] = mapped_column(default=1)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    account: Mapped[Account | None] = relationship()
    subject: Mapped[User | None] = relationship(foreign_keys=[user_id])
    owner: Mapped[User] = relationship(foreign_keys=[owner_id])
    recipients: Mapped[list["ScheduleRecipient"]] = relationship(
        cascade="all, delete-orphan", order_by="ScheduleRecipient.id"
    )

    def timing_in(self, zone: tzinfo) -> Timing:
        """Return when it is due; it counts from the day it was made, as that is called in a time zone."""
        return Timing(Rhythm(self.rhythm), self.days, self.created_at.astimezone(zone).date())

    @property
    def misses_date(self) -> bool:
        """Whether it counts back from a date that the account has not got."""
        dates = {Rhythm.BEFORE_RENEWAL: "renewal_date", Rhythm.BEFORE_REVIEW: "review_date"}
        name = dates.get(Rhythm(self.rhythm))
        return name is not None and (self.account is None or getattr(self.account, name) is None)


class ScheduleRecipient(Base):
    """Somebody a scheduled report goes to: one of ours, or somebody at the customer."""

    __tablename__ = "report_schedule_recipients"
    __table_args__ = (
        UniqueConstraint("schedule_id", "user_id"),
        UniqueConstraint("schedule_id", "contact_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(
        ForeignKey("report_schedules.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    user: Mapped[User | None] = relationship()
    contact: Mapped[Contact | None] = relationship()

    @property
    def name(self) -> str:
        """The name of whoever gets it, or their address."""
        return name_of(self.user, self.contact)


class ScheduleRun(Base):
    """One time a schedule came due, at most one for a day whatever crashes; `said` is what came of it."""

    __tablename__ = "report_schedule_runs"
    __table_args__ = (UniqueConstraint("schedule_id", "due_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(
        ForeignKey("report_schedules.id", ondelete="CASCADE"), index=True
    )
    due_on: Mapped[date]
    report_id: Mapped[int | None] = mapped_column(ForeignKey("reports.id", ondelete="SET NULL"), index=True)
    said: Mapped[str] = mapped_column(default="")
    ran_at: Mapped[datetime] = mapped_column(default=utcnow)


class ReportShare(Base):
    """A report on its way to one person; its link is derived from `nonce` and never stored."""

    __tablename__ = "report_shares"
    __table_args__ = (
        UniqueConstraint("report_id", "user_id"),
        UniqueConstraint("report_id", "contact_id"),
        Index("ix_report_shares_state_created_at", "state", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    sender_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(String(12), default=ShareState.WAITING)
    reason: Mapped[str] = mapped_column(default="")
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    sent_at: Mapped[datetime | None]
    report: Mapped[Report] = relationship()
    user: Mapped[User | None] = relationship(foreign_keys=[user_id])
    contact: Mapped[Contact | None] = relationship()
    sender: Mapped[User] = relationship(foreign_keys=[sender_id])
    openings: Mapped[list["ShareOpening"]] = relationship(
        cascade="all, delete-orphan", order_by="ShareOpening.opened_at"
    )

    @property
    def is_for_customer(self) -> bool:
        """Whether somebody at the customer gets it."""
        return self.contact_id is not None

    @property
    def to_name(self) -> str:
        """The name of whoever gets it, or their address."""
        return name_of(self.user, self.contact)


class ShareOpening(Base):
    """One time somebody took the PDF home: by pressing the button, since machines follow links too."""

    __tablename__ = "report_share_openings"

    id: Mapped[int] = mapped_column(primary_key=True)
    share_id: Mapped[int] = mapped_column(ForeignKey("report_shares.id", ondelete="CASCADE"), index=True)
    opened_at: Mapped[datetime] = mapped_column(default=utcnow)
