"""Brokers that lose everything when they are killed, started again at the same place."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.vocapp.test_worker_processes import free_port, is_listening, wait_until

PATIENCE = 450.0


class Broker:
    """A broker of a test's own. `url` is the same after every start."""

    def __init__(self, url: str, port: int, command: Sequence[str], folder: Path, **variables: str) -> None:
        self.url = url
        self._port, self._command, self._folder = port, command, folder
        self._environment = {**os.environ, **variables}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start with nothing in it, and return when it listens."""
        self._folder.mkdir()
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(lambda: is_listening(self._port), "the start of the broker", PATIENCE)

    def kill(self) -> None:
        """Kill it with everything it holds."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            wait_until(lambda: not is_listening(self._port), "the end of the broker", PATIENCE)
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def redis(folder: Path) -> Iterator[Broker]:
    """A Redis on a port of loopback, until the end."""
    port, place = free_port(), folder / "redis"
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(place)]
    with _until_the_end(Broker(f"redis://127.0.0.1:{port}/0", port, ["redis-server", *options], place)) as it:
        yield it


@contextmanager
def rabbitmq(folder: Path) -> Iterator[Broker]:
    """A RabbitMQ on a port of loopback, until the end."""
    port, place = free_port(), folder / "rabbitmq"
    server = shutil.which("rabbitmq-server", path=f"/usr/lib/rabbitmq/bin:{os.environ['PATH']}:/usr/sbin")
    assert server is not None
    variables = {
        "HOME": str(place),
        "RABBITMQ_NODENAME": f"test{port}@localhost",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(place / "content"),
        "RABBITMQ_LOG_BASE": str(place / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(place / "plugins"),
        "ERL_EPMD_PORT": str(free_port()),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    address = f"amqp://guest:guest@127.0.0.1:{port}/"
    with _until_the_end(Broker(address, port, [server], place, **variables)) as it:
        yield it


@contextmanager
def _until_the_end(broker: Broker) -> Iterator[Broker]:
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
