"""Events that other systems tell of accounts."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from vocapp.core.clock import utcnow
from vocapp.core.db import Base


class AccountEvent(Base):
    """Something that happened at an account, or was counted there, as another system tells it.

    `source` is that system ("salesforce:3"), `external_key` its own name for the event. `occurred_at` is the
    moment the event or its `value` stands for, `recorded_at` when we first heard of it: what is learned from
    the past may use only what was known then. `urgent_at` is since when it is, or last was, escalated.
    """

    __tablename__ = "account_events"
    __table_args__ = (
        UniqueConstraint("source", "kind", "external_key"),
        Index("ix_account_events_account_kind", "account_id", "kind", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(40))
    external_key: Mapped[str] = mapped_column(String(120))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"), index=True)
    title: Mapped[str] = mapped_column(String(300), default="")
    occurred_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    value: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    is_urgent: Mapped[bool] = mapped_column(default=False)
    urgent_at: Mapped[datetime | None]
    priority: Mapped[str] = mapped_column(String(40), default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_deleted: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow)
