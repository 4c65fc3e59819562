"""Faults to plant in a worker, to see that the harness notices them."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from tests.vocapp.crash.points import replace_everywhere
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.outages import DATABASE_AWAY
from vocapp.outbox.models import Message


def mark_after_sending() -> None:
    """Send first, and write `sending` down only with the outcome."""
    marks: list[Callable[..., bool]] = []

    def only_pretend(original: Callable[..., bool]) -> Callable[..., bool]:
        marks.append(original)
        return lambda *_arguments, **_options: True

    def mark_and_record(original: Callable[..., Any]) -> Callable[..., Any]:
        def record(message: Message, outcome: Any, *, owner: str, **options: Any) -> Any:
            marks[0](message, owner=owner, now=utcnow())
            return original(message, outcome, owner=owner, **options)

        return record

    replace_everywhere("start_sending", only_pretend)
    replace_everywhere("record_outcome", mark_and_record)


def send_without_a_last_look() -> None:
    """Mark what was claimed as `sending`, whatever has happened to it since."""

    def mark(_original: Callable[..., bool]) -> Callable[..., bool]:
        def blindly(message: Message, *, owner: str, **_options: Any) -> bool:
            ours = (Message.id == message.id, Message.claimed_by == owner)
            changes = {"state": "sending", "attempts": Message.attempts + 1}
            marked = db.session.execute(update(Message).where(*ours).values(**changes))
            return bool(marked.rowcount)

        return blindly

    replace_everywhere("start_sending", mark)


def forget_and_send_again() -> None:
    """Know of a mail in the server's hands only in memory, and try only once to write its outcome down."""
    mark_after_sending()

    def once(original: Callable[..., None]) -> Callable[..., None]:
        return lambda change, **_patience: original(change, patience=timedelta())

    replace_everywhere("write_when_back", once)


def end_without_a_database() -> None:
    """End as soon as something cannot be written down."""

    def or_end(original: Callable[..., None]) -> Callable[..., None]:
        def write(change: Callable[[], object], **_patience: Any) -> None:
            try:
                original(change, patience=timedelta())
            except DATABASE_AWAY:
                os._exit(1)

        return write

    replace_everywhere("write_when_back", or_end)


FAULTS: dict[str, Callable[[], None]] = {
    "mark after sending": mark_after_sending,
    "no last look": send_without_a_last_look,
    "forgets and sends again": forget_and_send_again,
    "ends without a database": end_without_a_database,
}
