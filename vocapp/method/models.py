"""Versions of the method."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, String, Table, event, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from surveys.parameters import MethodParameters
from vocapp.core.clock import utcnow
from vocapp.core.db import Base
from vocapp.identity.models import User
from vocapp.method.rules import ALWAYS, AS_DELIVERED, VersionState, a_year_after

_STANDS_ALONE = text("state IN ('draft', 'waiting', 'in_force')")


class MethodVersion(Base):
    """One definition of the scores: its values, since when it holds, and who made and approved it.

    `parameters` is the JSON of a `MethodParameters`; `saves` counts how often a draft was saved, `editors`
    are the users who did. `preview` is a `Preview` of the draft. `note` says why the version was made,
    `refusal` why it was refused. The version of a day is the newest of those in force since that day or
    before.
    """

    __tablename__ = "method_versions"
    __table_args__ = (
        CheckConstraint(
            "(state IN ('in_force', 'retired')) = (in_force_from IS NOT NULL)", name="held_since_a_day"
        ),
        # At most one draft, one that waits and one in force.
        Index(
            "uq_method_versions_state",
            "state",
            unique=True,
            sqlite_where=_STANDS_ALONE,
            postgresql_where=_STANDS_ALONE,
        ),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    parameters: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default=VersionState.DRAFT)
    in_force_from: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(300), default="")
    refusal: Mapped[str] = mapped_column(String(300), default="")
    saves: Mapped[int] = mapped_column(default=0)
    editors: Mapped[list[Any]] = mapped_column(default=list)
    preview: Mapped[dict[str, Any] | None]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    next_review_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    changed_at: Mapped[datetime] = mapped_column(default=utcnow)
    decided_at: Mapped[datetime | None]
    made_by: Mapped[User | None] = relationship(foreign_keys=[made_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])

    @property
    def chosen(self) -> MethodParameters:
        """The values."""
        return MethodParameters.from_document(self.parameters)


@event.listens_for(MethodVersion.__table__, "after_create")
def _store_the_first_version(table: Table, connection: Connection, **_: object) -> None:
    """Put the version that the product comes with into a new table."""
    now = utcnow()
    connection.execute(
        table.insert().values(
            number=AS_DELIVERED.number,
            parameters=AS_DELIVERED.parameters.as_document(),
            state=VersionState.IN_FORCE.value,
            in_force_from=ALWAYS,
            note="",
            refusal="",
            saves=0,
            editors=[],
            next_review_on=a_year_after(now.date()),
            created_at=now,
            changed_at=now,
        )
    )
