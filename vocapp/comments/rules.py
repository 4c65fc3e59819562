"""What a search of comments looks for, how words are marked in them, and in which order they are read."""

import hashlib
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from surveys.bands import Band
from vocapp.accounts.search_text import fold

# More words narrow nothing further; longer queries are pasted by accident.
MOST_WORDS = 8
LONGEST_QUERY = 200
# So many letters of a long comment stand in a list.
EXCERPT = 300


class Analysed(StrEnum):
    """What stands in the place of a theme's key in a filter."""

    NONE_FOUND = "none"
    NOT_READ = "not_analysed"


class CommentOrder(StrEnum):
    """In which order comments are listed."""

    NEWEST = "newest"
    HARSHEST = "harshest"


class Verdict(StrEnum):
    """What a person says of a theme found in a comment; whoever skips gives no label."""

    RIGHT = "right"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CommentFilter:
    """Which comments are listed; empty fields do not filter. `theme` is a key or an `Analysed`."""

    account_id: int | None = None
    text: str = ""
    theme: str = ""
    band: str = ""
    persona_id: int | None = None
    tier_id: int | None = None
    region: str = ""
    language: str = ""
    wave_id: int | None = None

    @property
    def is_set(self) -> bool:
        """Whether anything but the account is filtered."""
        return replace(self, account_id=None) != CommentFilter()


# The class of comments that came without a rating.
UNRATED = "unrated"
CLASSES = (Band.GOOD.value, Band.MIDDLE.value, Band.BAD.value, UNRATED)


def searched_words(text: str) -> list[str]:
    """Return the words of a query in comparable form, each once; every sign in them is a plain letter."""
    return list(dict.fromkeys(fold(text[:LONGEST_QUERY]).split()))[:MOST_WORDS]


def lot_of(response_id: int, question: str) -> int:
    """Return a comment's place in the draw, 0 to 2^31 - 1: the same for everybody and told by nothing.

    So a sample is random, and two people who label it in this order judge the same comments.
    """
    drawn = hashlib.sha256(f"{response_id}/{question}".encode()).digest()
    return int.from_bytes(drawn[:4], "big") >> 1


def marked(text: str, words: Collection[str]) -> list[tuple[str, bool]]:
    """Return a text in pieces, with whether each is one of the searched words (as `searched_words` has them).

    The pieces together are the text. Letters are compared without case and accents, as the search does.
    """
    if not words:
        return [(text, False)]
    folded, places = _folded_with_places(text)
    is_marked = bytearray(len(text))
    for word in words:
        start = folded.find(word)
        while start >= 0:
            first, last = places[start], places[start + len(word) - 1]
            is_marked[first : last + 1] = b"\x01" * (last + 1 - first)
            start = folded.find(word, start + len(word))
    return _pieces(text, is_marked)


def excerpt(pieces: Iterable[tuple[str, bool]], *, longest: int = EXCERPT) -> list[tuple[str, bool]]:
    """Return the part of a marked text that shows the first mark, or its beginning, cut marks as an ellipsis.

    At most `longest` letters, a few before the mark among them.
    """
    pieces = list(pieces)
    text = "".join(piece for piece, _mark in pieces)
    if len(text) <= longest:
        return pieces
    first = next((place for place, (_piece, mark) in enumerate(pieces) if mark), 0)
    before = sum(len(piece) for piece, _mark in pieces[:first])
    start = max(0, min(before - longest // 4, len(text) - longest))
    shown: list[tuple[str, bool]] = [("…", False)] if start else []
    place = 0
    for piece, mark in pieces:
        part = piece[max(0, start - place) : max(0, start + longest - place)]
        place += len(piece)
        if part:
            shown.append((part, mark))
    return [*shown, ("…", False)] if start + longest < len(text) else shown


def _folded_with_places(text: str) -> tuple[str, list[int]]:
    """Return a text as `fold` has it, letter by letter, and where each of its letters stands in the text."""
    folded: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        bare = fold(letter) or (" " if letter.isspace() else "")
        folded.append(bare)
        places += [place] * len(bare)
    return "".join(folded), places


def _pieces(text: str, is_marked: bytearray) -> list[tuple[str, bool]]:
    for place in range(1, len(text)):
        # An accent written apart belongs to its letter.
        if unicodedata.combining(text[place]):
            is_marked[place] = is_marked[place - 1]
    runs = groupby(range(len(text)), key=is_marked.__getitem__)
    return [("".join(text[place] for place in places), bool(mark)) for mark, places in runs]
