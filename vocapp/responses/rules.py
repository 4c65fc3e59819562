"""What counts as a person's answer, as pure judgements."""

from enum import StrEnum


class ResponseState(StrEnum):
    """How far a response got: a rating alone is partial, a sent form is complete."""

    PARTIAL = "partial"
    COMPLETE = "complete"
