"""What the text of one cell means, or why it means nothing."""

import re
import unicodedata
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cache

from babel import Locale, UnknownLocaleError
from email_validator import EmailNotValidError, validate_email

# Marks that turn text around or cannot be seen. The joiners U+200C and U+200D stay: some names need them.
_UNSEEN = {
    ord(mark): None
    for mark in "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060"
    "\u2066\u2067\u2068\u2069\ufeff"
}
_JOINERS = ("\u200c", "\u200d")
_NOT_TEXT = frozenset({"Cc", "Cs", "Zl", "Zp"})
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?(?:\.[\w-]+)?")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ][\d:.,Z+ -]*)?")
_DOTTED_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHED_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_DAY_AND_TIME = re.compile(r"(\S{6,10}?)(?:T|,? +)(\d{1,2}:\S.*)", re.IGNORECASE)
_TIME = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(?: ?([AP])\.?M\.?)?"
    r"(?: ?(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}))?",
    re.IGNORECASE,
)
NOON = time(12)
_PLAIN_AMOUNT = re.compile(r"-?\d{1,20}(?:[.,]\d{1,10})?")
_GROUPED_BY_COMMA = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d{1,10})?")
_GROUPED_BY_DOT = re.compile(r"-?\d{1,3}(?:\.\d{3})+,\d{1,10}|-?\d{1,3}(?:\.\d{3}){2,}")
_ONE_DOT_THREE_DIGITS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")
_SPACES_IN_AMOUNTS = re.compile(r"(?<=\d)[ '’\u00a0\u202f](?=\d{3}(?:\D|$))")
MOST_MONEY = Decimal(10) ** 12


class CellProblem(Exception):
    """A cell that cannot be used; `reason` is one plain sentence without the column's name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def clean_text(text: str, *, most: int) -> str:
    """Return text in one line (NFC) without control, bidirectional and invisible characters.

    Raises `CellProblem` when more than `most` characters are left.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_UNSEEN))
    text = " ".join(text.split())
    if not text.isprintable():
        text = "".join(mark for mark in text if unicodedata.category(mark) not in _NOT_TEXT)
        # What stood on both sides of a mark that went stands together now.
        text = unicodedata.normalize("NFC", " ".join(text.split()))
    if len(text) > most:
        raise CellProblem(f"The text is longer than {most} characters; shorten it.")
    return text


def read_address(text: str) -> tuple[str, str]:
    """Return an e-mail address as written and in comparable form (lower case, international domain as ASCII).

    Raises `CellProblem` for anything that is not one plain address.
    """
    text = text.strip()
    if text.translate(_UNSEEN) != text or any(mark in text for mark in _JOINERS):
        raise CellProblem("The e-mail address contains invisible characters; type it again.")
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True, allow_smtputf8=False)
    except EmailNotValidError as problem:
        raise CellProblem(f"{text[:80]!r} is not an e-mail address: {problem}") from None
    return found.normalized, (found.ascii_email or found.normalized).lower()


def read_amount(text: str) -> Decimal:
    """Return an amount of money ≥ 0 with two decimals; thousands may be grouped where that is unambiguous."""
    plain = _SPACES_IN_AMOUNTS.sub("", text.strip())
    if _ONE_DOT_THREE_DIGITS.fullmatch(plain):
        raise CellProblem(
            f"{text[:40]!r} can be read in two ways; write it without dots or with two decimals."
        )
    if _GROUPED_BY_COMMA.fullmatch(plain):
        plain = plain.replace(",", "")
    elif _GROUPED_BY_DOT.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    elif _PLAIN_AMOUNT.fullmatch(plain):
        plain = plain.replace(",", ".")
    else:
        raise CellProblem(f"{text[:40]!r} is not an amount; write a plain number such as 50000.00.")
    amount = Decimal(plain).quantize(Decimal("0.01"))
    if amount < 0:
        raise CellProblem("The amount is negative; write 0 or more.")
    if amount >= MOST_MONEY:
        raise CellProblem("The amount is too large; check it.")
    return abs(amount)


def read_currency(text: str) -> str:
    """Return a currency as three capital letters."""
    currency = text.strip().upper()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise CellProblem(f"{text[:20]!r} is not a currency; write its three letters, such as EUR.")
    return currency


def read_date(text: str) -> date:
    """Return a date written as 2026-03-31 (a time behind it is dropped), 31.3.2026 or 3/31/2026.

    With slashes, day and month must be told apart by a number above 12.
    """
    text = text.strip()
    found = _ISO_DATE.fullmatch(text)
    if found:
        return _day(text, int(found[1]), int(found[2]), int(found[3]))
    found = _DOTTED_DATE.fullmatch(text)
    if found:
        return _day(text, int(found[3]), int(found[2]), int(found[1]))
    found = _SLASHED_DATE.fullmatch(text)
    if not found:
        raise CellProblem(f"{text[:40]!r} is not a date; write it as 2026-03-31.")
    first, second, year = int(found[1]), int(found[2]), int(found[3])
    if first <= 12 and second <= 12 and first != second:
        raise CellProblem(f"{text!r} can be read in two ways; write the date as 2026-03-31.")
    return _day(text, year, min(first, second) if max(first, second) > 12 else second, max(first, second))


def read_moment(text: str, zone: tzinfo) -> datetime:
    """Return a moment in UTC, to the second: a date as `read_date` takes it, with a time of day or without.

    The time is 14:05, 14:05:30 or 2:05 PM, with Z or an offset behind it or else in `zone`; without a time it
    is noon there.
    """
    text = " ".join(text.split())
    found = _DAY_AND_TIME.fullmatch(text)
    if not found:
        return datetime.combine(read_date(text), NOON, zone).astimezone(UTC)
    day, clock = read_date(found[1]), _TIME.fullmatch(found[2])
    if not clock:
        raise CellProblem(f"{text[:40]!r} is not a date and time; write it as 2026-03-31 14:05.")
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if clock[4]:
        hour = hour % 12 + (12 if clock[4] in "pP" else 0) if 1 <= hour <= 12 else 24
    if hour > 23 or minute > 59 or second > 59:
        raise CellProblem(f"{text[:40]!r} is no time of day; write it as 2026-03-31 14:05.")
    own = _offset(clock[5]) if clock[5] else zone
    return datetime.combine(day, time(hour, minute, second), own).astimezone(UTC)


def _offset(text: str) -> tzinfo:
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    if ahead >= timedelta(hours=24):
        raise CellProblem(f"{text!r} is no offset from UTC; write one such as +01:00.")
    return timezone(-ahead if text[0] == "-" else ahead)


def _day(text: str, year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise CellProblem(f"{text[:40]!r} is not a date in the calendar; write it as 2026-03-31.") from None
    if not 1900 <= year <= 2200:
        raise CellProblem(f"The year {year} cannot be right; write the date as 2026-03-31.")
    return found


def read_language(text: str) -> str | None:
    """Return a language tag such as `de` or `pt-BR`, or None when the text is none we know."""
    found = _LANGUAGE.fullmatch(text.strip())
    if not found or not _is_language(found[1].lower()):
        return None
    script = found[2].title() if found[2] else None
    region = found[3].upper() if found[3] else None
    return "-".join(part for part in (found[1].lower(), script, region) if part)


@cache
def _is_language(code: str) -> bool:
    try:
        Locale(code)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def read_time_zone(text: str) -> str | None:
    """Return the time zone's name as the world's database writes it, or None when it has no such zone."""
    return _time_zones().get(text.strip().replace(" ", "_").lower())


@cache
def _time_zones() -> dict[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones()}
