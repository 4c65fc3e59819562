"""Why something was not measured, in the reader's language: the engine says it in English only."""

import re

from vocapp.reports.texts import gettext

_NUMBER = re.compile(r"\d+")
_NAMES = ("first", "second", "third", "fourth")


def marked(text: str) -> str:
    """Return a text as it is; the name tells the catalogues that it is one to translate."""
    return text


# Every number of a reason is a value, so that one translation serves them all.
REASONS = (
    marked("nobody has answered yet"),
    marked("nobody has been asked and nobody has answered yet"),
    marked("nobody has been asked in a closed wave yet"),
    marked("nobody who is there now has rated us in the last %(first)s months"),
    marked("nobody who is there now has rated us in the last %(first)s days"),
    marked("no tier rule says who should be known"),
    marked("the account is gone"),
    marked("this account has no value to compare yet"),
    marked("not benchmarked: this account was asked in custom wording"),
    marked("no comparison: it takes %(first)s other accounts with a value, and there are %(second)s"),
)


def reason(text: str) -> str:
    """Return a measure's reason in the reader's language; one that no catalogue knows stays as it is."""
    numbers = _NUMBER.findall(text)
    if not numbers or "%" in text or len(numbers) > len(_NAMES):
        return gettext(text)
    values = dict(zip(_NAMES, numbers, strict=False))
    names = iter(_NAMES)
    return gettext(_NUMBER.sub(lambda _number: f"%({next(names)})s", text), **values)
