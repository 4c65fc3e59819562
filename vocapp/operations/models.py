"""The processes that say they run."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from vocapp.core.db import Base


class RunningPart(Base):
    """One process of the program, from its start until it stops; `seen_at` is when it last said so."""

    __tablename__ = "running_parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(30))
    machine: Mapped[str] = mapped_column(String(200))
    process_id: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
