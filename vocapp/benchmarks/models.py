"""Figures of others, brought in to compare with."""

from datetime import date, datetime

from sqlalchemy import String, UniqueConstraint
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
