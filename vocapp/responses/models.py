"""What contacts answered, every revision, links they only opened, referrals, and what they wrote."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.models import Invitation
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User
from vocapp.responses.rules import ResponseSource, ResponseState


class Response(Base):
    """The answer that counts: one per invitation; `revision` is the number of the form it was read from.

    With a `quarantine_reason` there is only a doubtful form so far, and it counts nowhere. `source` says how
    it came in, `entered_by_id` who wrote down an answer given by phone. `started_at` is when the first page
    was opened, where that is known, `completed_at` when the last one arrived, `last_page` the key of the page
    that was sent last.
    """

    __tablename__ = "responses"
    __table_args__ = (
        CheckConstraint("rating IS NULL OR (rating >= 0 AND rating <= 10)", name="rating_on_scale"),
        Index("ix_responses_account_answered", "account_id", "answered_at"),
        # Whether an invitation was answered, and how a region rates, is read from these, past the rows.
        Index(
            "ix_responses_counted",
            "invitation_id",
            sqlite_where=text("quarantine_reason IS NULL"),
            postgresql_where=text("quarantine_reason IS NULL"),
        ),
        Index(
            "ix_responses_rated",
            *("account_id", "rating", "wave_id", "answered_at", "quarantine_reason"),
        ),
        # What is kept of an answer elsewhere follows whom it belongs to.
        Index("uq_responses_whose", "id", "account_id", "contact_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id", ondelete="CASCADE"), unique=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    rating: Mapped[int | None]
    comment: Mapped[str] = mapped_column(default="")
    may_contact: Mapped[bool | None]
    answers: Mapped[dict[str, Any]]
    language: Mapped[str] = mapped_column(String(16), default="en")
    state: Mapped[str] = mapped_column(String(10), default=ResponseState.COMPLETE)
    revision: Mapped[int] = mapped_column(default=1)
    quarantine_reason: Mapped[str | None] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(10), default=ResponseSource.LINK)
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    last_page: Mapped[str] = mapped_column(String(40), default="")
    answered_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    invitation: Mapped[Invitation] = relationship()
    account: Mapped[Account] = relationship()
    contact: Mapped[Contact] = relationship()
    entered_by: Mapped[User | None] = relationship()


class ResponseRevision(Base):
    """All answers of one person after one form, exactly as it was understood; number 1 is the first.

    A doubtful form has a `quarantine_reason` and stays beside the answer that counts until it is released.
    `page` is the key of the page it was sent from ("" where that is unknown). One that was saved while
    somebody was still at it `is_autosaved`, and replaced by the next of its kind. `source` says how it came
    in, `entered_by_id` who wrote down one given by phone.
    """

    __tablename__ = "response_revisions"
    __table_args__ = (UniqueConstraint("response_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("responses.id", ondelete="CASCADE"))
    number: Mapped[int]
    answers: Mapped[dict[str, Any]]
    page: Mapped[str] = mapped_column(String(40), default="")
    is_autosaved: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(String(10), default=ResponseSource.LINK)
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=utcnow)
    quarantine_reason: Mapped[str | None] = mapped_column(String(60), index=True)
    decision: Mapped[str | None] = mapped_column(String(10))
    decided_at: Mapped[datetime | None]
    response: Mapped[Response] = relationship()


class LinkClick(Base):
    """A link of a mail that was opened without a form being sent: intent at most, never an answer.

    `target` is "score:7" for a score link, "opt_out" for the opt-out link. `doubt` says why a machine may
    have opened it; such a click counts in no rate until somebody releases it.
    """

    __tablename__ = "link_clicks"
    __table_args__ = (UniqueConstraint("invitation_id", "target"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id", ondelete="CASCADE"))
    target: Mapped[str] = mapped_column(String(12))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)
    times: Mapped[int] = mapped_column(default=1)
    doubt: Mapped[str | None] = mapped_column(String(20))
    decision: Mapped[str | None] = mapped_column(String(10))
    decided_at: Mapped[datetime | None]
    invitation: Mapped[Invitation] = relationship()


class Referral(Base):
    """What a respondent said about being the wrong person; what follows from it is a suggestion."""

    __tablename__ = "referrals"

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(20))
    named_person: Mapped[str] = mapped_column(String(200), default="")
    named_email: Mapped[str] = mapped_column(String(320), default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    invitation: Mapped[Invitation] = relationship()
    account: Mapped[Account] = relationship()


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
