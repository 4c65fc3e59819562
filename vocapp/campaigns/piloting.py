"""How the pilots of waves stand, and which of them may be released by themselves; read only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select

from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.pilot import PilotResult, may_release
from vocapp.campaigns.progress import counts_of
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.outbox.models import Message


@dataclass(frozen=True)
class PilotStage:
    """A pilot nobody followed yet: what came of it, how many the others were when it began (None: not known),
    when they may follow by themselves (None: never), and when somebody stopped there. `is_held_up`: that time
    has come, and something went wrong. `is_over`: the wave closed, and the others were never asked."""

    result: PilotResult
    others: int | None
    releases_at: datetime | None
    stopped_at: datetime | None
    is_held_up: bool = False
    is_over: bool = False


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
    """Return how the pilot of a wave stands, None when there is none or the others follow already.

    Of a closed wave it says that the others were never asked.
    """
    is_out = wave.state in {WaveState.OPEN, WaveState.CLOSED} and wave.launched_at is not None
    if not is_out or not wave.has_pilot or wave.pilot_released_at is not None:
        return None
    is_over = wave.state == WaveState.CLOSED
    result, releases_at, is_held_up = pilot_result(wave), None, False
    if wave.launched_at and wave.pilot_days and not is_over and wave.pilot_stopped_at is None:
        releases_at = wave.launched_at + timedelta(days=wave.pilot_days)
        now = utcnow()
        may = may_release(result, launched_at=wave.launched_at, after_days=wave.pilot_days, now=now)
        is_held_up = releases_at <= now and not may
    return PilotStage(
        result,
        wave.pilot_others,
        releases_at,
        stopped_at=wave.pilot_stopped_at,
        is_held_up=is_held_up,
        is_over=is_over,
    )


def pilots_to_release(*, now: datetime) -> list[int]:
    """Return the ids of waves whose others may be asked now without anybody looking."""
    out = select(Wave).where(
        Wave.state == WaveState.OPEN,
        Wave.paused_at.is_(None),
        or_(Wave.pilot_percent > 0, Wave.pilot_people > 0),
        Wave.pilot_released_at.is_(None),
        Wave.pilot_stopped_at.is_(None),
        Wave.pilot_days.is_not(None),
        Wave.launched_at <= now,
    )
    return [
        wave.id
        for wave in db.session.scalars(out.order_by(Wave.id))
        if wave.launched_at is not None
        and may_release(pilot_result(wave), launched_at=wave.launched_at, after_days=wave.pilot_days, now=now)
    ]
