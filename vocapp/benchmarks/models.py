"""Figures of others to compare with, and cohorts as they were when a wave closed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from vocapp.core.clock import utcnow
from vocapp.core.db import Base


class OuterBenchmark(Base):
    """One figure that somebody else published: of a measure, perhaps for an industry or a region ("" is all).

    `value`, and `low` and `high` of the middle half where they are known, are -1 to 1 for NPS and 0 to 1 for
    shares. `respondents` and `accounts` say what it rests on, None where the source does not.
    """

    __tablename__ = "outer_benchmarks"
    __table_args__ = (UniqueConstraint("source", "as_of", "measure", "industry", "region"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(String(16))
    industry: Mapped[str] = mapped_column(String(80), default="")
    region: Mapped[str] = mapped_column(String(80), default="")
    value: Mapped[float]
    low: Mapped[float | None]
    high: Mapped[float | None]
    respondents: Mapped[int | None]
    accounts: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(200))
    as_of: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class FrozenCohort(Base):
    """A cohort as it was when a wave closed; never changed afterwards.

    `traits` names it on its `rung`. `figures` has what its members were compared by, smallest first, per
    measure; `without_value` counts those that had nothing to compare.
    """

    __tablename__ = "frozen_cohorts"
    __table_args__ = (UniqueConstraint("wave_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id", ondelete="CASCADE"))
    number: Mapped[int]
    rung: Mapped[str] = mapped_column(String(24))
    traits: Mapped[list[Any]]
    figures: Mapped[dict[str, Any]]
    without_value: Mapped[dict[str, Any]]


class FrozenStanding(Base):
    """Where an account that a wave asked stood among others when the wave closed; never changed afterwards.

    `places` has a document per measure: the account's value, the `number` of its cohort in that wave (null:
    none was large enough), how many others had a value, how many had none, percentile and interval, and why
    there is no percentile.
    """

    __tablename__ = "frozen_standings"

    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    places: Mapped[dict[str, Any]]
    frozen_at: Mapped[datetime] = mapped_column(default=utcnow)
