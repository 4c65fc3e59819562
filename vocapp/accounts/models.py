"""Accounts, contacts, personas, tiers, tier profiles and imports."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    event,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from vocapp.accounts.rules import AccountStatus, ContactStatus, CoverageModel
from vocapp.accounts.search_text import account_text, contact_text, known_values
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User


def _text_of_new(text_of: Callable[[Mapping[str, Any]], str]) -> Callable[[DefaultExecutionContext], str]:
    """Return a column default that is read from the row it stands in, for single rows and in bulk."""

    def text(context: DefaultExecutionContext) -> str:
        values: dict[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]
        return text_of(values)

    return text


class Tier(Base):
    """How much an account matters; rank 1 matters most."""

    __tablename__ = "tiers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    rank: Mapped[int]


class Persona(Base):
    """The part a contact plays in the buying process.

    `customer_words` say it on pages that customers see; without them, and without a phrase of ours for `key`,
    the persona is not spoken of there. `weight` (in footprint and engagement) is the one in force today;
    `PersonaWeight` says since when. Nobody new gets a persona from `retired_on` on, and it fills no seat.
    """

    __tablename__ = "personas"
    __table_args__ = (CheckConstraint("weight > 0", name="weight_is_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    weight: Mapped[float] = mapped_column(default=1.0)
    description: Mapped[str] = mapped_column(String(300), default="")
    customer_words: Mapped[str] = mapped_column(String(120), default="")
    position: Mapped[int] = mapped_column(default=0)
    retired_on: Mapped[date | None]


class PersonaWeight(Base):
    """How much a persona weighs from a date on; before its first line, what `Persona.weight` says."""

    __tablename__ = "persona_weights"
    __table_args__ = (CheckConstraint("weight > 0", name="weight_is_positive"),)

    persona_id: Mapped[int] = mapped_column(ForeignKey("personas.id", ondelete="CASCADE"), primary_key=True)
    effective_from: Mapped[date] = mapped_column(primary_key=True)
    weight: Mapped[float]


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


class ProfileOverride(Base):
    """Another number of contacts of one persona than the tier profile asks for, with the reason.

    It holds for a segment, a region (`scope_value` names it) or one account, for one tier or (null) all, from
    `effective_from` until the day before `ends_on`.
    """

    __tablename__ = "profile_overrides"
    __table_args__ = (
        CheckConstraint("required >= 0", name="required_is_not_negative"),
        CheckConstraint("(scope = 'account') = (account_id IS NOT NULL)", name="account_fits_scope"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(10))
    scope_value: Mapped[str] = mapped_column(String(80), default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    tier_id: Mapped[int | None] = mapped_column(ForeignKey("tiers.id", ondelete="CASCADE"))
    persona_id: Mapped[int] = mapped_column(ForeignKey("personas.id"))
    required: Mapped[int]
    reason: Mapped[str] = mapped_column(String(300))
    effective_from: Mapped[date]
    ends_on: Mapped[date | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    persona: Mapped[Persona] = relationship()
    tier: Mapped[Tier | None] = relationship()
    account: Mapped["Account | None"] = relationship()


class TierRule(Base):
    """Which accounts belong in a tier, or get a coverage model; the first rule in `position` order that fits.

    `conditions` holds only what the rule asks about (see `TierConditions` in tier_rules).
    """

    __tablename__ = "tier_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    position: Mapped[int] = mapped_column(default=0)
    tier_id: Mapped[int | None] = mapped_column(ForeignKey("tiers.id", ondelete="CASCADE"))
    coverage_model: Mapped[str | None] = mapped_column(String(10))
    conditions: Mapped[dict[str, Any]]
    is_automatic: Mapped[bool] = mapped_column(default=False)
    tier: Mapped[Tier | None] = relationship()


class KnowingRules(Base):
    """How long knowledge stays good from a date on, in days and waves (`HouseRules`); defaults without."""

    __tablename__ = "knowing_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    effective_from: Mapped[date] = mapped_column(unique=True, default=date(2000, 1, 1))
    verified_days: Mapped[int]
    silent_waves: Mapped[int]
    roster_days: Mapped[int]
    champion_every_days: Mapped[int]
    champion_open_days: Mapped[int]
    assessment_days: Mapped[int]


class Account(Base):
    """A customer company. `external_key` is `external_id` in comparable form (18-character CRM ids as 15).

    `is_coverage_by_rule`: a rule gave it its coverage model, so a rule may take it back; not set by hand.
    One that became part of another stays as `merged` with `merged_into_id`, which always names the last of a
    chain, so that its identifier still leads there; lists leave it out.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        Index("ix_accounts_owner_status", "owner_id", "status"),
        # Lists by worth and renewal read this index instead of the table.
        Index("ix_accounts_worth", "status", "owner_id", "arr", "currency", "renewal_date"),
        Index("ix_accounts_search", "search_text"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(String(120))
    external_key: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    tier_id: Mapped[int | None] = mapped_column(ForeignKey("tiers.id"), index=True)
    segment: Mapped[str] = mapped_column(String(80), default="")
    industry: Mapped[str] = mapped_column(String(80), default="")
    region: Mapped[str] = mapped_column(String(80), default="")
    country: Mapped[str] = mapped_column(String(80), default="")
    # "" while nobody said; people there are then asked by the clock of the country, see `core.countries`.
    time_zone: Mapped[str] = mapped_column(String(64), default="")
    product: Mapped[str] = mapped_column(String(80), default="")
    arr: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    currency: Mapped[str] = mapped_column(String(3), default="")
    lifecycle_stage: Mapped[str] = mapped_column(String(40), default="")
    growth_potential: Mapped[str] = mapped_column(String(6), default="")
    coverage_model: Mapped[str] = mapped_column(String(10), default=CoverageModel.STANDARD)
    is_coverage_by_rule: Mapped[bool] = mapped_column(default=False)
    renewal_date: Mapped[date | None]
    review_date: Mapped[date | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    owner_email: Mapped[str] = mapped_column(String(320), default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"), index=True)
    status: Mapped[str] = mapped_column(String(10), default=AccountStatus.ACTIVE)
    search_text: Mapped[str] = mapped_column(default=_text_of_new(account_text))
    merged_into_id: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="SET NULL"), index=True
    )
    is_demo: Mapped[bool] = mapped_column(default=False, index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    changed_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)
    tier: Mapped[Tier | None] = relationship()
    owner: Mapped[User | None] = relationship()


contact_personas = Table(
    "contact_personas",
    Base.metadata,
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True),
    Column("persona_id", ForeignKey("personas.id"), primary_key=True, index=True),
)


