"""Salesforce's record ids: 15 characters that tell capitals apart, or 18 with a checksum that does not."""

import re

_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", re.ASCII)


def long_id(text: str) -> str:
    """Return an id of 15 or 18 characters in its full form of 18. Raises ValueError for anything else.

    The checksum of a full one is worked out anew from its capitals, so that one typed in lower case, where
    only the checksum still knows the capitals, is put right.
    """
    text = text.strip()
    if not _ID.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a Salesforce id: that has 15 or 18 letters and digits.")
    bare = text[:15] if len(text) == 15 else _restored(text)
    return bare + _checksum(bare)


def is_id(text: str) -> bool:
    """Return whether a text has the form of an id."""
    return _ID.fullmatch(text.strip()) is not None


def same_id(left: str, right: str) -> bool:
    """Return whether two ids, short or long, name the same record; False where one is no id at all."""
    return is_id(left) and is_id(right) and long_id(left) == long_id(right)


def _checksum(bare: str) -> str:
    """Return three characters: per five of the id, one bit for each capital, the first the lowest."""
    blocks = (bare[start : start + 5] for start in range(0, 15, 5))
    return "".join(_CHECKSUM[sum(1 << at for at, c in enumerate(block) if c.isupper())] for block in blocks)


def _restored(text: str) -> str:
    bare, checksum = text[:15], text[15:].upper()
    if bare != bare.lower() and bare != bare.upper():
        return bare
    if any(character not in _CHECKSUM for character in checksum):
        return bare
    restored = ""
    for block in range(3):
        bits = _CHECKSUM.index(checksum[block])
        for at, character in enumerate(bare[block * 5 : block * 5 + 5]):
            is_capital = bits >> at & 1
            if is_capital and character.isdigit():
                return bare
            restored += character.upper() if is_capital else character.lower()
    return restored
