"""Our signing key, whose keys we trust, what came in from them, and what we gave out."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vocapp.core.clock import utcnow
from vocapp.core.crypto import SealedText
from vocapp.core.db import Base
from vocapp.exchange.rules import fingerprint_in_groups


class ExchangeKey(Base):
    """The key this installation signs with; one row, made once. Keys are base64."""

    __tablename__ = "exchange_keys"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    private_key: Mapped[str] = mapped_column(SealedText("exchange_keys.private_key"))
    public_key: Mapped[str] = mapped_column(String(44))
    fingerprint: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    @property
    def in_groups(self) -> str:
        """The fingerprint as one reads it out."""
        return fingerprint_in_groups(self.fingerprint)


class ExchangePartner(Base):
    """A key somebody here trusts, under the name they know its owner by."""

    __tablename__ = "exchange_partners"

    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    trusted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    trusted_at: Mapped[datetime] = mapped_column(default=utcnow)

    @property
    def in_groups(self) -> str:
        """The fingerprint as one reads it out."""
        return fingerprint_in_groups(self.fingerprint)


class ExchangeImport(Base):
    """A file of others, as it was signed with the key of `fingerprint`; it goes as a whole.

    `name` is what we called its owner when it came in, `source` what they call themselves ("" for nothing).
    `parameters` of their method are in thousandths. `is_demo`: a made-up company.
    """

    __tablename__ = "exchange_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    fingerprint: Mapped[str] = mapped_column(String(32), index=True)
    name: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(80))
    made_on: Mapped[date]
    from_on: Mapped[date]
    to_on: Mapped[date]
    method_version: Mapped[int]
    parameters: Mapped[dict[str, Any]]
    is_demo: Mapped[bool]
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    imported_at: Mapped[datetime] = mapped_column(default=utcnow)
    cells: Mapped[list["ExchangeCell"]] = relationship(
        back_populates="came_with", cascade="all, delete-orphan", passive_deletes=True
    )


class ExchangeCell(Base):
    """A measure of a cohort of others, in whole points; "" is any tier, industry or region.

    `quantiles` maps percent (as text) to points.
    """

    __tablename__ = "exchange_cells"
    __table_args__ = (Index("ix_exchange_cells_import_measure", "import_id", "measure"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("exchange_imports.id", ondelete="CASCADE"))
    measure: Mapped[str] = mapped_column(String(16))
    tier: Mapped[str] = mapped_column(String(120))
    industry: Mapped[str] = mapped_column(String(120))
    region: Mapped[str] = mapped_column(String(120))
    accounts: Mapped[int]
    respondents: Mapped[int]
    mean: Mapped[int]
    quantiles: Mapped[dict[str, Any]]
    came_with: Mapped[ExchangeImport] = relationship(back_populates="cells")


class ExchangeExport(Base):
    """A file we gave out, and everything told up to then.

    `ledger` maps a measure to rows of account, points, people, part and day (as a number): what later files
    are held against, so that nobody is found out by comparing two of them. It names accounts by number only,
    and never leaves the database.
    """

    __tablename__ = "exchange_exports"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(80))
    cells: Mapped[int]
    ledger: Mapped[dict[str, Any]]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    made_at: Mapped[datetime] = mapped_column(default=utcnow)
