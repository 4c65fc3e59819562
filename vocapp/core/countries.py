"""What a country means for a calendar: its name however it is written, its clock, weekends and holidays."""

from datetime import date
from functools import cache, lru_cache
from importlib.resources import files

from babel import Locale
from babel.core import get_global

# Countries are written in these languages in the lists people bring.
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "da", "sv", "nb", "fi", "pl", "cs", "ja", "zh", "ko")
OTHER_NAMES = {
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "holland": "NL",
    "the netherlands": "NL",
    "united states of america": "US",
    "czech republic": "CZ",
    "turkey": "TR",
    "uae": "AE",
    "korea": "KR",
    "viet nam": "VN",
}
# Where the list of time zones does not begin with the one most people, or the capital, live by.
MAIN_ZONES = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "FM": "Pacific/Pohnpei",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}
SATURDAY_AND_SUNDAY = frozenset({5, 6})


@lru_cache(maxsize=2000)
def country_code(text: str) -> str:
    """Return the two letters of a country written as a code or a name; empty when it is not known."""
    wanted = " ".join(text.casefold().split())
    return _codes().get(wanted.replace(".", "") if len(wanted) <= 6 else wanted, "")


@cache
def _codes() -> dict[str, str]:
    territories = [str(code) for code in Locale("en").territories]
    known = [code for code in territories if len(code) == 2 and code.isalpha()]
    codes: dict[str, str] = {}
    for language in LANGUAGES:
        names = Locale(language).territories
        for code in known:
            codes.setdefault(str(names.get(code, code)).casefold(), code)
    for alias, meant in get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and len(meant) == 1:
            codes.setdefault(alias.casefold(), meant[0])
    return codes | {code.casefold(): code for code in known} | OTHER_NAMES


def main_zone(code: str) -> str:
    """Return the time zone of a country; where it has several, that of most of its people; else empty."""
    return MAIN_ZONES.get(code) or _first_zones().get(code, "")


@cache
def _first_zones() -> dict[str, str]:
    zones: dict[str, str] = {}
    for line in files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            code, _place, name = line.split("\t")[:3]
            zones.setdefault(code, name)
    return zones


def is_weekend(day: date, code: str) -> bool:
    """Whether a day belongs to the weekend of a country; Saturday and Sunday where that is not known."""
    return day.weekday() in _calendar(code, day.year)[0]


def is_holiday(day: date, code: str) -> bool:
    """Whether a day is a public holiday in all of a country; none is known for an unknown country."""
    return day in _calendar(code, day.year)[1]


@lru_cache(maxsize=1000)
def _calendar(code: str, year: int) -> tuple[frozenset[int], frozenset[date]]:
    """Return weekend (Monday is 0) and holidays of a country in a year."""
    if not code:
        return SATURDAY_AND_SUNDAY, frozenset()
    # It takes a third of a second to read, which a page without any wave need not wait for.
    import holidays

    try:
        days = holidays.country_holidays(code, years=year)
    except NotImplementedError:
        return SATURDAY_AND_SUNDAY, frozenset()
    return frozenset(days.weekend), frozenset(days)
