"""Workers killed in the middle of their work, two at once, and people who opt out meanwhile."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from flask import Flask

from tests.builders import a_user
from tests.conftest import environment_for
from tests.integrations.mail.builders import free_port
from tests.vocapp.outbox.builders import a_message, at_full_speed, mail_through, messages, smtp
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.gateways import gateways
from vocapp.core.settings import PROJECT_ROOT
from vocapp.outbox.models import Message
from vocapp.outbox.queries import counts_by_state
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import suppress_address
from vocapp.workflows.deliver_mail import deliver_mail, sweep_mail

MAILS = 500
KILLS = 12

# Forks a worker for every line it reads, each a minute later than the one before, so that what a dead one
# had claimed is free again; one that ends by itself says so.
WORKERS = """
import os, sys
from datetime import timedelta
import time_machine
from vocapp.app import create_app
from vocapp.core.clock import utcnow
from vocapp.workflows.deliver_mail import deliver_mail

minutes = 0
for line in sys.stdin:
    minutes += 1
    process = os.fork()
    if process == 0:
        with time_machine.travel(utcnow() + timedelta(minutes=minutes)), create_app().app_context():
            deliver_mail({})
        os._exit(0)
    print(process, flush=True)
    os.waitpid(process, 0)
    print("ended", flush=True)
"""


class Sink:
    """Counts mails by recipient; slow enough that a kill often hits a mail in flight."""

    def __init__(self) -> None:
        self.recipients: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.recipients += envelope.rcpt_tos
        return "250 2.0.0 taken"


@contextmanager
def sink() -> Iterator[tuple[Sink, int]]:
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield handler, controller.port
    finally:
        controller.stop()


def queue(number: int) -> None:
    at_full_speed()
    about = a_user().id
    for index in range(number):
        a_message(about=about, key=f"mail:{index}", to_address=f"p{index}@customer.example")


# Processes are started and killed many times over; a busy machine takes its time.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def committed(separate_app: Flask) -> Iterator[Flask]:
    """The app on its own database, with its context pushed and no transaction left open."""
    with separate_app.app_context():
        yield separate_app
        db.session.remove()


@contextmanager
def forked_workers(app: Flask, port: int) -> Iterator[Any]:
    settings = replace(gateways().settings, mail_url=f"smtp://127.0.0.1:{port}")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen(
        [sys.executable, "-c", WORKERS], env=environment_for(settings), cwd=PROJECT_ROOT, **pipes
    )

    def start() -> int:
        process.stdin.write("\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    def wait() -> None:
        assert process.stdout.readline() == "ended\n"

    try:
        yield start, wait
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


def test_workers_killed_again_and_again_lose_nothing_and_send_nothing_twice(committed: Flask):
    queue(MAILS)
    db.session.rollback()
    chance = random.Random(7)
    kills = 0
    with sink() as (inbox, port), forked_workers(committed, port) as (start, wait):
        while kills < KILLS:
            worker = start()
            wanted = len(inbox.recipients) + chance.randint(5, MAILS // KILLS - 5)
            deadline = time.monotonic() + 10
            while len(inbox.recipients) < wanted:
                assert time.monotonic() < deadline, "a worker sends nothing"
                time.sleep(0.0005)
            os.kill(worker, signal.SIGKILL)
            wait()
            kills += 1
        # A worker leaves the rest to the next when its time is over.
        for _ in range(3):
            start()
            wait()
        arrived = Counter(inbox.recipients)
    with time_machine.travel(utcnow() + timedelta(hours=3)):
        sweep_mail({})
    states = {message.to_address: message.state for message in messages()}
    counts = counts_by_state()
    assert set(arrived.values()) == {1}, "a mail was sent twice"
    assert set(states.values()) <= {MessageState.SENT, MessageState.UNKNOWN}
    assert {address for address, state in states.items() if state == MessageState.SENT} <= set(arrived)
    assert counts[MessageState.SENT] + counts[MessageState.UNKNOWN] == MAILS
    assert counts[MessageState.UNKNOWN] <= kills


def test_two_workers_at_once_send_each_mail_once(committed: Flask):
    queue(150)
    db.session.rollback()

    def work() -> None:
        with committed.app_context():
            deliver_mail({})

    with sink() as (inbox, port), mail_through(committed, smtp(port)):
        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        work()
        assert Counter(inbox.recipients) == {f"p{index}@customer.example": 1 for index in range(150)}
    assert {message.state for message in messages()} == {MessageState.SENT}


def test_whoever_opts_out_while_two_workers_send_a_thousand_mails_gets_none_from_then_on(committed: Flask):
    queue(1000)
    db.session.rollback()
    stopped: list[str] = []

    def opt_out() -> None:
        with committed.app_context():
            for index in range(999, 0, -13):
                address = f"p{index}@customer.example"
                with transaction():
                    suppress_address(address, reason="opted_out", source="page")
                    find = db.select(Message.state).where(Message.to_address == address)
                    if db.session.scalar(find) == MessageState.SUPPRESSED:
                        stopped.append(address)

    def work() -> None:
        with committed.app_context():
            while db.session.scalar(
                db.select(Message.id).where(Message.state == MessageState.QUEUED).limit(1)
            ):
                db.session.rollback()
                deliver_mail({})

    with sink() as (inbox, port), mail_through(committed, smtp(port)):
        parts = [threading.Thread(target=part) for part in (work, work, opt_out)]
        for part in parts:
            part.start()
        for part in parts:
            part.join()
        assert stopped
        assert not set(stopped) & set(inbox.recipients)
        assert len(inbox.recipients) == len(set(inbox.recipients)) == 1000 - len(stopped)
