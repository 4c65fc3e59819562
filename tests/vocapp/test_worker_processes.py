"""Real worker processes, killed in the middle, on every broker: nothing is lost."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.conftest import environment_for
from vocapp.core.audit import AuditEntry
from vocapp.core.db import reading, transaction
from vocapp.core.gateways import gateways
from vocapp.core.jobs import Job, JobState, enqueue_each

ROOT = Path(__file__).resolve().parents[2]
NOTES = 40
PATIENCE = 240.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Processes are started and killed many times over; a busy machine takes its time.
pytestmark = pytest.mark.timeout(600)


def wait_until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {patience:.0f} seconds"
        time.sleep(0.1)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def no_broker() -> None:
    return None


@pytest.fixture
def redis_broker(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    command = [
        "redis-server",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(tmp_path),
    ]
    with running(command):
        wait_until(lambda: is_listening(port), "the start of Redis")
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def rabbitmq_broker(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    server = shutil.which("rabbitmq-server", path=f"/usr/lib/rabbitmq/bin:{os.environ['PATH']}:/usr/sbin")
    assert server is not None
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "RABBITMQ_NODENAME": f"test{port}@localhost",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(tmp_path / "data"),
        "RABBITMQ_LOG_BASE": str(tmp_path / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(tmp_path / "plugins"),
        "ERL_EPMD_PORT": str(free_port()),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    with running([server], environment):
        wait_until(lambda: is_listening(port), "the start of RabbitMQ")
        yield f"amqp://guest:guest@127.0.0.1:{port}/"


@contextmanager
def running(
    command: list[str], environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a process group of its own, and take the whole group down at the end."""
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def start(
    part: str, broker: str | None, *, lease_seconds: int = 2, handover_seconds: int = 30
) -> subprocess.Popen[bytes]:
    settings = gateways().settings
    environment = environment_for(settings)
    if broker:
        environment["VOCAPP_BROKER_URL"] = broker
    seconds = [str(lease_seconds), str(handover_seconds)]
    command = [sys.executable, "-m", "tests.vocapp.worker_process", part, *seconds]
    return subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)


def noted() -> list[int]:
    with reading() as session:
        traces = select(AuditEntry.subject_id).where(AuditEntry.action == "noted")
        return sorted(number for number in session.scalars(traces) if number is not None)


def unfinished() -> int:
    with reading() as session:
        waiting = select(func.count()).where(Job.kind == "note", Job.state != JobState.DONE)
        return session.scalar(waiting) or 0


@pytest.mark.parametrize(
    "broker_fixture",
    [
        "no_broker",
        pytest.param("redis_broker", marks=pytest.mark.needs("redis-server")),
        pytest.param("rabbitmq_broker", marks=pytest.mark.needs("rabbitmq-server")),
    ],
)
def test_a_killed_worker_loses_nothing(
    separate_app: Flask, broker_fixture: str, request: pytest.FixtureRequest
) -> None:
    broker = request.getfixturevalue(broker_fixture)
    with separate_app.app_context():
        with transaction():
            enqueue_each("note", ({"number": number} for number in range(NOTES)))
        first = start("both", broker)
        second = None
        try:
            wait_until(lambda: len(noted()) >= NOTES // 4, "the first quarter of the work")
            first.send_signal(signal.SIGKILL)
            first.wait()
            assert unfinished() > 0
            second = start("both", broker)
            wait_until(lambda: unfinished() == 0, "the rest of the work")
        finally:
            for process in (first, second):
                if process is not None and process.poll() is None:
                    process.kill()
                    process.wait()
        assert set(noted()) == set(range(NOTES))


@pytest.mark.needs("redis-server")
def test_two_workers_and_two_schedulers_share_the_work(separate_app: Flask, redis_broker: str) -> None:
    with separate_app.app_context():
        with transaction():
            enqueue_each("note", ({"number": number} for number in range(NOTES)))
        names = ("worker", "worker", "scheduler", "scheduler")
        parts = [start(name, redis_broker, lease_seconds=60) for name in names]
        try:
            wait_until(lambda: unfinished() == 0, "all of the work")
        finally:
            for part in parts:
                part.terminate()
            for part in parts:
                part.wait(timeout=30)
        assert noted() == list(range(NOTES))


def test_a_worker_told_to_stop_finishes_what_it_has_begun(separate_app: Flask) -> None:
    with separate_app.app_context():
        with transaction():
            enqueue_each("note", ({"number": number} for number in range(NOTES)))
        process = start("both", None)
        wait_until(lambda: len(noted()) > 0, "the first note")
        process.terminate()
        assert process.wait(timeout=30) == 0
        assert len(noted()) == NOTES - unfinished()
