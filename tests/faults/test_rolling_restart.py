"""Parts that are restarted one after another while mails go out: none is lost, doubled or in doubt."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.vocapp.crash.clock import JumpingClock
from tests.vocapp.crash.harness import ask, is_alive, judge, plan_wave, settle, workers_for
from tests.vocapp.crash.sink import Sink
from tests.vocapp.test_worker_processes import wait_until
from vocapp.outbox.rules import MessageState

RESTARTS = 2
MAILS_EACH = 40
PATIENCE = 450.0

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[JumpingClock]:
    clock = JumpingClock.make(tmp_path / "clock")
    yield clock
    clock.close()


def test_restarting_one_part_after_another_leaves_no_mail_in_doubt(
    separate_app: Flask, clock: JumpingClock
) -> None:
    restarted = 0
    with separate_app.app_context():
        invitations = plan_wave(RESTARTS * 2 * MAILS_EACH)
        with Sink(clock=clock, pause=0.02) as sink, workers_for(sink, clock, size=2, armed=0) as workers:
            workers.refill()
            for _round in range(RESTARTS):
                for process in list(workers.living):
                    first = restarted * MAILS_EACH
                    ask(invitations[first : first + MAILS_EACH], first=first)
                    enough = len(sink.arrivals) + MAILS_EACH // 4
                    wait_until(lambda enough=enough: len(sink.arrivals) >= enough, "mail", PATIENCE)
                    os.kill(process, signal.SIGTERM)
                    wait_until(lambda process=process: not is_alive(process), "the end", PATIENCE)
                    restarted += 1
                    workers.refill()
            settle(workers, clock, patience=PATIENCE)
            verdict = judge(sink, workers.deaths)
    assert verdict.deaths.total() == restarted == RESTARTS * 2
    assert verdict.of(MessageState.SENT) == set(verdict.states)
    assert len(verdict.states) == len(invitations)
    assert set(verdict.arrived.values()) == {1}
    assert verdict.without_follow_up == set()
