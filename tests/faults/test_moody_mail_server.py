"""A mail server with moods: it refuses, hangs, hangs up and forgets, and every mail is accounted for."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.vocapp.crash.clock import JumpingClock
from tests.vocapp.crash.harness import (
    Hurry,
    Verdict,
    ask,
    judge,
    nothing_is_open,
    nothing_is_under_way,
    plan_wave,
    workers_for,
)
from tests.vocapp.crash.sink import Mood, Sink
from vocapp.core.db import transaction
from vocapp.core.jobs import queue_due_schedules
from vocapp.outbox.rules import MessageState
from vocapp.worker import PERIODIC

MAILS = 60
# So many recipients are named before the server is in a good mood for good.
MOODY = 70
NTH_REFUSED = 6
PATIENCE = 450.0
# Each as often as it stands here; those that say nothing cost a second each.
MOODS = [*Mood, *Mood, Mood.TAKE, Mood.TAKE]
IN_DOUBT = {
    Mood.BUSY_IN_THE_MIDDLE,
    Mood.LOSE_AND_HANG_UP,
    Mood.TAKE_AND_HANG_UP,
    Mood.TAKE_AND_SAY_NOTHING,
}

PERIODS = {name: PERIODIC[name] for name in ("sweep_mail", "reconcile_mail")}

pytestmark = pytest.mark.timeout(600)


class MoodySink(Sink):
    """While the bad mood lasts, every sixth connection is hung up on without a word."""

    def __init__(self, *, log: Path | None, clock: JumpingClock) -> None:
        super().__init__(log=log, clock=clock, mood=self._next_mood)
        self.met: dict[str, set[Mood]] = {}
        self.connections = 0
        self._chance = random.Random(5)

    def _next_mood(self, number: int, recipient: str) -> Mood:
        mood = self._chance.choice(MOODS) if number < MOODY else Mood.TAKE
        self.met.setdefault(recipient, set()).add(mood)
        return mood

    def _converse(self, conversation) -> None:
        self.connections += 1
        if len(self.moods) < MOODY and self.connections % NTH_REFUSED == 0:
            conversation.close()
        else:
            super()._converse(conversation)

    def who_met(self, *moods: Mood) -> set[str]:
        """Whose mail the server treated so at least once."""
        return {recipient for recipient, met in self.met.items() if met & set(moods)}


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[JumpingClock]:
    clock = JumpingClock.make(tmp_path / "clock")
    yield clock
    clock.close()


def send_all(sink: MoodySink, clock: JumpingClock, *, log: Path | None) -> Verdict:
    settings = {"VOCAPP_RELAY_LOG": str(log)} if log else {}
    with sink, workers_for(sink, clock, size=2, armed=0, **settings) as workers:
        ask(plan_wave(MAILS))
        workers.refill()
        ends = time.monotonic() + PATIENCE
        hurry = Hurry(workers, clock)
        while not (nothing_is_open(sink) if log else nothing_is_under_way()):
            assert time.monotonic() < ends, f"mails are still under way after {PATIENCE} s"
            if hurry.look():
                # Time passes faster than the workers look at what is periodic.
                with transaction():
                    queue_due_schedules(PERIODS, now=clock.now())
            time.sleep(0.1)
        workers.refill()
        verdict = judge(sink, workers.deaths)
    assert len(verdict.states) == MAILS
    assert len(sink.moods) > MOODY
    assert set(sink.moods) == set(Mood)
    assert verdict.deaths.total() == 0, "a worker ended by itself"
    assert verdict.doubled == set()
    assert verdict.lost == set()
    assert verdict.without_follow_up == set()
    assert verdict.of(MessageState.FAILED) == sink.who_met(Mood.REFUSE_FOR_GOOD)
    return verdict


def test_with_a_log_to_ask_every_mail_is_sent_or_refused(
    separate_app: Flask, clock: JumpingClock, tmp_path: Path
) -> None:
    log = tmp_path / "mail.log"
    log.touch()
    with separate_app.app_context():
        sink = MoodySink(log=log, clock=clock)
        verdict = send_all(sink, clock, log=log)
    assert verdict.of(MessageState.SENT) == set(verdict.arrived)


def test_without_a_log_to_ask_what_is_in_doubt_is_shown(separate_app: Flask, clock: JumpingClock) -> None:
    with separate_app.app_context():
        sink = MoodySink(log=None, clock=clock)
        verdict = send_all(sink, clock, log=None)
    assert verdict.unknown
    assert verdict.unknown <= sink.who_met(*IN_DOUBT)
    assert verdict.unknown >= sink.who_met(
        Mood.LOSE_AND_HANG_UP, Mood.TAKE_AND_HANG_UP, Mood.TAKE_AND_SAY_NOTHING
    )
    assert verdict.of(MessageState.SENT) == set(verdict.arrived) - verdict.unknown
