"""The first day somebody is back, as an automatic reply tells it."""

import re
from datetime import date

_NAMES = (
    "january|jan|januar|jänner|janvier|enero|gennaio|janeiro|januari|stycznia|ledna|января|ocak|يناير|ינואר",
    "february|feb|februar|février|febrero|febbraio|fevereiro|februari|lutego|února|февраля|şubat|فبراير|פברואר",
    "march|mar|märz|mars|marzo|março|maart|marca|března|марта|marts|mart|مارس|מרץ|מרס",
    "april|apr|avril|abril|aprile|kwietnia|dubna|апреля|nisan|أبريل|ابريل|אפריל",
    "may|mai|mayo|maggio|maio|mei|maja|května|мая|maj|mayıs|مايو|מאי",
    "june|jun|juni|juin|junio|giugno|junho|czerwca|června|июня|haziran|يونيو|יוני",
    "july|jul|juli|juillet|julio|luglio|julho|lipca|července|июля|temmuz|يوليو|יולי",
    "august|aug|août|aout|agosto|augustus|augusti|sierpnia|srpna|августа|ağustos|أغسطس|אוגוסט",
    "september|sep|sept|septembre|septiembre|settembre|setembro|września|září|сентября|eylül|سبتمبر|ספטמבר",
    "october|oct|oktober|octobre|octubre|ottobre|outubro|october|października|října|октября|ekim|أكتوبر|אוקטובר",
    "november|nov|novembre|noviembre|novembro|listopada|listopadu|ноября|kasım|نوفمبر|נובמבר",
    "december|dec|dezember|dez|décembre|diciembre|dicembre|dezembro|grudnia|prosince|декабря|aralık|ديسمبر|דצמבר",
)
_MONTHS = {name: at for at, names in enumerate(_NAMES, 1) for name in names.split("|")}
_MONTH = "(?P<m>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?(?!\w)"
_YEAR = r"(?:,? ?(?:de |del )?(?P<y>20\d\d))?"
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"(?<!\d)(?P<y>20\d\d)[-/.](?P<n>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)",
        r"(?:(?P<y>20\d\d) ?[年년] ?)?(?P<n>\d{1,2}) ?[月월] ?(?P<d>\d{1,2}) ?[日号號일]",
        r"(?<![\d.])(?P<d>\d{1,2})[./] ?(?P<n>\d{1,2})[./] ?(?P<y>20\d\d|\d\d)(?!\d)",
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|º|ª|\.)?,? ?(?:of |de |d'|ב)?{_MONTH}{_YEAR}",
        rf"(?<!\w){_MONTH} ?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d){_YEAR}",
        r"(?<![\d./])(?P<d>\d{1,2})[./](?P<n>\d{1,2})\.?(?![\d/])",
    )
)


def return_day(text: str, received_on: date) -> date | None:
    """Return the last day a normalised text names, which is when somebody is back; None when it names none.

    A day without a year is the next such day from `received_on` on. A day in digits alone is read day first,
    unless that is no date or lies before `received_on` and month first does not.
    """
    days = [day for shape in _SHAPES for match in shape.finditer(text) if (day := _day(match, received_on))]
    return max(days, default=None)


def _day(match: re.Match[str], received_on: date) -> date | None:
    found = match.groupdict()
    day, year = int(found["d"]), found.get("y")
    month = _MONTHS[found["m"]] if found.get("m") else int(found["n"])
    readings = [(month, day)]
    if not found.get("m") and match[0][:3].find("20") != 0 and "月" not in match[0] and "월" not in match[0]:
        readings.append((day, month))
    days = [known for m, d in readings if (known := _resolved(year, m, d, received_on))]
    return next((known for known in days if known >= received_on), days[0] if days else None)


def _resolved(year: str | None, month: int, day: int, received_on: date) -> date | None:
    years = [int(year) % 100 + 2000] if year else [received_on.year, received_on.year + 1]
    for candidate in years:
        try:
            known = date(candidate, month, day)
        except ValueError:
            continue
        if year or known >= received_on:
            return known
    return None
