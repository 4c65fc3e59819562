"""Footprints by day of change, gaps with their beginning and end, and sums per CSM and day."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Account, Persona
from vocapp.core.clock import utcnow
from vocapp.core.db import Base


class FootprintDay(Base):
    """An account's footprint at the end of a day on which it changed; `is_latest` is what holds now.

    identified, verified, reachable: coverage 0-1 at the three depths, null without a profile. The `_seats`
    count seats at that depth, of `required`; `seats` maps persona key → [required, identified, verified,
    reachable]. `people`: everybody known who has not left, without role addresses; `participants` and
    `active_personas`: who answered lately and how many personas they play. `gap_since`: when the oldest gap
    opened. The last four are the named findings (`FindingKind`).
    """

    __tablename__ = "footprint_days"
    __table_args__ = (
        UniqueConstraint("account_id", "on_day"),
        Index(
            "ix_footprint_days_current",
            "account_id",
            unique=True,
            sqlite_where=text("is_latest = 1"),
            postgresql_where=text("is_latest"),
        ),
        # The gap list reads this index instead of the table: it holds all that narrows the list. Of two
        # that fit, SQLite takes the one made last, and indexes are made in the order of their names.
        Index(
            "ix_footprint_days_gaps",
            "account_id",
            "required",
            "verified_seats",
            "has_lost_champion",
            "lacks_champion",
            "is_single_threaded",
            "is_unanswered",
            sqlite_where=text("is_latest = 1"),
            postgresql_where=text("is_latest"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    on_day: Mapped[date]
    is_latest: Mapped[bool] = mapped_column(default=True)
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow)
    identified: Mapped[float | None]
    verified: Mapped[float | None]
    reachable: Mapped[float | None]
    required: Mapped[int]
    identified_seats: Mapped[int]
    verified_seats: Mapped[int]
    reachable_seats: Mapped[int]
    seats: Mapped[dict[str, Any]]
    people: Mapped[int]
    verified_people: Mapped[int]
    participants: Mapped[int]
    active_personas: Mapped[int]
    gap_since: Mapped[date | None]
    is_single_threaded: Mapped[bool]
    lacks_champion: Mapped[bool]
    has_lost_champion: Mapped[bool]
    is_unanswered: Mapped[bool]
    account: Mapped[Account] = relationship()


class Gap(Base):
    """One seat that nobody verified fills, from the day it fell empty until it was filled.

    `is_withdrawn`: it was closed because the seat is no longer asked for, and nobody filled it. `owner_id`
    is whose account it was while the gap was open.
    """

    __tablename__ = "gaps"
    __table_args__ = (
        Index("ix_gaps_account_closed", "account_id", "closed_on"),
        Index("ix_gaps_closed_on", "closed_on"),
        Index("ix_gaps_opened_on", "opened_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    persona_id: Mapped[int] = mapped_column(ForeignKey("personas.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]
    is_withdrawn: Mapped[bool] = mapped_column(default=False)
    persona: Mapped[Persona] = relationship()


class CoverageDay(Base):
    """What all present accounts of a CSM (`owner_id`), or of everybody (0), came to at the end of a day."""

    __tablename__ = "coverage_days"

    on_day: Mapped[date] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(primary_key=True)
    accounts: Mapped[int]
    required: Mapped[int]
    identified_seats: Mapped[int]
    verified_seats: Mapped[int]
    reachable_seats: Mapped[int]
    people: Mapped[int]
    verified_people: Mapped[int]
    single_threaded: Mapped[int]
    without_champion: Mapped[int]
