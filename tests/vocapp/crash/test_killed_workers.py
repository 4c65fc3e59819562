"""Workers killed again and again while they send: nothing lost, nothing sent twice, every doubt shown."""

import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from tests.vocapp.crash.clock import JumpingClock
from tests.vocapp.crash.harness import (
    Verdict,
    address,
    judge,
    nothing_is_open,
    plan_wave,
    settle,
    state_of,
    storm,
    workers_for,
)
from tests.vocapp.crash.points import POINTS, RARE_POINTS
from tests.vocapp.crash.sink import Sink
from vocapp.core.db import transaction
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import suppress_address

POINTS_OF_A_MAIL = tuple(point for point in POINTS if point not in RARE_POINTS)

Report = Callable[[Verdict], None]


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[JumpingClock]:
    clock = JumpingClock.make(tmp_path / "clock")
    yield clock
    clock.close()


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Report:
    """Say what came of it, whether the test passes or not."""
    began = time.monotonic()

    def say(verdict: Verdict) -> None:
        with capsys.disabled():
            print(f"\n{time.monotonic() - began:.0f} s, {verdict}")

    return say


@pytest.mark.timeout(1200)
def test_with_a_relay_to_ask_two_hundred_kills_lose_nothing_and_double_nothing(
    separate_app: Flask, clock: JumpingClock, report: Report, tmp_path: Path
) -> None:
    log = tmp_path / "mail.log"
    log.touch()
    with separate_app.app_context():
        invitations = plan_wave(3000)
        with (
            Sink(log=log, clock=clock) as sink,
            workers_for(sink, clock, VOCAPP_RELAY_LOG=str(log)) as workers,
        ):
            asked = storm(workers, clock, invitations, kills=200)
            settle(workers, clock, is_settled=partial(nothing_is_open, sink))
            verdict = judge(sink, workers.deaths)
    report(verdict)
    assert len(verdict.states) == asked >= 2000
    assert verdict.deaths.total() >= 200
    assert verdict.doubled == set()
    assert verdict.lost == set()
    assert verdict.without_follow_up == set()
    assert verdict.of(MessageState.SENT) == set(verdict.states)
    assert set(POINTS) <= set(verdict.deaths), "no worker died there"


@pytest.mark.timeout(1200)
def test_without_a_relay_to_ask_each_kill_leaves_at_most_one_mail_in_doubt_and_shows_it(
    separate_app: Flask, clock: JumpingClock, report: Report
) -> None:
    with separate_app.app_context():
        invitations = plan_wave(900)
        with Sink(clock=clock) as sink, workers_for(sink, clock) as workers:
            asked = storm(workers, clock, invitations, kills=60)
            settle(workers, clock)
            verdict = judge(sink, workers.deaths)
    report(verdict)
    assert len(verdict.states) == asked >= 600
    assert verdict.doubled == set()
    assert verdict.lost == set()
    assert verdict.without_follow_up == set()
    assert len(verdict.unknown) <= verdict.deaths.total()
    assert set(POINTS) <= set(verdict.deaths), "no worker died there"


@pytest.mark.timeout(1200)
def test_whoever_opts_out_while_workers_die_gets_no_mail_that_was_not_begun(
    separate_app: Flask, clock: JumpingClock, report: Report
) -> None:
    chance = random.Random(3)
    stopped: set[str] = set()

    def opt_out(asked: int) -> None:
        """Somebody whose mail may be on its way opts out; noted is who was in time."""
        for _person in range(3):
            person = address(chance.randint(max(0, asked - 60), asked - 1))
            with transaction():
                suppress_address(person, reason="opted_out", source="page")
                if state_of(person) == MessageState.SUPPRESSED:
                    stopped.add(person)

    with separate_app.app_context():
        invitations = plan_wave(450)
        with Sink(clock=clock) as sink, workers_for(sink, clock) as workers:
            storm(workers, clock, invitations, kills=30, points=POINTS_OF_A_MAIL, after_each=opt_out)
            settle(workers, clock)
            verdict = judge(sink, workers.deaths)
    report(verdict)
    assert stopped
    assert not stopped & set(verdict.arrived)
    assert verdict.doubled == set()
    assert verdict.lost == set()
