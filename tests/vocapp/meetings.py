"""Work done at the same moment on connections of its own, slow enough to meet in the middle."""

import threading
from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from tests.builders import (
    a_wave,
)
from tests.conftest import SECRET_KEY
from vocapp.campaigns.models import Invitation
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.tokens import derive_token
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import queue_message
from vocapp.rosters.models import RosterRequest

BREATH_SECONDS = 0.004


def at_once(app: Flask, *works: Callable[[], object]) -> None:
    """Run each work in a thread and context of its own, and raise what any of them raised."""
    failed: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                work()
            except BaseException as error:  # Also what a test asserts.
                failed.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def posting(app: Flask, path: str, **form: str) -> Callable[[], object]:
    """Work that sends a form as a person would, and is not turned away."""

    def send() -> None:
        answer = app.test_client().post(path, data=form)
        assert answer.status_code in (200, 303), answer.status_code

    return send


def within_transaction(work: Callable[[], object]) -> Callable[[], object]:
    def run() -> None:
        with transaction():
            work()

    return run


def get(model: type, row_id: int):
    return db.session.get_one(model, row_id)


def a_live_wave(**values: object):
    return a_wave(closes_at=utcnow() + timedelta(days=7), **values)


def a_sent_mail(invitation: Invitation) -> int:
    with transaction():
        message = queue_message(
            key=f"invitation:{invitation.id}",
            template="invitation",
            context={},
            subject_kind="invitation",
            subject_id=invitation.id,
            to_address=invitation.contact.email,
        )
        message.state, message.claimed_by = MessageState.SENDING, "worker"
        return message.id


def a_roster_link(request: RosterRequest) -> str:
    return "/r/" + derive_token(SECRET_KEY, "roster", request.nonce)


def opting_out(app: Flask, token: str) -> Callable[[], object]:
    return posting(app, f"/u/{token}", confirm="yes")
