"""What readers say of the themes found in what people wrote."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.responses.models import WrittenComment


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
