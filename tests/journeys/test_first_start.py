"""`vocapp up` as an operator meets it: again, wrongly, interrupted, and with a part that dies."""

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from tests.journeys.product import Product, until, wait_until_ready

Start = Callable[..., Product]

# Python runs this first in every process of the product: it notes who is looked up or connected to.
LISTENER = """\
import os, sys

def note(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        where = arguments[1]
    elif event == "socket.getaddrinfo":
        where = arguments[0]
    else:
        return
    with open(os.environ["ASKED"], "a") as asked:
        asked.write(f"{where}\\n")

sys.addaudithook(note)
"""


def test_a_second_start_keeps_the_company_and_asks_no_network(start: Start, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(LISTENER)
    asked = tmp_path / "asked.txt"
    first = wait_until_ready(start())
    assert "Making the demo company" in first.printed
    accounts, responses = first.count("accounts"), first.count("responses")
    assert first.stop() == 0

    second = wait_until_ready(
        start(database_url=first.database_url, PYTHONPATH=str(tmp_path), ASKED=str(asked))
    )
    assert "Making the demo company" not in second.printed
    assert "Sign in to the demo company" in second.printed
    assert (second.count("accounts"), second.count("responses")) == (accounts, responses)
    places = set(asked.read_text().splitlines())
    assert places, "the listener heard nothing, so it proves nothing"
    assert not {place for place in places if not is_here(place)}


def is_here(place: str) -> bool:
    """Whether an address is on this machine: loopback, or a socket in a folder."""
    return place.startswith(("('127.0.0.1'", "('::1'", "127.0.0.1", "localhost", "/", "None"))


def test_an_unknown_setting_stops_the_start_with_one_sentence(start: Start) -> None:
    product = start("--empty", VOCAPP_COLOUR="green")
    assert product.process.wait(timeout=60) == 1
    assert product.printed.splitlines() == [
        "Error: VOCAPP_COLOUR is not a setting of vocapp; remove it or see the README for the names."
    ]


def test_a_taken_port_stops_the_start_with_one_sentence(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        product = start("--empty", port=port)
        assert product.process.wait(timeout=60) == 1
    (sentence,) = product.printed.splitlines()
    assert sentence.startswith(f"Error: Cannot listen at 127.0.0.1:{port}")
    assert "--port" in sentence


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_leaves_no_process_behind(start: Start, signal_number: int) -> None:
    product = wait_until_ready(start("--empty"))
    parts = product.parts()
    assert len(parts) >= 2
    product.process.send_signal(signal_number)
    assert product.process.wait(timeout=40) == 0
    _gone, alive = psutil.wait_procs(parts, timeout=5)
    assert not alive, f"still running: {[part.cmdline() for part in alive]}"


def test_a_killed_start_leaves_no_process_behind(start: Start) -> None:
    product = wait_until_ready(start("--empty"))
    parts = product.parts()
    product.process.kill()
    product.process.wait(timeout=10)
    _gone, alive = psutil.wait_procs(parts, timeout=60)
    assert not alive, f"still running: {alive}"


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_killed_part_is_started_again(start: Start, name: str) -> None:
    product = wait_until_ready(start("--empty"))
    until(lambda: has_another(product, name, 0), "the parts did not all start", seconds=60)
    parts = product.parts()
    killed = product.part(name)
    os.kill(killed.pid, signal.SIGKILL)
    until(lambda: has_another(product, name, killed.pid), f"the {name} part did not come back", seconds=60)
    assert f"The {name} part stopped with code -9; starting it again." in product.printed
    until(lambda: answers(product), "the pages did not come back", seconds=60)
    parts += product.parts()
    assert product.stop() == 0
    _gone, alive = psutil.wait_procs(parts, timeout=5)
    assert not alive, f"still running: {alive}"


def has_another(product: Product, name: str, pid: int) -> bool:
    """Whether a part runs under another number than before."""
    try:
        return product.part(name).pid != pid
    except (StopIteration, psutil.NoSuchProcess):
        return False


def answers(product: Product) -> bool:
    """Whether the sign-in page comes."""
    try:
        with urlopen(f"{product.url}/login", timeout=2) as page:
            return bool(page.status == 200)
    except OSError:
        return False
