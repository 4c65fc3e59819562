"""Arabic words in drawings: joined and put in order beforehand.

WeasyPrint sets the letters of a drawing one by one from the left, so they would neither join nor run from the
right. Unicode has every joined form as a sign of its own, which is what is written here.
"""

import re
import unicodedata
from functools import cache
from html import escape, unescape

# The words of a drawing, between its tags.
_TEXTS = re.compile(r"(<text\b[^>]*>)([^<]*[\u0600-\u06ff][^<]*)(?=</text>)")
# What keeps running from the left inside Arabic: Latin words, numbers and what holds them together.
_LATIN = r"[^\W\u0600-\u06ff\ufe80-\ufefc]"
_LEFT_TO_RIGHT = re.compile(rf"%?{_LATIN}+(?:[.,:/ ]?%?{_LATIN}+)*")
_MIRRORED = str.maketrans("()[]«»", ")(][»«")
_LAM = "\u0644"
# Alone, at the end, at the beginning, in the middle.
_FORMS = {"<isolated>": 0, "<final>": 1, "<initial>": 2, "<medial>": 3}


def with_arabic(drawing: str) -> str:
    """Return a page or drawing whose Arabic `<text>` elements can be set letter by letter."""
    return _TEXTS.sub(lambda found: found[1] + escape(joined(unescape(found[2]))), drawing)


def joined(text: str) -> str:
    """Return Arabic text as the signs that are seen, from left to right.

    Vowel marks are left out: set one by one they would stand beside their letters.
    """
    letters = [letter for letter in text if unicodedata.category(letter) not in {"Mn", "Cf"}]
    shaped = "".join(_shaped(letters))
    backwards = shaped[::-1].translate(_MIRRORED)
    return _LEFT_TO_RIGHT.sub(lambda found: found[0][::-1], backwards)


def _shaped(letters: list[str]) -> list[str]:
    signs: list[str] = []
    follows = False
    position = 0
    while position < len(letters):
        letter = letters[position]
        pair = letter + (letters[position + 1] if letter == _LAM and position + 1 < len(letters) else "")
        unit = pair if len(pair) == 2 and pair in _forms() else letter
        after = letters[position + len(unit)] if position + len(unit) < len(letters) else ""
        # What does not join, such as a space, has no forms.
        forms = _forms().get(unit, {})
        leads = 2 in forms and 1 in _forms().get(after, {})
        wanted = (3 if leads else 1) if follows and 1 in forms else 2 if leads else 0
        signs.append(forms.get(wanted, unit))
        follows = leads
        position += len(unit)
    return signs


@cache
def _forms() -> dict[str, dict[int, str]]:
    """Return the joined forms of each letter, and of lam with an alif, by their place in a word."""
    forms: dict[str, dict[int, str]] = {}
    for point in range(0xFE80, 0xFEFD):
        kind, *points = unicodedata.decomposition(chr(point)).split()
        base = "".join(chr(int(number, 16)) for number in points)
        forms.setdefault(base, {})[_FORMS[kind]] = chr(point)
    return forms
