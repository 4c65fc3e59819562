"""Merge fields such as {{first_name}}: plain replacement, never a template engine."""

import re
from collections.abc import Collection, Mapping

# What an author may use in a survey or a mail: the person asked, our own company, and who asks.
MERGE_FIELDS = frozenset({"first_name", "company", "sender"})

# The bounded run keeps the search linear on hostile text.
_FIELD = re.compile(r"\{\{([^{}]{0,80})\}\}")


def fill_merge_fields(text: str, values: Mapping[str, str]) -> str:
    """Return the text with every field named in `values` replaced by its value, in one pass.

    Anything else in braces stays as written, and a value that itself contains braces is not read again, so
    neither author nor recipient can run anything. The result is plain text: escape it where it is shown.
    """

    def replaced(match: re.Match[str]) -> str:
        return values.get(match.group(1).strip(), match.group(0))

    return _FIELD.sub(replaced, text)


def merge_fields_in(text: str) -> frozenset[str]:
    """Return the names between double braces, known or not."""
    return frozenset(match.strip() for match in _FIELD.findall(text))


def unknown_merge_fields(text: str, known: Collection[str] = MERGE_FIELDS) -> tuple[str, ...]:
    """Return the fields of a text that nobody will fill, sorted: a launch stops on any."""
    return tuple(sorted(merge_fields_in(text) - frozenset(known)))
