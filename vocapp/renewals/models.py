"""Renewals and other sales as a CRM tells them, and how renewals ended."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.renewals.rules import IMPORTED


class RenewalOutcome(Base):
    """One renewal date of an account and its outcome: renewed, churned or contracted.

    `source`: "import", "hand", or the CRM whose closed opportunities said so ("salesforce:3"). Only the last
    may be taken back when its opportunities change.
    """

    __tablename__ = "renewal_outcomes"
    __table_args__ = (UniqueConstraint("account_id", "renewal_date"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    renewal_date: Mapped[date]
    outcome: Mapped[str] = mapped_column(String(12))
    amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    source: Mapped[str] = mapped_column(String(40), default=IMPORTED)


class Opportunity(Base):
    """A sale that a CRM knows of: a renewal, new or further business; `kind` is an `OpportunityKind`.

    `source` is the CRM ("salesforce:3"), `external_key` its own name for it. `changed_at` is when it was last
    changed over there, `recorded_at` when we first heard of it.
    """

    __tablename__ = "opportunities"
    __table_args__ = (
        UniqueConstraint("source", "external_key"),
        Index("ix_opportunities_account_close", "account_id", "close_date"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(40))
    external_key: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(200), default="")
    stage: Mapped[str] = mapped_column(String(80), default="")
    kind: Mapped[str] = mapped_column(String(10))
    amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    currency: Mapped[str] = mapped_column(String(3), default="")
    close_date: Mapped[date | None]
    is_closed: Mapped[bool] = mapped_column(default=False)
    is_won: Mapped[bool] = mapped_column(default=False)
    owner_name: Mapped[str] = mapped_column(String(200), default="")
    changed_at: Mapped[datetime | None]
    is_deleted: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow)
