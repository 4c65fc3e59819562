"""Two runs at once, a run that was taken for dead, and a long reading that is cut short."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from integrations.crm.salesforce.client import SalesforceCrm
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import connection_of, run
from tests.vocapp.sync.test_kill import (
    changed_on_our_side,
    connected,
    executioner,
    is_all_there,
    take_for_dead,
)
from vocapp.accounts.models import Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.sync.models import CrmConnection, CrmLink, CrmRun
from vocapp.sync.rules import HEARTBEAT_DEAD_AFTER, LinkState, RunKind, RunState
from vocapp.sync.running import AlreadyRunning, RunLost, begin_run, due_connections
from vocapp.workflows.sync_crm import run_sync, sync_crm


class Gate:
    """Holds whoever comes through until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def pass_through(self) -> None:
        self.reached.set()
        assert self.opened.wait(30)


@contextmanager
def another_run(app: Flask, connection_id: int) -> Iterator[list[BaseException | RunState]]:
    """A run in a thread and on connections of its own; how it ended is in the list afterwards."""
    ends: list[BaseException | RunState] = []

    def act() -> None:
        with app.app_context():
            try:
                done = run_sync(connection_id, RunKind.SYNC, sleep=lambda _seconds: None)
                ends.append(RunState(done.state))
            except BaseException as end:
                ends.append(end)

    thread = threading.Thread(target=act)
    thread.start()
    yield ends
    thread.join(60)
    assert not thread.is_alive()


def held_at(monkeypatch: pytest.MonkeyPatch, name: str) -> Gate:
    """Hold the first run that asks the other side for something."""
    gate, original = Gate(), getattr(SalesforceCrm, name)
    is_first = threading.Semaphore(1)

    def held(self: SalesforceCrm, *args: Any, **kwargs: Any) -> Any:
        if is_first.acquire(blocking=False):
            gate.pass_through()
        return original(self, *args, **kwargs)

    monkeypatch.setattr(SalesforceCrm, name, held)
    return gate


