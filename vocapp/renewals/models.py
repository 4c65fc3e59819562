"""How renewals ended."""

from datetime import date
from decimal import Decimal

from sqlalchemy import ForeignKey, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from vocapp.core.db import Base


class RenewalOutcome(Base):
    """One renewal date of an account and its outcome: renewed, churned or contracted."""

    __tablename__ = "renewal_outcomes"
    __table_args__ = (UniqueConstraint("account_id", "renewal_date"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    renewal_date: Mapped[date]
    outcome: Mapped[str] = mapped_column(String(12))
    amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
