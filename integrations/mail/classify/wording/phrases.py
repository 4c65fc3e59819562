"""Phrases people and programs write, and how they are looked for in normalised text."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

_GAP = ".{0,60}?"
_TRANSLATED = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", "\u00a0": " ", "\u200f": "", "\u200e": "", "ё": "е"}
)
_BOUND_SCRIPTS = re.compile(r"[^\w]*[a-z\u00c0-\u024f\u0370-\u052f]")
_MARKED_DIGIT = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What one language says in mails that come back; each entry is a pattern for `phrase_pattern`.

    absent: somebody is away; leave: for long; left: I have left; gone: this person has left; courtesy: what
    automatic replies say besides; ticket: a ticket robot; unmonitored: nobody reads this; moved: my address
    is another now; subject: how automatic subjects begin; takes_over: I do what somebody else did;
    opt_out: ask me no more; referred: ask somebody else; back, until, since: words around dates.
    """

    absent: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    courtesy: tuple[str, ...] = ()
    ticket: tuple[str, ...] = ()
    unmonitored: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    takes_over: tuple[str, ...] = ()
    opt_out: tuple[str, ...] = ()
    referred: tuple[str, ...] = ()
    conditional: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    since: tuple[str, ...] = ()


@cache
def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """Compile a phrase: a regular expression in which " ... " is a gap and blanks are any white space.

    Phrases in scripts that set words apart begin where a word begins.
    """
    source = re.sub(r" ?\.\.\. ?", lambda _: "\0", phrase).replace(" ", r"\s+").replace("\0", _GAP)
    start = r"(?<!\w)" if _BOUND_SCRIPTS.match(phrase) else ""
    return re.compile(start + "(?:" + source + ")")


def is_said(phrases: tuple[str, ...], sentence: str) -> bool:
    """Tell whether a normalised sentence holds one of the phrases."""
    return any(phrase_pattern(phrase).search(sentence) for phrase in phrases)


def normalised(text: str) -> str:
    """Return text in one spelling: NFKC, small letters, plain quotes, ASCII digits, line ends kept."""
    text = unicodedata.normalize("NFKC", text).translate(_TRANSLATED).lower().replace("i\u0307", "i")
    return _MARKED_DIGIT.sub(_as_ascii_digit, text)


def _as_ascii_digit(match: re.Match[str]) -> str:
    value = unicodedata.digit(match[0], None)
    return match[0] if value is None else str(value)
