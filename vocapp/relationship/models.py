"""Scores of accounts by day of change, and the cohort priors they were shrunk towards."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from vocapp.core.clock import utcnow
from vocapp.core.db import Base


class AccountScore(Base):
    """An account's measures as of one day; `is_latest` marks the one that pages show.

    footprint, engagement, sentiment: 0 to 1; nps: -1 to 1; strength: 0 to 100; null where nothing was
    measured. `answers`: people whose answer counts in sentiment. `silent_waves`: the latest closed waves in
    a row that reached somebody and were answered by nobody, null before the first one; the other counts
    those that reached a decision maker and none answered. `last_heard`: when the last wave went out that
    somebody answered. `measures` holds the full measure objects, the points lost and the counts behind them.
    """

    __tablename__ = "account_scores"
    __table_args__ = (
        UniqueConstraint("account_id", "as_of"),
        Index(
            "uq_account_scores_latest",
            "account_id",
            unique=True,
            # Written as queries compare it: SQLite takes a partial index only for the very same expression.
            sqlite_where=text("is_latest = 1"),
            postgresql_where=text("is_latest"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    as_of: Mapped[date]
    is_latest: Mapped[bool] = mapped_column(Boolean, default=True)
    footprint: Mapped[float | None]
    engagement: Mapped[float | None]
    sentiment: Mapped[float | None]
    nps: Mapped[float | None]
    strength: Mapped[float | None]
    answers: Mapped[int] = mapped_column(default=0)
    silent_waves: Mapped[int | None]
    decision_maker_silent_waves: Mapped[int | None]
    last_heard: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(6), default="grey")
    confidence: Mapped[str] = mapped_column(String(6), default="none")
    measures: Mapped[dict[str, Any]]
    # Scores of two definitions are two series: no line runs from one into the other.
    method_version: Mapped[int] = mapped_column(default=1, server_default="1")
    computed_at: Mapped[datetime] = mapped_column(default=utcnow)


class CohortPrior(Base):
    """What accounts of a cohort are like on the whole, on one day; `cohort` is "all" or "tier:ID".

    `kappa`: how many answers the cohort weighs against an account's own; `has_mix`: enough accounts answered.
    """

    __tablename__ = "cohort_priors"

    cohort: Mapped[str] = mapped_column(String(40), primary_key=True)
    accounts: Mapped[int]
    promoters: Mapped[int]
    passives: Mapped[int]
    detractors: Mapped[int]
    kappa: Mapped[float]
    has_mix: Mapped[bool]
    engagement_mean: Mapped[float | None]
    as_of: Mapped[date]
    computed_at: Mapped[datetime] = mapped_column(default=utcnow)
