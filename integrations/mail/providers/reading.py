"""Reading JSON whose shape is only promised: what is not as promised is as good as absent."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.mail.classify.incoming import addresses_in
from integrations.mail.providers.report import UnreadableError

LONGEST_TEXT = 5_000


def document_of(body: bytes | str) -> Any:
    """Return the JSON document in some octets or a text; raises `UnreadableError` for anything else."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableError("The report is not JSON.") from None


def part_of(document: Any, *path: str) -> Any:
    """Return what stands at a path of keys, None when it leads nowhere."""
    for key in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(key)
    return document


def text_of(document: Any, *path: str) -> str:
    """Return the text or number at a path as text; "" for anything else."""
    found = part_of(document, *path)
    if isinstance(found, bool) or not isinstance(found, (str, int)):
        return ""
    try:
        return str(found)[:LONGEST_TEXT]
    except ValueError:
        return ""  # An integer of thousands of digits.


def objects_of(document: Any, *path: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in the list at a path, leaving out whatever else stands there."""
    found = part_of(document, *path)
    if isinstance(found, list):
        yield from (each for each in found if isinstance(each, Mapping))


def address_of(text: str) -> str:
    """Return the plain address in a text that may carry a name beside it; without one, the text itself.

    Not by `email.utils.parseaddr`: brackets inside each other exhaust its stack.
    """
    inner = text.rpartition("<")[2].partition(">")[0]
    return next(iter(addresses_in(inner) or addresses_in(text)), text.strip())


def time_of(document: Any, *path: str) -> datetime | None:
    """Return the moment at a path: ISO 8601, or seconds since 1970; None when it is neither."""
    found = part_of(document, *path)
    try:
        if isinstance(found, str) and not found.replace(".", "", 1).isdecimal():
            said = datetime.fromisoformat(_six_digits(found))
            return said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
        if isinstance(found, (int, float, str)) and not isinstance(found, bool):
            return datetime.fromtimestamp(float(found), tz=UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _six_digits(text: str) -> str:
    """Return a moment with at most six digits behind the second; some providers write seven."""
    whole, point, rest = text[:64].partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return f"{whole}.{rest[: min(digits, 6)]}{rest[digits:]}" if point else whole
