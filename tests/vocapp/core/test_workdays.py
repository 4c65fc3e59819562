"""Working days and mornings where a person lives."""

from datetime import UTC, datetime

import pytest

from vocapp.core.workdays import next_polite_moment, place_of, reminder_time, zone_of


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "sent", "due"),
    [
        pytest.param(
            "Europe/Berlin", "2026-03-11T10:00+01:00", "2026-03-16T09:00+01:00", id="over a weekend"
        ),
        pytest.param("Europe/Berlin", "2026-03-09T10:00+01:00", "2026-03-12T09:00+01:00", id="within a week"),
        pytest.param(
            "Europe/Berlin", "2026-03-07T10:00+01:00", "2026-03-11T09:00+01:00", id="sent on Saturday"
        ),
        pytest.param(
            "Europe/Berlin", "2026-03-26T10:00+01:00", "2026-03-31T09:00+02:00", id="clocks go forward"
        ),
        pytest.param(
            "Europe/Berlin", "2026-10-22T10:00+02:00", "2026-10-27T09:00+01:00", id="clocks go back"
        ),
        pytest.param(
            "America/New_York", "2026-03-05T10:00-05:00", "2026-03-10T09:00-04:00", id="New York spring"
        ),
        pytest.param(
            "Asia/Kolkata", "2026-03-11T20:00+00:00", "2026-03-17T09:00+05:30", id="already tomorrow"
        ),
        pytest.param(
            "Pacific/Apia", "2011-12-28T20:00-10:00", "2012-01-03T09:00+14:00", id="a day that never was"
        ),
        pytest.param(
            "Europe/Berlin", "2028-02-25T10:00+01:00", "2028-03-01T09:00+01:00", id="29 February counts"
        ),
    ],
)
def test_a_reminder_is_due_at_nine_on_the_third_working_day(zone: str, sent: str, due: str) -> None:
    assert reminder_time(at(sent), place_of(zone)) == at(due)


@pytest.mark.parametrize(
    ("moment", "polite"),
    [
        pytest.param("2026-03-11T09:00+01:00", "2026-03-11T09:00+01:00", id="nine sharp"),
        pytest.param("2026-03-11T08:00+01:00", "2026-03-11T08:00+01:00", id="eight is early enough"),
        pytest.param("2026-03-11T07:59+01:00", "2026-03-11T09:00+01:00", id="before eight"),
        pytest.param("2026-03-11T16:59+01:00", "2026-03-11T16:59+01:00", id="still today"),
        pytest.param("2026-03-11T17:00+01:00", "2026-03-12T09:00+01:00", id="tomorrow"),
        pytest.param("2026-03-11T03:00+01:00", "2026-03-11T09:00+01:00", id="later this morning"),
        pytest.param("2026-03-13T18:00+01:00", "2026-03-16T09:00+01:00", id="after the weekend"),
        pytest.param("2026-03-14T11:00+01:00", "2026-03-16T09:00+01:00", id="Saturday"),
        pytest.param("2026-03-27T17:30+01:00", "2026-03-30T09:00+02:00", id="over the change of clocks"),
    ],
)
def test_a_late_reminder_waits_for_working_hours(moment: str, polite: str) -> None:
    assert next_polite_moment(at(moment), place_of("Europe/Berlin")) == at(polite)


def test_times_are_returned_in_utc() -> None:
    assert reminder_time(at("2026-03-11T10:00+00:00"), place_of("Asia/Kolkata")).tzinfo is UTC


@pytest.mark.parametrize(
    ("names", "zone"),
    [
        (("Asia/Kolkata", "Europe/Berlin"), "Asia/Kolkata"),
        (("", "Europe/Berlin"), "Europe/Berlin"),
        (("Mars/Olympus", "Europe/Berlin"), "Europe/Berlin"),
        (("../../etc/passwd", ""), "UTC"),
        (("\x00",), "UTC"),
        (("Europe",), "UTC"),
    ],
)
def test_the_first_usable_time_zone_counts(names: tuple[str, ...], zone: str) -> None:
    assert str(zone_of(*names)) == zone
