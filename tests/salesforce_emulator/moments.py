"""Moments and days as Salesforce writes them, and the clock of the org.

Rows hold moments as text of one fixed form in UTC, so that text compares as time does.
"""

import re
import threading
from datetime import UTC, date, datetime, timedelta

MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)",
)


def write_moment(moment: datetime) -> str:
    """Return a moment in the form of the REST API, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def bulk_moment(text: str) -> str:
    """Return a stored moment in the form of Bulk CSV."""
    return text.replace("+0000", "Z")


def parse_moment(text: str) -> datetime | None:
    """Return the moment a text names, or None when it has no time zone or is not one."""
    found = MOMENT.fullmatch(text)
    if not found:
        return None
    day, time, _, zone = found.groups()
    zone = "+00:00" if zone == "Z" else zone
    if ":" not in zone:
        zone = zone[:3] + ":" + zone[3:]
    try:
        return datetime.fromisoformat(f"{day}T{time}{zone}").astimezone(UTC)
    except ValueError:
        return None


def parse_day(text: str) -> date | None:
    """Return the day a text names, or None when it is not one."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def as_moment(value: datetime | str) -> datetime:
    """Return an aware moment for a moment or its text. Raises ValueError for anything else."""
    moment = parse_moment(value.replace("+00:00", "Z")) if isinstance(value, str) else value
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"{value!r} is not a moment with a time zone")
    return moment.astimezone(UTC)


class Clock:
    """The time of the org: the true time, shifted, or standing still until it is moved."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shift = timedelta()
        self._fixed: datetime | None = None

    def now(self) -> datetime:
        """Return the moment, aware, in UTC."""
        with self._lock:
            return self._fixed if self._fixed is not None else datetime.now(UTC) + self._shift

    def stamp(self) -> str:
        """Return the moment as rows hold it."""
        return write_moment(self.now())

    def set(self, moment: datetime, *, is_fixed: bool = True) -> None:
        """Stand at a moment, or run on from it."""
        with self._lock:
            self._fixed = moment if is_fixed else None
            self._shift = moment - datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        """Move on, or back."""
        with self._lock:
            if self._fixed is not None:
                self._fixed += timedelta(seconds=seconds)
            self._shift += timedelta(seconds=seconds)
