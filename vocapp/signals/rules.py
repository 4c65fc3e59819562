"""Events of other systems, and what open cases come to, as pure judgements."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """What an event is about. Other kinds may come in as well; the program gives these a meaning."""

    CASE = "case"
    USAGE = "usage"
    INVOICE = "invoice"
    MEETING = "meeting"
    ONBOARDING = "onboarding"
    MILESTONE = "milestone"


@dataclass(frozen=True, slots=True)
class EventFacts:
    """One event as another system tells it; `external_key` names it there, among its kind.

    A case is open while `ended_at` is None. `is_urgent`: somebody over there escalated it. `urgent_at`: since
    when, where the other system says; else the first moment we heard of it counts.
    """

    kind: str
    external_key: str
    account_id: int
    occurred_at: datetime
    title: str = ""
    contact_id: int | None = None
    ended_at: datetime | None = None
    value: Decimal | None = None
    is_urgent: bool = False
    urgent_at: datetime | None = None
    priority: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Landed:
    """What became of rows that came in."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Landed") -> "Landed":
        return Landed(
            self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged
        )


@dataclass(frozen=True, slots=True)
class CaseLoad:
    """How many cases are open, how many of them escalated, and for how many whole days the oldest."""

    open: int
    escalated: int
    oldest_days: int


def urgent_since(
    facts: EventFacts, known: datetime | None, *, was_urgent: bool, is_new: bool, now: datetime
) -> datetime | None:
    """Return since when an event is urgent, or last was; None if it never was.

    What the other system says counts. Without it an event that is urgent from the first is so since it
    happened, and a later one since we heard of it. A past escalation is not forgotten when it is over.
    """
    if facts.urgent_at is not None:
        return facts.urgent_at
    if not facts.is_urgent or (was_urgent and known is not None):
        return known
    return facts.occurred_at if is_new else now


def days_open(occurred_at: datetime, *, now: datetime) -> int:
    """Return for how many whole days something has been open; never below 0."""
    return max((now - occurred_at).days, 0)
