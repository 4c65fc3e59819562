"""Users, roles and the company that runs this installation."""

from datetime import datetime
from typing import Any

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.rules import RoleName

user_roles = Table(
    "user_roles",
    Base.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("roles.id"), primary_key=True),
)


class Role(Base, RoleMixin):
    """One of the four roles, as Flask-Security stores them."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    description: Mapped[str] = mapped_column(String(200), default="")


class User(Base, UserMixin):
    """Somebody who signs in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    title: Mapped[str] = mapped_column(String(200), default="")
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    roles: Mapped[list[Role]] = relationship(secondary=user_roles, lazy="joined")  # type: ignore[assignment]

    @property
    def role(self) -> RoleName:
        """The user's one role."""
        return RoleName(self.roles[0].name)


class Company(Base):
    """The company that runs this installation; one row.

    `is_phone_scored`, `is_reply_scored` and `is_import_scored` say whether answers given by phone, numbers
    in replies, and another tool's answers count in scores. `mail_words` is what the mails of waves say here
    where that is not what the product says, `locked_words` the parts of them that a wave may not change.
    `logo` (a PNG) and `accent` (`#rrggbb`) are how reports look; every page reads this row, few the logo.
    """

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    domains: Mapped[list[Any]]
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    is_demo: Mapped[bool] = mapped_column(default=False)
    is_phone_scored: Mapped[bool] = mapped_column(default=True)
    is_reply_scored: Mapped[bool] = mapped_column(default=True)
    is_import_scored: Mapped[bool] = mapped_column(default=True)
    mail_words: Mapped[dict[str, Any]] = mapped_column(default=dict)
    locked_words: Mapped[list[Any]] = mapped_column(default=list)
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    accent: Mapped[str] = mapped_column(String(7), default="#0f5261")
