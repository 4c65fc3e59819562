"""Working days and hours where a person lives: pure, with the place and every time as arguments.

Mails that ask leave on working days from 08:00 until 17:00; what is planned for a day, or missed its own, is
planned for 09:00.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vocapp.core.countries import country_code, is_holiday, is_weekend, main_zone

REMINDER_AFTER_WORKING_DAYS = 3
HOURS_BEGIN = time(8)
MORNING = time(9)
HOURS_END = time(17)
# Whoever was away is asked so many days after the day they gave.
AFTER_ABSENCE = timedelta(days=2)
# No country has so many days off in a row; a calendar that says so is not believed.
LONGEST_REST_DAYS = 31


class Place(NamedTuple):
    """The clock and the calendar somebody lives by; without a `country` (two letters): Monday to Friday."""

    zone: ZoneInfo
    country: str = ""


@lru_cache(maxsize=1000)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_of(*names: str) -> ZoneInfo:
    """Return the first usable time zone among the names (contact, then company); UTC when none is."""
    return next(filter(None, map(_zone, names)), None) or ZoneInfo("UTC")


@lru_cache(maxsize=20_000)
def place_of(contact_zone: str, account_zone: str = "", country: str = "", company_zone: str = "") -> Place:
    """Return where a person is: by their own zone, else the account's, its country's, the company's.

    `country` is the account's, as somebody wrote it; its holidays count whichever clock does.
    """
    code = country_code(country)
    return Place(zone_of(contact_zone, account_zone, main_zone(code), company_zone), code)


def reminder_time(
    sent_at: datetime, place: Place, *, working_days: int = REMINDER_AFTER_WORKING_DAYS
) -> datetime:
    """Return 09:00 where the person lives on a working day after sending (the third), in UTC."""
    day = sent_at.astimezone(place.zone).date()
    for _unused in range(working_days):
        day = _working_day_from(day + timedelta(days=1), place)
    return _morning(day, place.zone)


def next_polite_moment(moment: datetime, place: Place) -> datetime:
    """Return the moment itself when it lies in working hours (08 to 17) there, else the next 09:00, in UTC.

    For a mail that cannot go out when it was due: late is better than at three in the night.
    """
    local = moment.astimezone(place.zone)
    day = local.date()
    if is_working_day(day, place):
        if HOURS_BEGIN <= local.time() < HOURS_END:
            return moment.astimezone(UTC)
        if local.time() < HOURS_BEGIN:
            return _morning(day, place.zone)
    return _morning(_working_day_from(day + timedelta(days=1), place), place.zone)


def morning_after_absence(until: date, place: Place) -> datetime:
    """Return 09:00 on the day two days after the one somebody gave as the end of being away, in UTC.

    When that is no working day there, on the next one.
    """
    return _morning(_working_day_from(until + AFTER_ABSENCE, place), place.zone)


def is_working_day(day: date, place: Place) -> bool:
    """Whether people work on a day there: no weekend, no public holiday, and a day that was."""
    if is_weekend(day, place.country) or is_holiday(day, place.country):
        return False
    # A country that moves across the date line has a date that never was (Apia, 30 December 2011).
    return _morning(day, place.zone).astimezone(place.zone).date() == day


def _working_day_from(day: date, place: Place) -> date:
    latest = day + timedelta(days=LONGEST_REST_DAYS)
    while day < latest and not is_working_day(day, place):
        day += timedelta(days=1)
    return day


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the last minute of a day somewhere, in UTC."""
    return datetime.combine(day, time(23, 59), zone).astimezone(UTC)


def moment_there(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment a clock somewhere shows a time, in UTC."""
    return local.replace(tzinfo=zone).astimezone(UTC)
