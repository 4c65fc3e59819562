"""How numbers, money and moments read on a page, in the reader's language and time zone."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_timedelta
from babel.numbers import (
    NumberPattern,
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_percent,
    parse_pattern,
)
from flask_babel import format_date, format_datetime, format_time, get_locale, get_timezone, gettext, ngettext

from vocapp.core.clock import utcnow

NOTHING = "–"
MINUS = "−"
LEFT_TO_RIGHT_MARK = "\N{LEFT-TO-RIGHT MARK}"
ALWAYS_SMALLEST = 10_000
_UNPARTED = re.compile(r"\d{5}")
_CENTS = re.compile(r"\.0+")

Number = int | float | Decimal


def points(nps: float | None) -> str:
    """Return an NPS of -1 to 1 as signed points: "+19", "−7", "0"; a dash for None."""
    if nps is None:
        return NOTHING
    return signed(nps * 100)


def signed(number: Number, places: int = 0) -> str:
    """Return a number with exactly so many places and with its sign: "+19", "−7", "0"."""
    text = decimal(number, places)
    return _kept_left("+", text) if number > 0 and round(number, places) != 0 else text


def percent(share: float | None) -> str:
    """Return a share as whole percent: "30%", "−4%"; a dash for None."""
    return NOTHING if share is None else _whole_percent(share, plus="")


def signed_percent(share: float | None) -> str:
    """Return a difference of shares with its sign: "+12%", "−4%", "0%"; a dash for None."""
    return NOTHING if share is None else _whole_percent(share, plus="+")


def _whole_percent(share: float, *, plus: str) -> str:
    # What rounds to nothing has no sign, as in `decimal`.
    whole = round(share * 100)
    sign = MINUS if whole < 0 else plus if whole > 0 else ""
    # Behind an Arabic word the sign would go to the other side of the number than in a table.
    return _kept_left(sign, format_percent(abs(share), locale=_locale()))


def decimal(number: Number | None, places: int = 0) -> str:
    """Return a number with exactly so many places and the reader's separators; a dash for None."""
    if number is None:
        return NOTHING
    # What rounds to nothing has no sign: "-0" reads like a loss.
    is_loss = number < 0 and round(number, places) != 0
    text = _pattern(places).apply(-number if number < 0 else number + 0, _locale())
    return _kept_left(MINUS, text) if is_loss else text


@cache
def _pattern(places: int) -> NumberPattern:
    """Return how a number of so many places is written; reading it anew for each would be half the work."""
    return parse_pattern("#,##0" + ("." + "0" * places if places else ""))


def plus_minus(ci: tuple[float, float] | list[float] | None, scale: float = 1.0) -> str:
    """Return half the width of an interval as "± 8", nothing for None; `scale` 100 turns shares to points."""
    if ci is None:
        return ""
    return _kept_left("±\N{NO-BREAK SPACE}", decimal((ci[1] - ci[0]) / 2 * scale))


def interval(ci: tuple[float, float] | list[float] | None, scale: float = 1.0) -> str:
    """Return an interval as "12 to 41"; nothing for None. `scale` 100 turns shares into points."""
    if ci is None:
        return ""
    return str(gettext("%(low)s to %(high)s", low=decimal(ci[0] * scale), high=decimal(ci[1] * scale)))


def share_interval(ci: tuple[float, float] | list[float] | None) -> str:
    """Return an interval of shares as "12 to 41%"; nothing for None."""
    if ci is None:
        return ""
    return str(gettext("%(low)s to %(high)s", low=decimal(ci[0] * 100), high=percent(ci[1])))


def money(amount: Number | None, currency: str = "") -> str:
    """Return an amount without cents, such as "$1,200,000"; a dash for None."""
    if amount is None:
        return NOTHING
    if not currency:
        return decimal(amount)
    if amount < 0:
        return _less_than_nothing(money(-amount, currency))
    locale = _locale()
    pattern = _CENTS.sub("", locale.currency_formats["standard"].pattern)
    return format_currency(amount, currency, pattern, currency_digits=False, locale=locale)


def short_money(amount: Number | None, currency: str = "") -> str:
    """Return an amount at a glance, such as "$1.2M"; a dash for None."""
    if amount is None:
        return NOTHING
    if amount < 0:
        return _less_than_nothing(short_money(-amount, currency))
    digits = 1 if abs(float(amount)) >= 1_000_000 else 0
    if not currency:
        text = format_compact_decimal(amount, locale=_locale(), fraction_digits=digits)
    else:
        text = format_compact_currency(amount, currency, locale=_locale(), fraction_digits=digits)
    # A language without a short word for thousands writes them out, and then with separators.
    return money(amount, currency) if _UNPARTED.search(text) else text


def _less_than_nothing(text: str) -> str:
    """Return an amount behind a true minus, as numbers have it, unless it rounded to nothing."""
    return _kept_left(MINUS, text) if any(sign.isdigit() and int(sign) for sign in text) else text


def day(when: date | datetime | None) -> str:
    """Return a date such as "Mar 12, 2025"; a moment counts in the reader's time zone; a dash for None."""
    if when is None:
        return NOTHING
    # Where people read from the right, the shorter form is digits in an order that few documents keep.
    return str(format_date(when, "long" if _is_mirrored() else "medium"))


def moment(when: datetime | None) -> str:
    """Return date and time in the reader's time zone; a dash for None."""
    if when is None:
        return NOTHING
    return str(format_datetime(when, "medium")).replace("\u202f", "\u00a0")


def clock(when: datetime) -> str:
    """Return the time of day in the reader's time zone."""
    return str(format_time(when, "short")).replace("\u202f", "\u00a0")


def ago(when: date | datetime | None, now: datetime | None = None) -> str:
    """Return how far a date or moment lies from now: "today", "3 days ago", "in 41 days"; a dash for None."""
    if when is None:
        return NOTHING
    now = now or utcnow()
    zone: tzinfo = get_timezone() or UTC
    if isinstance(when, datetime):
        distance = when - now
        if abs(distance) < timedelta(minutes=1):
            return str(gettext("just now"))
        if abs(distance) < timedelta(hours=20):
            return str(format_timedelta(distance, add_direction=True, threshold=1, locale=_locale()))
        when = when.astimezone(zone).date()
    days = (when - now.astimezone(zone).date()).days
    if days in (-1, 0, 1):
        return str((gettext("yesterday"), gettext("today"), gettext("tomorrow"))[days + 1])
    # Up to four months people think in days: a renewal in 41 days is not "in 1 month".
    threshold = ALWAYS_SMALLEST if abs(days) <= 120 else 2
    return format_timedelta(
        timedelta(days=days), granularity="day", threshold=threshold, add_direction=True, locale=_locale()
    )


def answers(n: int) -> str:
    """Return "no answer yet", "1 answer" or "12 answers"."""
    return str(ngettext("1 answer", "%(num)s answers", n) if n else gettext("no answer yet"))


def _locale() -> Locale:
    locale: Locale | None = get_locale()
    return locale or Locale("en")


def _kept_left(sign: str, text: str) -> str:
    """Return a number behind its sign, which stays on its left in languages that run from the right."""
    return f"{LEFT_TO_RIGHT_MARK if _is_mirrored() else ''}{sign}{text}"


def _is_mirrored() -> bool:
    return bool(_locale().text_direction == "rtl")
