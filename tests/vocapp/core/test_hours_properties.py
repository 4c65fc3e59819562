"""Whatever the zone, the country and the moment: mails leave in working hours, none is skipped or doubled."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import holidays
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vocapp.core.countries import country_code, is_holiday, is_weekend, main_zone
from vocapp.core.workdays import (
    HOURS_BEGIN,
    HOURS_END,
    Place,
    is_working_day,
    morning_after_absence,
    next_polite_moment,
    place_of,
    reminder_time,
)

ZONES = sorted(name for name in available_timezones() if name not in {"localtime", "Factory"})
COUNTRIES = sorted(code for code in holidays.list_supported_countries() if len(code) == 2)
places = st.builds(
    lambda zone, country: Place(ZoneInfo(zone), country),
    st.sampled_from(ZONES),
    st.sampled_from(["", "XX", *COUNTRIES]),
)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001

APIA, KOLKATA, KATHMANDU = (ZoneInfo(name) for name in ("Pacific/Apia", "Asia/Kolkata", "Asia/Kathmandu"))
BERLIN = Place(ZoneInfo("Europe/Berlin"), "DE")


def is_within(moment: datetime, place: Place) -> bool:
    """Said again, without the rule's own words: a clock there shows an hour of a working day."""
    local = moment.astimezone(place.zone)
    calendar = (
        holidays.country_holidays(place.country, years=local.year) if place.country in COUNTRIES else {}
    )
    weekend = getattr(calendar, "weekend", {5, 6})
    is_day = local.weekday() not in weekend and local.date() not in calendar
    return is_day and time(8) <= local.time() < time(17)


@given(place=places, moment=moments)
@example(place=Place(APIA, "WS"), moment=datetime(2024, 12, 31, 20, tzinfo=UTC))
@example(place=Place(KOLKATA, "IN"), moment=datetime(2028, 2, 29, 2, 29, tzinfo=UTC))
@example(place=Place(KATHMANDU, "NP"), moment=datetime(2025, 4, 13, 11, 14, 59, tzinfo=UTC))
@example(place=BERLIN, moment=datetime(2026, 3, 29, 0, 59, tzinfo=UTC))
@example(place=BERLIN, moment=datetime(2026, 10, 25, 1, 0, tzinfo=UTC))
def test_no_mail_leaves_outside_the_hours_of_its_place(place: Place, moment: datetime) -> None:
    leaves = next_polite_moment(moment, place)
    assert moment <= leaves <= moment + timedelta(days=32)
    assert is_within(leaves, place)
    # What is due is due: asking again at that moment moves nothing.
    assert next_polite_moment(leaves, place) == leaves
    assert (leaves == moment) == is_within(moment, place)


@given(place=places, moment=moments)
def test_what_waits_leaves_on_the_first_working_day_there_is(place: Place, moment: datetime) -> None:
    leaves = next_polite_moment(moment, place)
    day, last = moment.astimezone(place.zone).date() + timedelta(days=1), leaves.astimezone(place.zone).date()
    while day < last:
        assert not is_working_day(day, place), "a working day was skipped"
        day += timedelta(days=1)


@given(place=places, moment=moments, first=st.integers(1, 5), between=st.integers(1, 8))
def test_reminders_come_in_their_order_on_different_working_days(
    place: Place, moment: datetime, first: int, between: int
) -> None:
    one = reminder_time(moment, place, working_days=first)
    other = reminder_time(moment, place, working_days=first + between)
    assert moment < one < other
    assert is_within(one, place)
    assert is_within(other, place)
    days = [each.astimezone(place.zone).date() for each in (moment, one, other)]
    assert sum(
        is_working_day(days[0] + timedelta(n), place) for n in range(1, (days[1] - days[0]).days + 1)
    ) == (first)
    assert days[1] < days[2]


@given(place=places, until=st.dates(date(2024, 1, 1), date(2030, 12, 1)))
def test_whoever_was_away_is_asked_two_days_after_or_on_the_next_working_day(
    place: Place, until: date
) -> None:
    back = morning_after_absence(until, place)
    day = back.astimezone(place.zone).date()
    assert is_within(back, place)
    assert day >= until + timedelta(days=2)
    assert not any(is_working_day(until + timedelta(n), place) for n in range(2, (day - until).days))


@given(name=st.text(max_size=40))
def test_a_zone_nobody_knows_falls_back_to_the_next(name: str) -> None:
    assert isinstance(place_of(name, name, name, "Asia/Kolkata").zone, ZoneInfo)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"])
def test_over_a_year_of_hours_every_working_day_has_its_nine_hours(zone: str) -> None:
    place = Place(ZoneInfo(zone))
    hours: dict[date, int] = {}
    moment = datetime(2028, 1, 1, tzinfo=UTC)
    while moment < datetime(2029, 1, 1, tzinfo=UTC):
        if next_polite_moment(moment, place) == moment:
            day = moment.astimezone(place.zone).date()
            hours[day] = hours.get(day, 0) + 1
        moment += timedelta(hours=1)
    counted = {day: count for day, count in hours.items() if date(2028, 1, 2) < day < date(2028, 12, 31)}
    assert set(counted.values()) == {9}
    assert date(2028, 2, 29) in counted
    assert HOURS_END.hour - HOURS_BEGIN.hour == 9


@pytest.mark.parametrize(
    ("written", "code", "zone"),
    [
        ("Germany", "DE", "Europe/Berlin"),
        ("deutschland", "DE", "Europe/Berlin"),
        (" de ", "DE", "Europe/Berlin"),
        ("DEU", "DE", "Europe/Berlin"),
        ("USA", "US", "America/New_York"),
        ("U.S.A.", "US", "America/New_York"),
        ("UK", "GB", "Europe/London"),
        ("日本", "JP", "Asia/Tokyo"),
        ("Australia", "AU", "Australia/Sydney"),
        ("Brasil", "BR", "America/Sao_Paulo"),
        ("Samoa", "WS", "Pacific/Apia"),
        ("Atlantis", "", ""),
        ("", "", ""),
    ],
)
def test_a_country_is_known_however_it_is_written(written: str, code: str, zone: str) -> None:
    assert (country_code(written), main_zone(country_code(written))) == (code, zone)


def test_the_clock_of_a_person_comes_before_that_of_account_country_and_company() -> None:
    zones = ("Asia/Kolkata", "Europe/Berlin", "France", "UTC")
    assert str(place_of(*zones).zone) == "Asia/Kolkata"
    assert str(place_of("", *zones[1:]).zone) == "Europe/Berlin"
    assert str(place_of("", "", *zones[2:]).zone) == "Europe/Paris"
    assert str(place_of("", "", "", "UTC").zone) == "UTC"
    assert place_of(*zones).country == "FR"


def test_holidays_and_weekends_are_those_of_the_country() -> None:
    assert is_holiday(date(2026, 10, 3), "DE")
    assert not is_holiday(date(2026, 10, 3), "FR")
    assert not is_holiday(date(2026, 12, 25), "")
    # Friday and Saturday in Riyadh; Sunday is a working day there.
    assert [is_weekend(date(2026, 3, day), "SA") for day in (13, 14, 15)] == [True, True, False]
    assert [is_weekend(date(2026, 3, day), "XX") for day in (13, 14, 15)] == [False, True, True]
