"""Since when something is urgent, and for how long it has been open."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.builders import NOW
from vocapp.signals.rules import EventFacts, days_open, urgent_since

EARLIER, OPENED = NOW - timedelta(1), NOW - timedelta(5)


@pytest.mark.parametrize(
    ("told", "known", "was_urgent", "is_new", "since"),
    [
        ({"is_urgent": False}, None, False, True, None),
        ({"is_urgent": True}, None, False, True, OPENED),
        ({"is_urgent": True}, None, False, False, NOW),
        ({"is_urgent": True}, EARLIER, True, False, EARLIER),
        ({"is_urgent": True}, EARLIER, False, False, NOW),
        ({"is_urgent": False}, EARLIER, True, False, EARLIER),
        ({"is_urgent": True, "urgent_at": EARLIER}, NOW, True, False, EARLIER),
    ],
)
def test_urgency_begins_when_it_was_told_or_heard_of(
    told: dict[str, Any], known: datetime | None, was_urgent: bool, is_new: bool, since: datetime | None
) -> None:
    facts = EventFacts(kind="case", external_key="1", account_id=1, occurred_at=OPENED, **told)
    assert urgent_since(facts, known, was_urgent=was_urgent, is_new=is_new, now=NOW) == since


@pytest.mark.parametrize(("hours", "days"), [(-5, 0), (0, 0), (23, 0), (24, 1), (49, 2)])
def test_only_whole_days_count(hours: int, days: int) -> None:
    assert days_open(NOW - timedelta(hours=hours), now=NOW) == days
