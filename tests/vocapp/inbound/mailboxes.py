"""A mailbox that the app under test takes mail out of, and what is kept of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from integrations.mail.imap import ImapAccount
from tests.integrations.mail.imap_server import PASSWORD, USER, Box, imap_server
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.gateways import EXTENSION_KEY
from vocapp.core.inbound_settings import InboundSettings
from vocapp.core.jobs import Job, JobState
from vocapp.core.mail_settings import MailSettings
from vocapp.inbound.models import InboundMail
from vocapp.inbound.way_models import MailWay
from vocapp.worker import run_due_jobs

MARK = "bounce+aaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbb@bounce.vendor.example"


def a_mail(number: int, *, to: str = MARK) -> bytes:
    return (
        f"Return-Path: <ann@customer.example>\r\nDelivered-To: {to}\r\nSubject: {number}\r\n\r\n"
        f"Mail {number} to somebody@bounce.vendor.example.\r\n"
    ).encode()


@contextmanager
def mailbox(app: Flask, box: Box, **changes: object) -> Iterator[ImapAccount]:
    """Let the app take mail out of a box."""
    before = app.extensions[EXTENSION_KEY]
    with imap_server(box) as port:
        account = ImapAccount(
            **{
                "host": "127.0.0.1",
                "port": port,
                "user": USER,
                "password": PASSWORD,
                "is_tls": False,
                **changes,
            }
        )
        settings = replace(
            before.settings,
            inbound=InboundSettings(imap=account),
            mail=MailSettings(bounce_domain="bounce.vendor.example", has_dns=False),
        )
        app.extensions[EXTENSION_KEY] = replace(before, settings=settings)
        try:
            yield account
        finally:
            app.extensions[EXTENSION_KEY] = before


def kept() -> list[InboundMail]:
    db.session.expire_all()
    mails = select(InboundMail).options(undefer(InboundMail.raw)).order_by(InboundMail.id)
    return list(db.session.scalars(mails))


def way() -> MailWay:
    db.session.expire_all()
    return db.session.scalars(select(MailWay)).one()


def jobs_run() -> None:
    """Let the jobs run that wait, whenever they are due."""
    with transaction():
        db.session.execute(update(Job).where(Job.state == JobState.QUEUED).values(run_at=utcnow()))
    run_due_jobs()
