"""Triggers, the waves they fill, and what became of each event."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.models import Wave
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User
from vocapp.questionnaires.models import Survey


class Trigger(Base):
    """A rule that asks about something that happened: which event, whom, with which survey, after how long.

    `delay_days` counts from the event, for `renewal` events before the renewal date. An event asks the person
    it names, else the active contacts who play one of `personas` (ids). `tiers` (ids) and `products` narrow
    where; empty means everywhere. `share` is the percentage of matching events that ask anybody, 1 to 100.
    Without a sender the account's owner asks. It is off while `active_since` is None, and events before that
    ask nobody.
    """

    __tablename__ = "triggers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id", ondelete="CASCADE"))
    event_kind: Mapped[str] = mapped_column(String(20))
    delay_days: Mapped[int] = mapped_column(default=1)
    personas: Mapped[list[Any]]
    tiers: Mapped[list[Any]]
    products: Mapped[list[Any]]
    share: Mapped[int] = mapped_column(default=100)
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    active_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    survey: Mapped[Survey] = relationship()
    sender: Mapped[User | None] = relationship(foreign_keys=[sender_id])


class TriggerWave(Base):
    """The wave that takes a trigger's invitations of one sender and one month ("2026-11")."""

    __tablename__ = "trigger_waves"
    __table_args__ = (UniqueConstraint("trigger_id", "period", "owner_id"),)

    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id", ondelete="CASCADE"), primary_key=True)
    trigger_id: Mapped[int] = mapped_column(ForeignKey("triggers.id", ondelete="CASCADE"))
    period: Mapped[str] = mapped_column(String(7))
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    wave: Mapped[Wave] = relationship()
    trigger: Mapped[Trigger] = relationship()


class TriggerFiring(Base):
    """What one event came to at one trigger: a person asked, one to be looked at again, or why nobody was.

    `event_key` names the event (`rules.event_key`) and further people at it (`rules.person_key`); it stands
    here once, however often the event is told. `retry_at` is when to look again.
    """

    __tablename__ = "trigger_firings"
    __table_args__ = (
        UniqueConstraint("trigger_id", "event_key"),
        Index("ix_trigger_firings_trigger_at", "trigger_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    trigger_id: Mapped[int] = mapped_column(ForeignKey("triggers.id", ondelete="CASCADE"))
    event_key: Mapped[str] = mapped_column(String(200))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("waves.id", ondelete="SET NULL"))
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(30), default="")
    retry_at: Mapped[datetime | None] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(default=utcnow)
    account: Mapped[Account] = relationship()
    contact: Mapped[Contact | None] = relationship()
    trigger: Mapped[Trigger] = relationship()