def test_of_two_runs_that_start_together_one_runs(
    separate_app: Flask, salesforce: SalesforceEmulator
) -> None:
    with connected(separate_app, salesforce) as connection_id:
        accounts = changed_on_our_side(connection_id, salesforce)
        salesforce.advance(180)
        start = threading.Barrier(4)
        ends: list[str] = []

        def act() -> None:
            with separate_app.app_context():
                start.wait(10)
                try:
                    done = run_sync(connection_id, RunKind.SYNC, sleep=lambda _seconds: None)
                    ends.append(done.state)
                except AlreadyRunning:
                    ends.append("already running")

        threads = [threading.Thread(target=act) for _worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        # Whoever comes when the first is done may run as well; never two at once.
        assert ends.count(RunState.DONE) + ends.count("already running") == 4
        with reading() as session:
            runs = session.execute(select(CrmRun.started_at, CrmRun.finished_at).order_by(CrmRun.token)).all()
        assert all(one.finished_at <= following.started_at for one, following in pairwise(runs))
        assert is_all_there(salesforce, accounts)


def test_while_a_run_is_at_work_another_leaves_it_alone(
    separate_app: Flask, salesforce: SalesforceEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connected(separate_app, salesforce) as connection_id:
        gate = held_at(monkeypatch, "describe")
        with another_run(separate_app, connection_id) as ends:
            assert gate.reached.wait(30)
            assert due_connections(utcnow()) == []
            with pytest.raises(AlreadyRunning):
                run_sync(connection_id, RunKind.SYNC)
            sync_crm({"connection_id": connection_id, "kind": RunKind.SYNC})
            gate.opened.set()
        assert ends == [RunState.DONE]
        with reading() as session:
            assert session.scalar(select(func.count()).select_from(CrmRun)) == 1


@pytest.mark.parametrize("where", ["write", "fetch", "changes"])
def test_a_run_taken_for_dead_writes_no_more(
    separate_app: Flask, salesforce: SalesforceEmulator, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    with connected(separate_app, salesforce) as connection_id:
        accounts = changed_on_our_side(connection_id, salesforce)
        salesforce.advance(180)
        monkeypatch.setattr(SalesforceCrm, "write_size", 5)
        gate = held_at(monkeypatch, where)
        with another_run(separate_app, connection_id) as ends:
            assert gate.reached.wait(30)
            take_for_dead(connection_id)
            done = run_sync(connection_id, RunKind.SYNC, sleep=lambda _seconds: None)
            assert done.state == RunState.DONE
            before = what_is_known(connection_id)
            salesforce.clear_log()
            gate.opened.set()
        assert [type(end) for end in ends] == [RunLost]
        # One call may have been on its way when the run was taken for dead; none follows it.
        assert len(salesforce.requests("PATCH")) <= 1
        assert what_is_known(connection_id) == before
        assert is_all_there(salesforce, accounts)
        assert run(connection_id, org=salesforce).report["written"] == {}


def what_is_known(connection_id: int) -> tuple[Any, ...]:
    with reading() as session:
        connection = session.get_one(CrmConnection, connection_id)
        runs = session.execute(select(CrmRun.token, CrmRun.state, CrmRun.reason).order_by(CrmRun.token)).all()
        links = session.scalars(select(CrmLink.agreed).order_by(CrmLink.id)).all()
        return connection.run_token, connection.held_by, connection.next_run_at, runs, list(links)


def test_a_heartbeat_that_stopped_lets_the_next_run_in(connection_id: int) -> None:
    with transaction():
        first = begin_run(connection_id, RunKind.SYNC, now=utcnow())
    almost = utcnow() + HEARTBEAT_DEAD_AFTER - timedelta(seconds=5)
    with pytest.raises(AlreadyRunning), transaction():
        begin_run(connection_id, RunKind.SYNC, now=almost)
    with transaction():
        second = begin_run(connection_id, RunKind.SYNC, now=almost + timedelta(seconds=10))
    assert second.token == first.token + 1
    db.session.refresh(first)
    assert (first.state, connection_of(connection_id).run_token) == (RunState.STOPPED, second.token)


@pytest.mark.parametrize("page_size", [2000, 200, 7])
def test_thousands_of_records_of_one_stamp_all_arrive_once_though_the_reading_is_killed(
    separate_app: Flask, salesforce: SalesforceEmulator, page_size: int
) -> None:
    total, tied = (4321, 3000) if page_size > 7 else (433, 300)
    stamp = "2026-01-02T03:04:05.000+0000"
    with connected(separate_app, salesforce) as connection_id:
        account = salesforce.insert("Account", Name="Acme")
        people = [
            {
                "type": "Contact", "AccountId": account, "LastName": f"P{number}",
                "Email": f"p{number}@acme.example",
                "SystemModstamp": stamp if number < tied else f"2026-01-03T{number % 24:02d}:00:00.000+0000",
            }
            for number in range(total)
        ]  # fmt: skip
        salesforce.seed(people)
        salesforce.advance(180)
        salesforce.set_page_size(page_size)
        # The first page that is landed is the account; the third one of people is the fourth.
        died_of = executioner().run_until(separate_app, salesforce, connection_id, ("land", "after", 4))
        assert died_of == signal.SIGKILL
        take_for_dead(connection_id)
        with reading() as session:
            stored = session.scalar(select(func.count()).select_from(Contact)) or 0
        assert 0 < stored < total
        done = run(connection_id, RunKind.PULL)
        assert (done.state, done.reason) == (RunState.DONE, None)
        with reading() as session:
            names = session.scalars(select(Contact.last_name)).all()
            states = session.scalars(
                select(CrmLink.state).where(CrmLink.entity == "contact").distinct()
            ).all()
        assert len(names) == len(set(names)) == total
        assert list(states) == [LinkState.LINKED]
        assert done.report["read"]["Contact"] == total - stored
