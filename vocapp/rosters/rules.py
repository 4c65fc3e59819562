"""Who belongs on a roster, and when a champion may be asked, as pure judgements."""

from enum import StrEnum


class RosterDecision(StrEnum):
    """What the CSM decided about one person of an account."""

    KEEP = "keep"
    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"


class RemovalReason(StrEnum):
    """Why somebody is not to be asked; counted, so that picking only friends shows."""

    LEFT = "left"
    WRONG_PERSON = "wrong_person"
    DUPLICATE = "duplicate"
    ASKED_ELSEWHERE = "asked_elsewhere"
    BAD_MOMENT = "bad_moment"
    UNHAPPY = "unhappy"
    OTHER = "other"


class RequestState(StrEnum):
    """The life of a champion's request: planned → sent → answered, or it ends without."""

    PLANNED = "planned"
    SENT = "sent"
    ANSWERED = "answered"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"
