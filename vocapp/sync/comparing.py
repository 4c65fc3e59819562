"""When two values of a field are the same, whatever their spelling."""

import re
from datetime import UTC, datetime
from typing import Any

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})")


def is_blank(value: Any) -> bool:
    """Whether a field holds nothing; 0 and no are something."""
    return value is None or (isinstance(value, str) and not value.strip())


def is_same(one: Any, other: Any) -> bool:
    """Whether two values say the same: blanks, numbers, moments and text whatever their spelling."""
    if is_blank(one) or is_blank(other):
        return is_blank(one) and is_blank(other)
    if isinstance(one, bool) or isinstance(other, bool):
        return bool(_truth(one) == _truth(other))
    if isinstance(one, int | float) or isinstance(other, int | float):
        return _is_same_number(one, other)
    first, second = str(one).strip(), str(other).strip()
    if first == second:
        return True
    if _MOMENT.fullmatch(first) and _MOMENT.fullmatch(second):
        return read_moment(first) == read_moment(second)
    return first.replace("\r\n", "\n") == second.replace("\r\n", "\n")


def read_moment(text: str) -> datetime:
    """Return a moment written as 2026-01-02T03:04:05.000+0000, …Z or with any offset, as aware UTC.

    Raises ValueError for anything else.
    """
    found = datetime.fromisoformat(text.strip())
    if found.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return found.astimezone(UTC)


def write_moment(moment: datetime) -> str:
    """Return a moment as both sides read it, to the millisecond."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _truth(value: Any) -> Any:
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    return value


def _is_same_number(one: Any, other: Any) -> bool:
    try:
        return abs(float(one) - float(other)) < 5e-7
    except (TypeError, ValueError):
        return False
