"""A database that goes away at any moment while mails are sent: each is sent once, and that is known."""

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests.builders import NOW
from tests.integrations.mail.builders import ScriptedSink, smtp_server
from tests.vocapp.outbox.builders import a_message, at_full_speed, mail_through, messages, smtp
from vocapp.core import outages
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.workflows import deliver_mail as sending
from vocapp.workflows.deliver_mail import deliver_mail, sweep_mail

MAILS = 3


class Away:
    """Transactions of which the one with a number fails, before its commit or after it, and two more."""

    def __init__(self, number: int, *, is_committed: bool) -> None:
        self._failing = range(number, number + 3)
        self._is_committed = is_committed
        self._numbers = itertools.count()
        self.has_failed = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        number = next(self._numbers)
        is_first = number == self._failing.start
        with transaction():
            yield
            if number in self._failing and not (is_first and self._is_committed):
                self._fail()
        if is_first:
            self._fail()

    def _fail(self) -> None:
        self.has_failed = True
        raise OperationalError("COMMIT", None, ConnectionError("the database is away"))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "AWAY_SECONDS", 0.0)


def send_through(app: Flask, port: int, away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send while the database goes away once, then as the next worker would a minute later."""
    with mail_through(app, smtp(port)):
        with monkeypatch.context() as faulty:
            faulty.setattr(sending, "transaction", away.transaction)
            faulty.setattr(outages, "transaction", away.transaction)
            try:
                deliver_mail({})
            except OperationalError:
                db.session.rollback()
        began = utcnow()
        with time_machine.travel(began + timedelta(minutes=1), tick=False):
            deliver_mail({})
        with time_machine.travel(began + timedelta(hours=1), tick=False):
            sweep_mail({})


@pytest.mark.parametrize("is_committed", [False, True])
def test_each_mail_is_sent_once_wherever_the_database_goes_away(
    app: Flask, monkeypatch: pytest.MonkeyPatch, is_committed: bool
) -> None:
    at_full_speed()
    for moment in itertools.count():
        away = Away(moment, is_committed=is_committed)
        with (
            time_machine.travel(NOW + moment * timedelta(hours=2), tick=False),
            smtp_server() as (inbox, port),
        ):
            for _mail in range(MAILS):
                a_message()
            send_through(app, port, away, monkeypatch)
            arrived = Counter(envelope.rcpt_tos[0] for envelope in inbox.envelopes)
        newest = messages()[-MAILS:]
        assert arrived == {message.to_address: 1 for message in newest}, moment
        assert [message.state for message in newest] == ["sent"] * MAILS, moment
        assert [message.claimed_by for message in newest] == [None] * MAILS, moment
        if not away.has_failed:
            break
    assert moment > MAILS + 3, "the claim, each mark, the last outcome, what follows and the next round"


@pytest.mark.parametrize("is_committed", [False, True])
@pytest.mark.parametrize(
    ("reply", "states"),
    [
        ("451 4.3.0 later", ["queued", "sent"]),
        ("550 5.1.1 nobody", ["failed", "sent"]),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_what_a_server_said_is_kept_until_the_database_is_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch, is_committed: bool, reply: str, states: list[str]
) -> None:
    at_full_speed()
    a_message()
    a_message()
    # After the claim and the first mark: when its outcome and the second mark are written.
    away = Away(2, is_committed=is_committed)
    with ScriptedSink(content=[reply, "250 ok"]) as sink:
        send_through(app, sink.port, away, monkeypatch)
    assert away.has_failed
    assert [message.state for message in messages()] == states
    assert [message.attempts for message in messages()] == [1, 1]
