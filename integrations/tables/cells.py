"""What an Excel cell means: references, number formats, dates, escaped characters."""

import re
from datetime import datetime, time, timedelta
from decimal import Decimal

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]{1,8}")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NUMBER = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{0,400})?([eE][+-]?[0-9]{1,4})?")
_PADDED = re.compile(r"0{2,40}")
_LONGEST_FORMAT = 255
_MOST_STYLES = 70_000


class CellStyles:
    """Which cell styles show a number as a date or with leading zeros."""

    def __init__(self, *, is_1904: bool = False) -> None:
        self.epoch = MAC_EPOCH if is_1904 else WINDOWS_EPOCH
        self._codes: dict[str, str] = {str(number): code for number, code in BUILTIN_FORMATS.items()}
        self._styles: list[str] = []
        self._kinds: dict[str, tuple[bool, int]] = {}

    def define(self, number: str, code: str) -> None:
        """Learn the code of a number format."""
        self._codes[number] = code[:_LONGEST_FORMAT]

    def add(self, number: str) -> None:
        """Learn that the next cell style uses a number format."""
        if len(self._styles) < _MOST_STYLES:
            self._styles.append(number)

    def look_up(self, style: str) -> tuple[bool, int]:
        """Return whether the style shows dates, and to how many digits it fills up with zeros."""
        kind = self._kinds.get(style)
        if kind is None:
            index = int(style) if style.isdecimal() and len(style) < 9 else len(self._styles)
            number = self._styles[index] if index < len(self._styles) else "0"
            code = self._codes.get(number, "General")
            is_date = is_date_format(code) and not is_timedelta_format(code)
            kind = (is_date, len(code) if _PADDED.fullmatch(code) else 0)
            self._kinds[style] = kind
        return kind


def column_index(reference: str) -> int | None:
    """Return the column of a reference such as "AB12", counted from 0, or None when it is none."""
    found = _REFERENCE.fullmatch(reference)
    if not found:
        return None
    index = 0
    for letter in found[1]:
        index = index * 26 + ord(letter) - 64
    return index - 1


def unescape(text: str) -> str:
    """Return a string with `_xHHHH_` replaced by the character it stands for."""
    return _ESCAPED.sub(_unescaped, text) if "_x" in text else text


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)


def cell_text(written: str, styles: CellStyles, style: str) -> str:
    """Return a numeric cell as a person reads it: 12.0 as "12", 0.1+0.2 as "0.3", a date in ISO 8601.

    A number keeps the 15 digits that spreadsheets promise.
    """
    is_date, digits = styles.look_up(style)
    if not _NUMBER.fullmatch(written):
        return written
    if is_date:
        return _date_text(float(written), styles.epoch) or written
    if not (written.isdecimal() and len(written) <= 15):
        written = _plain_number(written)
    return written.zfill(digits)


def _plain_number(written: str) -> str:
    number = Decimal(format(float(written), ".15g"))
    if not number.is_finite():
        return written
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _date_text(serial: float, epoch: datetime) -> str | None:
    try:
        moment = from_excel(serial, epoch)
    except (OverflowError, ValueError):
        return None
    if isinstance(moment, datetime):
        # Excel's fractions of a day are a millisecond off at times.
        moment = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
        return moment.date().isoformat() if moment.time() == time() else moment.isoformat()
    return moment.isoformat(timespec="seconds") if isinstance(moment, time) else None
