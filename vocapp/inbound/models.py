"""Mails that came in, each as it arrived."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.models import Invitation
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User
from vocapp.inbound.rules import InboundState


class InboundMail(Base):
    """One mail to one recipient; `key` makes the same mail delivered twice one row.

    `raw` is what arrived, and null once it was let go (`VOCAPP_INBOUND_DAYS`) or where it could not be had.
    `kind` and `reason` are those of the verdict, empty until it was judged; `words` what a person wrote, in
    `language` ("": not known), `score` a bare number in it, which counts nowhere until somebody here accepts
    it. `recipient` is the address of ours that the mail is about, `return_date` the first day somebody is
    back, `replacement` another address to write to, a proposal. `note` says why a mail was put aside. What
    follows was done at `handled_at`; at `done_at` somebody here (`done_by_id`) was done with it.
    """

    __tablename__ = "inbound_mails"
    __table_args__ = (
        Index("ix_inbound_mails_state_received", "state", "received_at"),
        Index("ix_inbound_mails_account_received", "account_id", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    received_at: Mapped[datetime] = mapped_column(default=utcnow)
    via: Mapped[str] = mapped_column(String(10))
    envelope_from: Mapped[str] = mapped_column(String(320), default="")
    envelope_to: Mapped[str] = mapped_column(String(320), default="")
    sender: Mapped[str] = mapped_column(String(320), default="")
    subject: Mapped[str] = mapped_column(String(300), default="")
    kind: Mapped[str] = mapped_column(String(12), default="")
    reason: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[str] = mapped_column(String(12), default=InboundState.RECEIVED)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(
        ForeignKey("invitations.id", ondelete="SET NULL"), index=True
    )
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"), index=True)
    words: Mapped[str] = mapped_column(default="")
    score: Mapped[int | None]
    recipient: Mapped[str] = mapped_column(String(320), default="")
    replacement: Mapped[str] = mapped_column(String(320), default="")
    return_date: Mapped[date | None]
    language: Mapped[str] = mapped_column(String(10), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    handled_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    account: Mapped[Account | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    invitation: Mapped[Invitation | None] = relationship()
    done_by: Mapped[User | None] = relationship()
