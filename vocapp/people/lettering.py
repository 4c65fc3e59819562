"""Fitting names of any script into a card: an estimate of how wide letters are, and where lines break."""

import unicodedata

NARROW = frozenset("iIljtfr.,:;'|!()[] -")
WIDE = frozenset("mwMWÆŒ@%&")
# Of a letter's height; Inter at the weights of a card, with a little to spare.
SHARE_NARROW, SHARE_NORMAL, SHARE_CAPITAL, SHARE_WIDE, SHARE_FULL = 0.36, 0.58, 0.7, 0.92, 1.05
ELLIPSIS = "…"
# A text in another direction keeps to itself, wherever it stands.
ISOLATE, END_ISOLATE = "\u2068", "\u2069"


def width_of(text: str, size: float) -> float:
    """Return about how wide a text is set at a size in pixels."""
    return size * sum(_share(letter) for letter in text)


def _share(letter: str) -> float:
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return SHARE_FULL
    if letter in NARROW:
        return SHARE_NARROW
    if letter in WIDE:
        return SHARE_WIDE
    return SHARE_CAPITAL if letter.isupper() else SHARE_NORMAL


def fitted(text: str, *, size: float, room: float) -> str:
    """Return a text that fits into `room` pixels, with an ellipsis where it was cut."""
    if width_of(text, size) <= room:
        return _isolated(text)
    return _isolated(_cut(text, size, room - width_of(ELLIPSIS, size)).rstrip() + ELLIPSIS)


def lines_of(text: str, *, size: float, rooms: tuple[float, ...]) -> list[str]:
    """Return a text in at most as many lines as there are rooms (pixels each), the last cut if need be.

    Lines break between words; a word wider than its line, and a script without spaces, breaks anywhere.
    """
    lines: list[str] = []
    rest = " ".join(text.split())
    for number, room in enumerate(rooms, start=1):
        if not rest:
            break
        if number == len(rooms):
            lines.append(fitted(rest, size=size, room=room))
            break
        if width_of(rest, size) <= room:
            lines.append(_isolated(rest))
            break
        head = _cut(rest, size, room)
        at_word = head.rfind(" ")
        if rest[len(head) : len(head) + 1] != " " and at_word > 0:
            head = head[:at_word]
        lines.append(_isolated(head.rstrip()))
        rest = rest[len(head) :].lstrip()
    return lines


def _cut(text: str, size: float, room: float) -> str:
    used = 0.0
    for place, letter in enumerate(text):
        used += _share(letter) * size
        if used > room and place:
            return text[:place]
    return text


def _isolated(text: str) -> str:
    return text if text.isascii() else f"{ISOLATE}{text}{END_ISOLATE}"
