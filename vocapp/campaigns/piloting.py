"""How the pilots of waves stand, and which of them may be released by themselves; read only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select

from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.pilot import PilotResult, may_release
from vocapp.campaigns.progress import counts_of
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.outbox.models import Message


@dataclass(frozen=True)
class PilotStage:
    """A pilot that is out: what came of it, and when the others may follow by themselves (None: never)."""

    result: PilotResult
    releases_at: datetime | None


def pilot_result(wave: Wave) -> PilotResult:
    """Return what came of the mails of a wave so far."""
    counts = counts_of(wave)
    opted_out = select(func.count()).where(
        Invitation.wave_id == wave.id, Invitation.state == InvitationState.OPTED_OUT
    )
    complained = (
        select(func.count())
        .select_from(Message)
        .join(Invitation, and_(Message.subject_kind == "invitation", Message.subject_id == Invitation.id))
        .where(Invitation.wave_id == wave.id, Message.complained_at.is_not(None))
    )
    return PilotResult(
        asked=counts.invited,
        sent=counts.sent,
        answered=counts.answered,
        bounced=counts.bounced,
        complained=db.session.scalar(complained) or 0,
        opted_out=db.session.scalar(opted_out) or 0,
    )


def pilot_stage(wave: Wave) -> PilotStage | None:
    """Return how the pilot of an open wave stands, None when there is none or the others follow already."""
    if wave.state != WaveState.OPEN or not wave.pilot_percent or wave.pilot_released_at is not None:
        return None
    begins, days = wave.launched_at, wave.pilot_days
    releases_at = begins + timedelta(days=days) if begins is not None and days is not None else None
    return PilotStage(pilot_result(wave), releases_at)


def pilots_to_release(*, now: datetime) -> list[int]:
    """Return the ids of waves whose others may be asked now without anybody looking."""
    out = select(Wave).where(
        Wave.state == WaveState.OPEN,
        Wave.paused_at.is_(None),
        Wave.pilot_percent > 0,
        Wave.pilot_released_at.is_(None),
        Wave.pilot_days.is_not(None),
        Wave.launched_at <= now,
    )
    return [
        wave.id
        for wave in db.session.scalars(out.order_by(Wave.id))
        if wave.launched_at is not None
        and may_release(pilot_result(wave), launched_at=wave.launched_at, after_days=wave.pilot_days, now=now)
    ]
