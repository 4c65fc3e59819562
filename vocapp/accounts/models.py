"""Accounts, contacts, personas, tiers, tier profiles and imports."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User


class Tier(Base):
    """How much an account matters; rank 1 matters most."""

    __tablename__ = "tiers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    rank: Mapped[int]


class Persona(Base):
    """The part a contact plays in the buying process; `weight` counts in engagement and footprint."""

    __tablename__ = "personas"
    __table_args__ = (CheckConstraint("weight > 0", name="weight_is_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    weight: Mapped[float] = mapped_column(default=1.0)
    description: Mapped[str] = mapped_column(String(300), default="")
    position: Mapped[int] = mapped_column(default=0)


class TierProfile(Base):
    """How many contacts of each persona accounts of a tier should have, from a date on."""

    __tablename__ = "tier_profiles"
    __table_args__ = (UniqueConstraint("tier_id", "effective_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tier_id: Mapped[int] = mapped_column(ForeignKey("tiers.id", ondelete="CASCADE"))
    effective_from: Mapped[date]
    tier: Mapped[Tier] = relationship()
    quotas: Mapped[list["PersonaQuota"]] = relationship(
        cascade="all, delete-orphan", back_populates="profile"
    )


class PersonaQuota(Base):
    """One line of a tier profile."""

    __tablename__ = "persona_quotas"
    __table_args__ = (CheckConstraint("required >= 0", name="required_is_not_negative"),)

    profile_id: Mapped[int] = mapped_column(
        ForeignKey("tier_profiles.id", ondelete="CASCADE"), primary_key=True
    )
    persona_id: Mapped[int] = mapped_column(ForeignKey("personas.id"), primary_key=True)
    required: Mapped[int]
    profile: Mapped[TierProfile] = relationship(back_populates="quotas")
    persona: Mapped[Persona] = relationship()


class Account(Base):
    """A customer company. `external_key` is `external_id` in comparable form (18-character CRM ids as 15)."""

    __tablename__ = "accounts"
    __table_args__ = (Index("ix_accounts_owner_status", "owner_id", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(String(120))
    external_key: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    tier_id: Mapped[int | None] = mapped_column(ForeignKey("tiers.id"), index=True)
    segment: Mapped[str] = mapped_column(String(80), default="")
    industry: Mapped[str] = mapped_column(String(80), default="")
    region: Mapped[str] = mapped_column(String(80), default="")
    country: Mapped[str] = mapped_column(String(80), default="")
    product: Mapped[str] = mapped_column(String(80), default="")
    arr: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    currency: Mapped[str] = mapped_column(String(3), default="")
    lifecycle_stage: Mapped[str] = mapped_column(String(40), default="")
    renewal_date: Mapped[date | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    owner_email: Mapped[str] = mapped_column(String(320), default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    status: Mapped[str] = mapped_column(String(10), default=AccountStatus.ACTIVE)
    is_demo: Mapped[bool] = mapped_column(default=False, index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    tier: Mapped[Tier | None] = relationship()
    owner: Mapped[User | None] = relationship()


contact_personas = Table(
    "contact_personas",
    Base.metadata,
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True),
    Column("persona_id", ForeignKey("personas.id"), primary_key=True, index=True),
)


class Contact(Base):
    """A person at an account. `email_key` is the address in comparable form (lower case, IDN as ASCII)."""

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("account_id", "email_key"),
        Index("ix_contacts_email_key", "email_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(String(120), default="")
    external_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    first_name: Mapped[str] = mapped_column(String(120), default="")
    last_name: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    title: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(16), default="")
    time_zone: Mapped[str] = mapped_column(String(64), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    status: Mapped[str] = mapped_column(String(10), default=ContactStatus.ACTIVE)
    is_role_address: Mapped[bool] = mapped_column(default=False)
    verified_on: Mapped[date | None]
    is_demo: Mapped[bool] = mapped_column(default=False, index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    account: Mapped[Account] = relationship()
    personas: Mapped[list[Persona]] = relationship(secondary=contact_personas, order_by=Persona.position)

    @property
    def full_name(self) -> str:
        """First and last name, or the address when there is none."""
        return f"{self.first_name} {self.last_name}".strip() or self.email


class ImportRun(Base):
    """One uploaded file on its way in: kept as bytes so that any worker can apply it."""

    __tablename__ = "import_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    filename: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    mapping: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(12))
    rows_seen: Mapped[int] = mapped_column(default=0)
    fraction: Mapped[float] = mapped_column(default=0.0)
    report: Mapped[dict[str, Any] | None]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]
