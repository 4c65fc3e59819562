"""Drafts and launched waves for tests of campaigns."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from tests.builders import a_user, a_wave
from vocapp.accounts.models import Account
from vocapp.campaigns.changing import change_wave, plan_of
from vocapp.campaigns.models import Invitation, Wave, wave_accounts
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.outbox.models import Message


def a_draft(*accounts: Account, owner: User | None = None, **values: Any) -> Wave:
    """A draft that asks some accounts; accounts nobody owns become the owner's."""
    unplanned = {"state": WaveState.DRAFT, "launch_at": None, "launched_at": None, "closes_at": None}
    owner = owner or a_user(name="Ana Costa")
    wave = a_wave(owner, **{**unplanned, **values})
    with transaction():
        for account in accounts:
            account.owner_id = account.owner_id or owner.id
            db.session.execute(insert(wave_accounts).values(wave_id=wave.id, account_id=account.id))
    return wave


def invitations_of(wave: Wave) -> list[Invitation]:
    rows = select(Invitation).where(Invitation.wave_id == wave.id).order_by(Invitation.id)
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def messages_for(wave: Wave) -> list[Message]:
    ids = [invitation.id for invitation in invitations_of(wave)]
    rows = select(Message).where(Message.subject_kind == "invitation", Message.subject_id.in_(ids))
    return list(db.session.scalars(rows.order_by(Message.id).execution_options(populate_existing=True)))


def extend(wave: Wave, closes_at: datetime, *, now: datetime) -> None:
    """Give a wave another end, in the caller's transaction."""
    change_wave(wave, replace(plan_of(wave), closes_at=closes_at), by=wave.owner, now=now)
