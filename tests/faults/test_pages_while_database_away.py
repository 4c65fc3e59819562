"""PostgreSQL that is stopped hard while people answer: who was thanked is on record, all others were told."""

import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from sqlalchemy import select, update

from tests.conftest import app_on, environment_for
from tests.faults.postgresql import OwnServer, own_server
from tests.vocapp.crash.harness import plan_wave
from tests.vocapp.test_worker_processes import PATIENCE, free_port, is_listening, wait_until
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.core.clock import utcnow
from vocapp.core.db import POSTGRESQL_PATIENCE, db, engine_options, reading, transaction
from vocapp.core.gateways import gateways
from vocapp.core.settings import PROJECT_ROOT
from vocapp.core.tokens import derive_token
from vocapp.responses.models import Response, ResponseRevision

OUTAGES = 5
ANSWERS_EACH = 12
PEOPLE = 3000
CLIENTS = 3
# Longer than anybody should have to wait for any page.
LONGEST = 30.0


@dataclass
class Crowd:
    """People who answer one after another; who is asked to try again does, a moment later."""

    port: int
    tokens: list[str]
    thanked: list[str] = field(default_factory=list)
    put_off: int = 0
    odd: list[str] = field(default_factory=list)
    slowest: float = 0.0
    has_to_stop: threading.Event = field(default_factory=threading.Event)

    def answer(self, first: int) -> None:
        """Answer for every n-th person until told to stop; the last one begun is finished."""
        for token in self.tokens[first::CLIENTS]:
            if self.has_to_stop.is_set():
                return
            while not self._is_done(token):
                time.sleep(0.1)

    def _is_done(self, token: str) -> bool:
        form = urlencode({"rating": "9", "why": f"Because of {token}", "may_contact": "yes"})
        kind = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Mozilla/5.0"}
        began = time.monotonic()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST)
            connection.request("POST", f"/s/{token}", form, kind)
            answer = connection.getresponse()
            page = answer.read().decode()
        except OSError as trouble:
            self.odd.append(repr(trouble))
            return True
        self.slowest = max(self.slowest, time.monotonic() - began)
        if answer.status == 303:
            self.thanked.append(token)
        elif answer.status == 503 and "once more" in page and answer.headers["Retry-After"]:
            self.put_off += 1
            return False
        else:
            self.odd.append(f"{answer.status}: {page[:2000]}")
        return True


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with own_server() as server:
        yield server


def asked_people() -> list[str]:
    """Ask many people yesterday; return the tokens of their links."""
    plan_wave(PEOPLE)
    yesterday = utcnow() - timedelta(days=1)
    with transaction():
        delivered = {"state": InvitationState.DELIVERED, "sent_at": yesterday, "delivered_at": yesterday}
        db.session.execute(update(Invitation).values(**delivered))
        nonces = db.session.scalars(select(Invitation.nonce).order_by(Invitation.id)).all()
    secret = gateways().settings.secret_key
    return [derive_token(secret, "answer", nonce) for nonce in nonces]


@pytest.mark.timeout(600)
def test_nobody_is_thanked_for_an_answer_that_is_lost(server: OwnServer, tmp_path: Path) -> None:
    port = free_port()
    with app_on(server.url, tmp_path) as app, app.app_context():
        crowd = Crowd(port, asked_people())
        command = [sys.executable, "-m", "vocapp.cli", "web", "--port", str(port)]
        environment = environment_for(gateways().settings)
        web = subprocess.Popen(command, env=environment, cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL)
        people = [threading.Thread(target=crowd.answer, args=(number,)) for number in range(CLIENTS)]
        try:
            wait_until(lambda: is_listening(port), "the start of the pages")
            for person in people:
                person.start()
            for outage in range(OUTAGES):
                enough = len(crowd.thanked) + ANSWERS_EACH
                wait_until(lambda enough=enough: crowd.odd or len(crowd.thanked) >= enough, "answers")
                server.stop_hard()
                time.sleep(outage % 3 * 0.4)
                server.start()
            enough = len(crowd.thanked) + ANSWERS_EACH
            wait_until(lambda: crowd.odd or len(crowd.thanked) >= enough, "answers at the end")
        finally:
            crowd.has_to_stop.set()
            for person in people:
                person.join(timeout=PATIENCE)
            web.terminate()
            ended = web.wait(timeout=60)
        with reading() as session:
            stored = dict(session.execute(select(Response.id, Response.answers)).all())
            changed = list(session.scalars(select(ResponseRevision.response_id)))
    assert crowd.odd == []
    assert crowd.put_off > 0
    assert crowd.slowest < LONGEST
    assert ended == 0
    kept = sorted(answers["why"].removeprefix("Because of ") for answers in stored.values())
    assert kept == sorted(crowd.thanked)
    assert len(changed) == len(set(changed))


def test_a_server_that_says_nothing_is_given_up_within_seconds(server: OwnServer) -> None:
    options = engine_options(server.url)["connect_args"]
    with psycopg.connect(server.url.replace("+psycopg", ""), **options) as connection:
        ours = socket.socket(fileno=connection.fileno())
        try:
            asked = [
                ours.getsockopt(socket.IPPROTO_TCP, kind)
                for kind in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            ]
            assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert sum(asked[:1]) + asked[1] * asked[2] <= 30
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) <= 30_000
        finally:
            ours.detach()


def test_a_machine_that_takes_connections_and_says_nothing_is_given_up_within_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"postgresql+psycopg://somebody@127.0.0.1:{port}/nothing?connect_timeout=2"
        options = engine_options(url)["connect_args"]
        assert options == {
            name: value for name, value in POSTGRESQL_PATIENCE.items() if name != "connect_timeout"
        }
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url.replace("+psycopg", ""), **options)
        assert time.monotonic() - began < 10
