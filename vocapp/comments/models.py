"""What people wrote, one row per open question, and what readers say of the themes found in it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.responses.models import Response


class WrittenComment(Base):
    """What somebody wrote to one question of an answer that counts and was given openly.

    Read from `Response.answers` and kept up to date with it: never the place where it is changed. What was
    said in confidence is not here at all. Whose it is stands here as well, and follows the answer when that
    moves to another record of a person or account: lists over everything read one table. `search_text` is
    the text in comparable form, `themes` as `rules.themes_text` has them, `tone` -1 (harsh) to 1 (warm) or
    null where it was not analysed, `band` the class of the rating beside it ("" without one), `kind` the
    rating's kind, `lot` its place in the draw.
    """

    __tablename__ = "comments"
    __table_args__ = (
        UniqueConstraint("response_id", "question"),
        ForeignKeyConstraint(
            ["response_id", "account_id", "contact_id"],
            ["responses.id", "responses.account_id", "responses.contact_id"],
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        Index("ix_comments_account", "account_id", "said_at"),
        Index("ix_comments_said", "said_at", "id"),
        # What is counted is read from here, in the order in which it is grouped, past all the words.
        Index(
            "ix_comments_counted",
            *("themes", "band", "account_id", "contact_id"),
            *("wave_id", "persona_id", "language"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int]
    account_id: Mapped[int]
    contact_id: Mapped[int]
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id", ondelete="CASCADE"), index=True)
    persona_id: Mapped[int | None] = mapped_column(ForeignKey("personas.id"))
    question: Mapped[str] = mapped_column(String(80))
    text: Mapped[str]
    search_text: Mapped[str]
    language: Mapped[str] = mapped_column(String(16), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    band: Mapped[str] = mapped_column(String(10), default="")
    themes: Mapped[str | None]
    tone: Mapped[float | None]
    lot: Mapped[int] = mapped_column(index=True)
    said_at: Mapped[datetime]
    response: Mapped[Response] = relationship()


class CommentLabel(Base):
    """Whether a theme found in a comment is right, by one person; `is_right` null: they could not tell."""

    __tablename__ = "comment_labels"
    __table_args__ = (
        UniqueConstraint("user_id", "comment_id", "theme"),
        CheckConstraint("theme <> ''", name="theme_is_named"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)
    theme: Mapped[str] = mapped_column(String(40), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    is_right: Mapped[bool | None]
    labelled_at: Mapped[datetime] = mapped_column(default=utcnow)
    comment: Mapped[WrittenComment] = relationship()
