"""API tokens, and the answers that were given to POSTs."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User


class ApiToken(Base):
    """A secret that a program shows instead of signing in; it acts for `user` and sees what they see.

    Only the hash of the secret is kept, and its last characters, by which people tell tokens apart.
    """

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    ending: Mapped[str] = mapped_column(String(4))
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(foreign_keys=[user_id])


class ApiAnswer(Base):
    """What a POST with an `Idempotency-Key` was answered, so that the same again is answered the same.

    `asked` is the hash of method, address and body. The row is written in the transaction of what was done.
    """

    __tablename__ = "api_answers"
    __table_args__ = (UniqueConstraint("token_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(200))
    asked: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    location: Mapped[str] = mapped_column(String(300), default="")
    body: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
