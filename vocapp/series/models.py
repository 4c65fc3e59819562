"""Campaigns, their runs, and each CSM's part in a run."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.campaigns.models import Wave
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User
from vocapp.questionnaires.models import Survey
from vocapp.series.rules import CampaignState, RunState, Unconfirmed


class Campaign(Base):
    """A series of waves: which survey, which accounts, when first and how often.

    `tiers` (ids), `segments` and `regions` narrow whose accounts; empty means all. `confirm_days` is how many
    days before a launch rosters are due, None when nobody is asked to confirm any. `renewal_days` counts
    before the renewal date, for that cadence alone. A pilot of `pilot_percent` goes first, 0 for none; the
    others follow by themselves after `pilot_days`, or None: when somebody says so.
    """

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id", ondelete="CASCADE"))
    cadence: Mapped[str] = mapped_column(String(12))
    renewal_days: Mapped[int] = mapped_column(default=90)
    tiers: Mapped[list[Any]] = mapped_column(default=list)
    segments: Mapped[list[Any]] = mapped_column(default=list)
    regions: Mapped[list[Any]] = mapped_column(default=list)
    launch_on: Mapped[date]
    confirm_days: Mapped[int | None]
    unconfirmed: Mapped[str] = mapped_column(String(10), default=Unconfirmed.ASK)
    length_days: Mapped[int] = mapped_column(default=21)
    personal_note: Mapped[str] = mapped_column(default="")
    pilot_percent: Mapped[int] = mapped_column(default=0)
    pilot_days: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(10), default=CampaignState.RUNNING, index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    is_demo: Mapped[bool] = mapped_column(default=False)
    survey: Mapped[Survey] = relationship()
    created_by: Mapped[User | None] = relationship()


class CampaignRun(Base):
    """One time a campaign asks; `period` names it once, whoever opens it."""

    __tablename__ = "campaign_runs"
    __table_args__ = (UniqueConstraint("campaign_id", "period"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    period: Mapped[str] = mapped_column(String(10))
    launch_on: Mapped[date]
    confirm_by: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(10), default=RunState.GATHERING)
    opened_at: Mapped[datetime] = mapped_column(default=utcnow)
    launched_at: Mapped[datetime | None]
    campaign: Mapped[Campaign] = relationship()
    parts: Mapped[list["CampaignPart"]] = relationship(back_populates="run", passive_deletes=True)


class CampaignPart(Base):
    """One CSM's part in a run: their roster to confirm, then their wave, or why there is none.

    `is_settled` says that nothing more is done about it; a `problem` before that is tried again.
    """

    __tablename__ = "campaign_parts"
    __table_args__ = (UniqueConstraint("run_id", "owner_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("campaign_runs.id", ondelete="CASCADE"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("waves.id", ondelete="SET NULL"), unique=True)
    problem: Mapped[str] = mapped_column(String(300), default="")
    is_settled: Mapped[bool] = mapped_column(default=False)
    reminded_at: Mapped[datetime | None]
    run: Mapped[CampaignRun] = relationship(back_populates="parts")
    owner: Mapped[User] = relationship()
    wave: Mapped[Wave | None] = relationship()
