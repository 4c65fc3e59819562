"""The themes that comments are sorted by, and what counted in a confidential wave when it closed."""

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from vocapp.core.db import Base


class Theme(Base):
    """One theme of the dictionary: its names and its words per language, as `surveys.comments` reads them."""

    __tablename__ = "themes"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    position: Mapped[int] = mapped_column(default=0)
    document: Mapped[dict[str, Any]]
    is_active: Mapped[bool] = mapped_column(default=True)


class ClosedAnswer(Base):
    """An answer that counted when its confidential wave closed, and the groups it stood in then.

    What is shown of the wave rests on these rows alone, so nothing that happens to answers, people or
    accounts later tells what one of them said. Hence no foreign key to any of those: a row stays when its
    answer goes. `account` and `owner` are their numbers, null for nobody's account.
    """

    __tablename__ = "closed_answers"

    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id", ondelete="CASCADE"), primary_key=True)
    response: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[int]
    owner: Mapped[int | None]
    persona: Mapped[int | None]
    language: Mapped[str] = mapped_column(String(16))
