"""Words of all papers: the reader's language, and texts that have to fit."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from functools import reduce
from itertools import accumulate

import flask_babel
from babel.dates import format_skeleton

from vocapp.core import formats

# In letters as wide as Latin ones; East Asian ones count twice.
QUOTE_LENGTH = 190


def gettext(text: str, **values: object) -> str:
    """Return a text in the reader's language."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """Return a text for a number of things (`%(num)s`) in the reader's language."""
    return str(flask_babel.ngettext(one, many, count, **values))


def clauses(parts: Iterable[str]) -> str:
    """Return clauses as one sentence; empty ones are left out."""
    said = reduce(
        lambda before, part: gettext("%(before)s; %(part)s", before=before, part=part) if before else part,
        [part for part in parts if part],
        "",
    )
    return gettext("%(said)s.", said=said) if said else ""


def listed(parts: Iterable[str]) -> str:
    """Return parts in one line, with the reader's comma between them; empty ones are left out."""
    return reduce(
        lambda before, part: gettext("%(before)s, %(part)s", before=before, part=part) if before else part,
        [part for part in parts if part],
        "",
    )


def kept_together(text: str) -> str:
    """Return a text whose last three words stay on one line, so that none stands alone on the last."""
    return "\N{NO-BREAK SPACE}".join(text.strip().rsplit(" ", 2))


def direction(text: str) -> str:
    """Return which way a text runs, "rtl" or "ltr", by its first letter that tells."""
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    return "rtl" if next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L") != "L" else "ltr"


def month(day: date) -> str:
    """Return a month such as "Mar 2026"."""
    return str(format_skeleton("yMMM", day, locale=flask_babel.get_locale()))


def quarter(day: date) -> str:
    """Return the quarter of a day, such as "Q1 2026"."""
    return str(format_skeleton("yQQQ", day, locale=flask_babel.get_locale()))


def day_of(text: str) -> date:
    """Return the date a snapshot spells."""
    return date.fromisoformat(text)


def signed(points: float) -> str:
    """Return a number with its sign, without decimals."""
    return formats.signed(points)


def shortened(text: str, limit: int = QUOTE_LENGTH) -> str:
    """Return a text on one line, cut after a word and marked with an ellipsis beyond `limit` letters."""
    text = " ".join(text.split())
    widths = list(accumulate(_width(letter) for letter in text))
    if not widths or widths[-1] <= limit:
        return text
    cut = text[: bisect_right(widths, limit - 1)]
    # A script without spaces is cut where it is.
    words = cut.rpartition(" ")[0]
    return (words if len(words) > len(cut) // 2 else cut).rstrip(" ,;:.-–") + "…"


def text_width(text: str) -> int:
    """Return how wide a text is, in Latin letters."""
    return sum(_width(letter) for letter in text)


def _width(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
