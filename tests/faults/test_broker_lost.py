"""A broker that is killed with everything in it, while there is work: every job still runs, and once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask import Flask

from tests.faults.brokers import PATIENCE, Broker, rabbitmq, redis
from tests.vocapp.test_worker_processes import noted, start, unfinished, wait_until
from vocapp.core.db import transaction
from vocapp.core.jobs import enqueue_each

JOBS_EACH = 60


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("run_broker", "losses"),
    [
        pytest.param(redis, 2, marks=pytest.mark.needs("redis-server")),
        pytest.param(rabbitmq, 2, marks=pytest.mark.needs("rabbitmq-server")),
    ],
)
def test_a_broker_killed_with_everything_in_it_costs_no_job(
    separate_app: Flask,
    tmp_path: Path,
    run_broker: Callable[[Path], AbstractContextManager[Broker]],
    losses: int,
) -> None:
    with separate_app.app_context(), run_broker(tmp_path) as broker:
        names = ("worker", "worker", "scheduler")
        parts = [start(name, broker.url, lease_seconds=300, handover_seconds=10) for name in names]
        try:
            for loss in range(losses):
                with transaction():
                    numbers = range(loss * JOBS_EACH, (loss + 1) * JOBS_EACH)
                    enqueue_each("note", ({"number": number} for number in numbers))
                enough = len(noted()) + JOBS_EACH // 4
                wait_until(lambda enough=enough: len(noted()) >= enough, "some of the work", PATIENCE)
                assert unfinished() > 0
                broker.kill()
                broker.start()
            wait_until(lambda: unfinished() == 0, "all of the work", PATIENCE)
            assert [part.poll() for part in parts] == [None] * len(parts), "a part ended by itself"
        finally:
            for part in parts:
                part.terminate()
            for part in parts:
                part.wait(timeout=60)
        assert noted() == list(range(losses * JOBS_EACH))
