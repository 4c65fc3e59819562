"""Waves, the accounts they ask, invitations and exclusions."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Account, Contact, Persona
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User
from vocapp.questionnaires.models import SurveyVersion

wave_accounts = Table(
    "wave_accounts",
    Base.metadata,
    Column("wave_id", ForeignKey("waves.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True),
    # Whose account it was when the wave was launched; null before that, and where it was nobody's.
    Column("owner_id", ForeignKey("users.id")),
)


class Wave(Base):
    """One sending of one survey version to the rosters of one or many accounts."""

    __tablename__ = "waves"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    survey_version_id: Mapped[int] = mapped_column(ForeignKey("survey_versions.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default=WaveState.DRAFT, index=True)
    personal_note: Mapped[str] = mapped_column(default="")
    launch_at: Mapped[datetime | None]
    launched_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    survey_version: Mapped[SurveyVersion] = relationship()
    owner: Mapped[User] = relationship()
    accounts: Mapped[list[Account]] = relationship(secondary=wave_accounts, order_by=Account.name)


class Invitation(Base):
    """One contact's part in one wave. Persona and account stand here as they were when asked."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("wave_id", "contact_id"),
        Index("ix_invitations_account_state", "account_id", "state"),
        Index("ix_invitations_contact", "contact_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    persona_id: Mapped[int | None] = mapped_column(ForeignKey("personas.id"))
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(12), default=InvitationState.PLANNED)
    language: Mapped[str] = mapped_column(String(16), default="en")
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    reminder_due_at: Mapped[datetime | None] = mapped_column(index=True)
    reminded_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    wave: Mapped[Wave] = relationship()
    account: Mapped[Account] = relationship()
    contact: Mapped[Contact] = relationship()
    persona: Mapped[Persona | None] = relationship()


class Exclusion(Base):
    """A contact of a chosen account who is not asked in a wave, and why."""

    __tablename__ = "exclusions"

    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(300), default="")
    contact: Mapped[Contact] = relationship()
