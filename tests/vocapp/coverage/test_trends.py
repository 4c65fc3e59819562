"""Coverage over time, for an account, a CSM and everybody."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from tests.builders import NOW, a_contact, a_user
from tests.conftest import CheckingClient
from tests.vocapp.coverage.builders import TODAY, profiled_account, record_all
from vocapp.core.db import transaction
from vocapp.coverage.recording import record_footprints
from vocapp.coverage.trends import account_trend, portfolio_trend
from vocapp.identity.rules import RoleName

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def _present() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def test_one_day_is_no_trend_yet() -> None:
    account = profiled_account()
    record_all()
    trend = account_trend(account.id, today=TODAY)
    assert trend.spec is None
    assert "from tomorrow on" in trend.reading


def test_an_account_never_recorded_has_no_trend() -> None:
    assert account_trend(profiled_account().id, today=TODAY).days == []


def test_an_account_that_never_moved_says_so() -> None:
    account = profiled_account({"champion": 2})
    a_contact(account)
    record_all(days=-30)
    trend = account_trend(account.id, today=TODAY)
    assert trend.spec is not None
    assert trend.reading == "Today the footprint is 50% (1 of 2 seats); it has not moved since Feb 9, 2026."


def test_a_trend_reads_from_its_first_day_to_its_last() -> None:
    account = profiled_account({"champion": 2})
    record_all(days=-30)
    a_contact(account)
    record_all(days=-2)
    trend = account_trend(account.id, today=TODAY)
    assert trend.reading == ("Today the footprint is 50% (1 of 2 seats); on Feb 9, 2026 it was 0% (0 of 2).")
    assert trend.percents == [0, 50]


def test_days_on_which_nothing_changed_are_left_out() -> None:
    profiled_account()
    for days in (-5, -4, -3):
        record_all(days=days)
    trend = portfolio_trend(None, since=TODAY - timedelta(days=30), today=TODAY)
    assert [day.on_day for day in trend.days] == [TODAY - timedelta(days=5)]


def test_a_csm_has_a_trend_of_their_own() -> None:
    ana = a_user()
    account = profiled_account({"champion": 1}, owner_id=ana.id)
    profiled_account(owner_id=a_user().id)
    record_all(days=-5)
    a_contact(account)
    record_all()
    trend = portfolio_trend(ana.id, since=TODAY - timedelta(days=30), today=TODAY)
    assert [(day.required, day.verified_seats) for day in trend.days] == [(1, 0), (1, 1)]


def test_today_counts_as_it_stands_now() -> None:
    account = profiled_account({"champion": 1})
    record_all(days=-5)
    record_all()
    a_contact(account)
    with transaction():
        record_footprints([account.id], on=TODAY, now=NOW)
    trend = portfolio_trend(None, since=TODAY - timedelta(days=30), today=TODAY)
    assert [(day.on_day, day.verified_seats) for day in trend.days][-1] == (TODAY, 1)


def test_days_without_an_account_are_no_days_of_before() -> None:
    ana = a_user()
    account = profiled_account({"champion": 1}, owner_id=ana.id)
    record_all(days=-5)
    with transaction():
        account.owner_id = None
    record_all(days=-3)
    trend = portfolio_trend(ana.id, since=TODAY - timedelta(days=30), today=TODAY)
    assert [(day.on_day, day.accounts) for day in trend.days] == [
        (TODAY - timedelta(days=5), 1),
        (TODAY - timedelta(days=3), 0),
    ]
    assert trend.reading == "Today there is no account to count."


def test_a_trend_over_other_accounts_than_before_says_so() -> None:
    profiled_account({"champion": 1})
    record_all(days=-5)
    a_contact(profiled_account())
    record_all()
    trend = portfolio_trend(None, since=TODAY - timedelta(days=30), today=TODAY)
    assert trend.reading.endswith("Accounts then: 1, now: 2; part of the difference is theirs.")


def test_a_period_begins_with_what_held_before_it() -> None:
    account = profiled_account({"champion": 1})
    record_all(days=-50)
    a_contact(account)
    record_all(days=-10)
    trend = portfolio_trend(None, since=TODAY - timedelta(days=30), today=TODAY)
    assert [day.verified_seats for day in trend.days] == [0, 1]


@pytest.mark.parametrize("role", list(RoleName))
def test_everybody_reads_the_page(client: CheckingClient, role: RoleName) -> None:
    user = a_user(role)
    account = profiled_account(owner_id=user.id)
    record_all(days=-5)
    a_contact(account)
    record_all()
    client.sign_in(user)
    page = client.get("/coverage").get_data(as_text=True)
    assert "on Mar 6, 2026 it was 0%" in page
    assert 'id="coverage-spec"' in page


def test_a_csm_does_not_choose_another(client: CheckingClient) -> None:
    ana, ben = a_user(name="Ana"), a_user(name="Benedikt")
    profiled_account(owner_id=ben.id)
    record_all(days=-5)
    client.sign_in(ana)
    page = client.get(f"/coverage?csm={ben.id}").get_data(as_text=True)
    assert "Benedikt" not in page
    assert "No trend yet" in page
