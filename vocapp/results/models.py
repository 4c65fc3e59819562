"""The themes that comments are sorted by."""

from typing import Any

from sqlalchemy import String
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
