"""How others take our mail: what slows a lane, lets it rest, or stops it, and who lets it go again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from vocapp.core.clock import utcnow
from vocapp.core.db import db, insert_new
from vocapp.core.jobs import enqueue
from vocapp.outbox.causes import Cause
from vocapp.outbox.models import MailLane, Message
from vocapp.outbox.pacing import (
    COMPLAINTS_AMONG,
    EVERYTHING,
    LANE_PAUSE,
    OWN_LANE,
    PACE_AFTER_PAUSE,
    REFUSALS_AMONG,
    REFUSALS_WITHIN,
    WHOLE_PAUSE,
    cooling_time,
    is_complained_too_often,
    is_refused_too_often,
    slower,
)
from vocapp.outbox.rules import MessageState, Outcome
from vocapp.outbox.service import DELIVER, changed_rows

MAIL_PAUSED = "mail_paused"
LONGEST_REASON = 500
# What the sending of a lane is judged by.
_TRIED = (
    MessageState.QUEUED,
    MessageState.SENDING,
    MessageState.SENT,
    MessageState.FAILED,
    MessageState.UNKNOWN,
)


def is_setback(outcome: Outcome) -> bool:
    """Whether what came of a mail says something about its lane: it was put off, or we were refused."""
    is_put_off = outcome.state is MessageState.QUEUED and not outcome.is_server_down
    return is_put_off or outcome.cause is Cause.POLICY


def note_setback(lane_name: str, outcome: Outcome, *, now: datetime) -> None:
    """Slow down a lane that put a mail off, let it rest when it asks for that, stop it when it refuses us.

    In a transaction without locks on messages: lanes come before them.
    """
    lane = _held(lane_name, now=now)
    if outcome.state is MessageState.QUEUED:
        lane.pace, lane.slowed_at = slower(lane.pace, lane.slowed_at, now=now)
        if outcome.is_lane_closed and (lane.cooling_until is None or lane.cooling_until <= now):
            lane.setbacks += 1
            lane.cooling_until = now + cooling_time(lane.setbacks, outcome.retry_after)
            lane.cooling_reason = (outcome.reason or "")[:LONGEST_REASON]
            lane.ready_at = lane.cooling_until
    if outcome.cause is Cause.POLICY and lane.paused_at is None:
        refusals, tries = _last_tries(lane_name, now=now)
        if is_refused_too_often(refusals, tries):
            reason = f"{refusals} of the last {tries} mails were refused. The last answer: {outcome.reason}"
            _pause(lane, reason, resumes_at=now + LANE_PAUSE, now=now)
            _tell_administrators(lane, now=now)
    db.session.flush()


def note_progress(lane_names: Iterable[str]) -> None:
    """Forget the setbacks of lanes that took a mail: the next rest is a short one again."""
    for name in sorted(lane_names):
        changed_rows(update(MailLane).where(MailLane.name == name).values(setbacks=0))


def judge_complaints(*, now: datetime) -> None:
    """Stop everything when too many of the last mails were reported as spam, and tell the administrators."""
    last = (
        select(Message.complained_at, Message.sent_at)
        .where(Message.sent_at.is_not(None), func.coalesce(Message.lane, "") != OWN_LANE)
        .order_by(Message.sent_at.desc())
        .limit(COMPLAINTS_AMONG)
        .subquery()
    )
    counted = select(func.count(), func.count(last.c.complained_at), func.max(last.c.complained_at))
    sent, complaints, latest = db.session.execute(counted.select_from(last)).one()
    if not is_complained_too_often(complaints, sent):
        return
    whole = _held(EVERYTHING, now=now)
    # What was known when sending went on before is no reason to stop again.
    if whole.paused_at is None and (whole.slowed_at is None or latest > whole.slowed_at):
        reason = f"{complaints} of the last {sent} mails were reported as spam."
        _pause(whole, reason, resumes_at=now + WHOLE_PAUSE, now=now)
        _tell_administrators(whole, now=now)
    db.session.flush()


def pause_everything(reason: str, *, now: datetime) -> bool:
    """Stop all mail until a person lets it go, except what people here ask for; False when it was stopped.

    A pause that would have ended by itself no longer does.
    """
    whole = _held(EVERYTHING, now=now)
    is_new = whole.paused_at is None or whole.resumes_at is not None
    if whole.paused_at is None:
        _pause(whole, reason, resumes_at=None, now=now)
    whole.resumes_at = None
    db.session.flush()
    return is_new


def resume_lane(name: str, *, now: datetime, is_judged: bool = True) -> bool:
    """Let a lane, or everything, go on, cooling or paused; False when nothing held it.

    After a pause for our standing (`is_judged`) it goes on at half speed and recovers from there.
    """
    lane = db.session.scalar(
        select(MailLane)
        .where(MailLane.name == name)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if lane is None or (lane.paused_at is None and (lane.cooling_until is None or lane.cooling_until <= now)):
        return False
    if lane.paused_at is not None and is_judged and lane.resumes_at is not None:
        lane.pace, lane.slowed_at = PACE_AFTER_PAUSE, now
    lane.paused_at = lane.paused_reason = lane.resumes_at = None
    lane.cooling_until = lane.cooling_reason = None
    lane.setbacks, lane.ready_at = 0, now
    db.session.flush()
    enqueue(DELIVER, {}, key=DELIVER)
    return True


def resume_due_lanes(*, now: datetime) -> list[str]:
    """End the pauses whose time is over, at half speed; return the lanes."""
    over = select(MailLane.name).where(MailLane.resumes_at <= now).order_by(MailLane.name)
    return [name for name in db.session.scalars(over).all() if resume_lane(name, now=now)]


def _last_tries(lane_name: str, *, now: datetime) -> tuple[int, int]:
    """Return how many of a lane's last tries were refused for spam or policy, and how many tries that are."""
    last = (
        select(Message.cause)
        .where(Message.lane == lane_name, Message.tried_at > now - REFUSALS_WITHIN, Message.state.in_(_TRIED))
        .order_by(Message.tried_at.desc())
        .limit(REFUSALS_AMONG)
    )
    causes = db.session.scalars(last).all()
    return sum(cause == Cause.POLICY for cause in causes), len(causes)


def _held(name: str, *, now: datetime) -> MailLane:
    """Return a lane's row, made if need be, and held."""
    values = {"name": name, "tokens": 0.0, "refilled_at": now, "ready_at": now, "pace": 1.0, "setbacks": 0}
    db.session.execute(insert_new(MailLane).values(values).on_conflict_do_nothing(index_elements=["name"]))
    return db.session.scalars(
        select(MailLane)
        .where(MailLane.name == name)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _pause(lane: MailLane, reason: str, *, resumes_at: datetime | None, now: datetime) -> None:
    lane.paused_at, lane.resumes_at = now, resumes_at
    lane.paused_reason = reason[:LONGEST_REASON]


def _tell_administrators(lane: MailLane, *, now: datetime) -> None:
    told: dict[str, Any] = {
        "lane": lane.name,
        "reason": lane.paused_reason,
        "paused_at": now.isoformat(),
        "resumes_at": lane.resumes_at.isoformat() if lane.resumes_at else None,
    }
    enqueue(MAIL_PAUSED, told, key=f"{MAIL_PAUSED}:{lane.name}"[:200], run_at=utcnow())
