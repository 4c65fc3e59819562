"""Waves, the accounts they ask, invitations and exclusions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.accounts.models import Account, Contact, Persona
from vocapp.campaigns.rules import REMINDER_DAYS, InvitationState, WaveState
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
    # What was done about the answers, told to whoever answers the next wave: "you said, we did".
    we_did: Mapped[str] = mapped_column(default="")
    # When whoever answered was told of it by mail.
    told_at: Mapped[datetime | None]
    launch_at: Mapped[datetime | None]
    launched_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    # While an open wave is paused its mails wait; answers arrive, and its end comes.
    paused_at: Mapped[datetime | None]
    # Mails that ask, and those that announce it, leave until then; null: as long as it is open.
    send_by: Mapped[datetime | None]
    # So many percent or so many of its people are asked first (both 0: all at once), the others when
    # somebody releases them, or by themselves after `pilot_days`, should nothing have gone wrong.
    # `pilot_others` is how many they were at launch. Where somebody stopped there, they wait for a release.
    pilot_percent: Mapped[int] = mapped_column(default=0)
    pilot_people: Mapped[int] = mapped_column(default=0)
    pilot_days: Mapped[int | None]
    pilot_others: Mapped[int | None]
    pilot_released_at: Mapped[datetime | None]
    pilot_stopped_at: Mapped[datetime | None]
    # Working days after the invitation on which whoever has not answered is reminded, in their order.
    reminder_days: Mapped[list[Any]] = mapped_column(default=lambda: list(REMINDER_DAYS))
    # A short mail some working days before the invitation says that it comes, and from whom.
    has_prenotice: Mapped[bool] = mapped_column(default=False)
    has_heads_up: Mapped[bool] = mapped_column(default=False)
    # Whoever answered is thanked by a mail as well, and told what happens next.
    has_thanks: Mapped[bool] = mapped_column(default=False)
    # What its mails say in its own words: letter → part → language → text (`wording.Words`).
    mail_words: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Its mails leave at once, whatever the hour is where people live.
    is_any_hour: Mapped[bool] = mapped_column(default=False)
    # Asks only people who were verified lately; only people whose language the survey speaks.
    is_for_verified: Mapped[bool] = mapped_column(default=False)
    is_in_own_language: Mapped[bool] = mapped_column(default=False)
    is_demo: Mapped[bool] = mapped_column(default=False)
    # History from another tool: whom that asked in vain is unknown, so it tells of nobody's taking part.
    # It was never launched here, so it has no `launched_at`; its times are those of its answers.
    is_imported: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    survey_version: Mapped[SurveyVersion] = relationship()
    owner: Mapped[User] = relationship()
    accounts: Mapped[list[Account]] = relationship(secondary=wave_accounts, order_by=Account.name)

    @property
    def has_pilot(self) -> bool:
        """Whether some of its people are asked before the others."""
        return self.pilot_percent > 0 or self.pilot_people > 0

    @property
    def first_mails_end(self) -> datetime | None:
        """Until when its first mails leave: its own last day for them, else its end."""
        return min(filter(None, (self.send_by, self.closes_at)), default=None)


class Invitation(Base):
    """One contact's part in one wave. Persona and account stand here as they were when asked."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("wave_id", "contact_id"),
        Index("ix_invitations_account_state", "account_id", "state"),
        Index("ix_invitations_contact", "contact_id"),
        # Who answers is counted over all invitations from here, past their rows.
        Index(
            "ix_invitations_turnout",
            *("wave_id", "account_id", "contact_id", "persona_id", "state"),
        ),
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
    # When the next reminder is due, how many were queued so far, and when the last of them.
    reminder_due_at: Mapped[datetime | None] = mapped_column(index=True)
    reminders_sent: Mapped[int] = mapped_column(default=0)
    reminded_at: Mapped[datetime | None]
    # Somebody here stopped writing to this person in this wave, and why.
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    wave: Mapped[Wave] = relationship()
    account: Mapped[Account] = relationship()
    contact: Mapped[Contact] = relationship()
    persona: Mapped[Persona | None] = relationship()


class Exclusion(Base):
    """A contact of a chosen account who is not asked in a wave, and why.

    `until` is when the reason ends, where it does; `ask_at` when they are asked after all in the same wave.
    """

    __tablename__ = "exclusions"

    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(300), default="")
    until: Mapped[datetime | None]
    ask_at: Mapped[datetime | None] = mapped_column(index=True)
    contact: Mapped[Contact] = relationship()


class FatigueRules(Base):
    """How often people and accounts are asked; one row, and the defaults of `fatigue.Budget` without it."""

    __tablename__ = "fatigue_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    relationship_rest_days: Mapped[int]
    tolerance_days: Mapped[int]
    transactional_rest_days: Mapped[int]
    person_mails: Mapped[int]
    person_days: Mapped[int]
    account_people: Mapped[int | None]
    account_days: Mapped[int]
    quiet_days: Mapped[int]
    answer_days: Mapped[int]


class SurveyPace(Base):
    """How often one survey asks: after how many days the same person again (null: as all of its kind), and
    about what share (percent) of the events that would."""

    __tablename__ = "survey_paces"

    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id", ondelete="CASCADE"), primary_key=True)
    rest_days: Mapped[int | None]
    share: Mapped[int] = mapped_column(default=100)
