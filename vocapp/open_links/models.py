"""Open links and what came in through them. Nobody is named here, and no account is scored by it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.questionnaires.models import SurveyVersion
from vocapp.responses.rules import ResponseState


class OpenLink(Base):
    """A link anybody may answer through. `allowed_origins` are the pages that may embed it."""

    __tablename__ = "open_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120))
    survey_version_id: Mapped[int] = mapped_column(ForeignKey("survey_versions.id"))
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    allowed_origins: Mapped[list[Any]]
    closes_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    survey_version: Mapped[SurveyVersion] = relationship()


class OpenResponse(Base):
    """One visitor's answer; `visit_hash` is that of a random word in their form, so sending twice is once."""

    __tablename__ = "open_responses"
    __table_args__ = (
        UniqueConstraint("open_link_id", "visit_hash"),
        CheckConstraint("rating IS NULL OR (rating >= 0 AND rating <= 10)", name="rating_on_scale"),
        Index("ix_open_responses_link_answered", "open_link_id", "answered_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    open_link_id: Mapped[int] = mapped_column(ForeignKey("open_links.id", ondelete="CASCADE"))
    visit_hash: Mapped[str] = mapped_column(String(64))
    rating: Mapped[int | None]
    comment: Mapped[str] = mapped_column(default="")
    answers: Mapped[dict[str, Any]]
    language: Mapped[str] = mapped_column(String(16), default="en")
    state: Mapped[str] = mapped_column(String(10), default=ResponseState.PARTIAL)
    last_page: Mapped[str] = mapped_column(String(40), default="")
    quarantine_reason: Mapped[str | None] = mapped_column(String(60))
    decision: Mapped[str | None] = mapped_column(String(10))
    decided_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    answered_at: Mapped[datetime]
    open_link: Mapped[OpenLink] = relationship()
