"""Two schedulers at once: each wave is launched and closed once, and each mail sent once."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.builders import a_company, a_contact, a_user, a_wave, an_account
from tests.vocapp.crash.clock import JumpingClock
from tests.vocapp.crash.harness import judge, settle, workers_for
from tests.vocapp.crash.sink import Sink
from tests.vocapp.test_worker_processes import wait_until
from vocapp.campaigns.launching import launch_wave
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db, reading, transaction
from vocapp.core.jobs import Job, JobState
from vocapp.outbox.lanes import set_pacing
from vocapp.outbox.rules import MessageState

WAVES = 100
PATIENCE = 450.0

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[JumpingClock]:
    clock = JumpingClock.make(tmp_path / "clock")
    yield clock
    clock.close()


def waves_that_are(state: WaveState) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).where(Wave.state == state)) or 0


def jobs_by_key(kind: str) -> Counter[str | None]:
    with reading() as session:
        return Counter(session.scalars(select(Job.key).where(Job.kind == kind, Job.state == JobState.DONE)))


def schedule_waves(clock: JumpingClock) -> list[int]:
    """Schedule a wave each for a hundred accounts with one person, all for the same moment."""
    a_company()
    owner = a_user()
    now = clock.now()
    begins = now + timedelta(hours=1)
    with transaction():
        set_pacing(per_minute=0, warm_up_from=None)
    numbers = []
    for number in range(WAVES):
        account = an_account(owner_id=owner.id)
        a_contact(account, email=f"p{number}@customer{number % 5}.example")
        wave = a_wave(owner, state=WaveState.DRAFT, launch_at=None, launched_at=None, is_any_hour=True)
        with transaction():
            wave.accounts.append(account)
            db.session.flush()
            launch_wave(wave, at=begins, now=now, closes_at=begins + timedelta(days=2))
        numbers.append(wave.id)
    return numbers


def test_two_schedulers_launch_and_close_each_of_a_hundred_waves_once(
    separate_app: Flask, clock: JumpingClock
) -> None:
    with separate_app.app_context():
        numbers = schedule_waves(clock)
        with (
            Sink(clock=clock) as sink,
            workers_for(sink, clock, size=2, armed=0, CRASH_PERIODIC="close_due_waves") as workers,
        ):
            workers.refill()
            clock.jump(timedelta(hours=1))
            wait_until(lambda: waves_that_are(WaveState.OPEN) == WAVES, "the launches", PATIENCE)
            settle(workers, clock, patience=PATIENCE)
            wait_until(lambda: len(sink.arrivals) == WAVES, "the mails", PATIENCE)
            clock.jump(timedelta(days=3))
            wait_until(lambda: waves_that_are(WaveState.CLOSED) == WAVES, "the ends", PATIENCE)
            wait_until(lambda: jobs_by_key("wave_closed").total() >= WAVES, "what follows", PATIENCE)
            workers.refill()
            verdict = judge(sink, workers.deaths)
        assert jobs_by_key("launch_wave") == {f"launch_wave:{number}": 1 for number in numbers}
        assert jobs_by_key("wave_closed") == {f"wave_closed:{number}": 1 for number in numbers}
    assert verdict.deaths.total() == 0, "a scheduler ended by itself"
    assert verdict.of(MessageState.SENT) == set(verdict.states)
    assert set(verdict.arrived.values()) == {1}
