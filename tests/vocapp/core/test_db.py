"""Transactions: nothing half-written, nothing lost between writers, nothing written while reading."""

import threading
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError, StatementError

from tests.builders import a_user, an_account
from vocapp.accounts.models import Account
from vocapp.core.clock import utcnow
from vocapp.core.db import db, mark_request_read_only, reading, transaction
from vocapp.core.jobs import Job, enqueue, lease_due_jobs


def test_concurrent_updates_are_all_kept(separate_app: Flask) -> None:
    with separate_app.app_context():
        account_id = an_account(name="0").id
    problems: list[BaseException] = []

    def add_ones() -> None:
        try:
            for _turn in range(25):
                with separate_app.app_context(), transaction():
                    account = db.session.get_one(Account, account_id, with_for_update=True)
                    account.name = str(int(account.name) + 1)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=add_ones) for _worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with separate_app.app_context():
        assert db.session.get_one(Account, account_id).name == "100"


def test_reading_does_not_wait_for_a_writer(separate_app: Flask) -> None:
    with separate_app.app_context():
        an_account(name="before")
        with transaction():
            db.session.execute(update(Account).values(name="after"))
            seen: list[str] = []

            def read() -> None:
                with separate_app.app_context(), reading() as session:
                    seen.append(session.scalars(select(Account.name)).one())

            reader = threading.Thread(target=read)
            reader.start()
            reader.join(timeout=5)
            assert seen == ["before"]


@pytest.mark.usefixtures("app")
def test_a_failed_transaction_leaves_nothing() -> None:
    def write_and_fail() -> None:
        with transaction():
            db.session.add(Account(external_id="x", external_key="x", name="half"))
            db.session.flush()
            raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        write_and_fail()
    assert db.session.scalars(select(Account)).all() == []


@pytest.mark.usefixtures("app")
def test_transactions_do_not_nest() -> None:
    with pytest.raises(RuntimeError, match="do not nest"), transaction(), transaction():
        pass


@pytest.mark.usefixtures("app")
def test_a_read_only_request_cannot_write() -> None:
    mark_request_read_only(True)
    try:
        with pytest.raises(RuntimeError, match="read-only"), transaction():
            enqueue("work", {})
        with pytest.raises(RuntimeError, match="read-only"):
            db.session.execute(update(Account).values(name="written"))
        db.session.add(Account(external_id="x", external_key="x", name="x"))
        with pytest.raises(RuntimeError, match="read-only"):
            db.session.flush()
    finally:
        db.session.rollback()
        mark_request_read_only(False)


@pytest.mark.usefixtures("app")
def test_whoever_loses_the_database_while_reading_may_write_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lose(_session: object) -> None:
        raise OperationalError("ROLLBACK", None, ConnectionError("the database is away"))

    with pytest.raises(OperationalError), monkeypatch.context() as away, reading() as session:
        away.setattr(type(session), "rollback", lose)
    with transaction():
        enqueue("work", {})
    assert db.session.scalars(select(Job.kind)).one() == "work"


@pytest.mark.usefixtures("app")
def test_a_naive_time_is_refused() -> None:
    user = a_user()
    user.created_at = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(StatementError, match="naive time"):
        db.session.flush()
    db.session.rollback()


@pytest.mark.usefixtures("app")
def test_times_come_back_aware() -> None:
    when = datetime(2026, 1, 1, 12, tzinfo=UTC)
    with transaction():
        enqueue("work", {}, run_at=when)
    db.session.expire_all()
    assert db.session.scalars(select(Job.run_at)).one() == when


def test_whoever_takes_a_job_that_was_asked_for_again_sees_what_it_is_about(separate_app: Flask) -> None:
    with separate_app.app_context():
        an_account(name="before")
        with transaction():
            enqueue("work", {}, key="k")
    seen: list[str] = []

    def take() -> None:
        with separate_app.app_context():
            while not seen:
                with transaction():
                    taken = lease_due_jobs(1, now=utcnow())
                if taken:
                    seen.append(db.session.scalars(select(Account.name)).one())

    worker = threading.Thread(target=take)
    with separate_app.app_context(), transaction():
        db.session.execute(update(Account).values(name="after"))
        enqueue("work", {}, key="k")
        worker.start()
        worker.join(timeout=0.5)
    worker.join(timeout=30)
    assert seen == ["after"]
