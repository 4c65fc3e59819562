"""`vocapp mail serve`: mail in over LMTP, from a mail server on this machine."""

import asyncio
import signal

import click
import structlog
from flask import Flask

from integrations.mail.lmtp import Door, Limits, LmtpServer
from vocapp.app import create_app
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.gateways import EXTENSION_KEY
from vocapp.core.inbound_settings import LmtpSettings
from vocapp.core.logs import set_up_logs
from vocapp.core.settings import load_settings, read_notify_socket
from vocapp.inbound.addresses import accepts_recipient
from vocapp.inbound.rules import MOST_BYTES, Way
from vocapp.inbound.service import receive_mail
from vocapp.operations.heartbeats import Heartbeat, tell_systemd
from vocapp.operations.rules import PartName

log = structlog.get_logger()

# What is kept of a mail is less: a mail server need not be told of every picture that is too large.
LARGEST_MAIL = 3 * MOST_BYTES


@click.command("serve")
def serve() -> None:
    """Take mail in over LMTP at VOCAPP_LMTP until stopped.

    Each mail is answered for once it is kept; while it cannot be, the mail server is told to try again.

    Example: vocapp mail serve
    """
    set_up_logs()
    settings = load_settings()
    if settings.inbound.lmtp is None:
        raise DomainError(
            "VOCAPP_LMTP does not say where to listen; set it, such as unix:/run/vocapp/lmtp.sock."
        )
    take_mail_in(create_app(settings), settings.inbound.lmtp)


def take_mail_in(app: Flask, place: LmtpSettings) -> None:
    """Take mail in at a place until SIGTERM or SIGINT; raises `DomainError` when it cannot listen there."""
    heartbeat = Heartbeat(app, PartName.MAIL_IN)
    heartbeat.start()
    try:
        asyncio.run(_serve(app, place))
    finally:
        heartbeat.stop()
        with app.app_context():
            db.engine.dispose()


async def _serve(app: Flask, place: LmtpSettings) -> None:
    """Listen until SIGTERM or SIGINT; then finish what was begun."""
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    server = LmtpServer(door_of(app), Limits(kept_bytes=MOST_BYTES, mail_bytes=LARGEST_MAIL))
    try:
        if place.socket is not None:
            await server.listen_at_socket(place.socket)
        else:
            await server.listen_at_port(place.host, place.port)
    except OSError as problem:
        raise DomainError(
            f"Cannot listen at VOCAPP_LMTP ({problem.strerror or problem}); choose another place."
        ) from None
    tell_systemd("READY=1", notify_socket=read_notify_socket())
    log.info("mail_in_listening")
    await stopped.wait()
    tell_systemd("STOPPING=1", notify_socket=read_notify_socket())
    await server.stop()


def door_of(app: Flask) -> Door:
    """Return what a server asks for each mail: an app's addresses, and its database."""
    settings = app.extensions[EXTENSION_KEY].settings

    def accepts(address: str) -> bool:
        return accepts_recipient(
            address, bounce_domain=settings.mail.bounce_domain, mail_from=settings.mail_from
        )

    def keep(raw: bytes, sender: str, recipient: str) -> None:
        with app.app_context(), transaction():
            receive_mail(raw, via=Way.LMTP, envelope_from=sender, envelope_to=recipient, now=utcnow())

    return Door(accepts, keep)
