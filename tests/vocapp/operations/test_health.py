"""What machines are told that ask whether we live, are ready, and how things stand."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from integrations.dns import FixedResolver
from tests.builders import a_company, a_response, a_user, save
from tests.conftest import CheckingClient, settings_for
from tests.vocapp.outbox.builders import a_message
from vocapp.app import create_app
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.gateways import EXTENSION_KEY, make_gateways
from vocapp.core.jobs import Job, JobState
from vocapp.core.tokens import new_nonce
from vocapp.identity.rules import RoleName
from vocapp.inbound.rules import Way
from vocapp.inbound.service import receive_mail
from vocapp.operations import health
from vocapp.operations.models import RunningPart
from vocapp.operations.rules import PartName, Revision, judge_revision
from vocapp.outbox.models import Message

TOKEN = "a token of the people who watch"


def stamp(*revisions: str) -> None:
    """Say which revisions the database has; a test's tables are made without migrations."""
    with transaction() as session:
        session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        for revision in revisions:
            session.execute(text("INSERT INTO alembic_version VALUES (:one)"), {"one": revision})


def set_settings(app: Flask, monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    before = app.extensions[EXTENSION_KEY]
    changed = replace(before, settings=replace(before.settings, **changes))
    monkeypatch.setitem(app.extensions, EXTENSION_KEY, changed)


@pytest.fixture(autouse=True)
def nothing_remembered(shared_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(shared_app.extensions, health.EXTENSION_KEY, health.Remembered())


def figure(client: CheckingClient, line: str, **headers: str) -> float:
    """Return the value of one line of the figures."""
    page = client.get("/metrics", headers=headers)
    assert page.status_code == 200
    (found,) = [each for each in page.get_data(as_text=True).splitlines() if each.startswith(line + " ")]
    return float(found.rpartition(" ")[2])


def test_a_living_process_says_so_without_its_database(tmp_path) -> None:
    settings = settings_for("postgresql+psycopg://nobody:secret@127.0.0.1:1/nothing", tmp_path)
    client = create_app(gateways=make_gateways(settings, dns=FixedResolver())).test_client()
    assert client.get("/healthz").json == {"status": "alive"}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {
        "status": "not ready",
        "parts": {"database": "does not answer", "tables": "unknown", "broker": "not used"},
    }
    figures = client.get("/metrics").get_data(as_text=True)
    assert 'vocapp_ready{part="database"} 0.0' in figures
    assert "vocapp_messages" not in figures


def test_ready_is_who_has_database_and_tables(client: CheckingClient) -> None:
    newest, _known = health._revisions()
    stamp(*newest)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "ready")
    assert client.head("/readyz").status_code == 200


@pytest.mark.parametrize("revisions", [(), ("0001",)])
def test_tables_of_an_older_release_are_not_ready(client: CheckingClient, revisions: tuple[str, ...]) -> None:
    stamp(*revisions)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["parts"]["tables"]) == (503, "behind")


def test_a_database_without_any_tables_is_not_ready(client: CheckingClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["parts"]) == (
        503,
        {"database": "ok", "tables": "behind", "broker": "not used"},
    )


def test_a_release_that_is_being_replaced_stays_ready() -> None:
    known = frozenset({"1", "2"})
    newest = frozenset({"2"})
    assert judge_revision(newest, newest=newest, known=known) is Revision.CURRENT
    assert judge_revision(frozenset({"3"}), newest=newest, known=known) is Revision.AHEAD
    assert judge_revision(frozenset({"1"}), newest=newest, known=known) is Revision.BEHIND
    assert judge_revision(frozenset(), newest=newest, known=known) is Revision.BEHIND


@pytest.mark.parametrize("url", ["redis://:secret@127.0.0.1:1/0", "amqp://guest:secret@127.0.0.1:1/"])
def test_a_broker_that_is_away_is_named_and_nothing_more(
    app: Flask, client: CheckingClient, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    set_settings(app, monkeypatch, broker_url=url)
    stamp(*health._revisions()[0])
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["parts"]["broker"]) == (503, "does not answer")
    assert "secret" not in answer.get_data(as_text=True)