class Contact(Base):
    """A person at an account. `email_key` is the address in comparable form (lower case, IDN as ASCII).

    A contact that was merged into another stays as `left` with `merged_into_id`, so that its address still
    leads to the person; lists leave it out. `influence` is "", low, medium or high. `absent_until` is the day
    they said they are away until, in the past once they are back; `is_on_leave` says it is a long one,
    which without that day ends when they are heard of again.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("account_id", "email_key"),
        Index("ix_contacts_email_key", "email_key"),
        # A search walks this index instead of the table: it holds all a search needs.
        Index("ix_contacts_search", "search_text", "merged_into_id", "account_id"),
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
    absent_until: Mapped[date | None]
    is_on_leave: Mapped[bool] = mapped_column(default=False)
    influence: Mapped[str] = mapped_column(String(6), default="")
    reports_to_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    merged_into_id: Mapped[int | None] = mapped_column(
        ForeignKey("contacts.id", ondelete="SET NULL"), index=True
    )
    search_text: Mapped[str] = mapped_column(default=_text_of_new(contact_text))
    is_demo: Mapped[bool] = mapped_column(default=False, index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    changed_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)
    account: Mapped[Account] = relationship()
    personas: Mapped[list[Persona]] = relationship(secondary=contact_personas, order_by=Persona.position)

    @property
    def full_name(self) -> str:
        """First and last name, or the address when there is none."""
        return f"{self.first_name} {self.last_name}".strip() or self.email


class Note(Base):
    """What somebody here wrote down about an account, or about one person there."""

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_account_at", "account_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=utcnow)
    author: Mapped[User | None] = relationship()


class SavedFilter(Base):
    """A list as somebody wants to see it again: `place` is the list, `query` the address's query string."""

    __tablename__ = "saved_filters"
    __table_args__ = (UniqueConstraint("user_id", "place", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    place: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str] = mapped_column(String(1000))
    is_shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


@event.listens_for(Account, "before_update")
def _refresh_account_text(_mapper: Mapper[Account], _connection: Connection, account: Account) -> None:
    account.search_text = account_text(known_values(account))


@event.listens_for(Contact, "before_update")
def _refresh_contact_text(_mapper: Mapper[Contact], _connection: Connection, contact: Contact) -> None:
    contact.search_text = contact_text(known_values(contact))


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
