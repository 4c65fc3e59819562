"""PostgreSQL that is stopped hard while mails go out: nothing lost, nothing sent twice, nobody in doubt."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import app_on
from tests.faults.postgresql import OwnServer, own_server
from tests.vocapp.crash.clock import JumpingClock
from tests.vocapp.crash.harness import Verdict, ask, judge, plan_wave, settle, workers_for
from tests.vocapp.crash.sink import Sink
from tests.vocapp.test_worker_processes import wait_until
from vocapp.outbox.rules import MessageState

OUTAGES = 20
FEW_OUTAGES = 3
MAILS_EACH = 30
PATIENCE = 450.0


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with own_server() as server:
        yield server


def send_through_outages(
    server: OwnServer, tmp_path: Path, *, outages: int, fault: str | None = None
) -> Verdict:
    """Stop the database hard so many times while mails go out, and say what became of them."""
    clock = JumpingClock.make(tmp_path / "clock")
    with app_on(server.url, tmp_path) as app, app.app_context():
        invitations = plan_wave(outages * MAILS_EACH)
        with (
            Sink(clock=clock, pause=0.005) as sink,
            workers_for(sink, clock, size=2, armed=0, fault=fault) as workers,
        ):
            for outage in range(outages):
                workers.refill()
                first = outage * MAILS_EACH
                ask(invitations[first : first + MAILS_EACH], first=first)
                enough = len(sink.arrivals) + MAILS_EACH // 3
                wait_until(lambda enough=enough: len(sink.arrivals) >= enough, "mail", PATIENCE)
                server.stop_hard()
                time.sleep(outage % 3 * 0.4)
                server.start()
            settle(workers, clock, patience=PATIENCE)
            workers.refill()
            verdict = judge(sink, workers.deaths)
    clock.close()
    assert len(verdict.states) == outages * MAILS_EACH
    return verdict


@pytest.mark.timeout(600)
def test_a_database_stopped_hard_again_and_again_loses_nothing_and_ends_no_worker(
    server: OwnServer, tmp_path: Path
) -> None:
    verdict = send_through_outages(server, tmp_path, outages=OUTAGES)
    assert verdict.deaths.total() == 0, "a worker ended by itself"
    assert verdict.doubled == set()
    assert verdict.lost == set()
    assert verdict.without_follow_up == set()
    assert verdict.of(MessageState.SENT) == set(verdict.states)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("fault", "is_caught"),
    [
        ("forgets and sends again", lambda verdict: verdict.doubled),
        ("ends without a database", lambda verdict: verdict.deaths),
    ],
    ids=("doubled", "ended"),
)
def test_a_worker_that_does_not_outlast_the_database_is_caught(
    server: OwnServer, tmp_path: Path, fault: str, is_caught: Callable[[Verdict], object]
) -> None:
    assert is_caught(send_through_outages(server, tmp_path, outages=FEW_OUTAGES, fault=fault))
