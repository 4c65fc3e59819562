"""What the page "Mail going out" shows: what waits, how fast it goes, what failed and why; read only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, and_, case, func, or_, select

from vocapp.core.db import db
from vocapp.outbox.lanes import cap_today, left_today, pacing
from vocapp.outbox.models import MailEvent, MailLane, Message
from vocapp.outbox.pacing import EVERYTHING, OWN_LANE, WARM_UP_WEEKS, pace_now, warm_up_week
from vocapp.outbox.queries import TROUBLED
from vocapp.outbox.rules import MessageState

# Lanes shown: those with a state of their own first, then the fullest.
MOST_LANES = 30


@dataclass(frozen=True)
class Waiting:
    """How many messages wait: due now, for later, held back; and since when the oldest is due."""

    due: int
    later: int
    held: int
    oldest: datetime | None


@dataclass(frozen=True)
class LaneLine:
    """One lane on the page: what waits and went out, its share of full speed, and what holds it."""

    name: str
    waiting: int
    sent: int
    pace: float
    cooling_until: datetime | None = None
    paused_at: datetime | None = None
    resumes_at: datetime | None = None
    reason: str | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether nothing goes there now."""
        return self.paused_at is not None or self.cooling_until is not None


@dataclass(frozen=True)
class WarmUp:
    """Where a warm-up stands today: week (from 1) of how many, how many mails may go, how many may still."""

    week: int
    weeks: int
    cap: int
    left: int


def waiting_messages(*, now: datetime) -> Waiting:
    """Return how many messages wait."""
    is_due = and_(Message.is_held.is_(False), Message.next_attempt_at <= now)
    row = db.session.execute(
        select(
            func.count(case((is_due, 1))),
            func.count(),
            func.count(case((Message.is_held, 1))),
            func.min(case((is_due, Message.next_attempt_at))),
        ).where(Message.state == MessageState.QUEUED)
    ).one()
    due, all_of_them, held, oldest = row
    return Waiting(due=due, later=all_of_them - due - held, held=held, oldest=oldest)


def sent_since(moment: datetime) -> int:
    """Return how many messages a mail server took since a moment."""
    return db.session.scalar(select(func.count()).where(Message.sent_at >= moment)) or 0


def lane_lines(*, now: datetime) -> list[LaneLine]:
    """Return the lanes with something waiting or something wrong, stopped ones first."""
    lanes = {lane.name: lane for lane in db.session.scalars(_notable_lanes(now)).all()}
    is_waiting = and_(Message.state == MessageState.QUEUED, Message.is_held.is_(False))
    waiting = _by_lane(select(Message.lane, func.count()).where(is_waiting, Message.next_attempt_at <= now))
    sent = _by_lane(select(Message.lane, func.count()).where(Message.sent_at >= now - timedelta(hours=1)))
    names = (lanes.keys() | waiting.keys()) - {EVERYTHING, OWN_LANE, ""}
    lines = [_line(name, lanes.get(name), waiting.get(name, 0), sent.get(name, 0), now=now) for name in names]
    lines.sort(key=lambda line: (not line.is_stopped, -line.waiting, line.name))
    return lines[:MOST_LANES]


def whole_lane(*, now: datetime) -> LaneLine:
    """Return what holds or slows everything together."""
    return _line(EVERYTHING, db.session.get(MailLane, EVERYTHING), 0, 0, now=now)


def warm_up(*, now: datetime) -> WarmUp | None:
    """Return where the warm-up stands, None without one."""
    paced = pacing()
    week = warm_up_week(paced.warm_up_from, today=now.astimezone(UTC).date())
    cap = cap_today(paced, now=now)
    if week is None or cap is None:
        return None
    return WarmUp(week=week + 1, weeks=len(WARM_UP_WEEKS), cap=cap, left=left_today(paced, now=now) or 0)


def failures_by_cause() -> list[tuple[str, int]]:
    """Return cause → how many messages failed or are in doubt for it, most first; "" for those without."""
    counted = (
        select(Message.cause, func.count())
        .where(Message.state.in_(TROUBLED))
        .group_by(Message.cause)
        .order_by(func.count().desc())
    )
    return [(cause or "", count) for cause, count in db.session.execute(counted)]


def events_of(message: Message) -> Sequence[MailEvent]:
    """Return what was heard of a message, in the order it happened."""
    heard = select(MailEvent).where(MailEvent.message_id == message.id)
    return db.session.scalars(heard.order_by(MailEvent.occurred_at, MailEvent.id)).all()


def _notable_lanes(now: datetime) -> Select[MailLane]:
    return select(MailLane).where(
        or_(
            MailLane.paused_at.is_not(None),
            MailLane.cooling_until > now,
            MailLane.slowed_at > now - timedelta(hours=2),
        )
    )


def _by_lane(counted: Select[str | None, int]) -> dict[str, int]:
    rows = db.session.execute(counted.group_by(Message.lane))
    return {lane or "": count for lane, count in rows}


def _line(name: str, lane: MailLane | None, waiting: int, sent: int, *, now: datetime) -> LaneLine:
    if lane is None:
        return LaneLine(name, waiting, sent, 1.0)
    is_cooling = lane.cooling_until is not None and lane.cooling_until > now
    return LaneLine(
        name,
        waiting,
        sent,
        pace_now(lane.pace, lane.slowed_at, now=now),
        cooling_until=lane.cooling_until if is_cooling else None,
        paused_at=lane.paused_at,
        resumes_at=lane.resumes_at,
        reason=lane.paused_reason if lane.paused_at else lane.cooling_reason if is_cooling else None,
    )
