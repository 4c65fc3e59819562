"""What may become of a promise, as pure judgements."""

from datetime import date
from enum import StrEnum

LONGEST = 200
MOST_OPEN = 50


class CommitmentState(StrEnum):
    """What became of a promise."""

    OPEN = "open"
    KEPT = "kept"
    DROPPED = "dropped"


def is_late(state: str, due_on: date | None, *, today: date) -> bool:
    """Whether a promise is open past its day."""
    return state == CommitmentState.OPEN and due_on is not None and due_on < today
