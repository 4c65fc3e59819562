"""Broker, tables or database that are away: what is said meanwhile is true, and nobody gives up."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from integrations.dns import FixedResolver
from tests.conftest import CheckingClient, settings_for
from tests.vocapp.test_worker_processes import free_port, wait_until
from vocapp import worker
from vocapp.app import create_app
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.core.gateways import make_gateways
from vocapp.core.jobs import enqueue
from vocapp.core.stopping import stopping_of
from vocapp.operations import heartbeats
from vocapp.operations.engine import Engine
from vocapp.operations.heartbeats import Heartbeat
from vocapp.operations.models import RunningPart
from vocapp.operations.queries import read_figures
from vocapp.operations.rules import PartName


@pytest.fixture
def restless(separate_app: Flask) -> Iterator[Flask]:
    yield separate_app
    stopping_of(separate_app).clear()


@pytest.mark.parametrize("kind", ["redis", "amqp"])
def test_a_job_no_broker_takes_has_waited_since_it_was_due(restless: Flask, kind: str) -> None:
    with restless.app_context():
        with transaction():
            enqueue("sweep_mail", {}, run_at=utcnow() - timedelta(minutes=10))
        scheduler = Engine(restless, worker.WORK, f"{kind}://127.0.0.1:{free_port()}")
        scheduler.start_dispatcher()
        try:
            ends, waited = time.monotonic() + 2, []
            while time.monotonic() < ends:
                with reading():
                    waited.append(read_figures(utcnow()).oldest_due_job)
                time.sleep(0.02)
        finally:
            scheduler.stop()
        assert min(waited) >= 600


def parts() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(RunningPart)) or 0


def test_a_process_whose_tables_are_being_changed_goes_on_to_say_that_it_runs(
    separate_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeats, "BEAT_SECONDS", 0.05)
    table = RunningPart.__table__
    with separate_app.app_context():
        table.drop(db.engine)
        heartbeat = Heartbeat(separate_app, PartName.WEB)
        heartbeat.start()
        time.sleep(0.5)
        table.create(db.engine)
        wait_until(lambda: parts() == 1, "a beat", 30)
        table.drop(db.engine)
        heartbeat.stop()
        table.create(db.engine)


def test_pages_ask_to_try_again_while_the_database_is_away(tmp_path: Path) -> None:
    settings = settings_for("postgresql+psycopg://nobody:secret@127.0.0.1:1/nothing", tmp_path)
    app = create_app(gateways=make_gateways(settings, dns=FixedResolver()))
    app.config.update(WTF_CSRF_ENABLED=False)
    app.test_client_class = CheckingClient
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = "somebody who is signed in"
    pages = {
        "/s/a-token": "send your answer once more",
        "/board": "Please try again in a minute",
        "/login": "Please try again in a minute",
    }
    for address, words in pages.items():
        page = client.get(address)
        assert page.status_code == 503
        assert page.headers["Retry-After"]
        assert words in page.get_data(as_text=True)
    assert client.post("/s/a-token").status_code == 503
