"""The whole product as a person starts it: `vocapp up` with its own database, mailbox, key and port."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import create_engine, text

ROOT = Path(__file__).resolve().parents[2]
SECRET_KEY = "a key for journeys only, long enough to pass"
READY = "vocapp is running at"
START_SECONDS = 90


@dataclass
class Product:
    """A started `vocapp up`."""

    url: str
    folder: Path
    database_url: str
    process: subprocess.Popen[bytes]

    @property
    def printed(self) -> str:
        """Everything it wrote so far."""
        return (self.folder / "printed.txt").read_text()

    @property
    def setup_link(self) -> str:
        """The one-time link it printed."""
        found = re.search(r"http\S+/setup/\S+", self.printed)
        assert found, f"no one-time link in:\n{self.printed}"
        return found.group()

    def parts(self) -> list[psutil.Process]:
        """Return every process it started, and those they started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def part(self, name: str) -> psutil.Process:
        """Return the part that serves pages, which has processes of its own, or the worker: it has none.

        Raises StopIteration until both run and can be told apart.
        """
        children = psutil.Process(self.process.pid).children()
        are_web = [bool(child.children()) for child in children]
        if sorted(are_web) != [False, True]:
            raise StopIteration
        return children[are_web.index(name == "web")]

    def stop(self) -> int:
        """Ask it to end as a terminal or a service manager does, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        engine = create_engine(self.database_url)
        with engine.connect() as connection:
            found = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        engine.dispose()
        return int(found)


def start_product(
    database_url: str, folder: Path, *arguments: str, port: int | None = None, **settings: str
) -> Product:
    """Start `vocapp up`; what it prints goes to a file. Use `wait_until_ready` before opening pages."""
    port = port or free_port()
    ours = {
        "VOCAPP_DATABASE_URL": database_url,
        "VOCAPP_MAIL_URL": f"mailbox://{folder / 'mailbox'}",
        "VOCAPP_SECRET_KEY": SECRET_KEY,
        "PYTHONPATH": os.pathsep.join(filter(None, (settings.pop("PYTHONPATH", ""), str(ROOT)))),
        "PYTHONUNBUFFERED": "1",
    }
    plain = {name: value for name, value in os.environ.items() if not name.startswith("VOCAPP_")}
    command = [sys.executable, "-m", "vocapp.cli", "up", "--port", str(port), *arguments]
    with (folder / "printed.txt").open("wb") as printed:
        process = subprocess.Popen(
            command, env={**plain, **ours, **settings}, stdout=printed, stderr=subprocess.STDOUT, cwd=folder
        )
    return Product(f"http://127.0.0.1:{port}", folder, database_url, process)


def wait_until_ready(product: Product) -> Product:
    """Wait until it says where it runs."""
    until(
        lambda: READY in product.printed or product.process.poll() is not None,
        "vocapp did not start",
        seconds=START_SECONDS,
    )
    assert product.process.poll() is None, f"vocapp ended:\n{product.printed}"
    return product


def show_what_it_printed(product: Product) -> None:
    """Print what it printed: pytest shows that beside a failed test."""
    print(f"What {product.url} printed:\n{product.printed}")


def until(is_so: Callable[[], bool], complaint: str, *, seconds: float = 90) -> None:
    """Wait until something is so; fail with the complaint when it does not come to be."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.1)


def free_port() -> int:
    """Return a port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
