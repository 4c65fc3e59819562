"""Record ids: 15 characters that tell cases apart, and 18 with a checksum for those who cannot."""

import re
import string

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
CHECKSUM = string.ascii_uppercase + "012345"
SHAPE = re.compile(r"[0-9A-Za-z]{15}([0-9A-Za-z]{3})?")


def full_id(short: str) -> str:
    """Return the 18 characters of a 15-character id."""
    tail = ""
    for start in (0, 5, 10):
        bits = sum(1 << place for place, letter in enumerate(short[start : start + 5]) if letter.isupper())
        tail += CHECKSUM[bits]
    return short + tail


def make_id(prefix: str, number: int) -> str:
    """Return the 18-character id of the nth record of a kind; ids sort in the order of their numbers."""
    digits = ""
    while number:
        number, digit = divmod(number, len(DIGITS))
        digits = DIGITS[digit] + digits
    return full_id(f"{prefix}3g0{digits.rjust(9, '0')}")


def normal_id(text: object) -> str | None:
    """Return 18 characters for an id of 15 or 18, or None when it is not one."""
    if not isinstance(text, str) or not SHAPE.fullmatch(text):
        return None
    if len(text) == 15:
        return full_id(text)
    return _repaired(text)


def _repaired(text: str) -> str | None:
    """Return an 18-character id with the cases its checksum tells, or None when it cannot be."""
    letters = []
    for part, mark in enumerate(text[15:].upper()):
        if mark not in CHECKSUM:
            return None
        bits = CHECKSUM.index(mark)
        for place, letter in enumerate(text[part * 5 : part * 5 + 5]):
            is_upper = bool(bits >> place & 1)
            if is_upper and not letter.isalpha():
                return None
            letters.append(letter.upper() if is_upper else letter.lower())
    return full_id("".join(letters))
