"""What a search looks in: names, titles and addresses in one comparable text per row."""

import unicodedata
from collections.abc import Mapping
from typing import Any

# Longer names exist in no directory; an index entry has a limit.
LONGEST = 500

# Letters with a stroke have no accent that could be taken off; people without their keyboard type these.
_BARE = str.maketrans("łøđħŧı", "lodhti") | str.maketrans({"æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})

_OF_CONTACT = ("last_name", "first_name", "email", "title")
_OF_ACCOUNT = ("name", "external_id")


def fold(text: str) -> str:
    """Return a text without case, accents and needless space: "  Müller-Ødegård " is "muller-odegard"."""
    # Case goes last: taking a letter apart may bring back a capital.
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    return " ".join(unicodedata.normalize("NFKC", bare).casefold().translate(_BARE).split())


def contact_text(values: Mapping[str, Any]) -> str:
    """Return what a search for people looks in; last names first, so that it also sorts."""
    return _text(values, _OF_CONTACT)


def account_text(values: Mapping[str, Any]) -> str:
    """Return what a search for accounts looks in; the name first, so that it also sorts."""
    return _text(values, _OF_ACCOUNT)


def changed_contact_text(known: Any, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the new search text of a stored contact that gets some new values; empty if it stays."""
    return _changed(known, values, _OF_CONTACT)


def changed_account_text(known: Any, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the new search text of a stored account that gets some new values; empty if it stays."""
    return _changed(known, values, _OF_ACCOUNT)


def _changed(known: Any, values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    if values.keys().isdisjoint(names):
        return {}
    return {"search_text": _text({name: values.get(name, getattr(known, name)) for name in names}, names)}


def known_values(row: Any) -> dict[str, Any]:
    """Return the values of a row, contact or account, that a search looks in."""
    names = {*_OF_CONTACT, *_OF_ACCOUNT}
    return {name: getattr(row, name) for name in names if hasattr(row, name)}


def _text(values: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return fold(" ".join(str(values.get(name) or "") for name in names))[:LONGEST]
