"""Messages, what was heard of them afterwards, the ways they take, and suppressed addresses."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from vocapp.core.clock import utcnow
from vocapp.core.db import Base, db
from vocapp.outbox.rules import MessageState


class Message(Base):
    """One mail to one person for one purpose; rendered when it is sent, from `template` and `context`.

    `key` names purpose and recipient ("invitation:17", "reminder:17:1"), so nothing is ever written twice.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_due", "state", "next_attempt_at"),
        Index("ix_messages_lane_due", "lane", "state", "next_attempt_at"),
        Index("ix_messages_subject", "subject_kind", "subject_id"),
        # Few rows have an owner at a time; the sweep looks through these alone.
        Index(
            "ix_messages_owned",
            "claimed_until",
            sqlite_where=db.text("claimed_until IS NOT NULL"),
            postgresql_where=db.text("claimed_until IS NOT NULL"),
        ),
        # What went out lately, and what a lane's last tries came to.
        Index("ix_messages_sent_at", "sent_at"),
        Index("ix_messages_lane_tried", "lane", "tried_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    template: Mapped[str] = mapped_column(String(60))
    context: Mapped[dict[str, Any]]
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int]
    language: Mapped[str] = mapped_column(String(16), default="en")
    to_address: Mapped[str] = mapped_column(String(320))
    to_name: Mapped[str] = mapped_column(String(200), default="")
    from_name: Mapped[str] = mapped_column(String(200), default="")
    reply_to: Mapped[str] = mapped_column(String(320), default="")
    state: Mapped[str] = mapped_column(String(12), default=MessageState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=utcnow)
    # While held it waits, whatever its time: it is neither sent nor given up.
    is_held: Mapped[bool] = mapped_column(default=False)
    send_by: Mapped[datetime | None]
    # Where the clock and calendar are that it keeps to (`core.workdays.place_of`); null: any hour will do.
    hours_zone: Mapped[str | None] = mapped_column(String(64))
    hours_country: Mapped[str | None] = mapped_column(String(2))
    # The mail hosts it goes through (`lanes.py`); null until that was looked up.
    lane: Mapped[str | None] = mapped_column(String(253))
    claimed_by: Mapped[str | None] = mapped_column(String(40))
    claimed_until: Mapped[datetime | None]
    first_tried_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    # What was heard of it after it was sent, by `MailEvent`.
    delivered_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    complained_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    # One word for `reason` (`rules.Cause`).
    cause: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class MailEvent(Base):
    """Something heard about a message from outside: a mail provider, a bounce, a relay's log.

    `event_key` names it at its source, so that hearing it again changes nothing.
    """

    __tablename__ = "mail_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_key: Mapped[str] = mapped_column(String(200), unique=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(12), default="")
    detail: Mapped[str] = mapped_column(String(500), default="")
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)


class MailLane(Base):
    """One group of mail hosts, and how fast mail may go there now; the name `*` stands for everything."""

    __tablename__ = "mail_lanes"

    name: Mapped[str] = mapped_column(String(253), primary_key=True)
    # Mails it may take at once, as of `refilled_at`; every worker takes from here.
    tokens: Mapped[float] = mapped_column(default=0.0)
    refilled_at: Mapped[datetime] = mapped_column(default=utcnow)
    # From when on it is worth looking here again: there are tokens, and it has cooled.
    ready_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    # The share of the full speed (0 to 1) it fell back to at `slowed_at`.
    pace: Mapped[float] = mapped_column(default=1.0)
    slowed_at: Mapped[datetime | None]
    # How often in a row it was told to wait, and until when.
    setbacks: Mapped[int] = mapped_column(default=0)
    cooling_until: Mapped[datetime | None]
    cooling_reason: Mapped[str | None] = mapped_column(String(500))
    paused_at: Mapped[datetime | None]
    paused_reason: Mapped[str | None] = mapped_column(String(500))
    # When a pause ends by itself; null: a person has to end it.
    resumes_at: Mapped[datetime | None]


class MailPacing(Base):
    """How fast this installation may send at all; one row, of number 1."""

    __tablename__ = "mail_pacing"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Mails a minute to one lane; 0: as fast as it goes.
    per_minute: Mapped[int]
    # The first day of the warm-up plan, null without one.
    warm_up_from: Mapped[date | None]


class SenderCheck(Base):
    """When a check of the sender's identity last found nothing in the way of a launch.

    `sender` names the settings it was made with (`sender_rules.Sender.fingerprint`).
    """

    __tablename__ = "sender_checks"

    sender: Mapped[str] = mapped_column(String(64), primary_key=True)
    checked_at: Mapped[datetime]


class Suppression(Base):
    """An address nobody here may write to, as a keyed hash that outlives the person's record."""

    __tablename__ = "suppressions"

    id: Mapped[int] = mapped_column(primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), unique=True)
    reason: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
