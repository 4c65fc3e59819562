"""Messages, mail servers and letters for the tests of the outbox."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flask import Flask

from integrations.mail.smtp import SmtpTransport, Timeouts
from integrations.mail.transport import Transport
from tests.builders import a_user
from vocapp.core.db import db, transaction
from vocapp.core.gateways import EXTENSION_KEY
from vocapp.identity.rules import RoleName
from vocapp.outbox.lanes import set_pacing
from vocapp.outbox.models import Message
from vocapp.outbox.service import queue_message

_numbers = itertools.count(1)

QUICK = Timeouts(connect=2, reply=2, final=0.5)


def a_message(about: int | None = None, **values: Any) -> Message:
    """A queued message to a customer, whose letter names a user by id (the person who cannot sign in)."""
    about = about or a_user(RoleName.ADMIN, name="Eve <Q>").id
    number = next(_numbers)
    defaults = {
        "key": f"test:{number}",
        "template": "second_factor_lost",
        "context": {"user_id": about},
        "subject_kind": "contact",
        "subject_id": about,
        "to_address": f"person{number}@customer.example",
        "to_name": "Ken Ito",
        "from_name": "Ana Silva",
        "reply_to": "ana.silva@vendor.example",
    }
    with transaction():
        return queue_message(**{**defaults, **values})


def at_full_speed() -> None:
    """Let mail go out as fast as it can from here on."""
    with transaction():
        set_pacing(per_minute=0, warm_up_from=None)


def messages() -> list[Message]:
    """All messages as the database has them now, by id."""
    db.session.expire_all()
    return list(db.session.scalars(db.select(Message).order_by(Message.id)))


def the_message() -> Message:
    (message,) = messages()
    return message


@contextmanager
def mail_through(app: Flask, transport: Transport) -> Iterator[None]:
    """Let the app send through another transport for a while."""
    before = app.extensions[EXTENSION_KEY]
    app.extensions[EXTENSION_KEY] = replace(before, mail=transport)
    try:
        yield
    finally:
        transport.close()
        app.extensions[EXTENSION_KEY] = before


def smtp(port: int) -> SmtpTransport:
    return SmtpTransport(f"smtp://127.0.0.1:{port}", timeouts=QUICK)


@contextmanager
def settings_changed(app: Flask, **changes: object) -> Iterator[None]:
    """Let the app run under other settings for a while."""
    before = app.extensions[EXTENSION_KEY]
    app.extensions[EXTENSION_KEY] = replace(before, settings=replace(before.settings, **changes))
    try:
        yield
    finally:
        app.extensions[EXTENSION_KEY] = before
