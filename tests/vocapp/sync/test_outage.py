"""Salesforce is away for a day: survey work goes on, and afterwards everything is caught up, once."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.builders import a_response, a_user, an_invitation
from tests.vocapp.sync.builders import change, connection_of
from tests.vocapp.sync.test_engine_basics import writes
from tests.vocapp.sync.test_engine_writing import a_score, add_here
from tests.vocapp.sync.two_sides import TwoSides, two_sides
from vocapp.accounts.models import Account, Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import Message
from vocapp.responses.models import Response
from vocapp.sync.models import CrmLink, CrmPush, CrmRefusal, CrmRun
from vocapp.sync.replaying import replay
from vocapp.sync.rules import LinkState, PushState, RunKind, RunState
from vocapp.sync.running import due_connections
from vocapp.workflows.sync_crm import run_sync


@pytest.fixture
def sides(shared_app: Flask) -> Iterator[TwoSides]:
    with two_sides(shared_app) as both:
        yield both


def refused_token(sides: TwoSides) -> None:
    sides.org.add_fault(path="services/data", status=401, code="INVALID_SESSION_ID", count=None)


def too_many_calls(sides: TwoSides) -> None:
    sides.org.add_fault(path="services/data", status=429, headers={"Retry-After": "120"}, count=None)


def down(sides: TwoSides) -> None:
    sides.org.add_fault(status=503, html="<html><h1>We are down for maintenance.</h1></html>", count=None)


def broken_line(sides: TwoSides) -> None:
    sides.org.add_fault(path="services/data", drop="before", count=None)


def no_writing(sides: TwoSides) -> None:
    sides.org.add_fault(method="PATCH", status=503, html="<html>Writing is off.</html>", count=None)


def lost_answers(sides: TwoSides) -> None:
    """Everything is done, and nobody hears of it."""
    sides.org.add_fault(method="PATCH", drop="after", count=None)


def everything_in_turn(sides: TwoSides) -> None:
    """Another trouble every time somebody asks."""
    troubles = [refused_token, too_many_calls, down, broken_line, no_writing, lost_answers]
    troubles[int(utcnow().timestamp()) // 3600 % len(troubles)](sides)


OUTAGES = [refused_token, too_many_calls, down, broken_line, no_writing, lost_answers, everything_in_turn]


def run_as_scheduled(sides: TwoSides) -> CrmRun | None:
    """What the scheduler does when it looks: nothing, or one run."""
    db.session.rollback()
    if sides.connection_id not in due_connections(utcnow()):
        return None
    return run_sync(
        sides.connection_id,
        RunKind.SYNC,
        is_scheduled=True,
        sleep=lambda seconds: sides.wait(seconds=seconds),
    )


def work_goes_on(sides: TwoSides, hour: int) -> None:
    """An hour of people on both sides."""
    account = account_here(sides)
    if hour == 2:
        a_response(an_invitation(contact=person_here(sides, 0)), rating=9, comment="Good.")
        a_score(account, strength=88.0)
    if hour == 6:
        change(person_here(sides, 0), phone="+81 3")
        sides.org.update(sides.people[1], Title="CEO")
    if hour == 10:
        add_here(account, "Silva")
        sides.add_there(0)
    if hour % 8 == 5:
        # There is something to write whatever else fails.
        a_score(account, strength=40.0 + hour)


def person_here(sides: TwoSides, number: int) -> Contact:
    person = sides.contact_of(sides.people[number])
    assert person is not None
    return person


def account_here(sides: TwoSides) -> Account:
    link = db.session.scalars(select(CrmLink).where(CrmLink.remote_id == sides.accounts[0])).one()
    return db.session.get_one(Account, link.local_id, populate_existing=True)


def pass_a_day(sides: TwoSides, outage: Callable[[TwoSides], None]) -> list[CrmRun]:
    runs = []
    for hour in range(24):
        work_goes_on(sides, hour)
        for _quarter in range(4):
            sides.org.clear_faults()
            outage(sides)
            sides.wait(minutes=15)
            done = run_as_scheduled(sides)
            if done is not None:
                runs.append(done)
    return runs


def alerts() -> Counter[str]:
    rows = select(Message.to_address).where(Message.template == "sync_failing")
    return Counter(db.session.scalars(rows))


def catch_up(sides: TwoSides) -> None:
    """The runs that are due in the hours after the outage, at the moments they are due."""
    sides.no_more_trouble()
    for _run in range(7):
        due_at = connection_of(sides.connection_id).next_run_at
        assert due_at is not None
        sides.wait(seconds=max(0.0, (due_at - utcnow()).total_seconds()) + 1)
        assert run_as_scheduled(sides) is not None


@pytest.mark.parametrize("outage", OUTAGES, ids=lambda outage: outage.__name__)
def test_a_day_of_outage_is_caught_up_without_a_double(
    sides: TwoSides, outage: Callable[[TwoSides], None]
) -> None:
    administrators = {a_user(RoleName.ADMIN).email, a_user(RoleName.ADMIN).email}
    runs = pass_a_day(sides, outage)
    assert len(runs) >= 4
    assert {one.state for one in runs} <= {RunState.FAILED, RunState.DONE}
    assert alerts() == Counter(dict.fromkeys(administrators, 1))
    assert connection_of(sides.connection_id).failures >= 3
    assert db.session.scalar(select(func.count()).select_from(Response)) == 1

    catch_up(sides)
    connection = connection_of(sides.connection_id)
    assert (connection.failures, connection.alerted_at, connection.last_error) == (0, None, None)
    assert alerts() == Counter(dict.fromkeys(administrators, 1))
    there = sides.org.rows("Contact")
    assert Counter(row["LastName"] for row in there) == Counter(
        ["P0", "P1", "P2", "P3", "Silva", sides.org.get(sides.made_there[0])["LastName"]]
    )
    assert sides.org.get(sides.people[0])["Phone"] == "+81 3"
    assert sides.org.get(sides.people[0])["VOC_Last_NPS__c"] == 9
    assert sides.org.get(sides.accounts[0])["VOC_Relationship_Score__c"] == 61
    assert len(sides.org.rows("VOC_Survey_Response__c")) == 1
    assert person_here(sides, 1).title == "CEO"
    assert sides.contact_of(sides.made_there[0]) is not None
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 6
    assert db.session.scalars(select(CrmRefusal).where(CrmRefusal.resolved_at.is_(None))).all() == []
    is_open = CrmPush.state.in_((PushState.WAITING, PushState.SENDING))
    assert db.session.scalars(select(CrmPush).where(is_open)).all() == []
    assert {link.state for link in sides.links().values()} == {LinkState.LINKED}

    sides.org.clear_log()
    sides.wait(minutes=20)
    again = run_as_scheduled(sides)
    assert again is not None
    assert (again.state, again.report["written"], writes(sides.org)) == (RunState.DONE, {}, [])


def test_a_second_outage_is_told_again_and_calls_spent_are_no_failure(sides: TwoSides) -> None:
    a_user(RoleName.ADMIN)
    for _outage in range(2):
        down(sides)
        for _run in range(4):
            sides.run()
        # The calls of the day are spent in between: that is no success, and nobody is told again.
        sides.org.clear_faults()
        sides.org.set_quota(used=12_500, most=15_000)
        assert sides.run().state == RunState.STOPPED
        sides.org.set_quota(used=0, most=15_000)
        down(sides)
        for _run in range(4):
            sides.run()
        sides.org.clear_faults()
        assert sides.run().state == RunState.DONE
        sides.wait(hours=1)
    assert sum(alerts().values()) == 2


def test_a_call_of_which_only_a_part_was_taken_is_completed(sides: TwoSides) -> None:
    for number in range(4):
        change(person_here(sides, number), phone=f"+{number}")
    sides.org.lock_row(sides.people[0], times=1)
    sides.org.add_rule("Contact", "No +3 here.", lambda row, _before: row.get("Phone") == "+3", field="Phone")
    first = sides.run()
    assert (first.state, first.report["written"]["Contact"], first.report["refusals"]) == (
        RunState.DONE,
        2,
        1,
    )
    sides.wait(minutes=5)
    sides.run()
    assert [sides.org.get(one)["Phone"] for one in sides.people] == ["+0", "+1", "+2", "1"]
    refused = db.session.scalars(select(CrmRefusal)).one()
    assert (refused.key, refused.resolved_at) == (sides.people[3], None)
    sides.org.clear_rules()
    administrator = a_user(RoleName.ADMIN)
    with transaction():
        replay([refused], by=administrator, now=utcnow())
    sides.run()
    assert sides.org.get(sides.people[3])["Phone"] == "+3"
