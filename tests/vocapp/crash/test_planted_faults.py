"""The harness notices what it is there for: each fault, planted in the workers or the plan, is caught.

Each story is told twice, with the fault and without: only the fault makes the difference.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.vocapp.crash import harness
from tests.vocapp.crash.clock import JumpingClock
from tests.vocapp.crash.harness import (
    about_to_be_sent,
    ask,
    judge,
    plan_wave,
    settle,
    state_of,
    storm,
    workers_for,
)
from tests.vocapp.crash.sink import Sink
from tests.vocapp.test_worker_processes import wait_until
from vocapp.core.db import transaction
from vocapp.core.tokens import new_nonce
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import suppress_address

# Processes are started and killed many times over; a busy machine takes its time.
pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[JumpingClock]:
    clock = JumpingClock.make(tmp_path / "clock")
    yield clock
    clock.close()


@pytest.mark.parametrize("fault", ["mark after sending", None])
def test_marking_a_mail_after_sending_it_is_caught(
    separate_app: Flask, clock: JumpingClock, fault: str | None
) -> None:
    points = ("after the final dot, before 250 is read", "after 250, before the outcome")
    with separate_app.app_context():
        invitations = plan_wave(150)
        with Sink(clock=clock) as sink, workers_for(sink, clock, armed=4, fault=fault) as workers:
            storm(workers, clock, invitations, kills=8, points=points)
            settle(workers, clock)
            verdict = judge(sink, workers.deaths)
    assert bool(verdict.doubled) == (fault is not None), str(verdict)


@pytest.mark.parametrize("fault", ["no last look", None])
def test_sending_without_a_last_look_at_who_opted_out_is_caught(
    separate_app: Flask, tmp_path: Path, fault: str | None
) -> None:
    unhurried = JumpingClock.make(tmp_path / "clock")
    stopped: set[str] = set()
    with separate_app.app_context():
        invitations = plan_wave(200)
        with (
            Sink(clock=unhurried, pause=0.02) as sink,
            workers_for(sink, unhurried, size=2, fault=fault) as workers,
        ):
            ask(invitations)
            workers.live_in_peace()
            wait_until(lambda: len(sink.arrivals) > 5, "the first mails")
            while len(stopped) < 20 and len(sink.arrivals) < 150:
                for person in about_to_be_sent()[3:5]:
                    with transaction():
                        suppress_address(person, reason="opted_out", source="page")
                        if state_of(person) == MessageState.SUPPRESSED:
                            stopped.add(person)
                time.sleep(0.05)
            settle(workers, unhurried)
            verdict = judge(sink, workers.deaths)
    unhurried.close()
    assert stopped
    assert bool(stopped & set(verdict.arrived)) == (fault is not None), str(verdict)


@pytest.mark.parametrize("is_planted", [True, False])
def test_a_key_that_is_not_the_same_for_the_same_mail_is_caught(
    separate_app: Flask, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch, is_planted: bool
) -> None:
    if is_planted:
        monkeypatch.setattr(harness, "invitation_key", lambda number: f"invitation:{number}:{new_nonce()}")
    with separate_app.app_context():
        invitations = plan_wave(20)
        with Sink(clock=clock) as sink, workers_for(sink, clock, size=2) as workers:
            ask(invitations)
            ask(invitations)
            settle(workers, clock)
            verdict = judge(sink, workers.deaths)
    assert bool(verdict.doubled) == is_planted, str(verdict)
