"""Mails are let go as they came once they are old, some at a time; what was read from them stays."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import undefer

from tests.builders import save
from tests.vocapp.inbound.letters import a_mail
from tests.vocapp.outbox.builders import settings_changed
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.errors import SettingsError
from vocapp.core.inbound_settings import InboundSettings, read_inbound
from vocapp.inbound import letting_go
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import InboundState
from vocapp.worker import JOBS, PERIODIC
from vocapp.workflows.let_mail_go import let_mail_go


def whole() -> list[bool]:
    """Which mails are still here as they came, in the order they came in."""
    db.session.expire_all()
    mails = select(InboundMail).options(undefer(InboundMail.raw)).order_by(InboundMail.id)
    return [mail.raw is not None for mail in db.session.scalars(mails)]


def test_old_mails_are_let_go_and_keep_what_was_read(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letting_go, "AT_ONCE", 2)
    now = utcnow()
    states = (InboundState.HANDLED, InboundState.IGNORED, InboundState.QUARANTINED, InboundState.HANDLED)
    old = now - timedelta(days=91)
    for state in (*states, InboundState.RECEIVED):
        a_mail(received_at=old, state=state, kind="human", reason="reply", words="Thank you")
    a_mail(received_at=now - timedelta(days=89))
    let_mail_go({})
    # Whoever judges a mail late still finds it.
    assert whole() == [False, False, False, False, True, True]
    read = db.session.scalars(select(InboundMail).where(InboundMail.received_at == old))
    assert {(mail.kind, mail.words) for mail in read} == {("human", "Thank you")}
    late = db.session.scalars(select(InboundMail).where(InboundMail.state == InboundState.RECEIVED)).one()
    late.state = InboundState.HANDLED
    save(late)
    with settings_changed(app, inbound=InboundSettings(keep_days=30)):
        let_mail_go({})
        let_mail_go({})
    assert whole() == [False] * 6


def test_it_is_done_daily_for_as_many_days_as_are_set() -> None:
    assert JOBS["let_mail_go"].run is let_mail_go
    assert PERIODIC["let_mail_go"] == timedelta(days=1)
    assert read_inbound({}).keep_days == 90
    assert read_inbound({"VOCAPP_INBOUND_DAYS": "365"}).keep_days == 365
    for wrong in ("0", "-1", "3651", "ninety", "1e2", "²"):
        with pytest.raises(SettingsError, match="VOCAPP_INBOUND_DAYS must be a number of days from 1 to"):
            read_inbound({"VOCAPP_INBOUND_DAYS": wrong})
