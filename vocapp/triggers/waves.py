"""The wave that takes what a trigger asks: one for each month and sender, opened when it is needed."""

from datetime import datetime

from babel.dates import format_date
from sqlalchemy import insert, select

from vocapp.accounts.models import Account
from vocapp.campaigns.models import Wave, wave_accounts
from vocapp.campaigns.rules import WaveState
from vocapp.campaigns.service import locked_wave
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.questionnaires.queries import latest_version
from vocapp.triggers.models import Trigger, TriggerWave
from vocapp.triggers.rules import STAYS_OPEN, next_month, period_of


def wave_of_month(trigger: Trigger, sender: User, *, now: datetime) -> Wave | None:
    """Return the open wave of this month, opened with the survey's newest version, held by the caller.

    None when somebody closed it, or the survey has no version. The caller holds the trigger, so nobody opens
    a second one meanwhile.
    """
    known = db.session.scalar(
        select(TriggerWave.wave_id).where(
            TriggerWave.trigger_id == trigger.id,
            TriggerWave.period == period_of(now),
            TriggerWave.owner_id == sender.id,
        )
    )
    wave = locked_wave(known) if known is not None else _opened(trigger, sender, now)
    return wave if wave is not None and wave.state == WaveState.OPEN else None


def take_account_in(wave: Wave, account: Account) -> None:
    """Make an account one that a wave asks, with the owner it has now; once is enough."""
    row = {"wave_id": wave.id, "account_id": account.id}
    known = select(wave_accounts.c.wave_id).where(
        wave_accounts.c.wave_id == wave.id, wave_accounts.c.account_id == account.id
    )
    if db.session.scalar(known) is None:
        db.session.execute(insert(wave_accounts).values(**row, owner_id=account.owner_id))


def _opened(trigger: Trigger, sender: User, now: datetime) -> Wave | None:
    version = latest_version(trigger.survey.key)
    if version is None:
        return None
    wave = Wave(
        name=f"{trigger.name} · {format_date(now, 'LLLL y', locale='en')}",
        survey_version_id=version.id,
        owner_id=sender.id,
        state=WaveState.OPEN,
        launch_at=now,
        launched_at=now,
        closes_at=next_month(now) + STAYS_OPEN,
        created_at=now,
    )
    db.session.add(wave)
    db.session.flush()
    db.session.add(
        TriggerWave(wave_id=wave.id, trigger_id=trigger.id, period=period_of(now), owner_id=sender.id)
    )
    db.session.flush()
    return wave