def test_who_asks_often_is_told_what_was_found_a_moment_ago(
    client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    first_look = health.look
    monkeypatch.setattr(health, "look", lambda: looks.append(1) or first_look())
    for _time in range(20):
        client.get("/readyz")
    assert len(looks) < 20


def test_figures_count_what_is_there(client: CheckingClient) -> None:
    now = utcnow()
    a_company()
    a_message()
    late = a_message(send_at=now - timedelta(minutes=10))
    with transaction():
        late.next_attempt_at = now - timedelta(minutes=10)
        db.session.execute(db.update(Message).where(Message.id != late.id).values(state="unknown"))
    save(Job(kind="import_file", payload={}, run_at=now - timedelta(minutes=5)))
    save(Job(kind="sync_crm", payload={}, run_at=now, state=JobState.DEAD))
    save(a_part(PartName.WORKER, seen_at=now))
    save(a_part(PartName.WORKER, seen_at=now - timedelta(minutes=2)))
    assert figure(client, 'vocapp_messages{state="queued"}') == 1
    assert figure(client, 'vocapp_messages{state="unknown"}') == 1
    assert figure(client, 'vocapp_messages{state="failed"}') == 0
    assert 600 <= figure(client, "vocapp_messages_oldest_due_seconds") < 700
    assert figure(client, 'vocapp_unfinished_jobs{kind="sync_crm",state="dead"}') == 1
    assert 300 <= figure(client, "vocapp_jobs_oldest_due_seconds") < 400
    assert figure(client, 'vocapp_running_parts{part="worker"}') == 1
    assert figure(client, 'vocapp_running_parts{part="scheduler"}') == 0
    assert figure(client, "vocapp_silent_parts") == 1
    assert figure(client, "vocapp_responses_last_hour") == 0


def test_answers_of_the_last_hour_are_counted(client: CheckingClient) -> None:
    a_company()
    a_response(answered_at=utcnow())
    a_response(answered_at=utcnow() - timedelta(hours=2))
    assert figure(client, "vocapp_responses_last_hour") == 1


def test_mails_that_came_in_are_counted_by_state(client: CheckingClient) -> None:
    a_company()
    with transaction():
        receive_mail(b"Subject: Hello\r\n\r\nHello.\r\n", via=Way.PIPE, now=utcnow())
    assert figure(client, 'vocapp_inbound_mails{state="received"}') == 1
    assert figure(client, 'vocapp_inbound_mails{state="quarantined"}') == 0


def test_requests_are_counted_by_page_and_status(client: CheckingClient) -> None:
    def counted(page: str, status: str) -> float:
        lines = client.get("/metrics").get_data(as_text=True).splitlines()
        start = f'vocapp_requests_total{{page="{page}",status="{status}"}} '
        return sum(float(line.removeprefix(start)) for line in lines if line.startswith(start))

    before = counted("health.healthz", "2xx"), counted("none", "4xx")
    client.get("/healthz")
    client.get("/no-such-page")
    assert (counted("health.healthz", "2xx"), counted("none", "4xx")) == (before[0] + 1, before[1] + 1)
    taken = 'vocapp_request_seconds_bucket{le="+Inf",page="health.healthz"}'
    assert figure(client, taken) >= before[0] + 1


def test_figures_hold_no_address_and_no_name(client: CheckingClient) -> None:
    a_message(to_address="canary@customer.example", to_name="Canary Person")
    page = client.get("/metrics").get_data(as_text=True)
    assert "canary" not in page.casefold()


def test_only_who_knows_the_token_reads_figures(
    app: Flask, client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_settings(app, monkeypatch, metrics_token=TOKEN)
    assert client.get("/metrics").status_code == 404
    for wrong in (TOKEN, f"Bearer {TOKEN}x", f"bearer {TOKEN}é", "Bearer ", "Basic eDp5"):
        assert client.get("/metrics", headers={"Authorization": wrong.encode()}).status_code == 404
    right = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert right.status_code == 200
    assert right.headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_without_a_token_only_this_machine_reads_figures_and_only_while_nobody_else_comes_in(
    app: Flask, client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
    claim = {"X-Forwarded-For": "127.0.0.1"}
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}, headers=claim).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404
    set_settings(app, monkeypatch, base_url="https://voice.vendor.example")
    assert client.get("/metrics").status_code == 404, "a web server on this machine may stand in front"


def a_part(name: PartName, **values: object) -> RunningPart:
    now = utcnow()
    defaults = {
        "key": new_nonce(),
        "machine": "worker-1.vendor.example",
        "process_id": 4711,
        "started_at": now - timedelta(hours=3),
        "seen_at": now,
    }
    return RunningPart(name=name, **{**defaults, **values})


def test_administrators_see_which_parts_run(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.ADMIN))
    assert "No process has said that it runs" in client.get("/settings/running-parts").get_data(as_text=True)
    for name in PartName:
        save(a_part(name))
    save(a_part(PartName.WORKER, machine="m" * 90, seen_at=utcnow() - timedelta(minutes=5)))
    page = client.get("/settings/running-parts").get_data(as_text=True)
    assert "worker-1.vendor.example" in page
    assert page.count(">silent<") == 1
    assert page.count(">runs<") == len(PartName)
