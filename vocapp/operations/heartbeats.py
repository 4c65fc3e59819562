"""How a process says that it runs: a row in the database, and a word to systemd."""

import os
import platform
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from vocapp.core.clock import utcnow
from vocapp.core.db import db, insert_new, transaction
from vocapp.core.tokens import new_nonce
from vocapp.operations.models import RunningPart
from vocapp.operations.rules import BEAT_SECONDS, PartName

log = structlog.get_logger()

FORGET_AFTER = timedelta(days=1)


class Heartbeat:
    """A thread that says every 15 seconds that this process runs, until `stop`.

    Whatever the database answers, such as that its tables are just being changed, it says so again.
    """

    def __init__(self, app: Flask, name: PartName) -> None:
        self._app = app
        self._name = name
        self._key = new_nonce()[:40]
        self._started_at = utcnow()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Say so now and from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Say that this process stops by itself."""
        self._stopped.set()
        self._thread.join(timeout=5)
        self._try(self._forget)

    def _beat_on(self) -> None:
        is_stopped = False
        while not is_stopped:
            self._try(self._beat)
            is_stopped = self._stopped.wait(BEAT_SECONDS)

    def _try(self, say: Callable[[], None]) -> None:
        try:
            with self._app.app_context(), transaction():
                say()
        except SQLAlchemyError as trouble:
            log.warning("not_said", error=type(trouble).__name__)

    def _beat(self) -> None:
        record_beat(self._key, name=self._name, started_at=self._started_at, now=utcnow())

    def _forget(self) -> None:
        forget_part(self._key)


def record_beat(key: str, *, name: PartName, started_at: datetime, now: datetime) -> None:
    """Write down that a process of this machine runs; `key` is the process's own."""
    said = insert_new(RunningPart).values(
        key=key,
        name=name,
        machine=platform.node()[:200],
        process_id=os.getpid(),
        started_at=started_at,
        seen_at=now,
    )
    db.session.execute(said.on_conflict_do_update(index_elements=["key"], set_={"seen_at": now}))


def forget_part(key: str) -> None:
    """Strike a process off that stopped by itself."""
    db.session.execute(delete(RunningPart).where(RunningPart.key == key))


def forget_silent_parts(*, now: datetime) -> None:
    """Strike off what has said nothing for a day."""
    db.session.execute(delete(RunningPart).where(RunningPart.seen_at < now - FORGET_AFTER))


def tell_systemd(message: str, *, notify_socket: str | None) -> None:
    """Send a word such as `READY=1` to systemd, if it listens; sd_notify(3)."""
    if not notify_socket:
        return
    address = "\0" + notify_socket[1:] if notify_socket.startswith("@") else notify_socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        try:
            channel.sendto(message.encode(), address)
        except OSError as trouble:
            log.warning("systemd_not_told", error=type(trouble).__name__)
