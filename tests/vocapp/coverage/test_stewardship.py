"""What CSMs control, counted."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import current_app
from sqlalchemy import insert

from tests.builders import NOW, a_contact, a_user, a_wave, an_invitation, save
from tests.conftest import CheckingClient
from tests.vocapp.coverage.builders import TODAY, profiled_account, record_all
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.profiles import change_house_rules
from vocapp.accounts.rules import ContactStatus, HouseRules
from vocapp.campaigns.models import wave_accounts
from vocapp.core.db import transaction
from vocapp.coverage.stewardship import Line, Stewardship, sorted_lines, stewardship_of
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.rosters.models import RosterConfirmation
from vocapp.rosters.queries import confirmed_account_ids

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def _present() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def counted(user: User | None = None, *, days: int = 30, sort: str = "name") -> Stewardship:
    with current_app.test_request_context():
        return stewardship_of(user or a_user(RoleName.LEADER), days=days, today=TODAY, sort=sort)


def an_owned_account(owner: User) -> Account:
    return profiled_account({"champion": 2}, owner_id=owner.id)


def a_wave_asking(account: Account, contact: Contact, *, days_ago: int) -> None:
    wave = a_wave(launched_at=NOW - timedelta(days=days_ago))
    with transaction() as session:
        asked = {"wave_id": wave.id, "account_id": account.id, "owner_id": account.owner_id}
        session.execute(insert(wave_accounts), asked)
    an_invitation(wave, contact)


def confirm(account: Account, owner: User, *, days_ago: float) -> None:
    save(RosterConfirmation(account_id=account.id, by_id=owner.id, at=NOW - timedelta(days=days_ago)))


def test_coverage_growth_compares_the_same_accounts() -> None:
    owner = a_user()
    account = an_owned_account(owner)
    record_all(days=-40)
    a_contact(account)
    an_owned_account(owner)
    record_all()
    line = counted().lines[0]
    assert (line.seats_then, line.seats_now, line.accounts, line.compared) == ((0, 2), (1, 2), 2, 1)
    assert line.growth == 0.5


def test_while_nothing_is_older_growth_counts_from_the_first_day() -> None:
    account = an_owned_account(a_user())
    record_all(days=-10)
    a_contact(account)
    record_all()
    shown = counted(days=90)
    assert shown.recorded_since == TODAY - timedelta(days=10)
    assert shown.lines[0].growth == 0.5


def test_a_roster_confirmed_in_the_month_before_the_launch_is_in_time() -> None:
    owner = a_user()
    account = an_owned_account(owner)
    person = a_contact(account)
    a_wave_asking(account, person, days_ago=10)
    confirm(account, owner, days_ago=39)
    line = counted().lines[0]
    assert (line.rosters_on_time, line.rosters_asked) == (1, 1)


def test_a_roster_counts_by_whole_days_as_it_does_when_a_wave_asks() -> None:
    owner = a_user()
    account = an_owned_account(owner)
    a_wave_asking(account, a_contact(account), days_ago=10)
    # Nine hours before the launch's hour of day, thirty days earlier.
    confirm(account, owner, days_ago=40.375)
    assert confirmed_account_ids([account.id], on=TODAY - timedelta(days=10)) == {account.id}
    assert counted().lines[0].rosters_on_time == 1


@pytest.mark.parametrize("days_ago", [10.001, 39])
def test_a_later_house_rule_judges_no_wave_of_before(days_ago: float) -> None:
    owner = a_user()
    account = an_owned_account(owner)
    a_wave_asking(account, a_contact(account), days_ago=10)
    confirm(account, owner, days_ago=days_ago)
    with transaction():
        change_house_rules(replace(HouseRules(), roster_days=1), by=owner, today=TODAY)
    assert counted().lines[0].rosters_on_time == 1


def test_a_wave_is_judged_by_the_house_rule_of_its_day() -> None:
    owner = a_user()
    account = an_owned_account(owner)
    a_wave_asking(account, a_contact(account), days_ago=10)
    confirm(account, owner, days_ago=20)
    with transaction():
        rules = replace(HouseRules(), roster_days=5)
        change_house_rules(rules, by=owner, today=TODAY - timedelta(days=10))
    assert counted().lines[0].rosters_on_time == 0


def test_waves_from_before_anything_was_recorded_ask_for_no_roster() -> None:
    account = an_owned_account(a_user())
    a_wave_asking(account, a_contact(account), days_ago=10)
    record_all(days=-8)
    assert counted().lines[0].rosters_asked == 0


@pytest.mark.parametrize(("days_ago", "asked"), [(30, 0), (29, 1)])
def test_a_period_counts_as_many_days_of_waves_as_of_gaps(days_ago: int, asked: int) -> None:
    account = an_owned_account(a_user())
    a_wave_asking(account, a_contact(account), days_ago=days_ago)
    record_all(days=-60)
    assert counted().lines[0].rosters_asked == asked


def test_whoever_takes_over_an_account_answers_for_no_wave_of_before() -> None:
    before, after = a_user(), a_user()
    account = an_owned_account(before)
    a_wave_asking(account, a_contact(account), days_ago=10)
    with transaction():
        account.owner_id = after.id
    record_all(days=-20)
    asked = {line.owner_id: line.rosters_asked for line in counted().lines}
    assert asked == {before.id: 1, after.id: 0}


@pytest.mark.parametrize("days_ago", [5, 41])
def test_a_roster_confirmed_too_late_or_too_early_is_not_in_time(days_ago: int) -> None:
    owner = a_user()
    account = an_owned_account(owner)
    a_wave_asking(account, a_contact(account), days_ago=10)
    confirm(account, owner, days_ago=days_ago)
    line = counted().lines[0]
    assert (line.rosters_on_time, line.rosters_asked) == (0, 1)


def test_waves_before_the_period_do_not_count() -> None:
    owner = a_user()
    account = an_owned_account(owner)
    a_wave_asking(account, a_contact(account), days_ago=31)
    record_all()
    assert counted().lines[0].rosters.value is None


def test_an_account_that_a_wave_chose_but_asked_nobody_at_does_not_count() -> None:
    owner = a_user()
    account = an_owned_account(owner)
    wave = a_wave(launched_at=NOW - timedelta(days=3))
    with transaction():
        wave.accounts.append(account)
    record_all()
    assert counted().lines[0].rosters_asked == 0


def test_gaps_closed_in_the_period_tell_how_long_it_took() -> None:
    account = an_owned_account(a_user())
    record_all(days=-50)
    a_contact(account)
    record_all(days=-9)
    a_contact(account)
    record_all()
    line = counted().lines[0]
    spread = line.days_to_close
    assert spread is not None
    assert (line.closed, spread.n, spread.median) == (2, 2, 45.5)


def test_seats_empty_at_first_sight_are_not_opened_by_anybody() -> None:
    account = an_owned_account(a_user())
    leaving = a_contact(account)
    record_all(days=-20)
    with transaction():
        leaving.status = ContactStatus.LEFT
    record_all()
    line = counted().lines[0]
    assert (line.opened, line.open_now) == (1, 2)


def test_a_csm_sees_the_own_line_and_the_team() -> None:
    ana, ben = a_user(), a_user()
    an_owned_account(ana)
    an_owned_account(ben)
    record_all()
    shown = counted(ana)
    assert [line.owner_id for line in shown.lines] == [ana.id]
    assert shown.team.accounts == 2


def test_a_csm_without_accounts_sees_an_empty_line() -> None:
    ana = a_user()
    an_owned_account(a_user())
    record_all()
    assert [(line.owner_id, line.accounts) for line in counted(ana).lines] == [(ana.id, 0)]


def test_lines_sort_with_the_unknown_last_both_ways() -> None:
    lines = [Line(1, "b", seats_now=(1, 2), seats_then=(0, 2), compared=1), Line(2, "a")]
    lines.append(Line(3, "c", seats_now=(2, 2), seats_then=(0, 2), compared=1))
    assert [line.name for line in sorted_lines(lines, "growth")] == ["b", "c", "a"]
    assert [line.name for line in sorted_lines(lines, "-growth")] == ["c", "b", "a"]


@pytest.mark.parametrize("days", ["30", "90", "365", "nonsense"])
def test_leaders_and_csms_read_the_page(client: CheckingClient, days: str) -> None:
    owner = a_user()
    account = an_owned_account(owner)
    a_wave_asking(account, a_contact(account), days_ago=10)
    record_all(days=-20)
    record_all()
    for user in (owner, a_user(RoleName.LEADER)):
        client.sign_in(user)
        page = client.get(f"/stewardship?days={days}&sort=-growth").get_data(as_text=True)
        assert "0 of 1 · few: a hint" in page
        assert "NPS" not in page


def test_there_is_no_such_page_for_executives(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.EXECUTIVE))
    assert client.get("/stewardship").status_code == 404
    assert client.get("/stewardship/export.csv").status_code == 404


def test_the_download_holds_counts_and_the_team_last(client: CheckingClient) -> None:
    owner = a_user(name="Ana")
    an_owned_account(owner)
    record_all()
    client.sign_in(a_user(RoleName.LEADER))
    lines = client.get("/stewardship/export.csv").get_data().decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["csm", "Ana", "The team"]
