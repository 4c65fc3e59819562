"""A run that is killed anywhere, by SIGKILL in a process of its own, is finished by the next one."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from integrations.crm.salesforce.client import SalesforceCrm
from tests.builders import a_company
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import a_connection, account_of, link_of, run
from tests.vocapp.sync.conftest import settings_for_org
from tests.vocapp.sync.killed_run import Executioner
from vocapp.accounts.models import Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.relationship.models import AccountScore
from vocapp.sync import rules
from vocapp.sync.models import CrmConnection, CrmJob, CrmLink, CrmPush, CrmRefusal, CrmRun
from vocapp.sync.rules import HEARTBEAT_DEAD_AFTER, LinkState, PushState, RunState
from vocapp.workflows import crm_writing

ACCOUNTS = 12
SIZES = {"BULK_FROM": 5, "NOTED_AT_ONCE": 5}

# The first bulk job holds scores of accounts, the second one people who are new over there.
BULK_POINTS = [
    ("make job", "after", 1),
    ("claim", "after", 1),
    ("attach", "after", 1),
    ("open", "before", 1),
    ("open", "after", 1),
    ("open", "after", 2),
    ("fill", "before", 1),
    ("fill", "before", 2),
    ("close", "before", 1),
    ("close", "before", 2),
    ("close", "after", 1),
    ("close", "after", 2),
    ("poll", "before", 2),
    ("poll", "before", 5),
    ("results", "before", 1),
    ("results", "after", 2),
    ("note", "before", 2),
    ("note", "after", 2),
    ("finish", "before", 1),
    ("end", "before", 1),
]
CALL_POINTS = [
    ("plan", "after", 1),
    ("claim", "after", 1),
    ("fetch", "after", 1),
    ("write", "before", 1),
    ("write", "after", 1),
    ("write", "after", 2),
    ("note", "after", 2),
    ("write", "after", 4),
    ("write", "after", 6),
    ("end", "after", 1),
]
READ_POINTS = [
    ("land", "before", 3),
    ("land", "after", 3),
    ("store", "after", 4),
    ("move", "after", 3),
    ("close reading", "before", 2),
    ("close reading", "after", 2),
]


@cache
def executioner() -> Executioner:
    return Executioner()


@pytest.fixture(scope="module", autouse=True)
def _executioner_goes_home() -> Iterator[None]:
    yield
    if executioner.cache_info().currsize:
        executioner().stop()
        executioner.cache_clear()


@contextmanager
def connected(app: Flask, org: SalesforceEmulator) -> Iterator[int]:
    with app.app_context(), settings_for_org(app, org):
        a_company()
        yield a_connection()


def take_for_dead(connection_id: int) -> None:
    """Let the heartbeat of whoever died be as old as it is when the next run comes."""
    with transaction():
        db.session.execute(
            update(CrmConnection)
            .where(CrmConnection.id == connection_id, CrmConnection.heartbeat_at.is_not(None))
            .values(heartbeat_at=utcnow() - HEARTBEAT_DEAD_AFTER - timedelta(seconds=1))
        )


def changed_on_our_side(connection_id: int, org: SalesforceEmulator) -> list[str]:
    """Accounts both sides know, with new scores and one new person each that only we know."""
    accounts = [org.insert("Account", Name=f"A{number}") for number in range(ACCOUNTS)]
    assert run(connection_id, org=org).state == RunState.DONE
    with transaction():
        for number, remote_id in enumerate(accounts):
            account = account_of(remote_id)
            score = AccountScore(
                account_id=account.id, as_of=utcnow().date(), strength=50.0 + number, engagement=0.5,
                sentiment=0.2, answers=number, status="green", measures={},
            )  # fmt: skip
            email = f"p{number}@a{number}.example"
            person = Contact(
                account_id=account.id,
                last_name=f"P{number}",
                title="l1\nl2, “é”",
                email=email,
                email_key=email,
            )
            db.session.add_all([score, person])
    return accounts


def is_all_there(org: SalesforceEmulator, accounts: list[str]) -> bool:
    scores = [org.get(remote_id)["VOC_Relationship_Score__c"] for remote_id in accounts]
    people = org.rows("Contact")
    return (
        scores == [50 + number for number in range(ACCOUNTS)]
        and sorted(row["LastName"] for row in people) == sorted(f"P{number}" for number in range(ACCOUNTS))
        and {row["Title"] for row in people} == {"l1\nl2, “é”"}
    )


def assert_finished(connection_id: int, org: SalesforceEmulator, accounts: list[str]) -> None:
    """Everything is there once, nothing is open, and another run has nothing to do."""
    with reading() as session:
        assert session.scalars(select(CrmRefusal)).all() == []
        assert session.scalars(select(CrmJob.id).where(CrmJob.finished_at.is_(None))).all() == []
        open_states = (PushState.SENDING, PushState.WAITING)
        assert session.scalars(select(CrmPush.key).where(CrmPush.state.in_(open_states))).all() == []
        states = session.scalars(select(CrmRun.state).order_by(CrmRun.id)).all()
        assert set(states) <= {RunState.DONE, RunState.STOPPED}
        linked = session.scalars(select(CrmLink.state).where(CrmLink.entity == "contact")).all()
        assert list(linked) == [LinkState.LINKED] * ACCOUNTS
        assert session.scalar(select(func.count()).select_from(Contact)) == ACCOUNTS
    assert is_all_there(org, accounts)
    names = Counter(row["VOC_Person_Id__c"] for row in org.rows("Contact", with_deleted=True))
    assert len(names) == ACCOUNTS
    assert set(names.values()) == {1}
    again = run(connection_id, org=org)
    assert (again.state, again.report["written"]) == (RunState.DONE, {})


def name_of(point: tuple[str, str, int]) -> str:
    return f"{point[1]} {point[0]} {point[2]}"


@pytest.mark.parametrize("point", BULK_POINTS, ids=name_of)
def test_a_bulk_job_cut_short_is_finished(
    separate_app: Flask,
    salesforce: SalesforceEmulator,
    monkeypatch: pytest.MonkeyPatch,
    point: tuple[str, str, int],
) -> None:
    salesforce.plan_bulk(polls=3)
    with connected(separate_app, salesforce) as connection_id:
        accounts = changed_on_our_side(connection_id, salesforce)
        salesforce.advance(180)
        died_of = executioner().run_until(separate_app, salesforce, connection_id, point, **SIZES)
        assert died_of == signal.SIGKILL
        take_for_dead(connection_id)
        monkeypatch.setattr(rules, "BULK_FROM", SIZES["BULK_FROM"])
        monkeypatch.setattr(crm_writing, "NOTED_AT_ONCE", SIZES["NOTED_AT_ONCE"])
        done = run(connection_id, org=salesforce)
        assert (done.state, done.reason) == (RunState.DONE, None)
        assert_finished(connection_id, salesforce, accounts)


@pytest.mark.parametrize("point", CALL_POINTS, ids=name_of)
def test_writing_in_small_calls_cut_short_is_finished(
    separate_app: Flask,
    salesforce: SalesforceEmulator,
    monkeypatch: pytest.MonkeyPatch,
    point: tuple[str, str, int],
) -> None:
    monkeypatch.setattr(SalesforceCrm, "write_size", 5)
    with connected(separate_app, salesforce) as connection_id:
        accounts = changed_on_our_side(connection_id, salesforce)
        salesforce.advance(180)
        died_of = executioner().run_until(separate_app, salesforce, connection_id, point, write_size=5)
        assert died_of == signal.SIGKILL
        take_for_dead(connection_id)
        done = run(connection_id, org=salesforce)
        assert (done.state, done.reason) == (RunState.DONE, None)
        assert_finished(connection_id, salesforce, accounts)


@pytest.mark.parametrize("point", READ_POINTS, ids=name_of)
def test_reading_cut_short_goes_on(
    separate_app: Flask, salesforce: SalesforceEmulator, point: tuple[str, str, int]
) -> None:
    salesforce.set_page_size(7)
    with connected(separate_app, salesforce) as connection_id:
        accounts = [salesforce.insert("Account", Name=f"A{number}") for number in range(15)]
        people = [
            salesforce.insert(
                "Contact",
                AccountId=accounts[number % 15],
                LastName=f"P{number}",
                Email=f"p{number}@a.example",
            )
            for number in range(30)
        ]
        salesforce.advance(180)
        died_of = executioner().run_until(separate_app, salesforce, connection_id, point)
        assert died_of == signal.SIGKILL
        take_for_dead(connection_id)
        done = run(connection_id, org=salesforce)
        assert (done.state, done.reason) == (RunState.DONE, None)
        with reading() as session:
            names = session.scalars(select(Contact.last_name)).all()
        assert sorted(names) == sorted(f"P{number}" for number in range(30))
        assert {link_of(one).state for one in (*accounts, *people)} == {LinkState.LINKED}
        run(connection_id, org=salesforce)
        assert run(connection_id, org=salesforce).report["written"] == {}
