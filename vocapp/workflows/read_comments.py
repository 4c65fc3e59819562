"""Reading every comment again: after the dictionary changed, after an import, and once a day."""

from collections.abc import Mapping
from typing import Any

from vocapp.comments.reading import read_some_answers
from vocapp.core.db import transaction


def read_comments(_payload: Mapping[str, Any]) -> None:
    """Keep the comments of all answers as they are now, some at a time. Safe to run twice."""
    after: int | None = 0
    while after is not None:
        with transaction():
            after = read_some_answers(after=after)
