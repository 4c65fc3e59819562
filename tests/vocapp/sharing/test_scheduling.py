"""Schedules count the days of the company."""

from datetime import UTC, datetime

import pytest

from tests.builders import a_company, a_user, an_account
from tests.vocapp.sharing.builders import a_schedule
from vocapp.core.db import transaction
from vocapp.sharing.scheduling import run_schedule

pytestmark = pytest.mark.usefixtures("app")

# The evening of the 9th in New York, already the 10th in London and Auckland.
MADE = datetime(2026, 3, 10, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "is_due"),
    [
        ("America/New_York", 9, True),
        ("America/New_York", 10, False),
        ("UTC", 9, False),
        ("UTC", 10, True),
        ("Pacific/Auckland", 10, True),
    ],
)
def test_the_first_day_of_a_schedule_is_the_day_of_the_company(zone, day, is_due):
    a_company(time_zone=zone)
    csm = a_user()
    schedule = a_schedule(an_account(owner_id=csm.id), csm, created_at=MADE, days=day)
    with transaction():
        run = run_schedule(schedule, now=MADE)
    assert (run is not None) is is_due
    if run is not None:
        assert run.due_on.day == day
