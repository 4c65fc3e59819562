"""Surveys, their frozen versions, and the draft of the next one with every step that made it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User


class Survey(Base):
    """A questionnaire that keeps its identity through its versions.

    `is_confidential` is fixed with the first version and never lifted: what people were promised holds.
    """

    __tablename__ = "surveys"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    is_confidential: Mapped[bool] = mapped_column(default=False)
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class SurveyVersion(Base):
    """What was asked, frozen once published; waves point here."""

    __tablename__ = "survey_versions"
    __table_args__ = (UniqueConstraint("survey_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id", ondelete="CASCADE"))
    number: Mapped[int]
    definition: Mapped[dict[str, Any]]
    is_standard: Mapped[bool] = mapped_column(default=True)
    published_at: Mapped[datetime] = mapped_column(default=utcnow)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    survey: Mapped[Survey] = relationship()
    published_by: Mapped[User | None] = relationship()


class SurveyDraft(Base):
    """What the next version of a survey will be; it may still miss words and need not be askable.

    `base_number` is the version it began from, None for a survey that has none yet; `step` is the number of
    the `SurveyDraftStep` whose document stands here, so undo and redo only move it.
    """

    __tablename__ = "survey_drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id", ondelete="CASCADE"), unique=True)
    document: Mapped[dict[str, Any]]
    base_number: Mapped[int | None]
    step: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    survey: Mapped[Survey] = relationship()


class SurveyDraftStep(Base):
    """One step of work on a draft: the whole document after it, and what was done, in words."""

    __tablename__ = "survey_draft_steps"
    __table_args__ = (UniqueConstraint("draft_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("survey_drafts.id", ondelete="CASCADE"))
    number: Mapped[int]
    document: Mapped[dict[str, Any]]
    what: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(default=utcnow)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
