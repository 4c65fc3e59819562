"""Queries in Salesforce's language: names checked, values escaped, short enough for an address."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus

from integrations.crm.records import ObjectInfo
from integrations.crm.salesforce.errors import hidden_field
from integrations.errors import Rejected

# Address and headers together may have 16,384 bytes; the token alone can take some 2,000.
LONGEST_QUERY = 12_000
MOST_IN_LIST = 300
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}", re.ASCII)
_ESCAPES = str.maketrans(
    {
        "\\": "\\\\",
        "'": "\\'",
        '"': '\\"',
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\b": "\\b",
        "\f": "\\f",
    }
)
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)


def name(text: str) -> str:
    """Return the name of an object or field if it can be one. Raises ValueError: names cannot be escaped."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text[:100]!r} cannot be the name of an object or field.")
    return text


def path(text: str) -> str:
    """Return a field or a path to a field of a parent, over at most five parents. Raises ValueError."""
    parts = text.split(".")
    if len(parts) > 6:
        raise ValueError(f"{text[:100]!r} leads over more than five parents.")
    return ".".join(map(name, parts))


def known_paths(info: ObjectInfo, paths: Iterable[str]) -> list[str]:
    """Return the paths, once each. Raises SchemaChanged for the first that the object does not have."""
    fields = {field.casefold() for field in info.fields}
    relationships = {field.relationship.casefold() for field in info.fields.values() if field.relationship}
    checked = list(dict.fromkeys(map(path, paths)))
    for text in checked:
        first, dot, _ = text.partition(".")
        if first.casefold() not in (relationships if dot else fields):
            raise hidden_field(info.name, text)
    return checked


def text_literal(value: str) -> str:
    """Return a text as a literal, quoted and escaped."""
    return f"'{value.translate(_ESCAPES)}'"


def moment_literal(moment: datetime) -> str:
    """Return an aware moment as a literal: UTC, milliseconds, Z. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("A moment for Salesforce needs a time zone.")
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def rounded_up(moment: datetime) -> datetime:
    """Return the moment, or the next full millisecond: Salesforce's stamps know nothing finer."""
    return moment + timedelta(microseconds=-moment.microsecond % 1000)


def lists(values: Sequence[str], *, room: int) -> Iterator[str]:
    """Yield lists for IN, never an empty one, of at most 300 values and `room` bytes in an address."""
    literals = [text_literal(value) for value in dict.fromkeys(values)]
    taken: list[str] = []
    size = 0
    for literal in literals:
        length = wire_length(literal) + 3
        if taken and (len(taken) == MOST_IN_LIST or size + length > room):
            yield f"({','.join(taken)})"
            taken, size = [], 0
        taken.append(literal)
        size += length
    if taken:
        yield f"({','.join(taken)})"


def groups(paths: Sequence[str], *, room: int) -> list[list[str]]:
    """Cut a list of fields into lists of at most `room` bytes in an address; at least one list."""
    cut: list[list[str]] = [[]]
    size = 0
    for text in paths:
        length = wire_length(text) + 3
        if cut[-1] and size + length > room:
            cut.append([])
            size = 0
        cut[-1].append(text)
        size += length
    return cut


def wire_length(text: str) -> int:
    """Return how many bytes a text takes in an address."""
    return len(quote_plus(text))


def condition(text: str) -> str:
    """Return a filter as one unit, in brackets. Raises Rejected when its own brackets or quotes do not close.

    One that closed ours would reach beyond its place.
    """
    depth = 0
    bare = _STRING.sub("", text)
    for character in bare:
        depth += (character == "(") - (character == ")")
        if depth < 0 or character == "'":
            break
    if depth:
        raise Rejected(
            f"The filter {text[:200]!r} has a bracket or quote that is not closed.", code="MALFORMED_QUERY"
        )
    if "'" in bare:
        raise Rejected(f"The filter {text[:200]!r} has a quote that is not closed.", code="MALFORMED_QUERY")
    return f"({text.strip()})"


def select(paths: Sequence[str], object_name: str, conditions: Sequence[str], *, order: str = "") -> str:
    """Return a query for records that meet all conditions, each of which has to be a unit of its own."""
    query = f"SELECT {','.join(paths)} FROM {name(object_name)}"  # noqa: S608 - names are checked, values escaped
    if conditions:
        query += f" WHERE {' AND '.join(conditions)}"
    return f"{query} ORDER BY {order}" if order else query
