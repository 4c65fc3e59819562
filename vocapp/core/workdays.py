"""Working days and morning hours where a person lives: pure, with the time zone as an argument."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

REMINDER_AFTER_WORKING_DAYS = 3
DAY_BEGINS = time(9)
DAY_ENDS = time(17)
SATURDAY = 5


def zone_of(*names: str) -> ZoneInfo:
    """Return the first usable time zone among the names (contact, then company); UTC when none is."""
    for name in names:
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def reminder_time(
    sent_at: datetime, zone: ZoneInfo, *, working_days: int = REMINDER_AFTER_WORKING_DAYS
) -> datetime:
    """Return 09:00 where the person lives on a working day after sending (the third), in UTC."""
    day = sent_at.astimezone(zone).date()
    left = working_days
    while left:
        day += timedelta(days=1)
        left -= _is_working_day(day, zone)
    return _morning(day, zone)


def next_polite_moment(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment itself when it lies in working hours (09 to 17) there, else the next 09:00, in UTC.

    For a reminder that could not go out when it was due: late is better than at three in the night.
    """
    local = moment.astimezone(zone)
    if _is_working_day(local.date(), zone):
        if DAY_BEGINS <= local.time() < DAY_ENDS:
            return moment.astimezone(UTC)
        if local.time() < DAY_BEGINS:
            return _morning(local.date(), zone)
    day = local.date() + timedelta(days=1)
    while not _is_working_day(day, zone):
        day += timedelta(days=1)
    return _morning(day, zone)


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, DAY_BEGINS, zone).astimezone(UTC)


def _is_working_day(day: date, zone: ZoneInfo) -> bool:
    # A country that moves across the date line has a date that never was (Apia, 30 December 2011).
    return day.weekday() < SATURDAY and _morning(day, zone).astimezone(zone).date() == day


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the last minute of a day somewhere, in UTC."""
    return datetime.combine(day, time(23, 59), zone).astimezone(UTC)


def moment_there(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment a clock somewhere shows a time, in UTC."""
    return local.replace(tzinfo=zone).astimezone(UTC)
