"""Which way each message takes, and how many may take it now: one row per lane, shared by every worker.

Rows are locked in this order: the pacing, lanes by name, then messages that nobody else holds. Whoever holds
messages touches no lane in the same transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from vocapp.core.db import db, insert_new
from vocapp.core.gateways import gateways
from vocapp.outbox.delivery import claim_due_messages
from vocapp.outbox.models import MailLane, MailPacing, Message
from vocapp.outbox.pacing import (
    CONNECTIONS_PER_LANE,
    DEFAULT_PER_MINUTE,
    EVERYTHING,
    GRANT,
    OWN_LANE,
    Bucket,
    burst,
    daily_cap,
    lane_of_host,
    pace_now,
    refilled,
    time_to_refill,
)
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import changed_rows

# How many lanes are looked at for one claim, and how many messages are given their lane at a time.
LANES_AT_ONCE = 16
UNPLACED_AT_ONCE = 500
PACING_ID = 1
BUSY = timedelta(minutes=1)


@dataclass(frozen=True)
class Claim:
    """Messages reserved for an owner, and until when they may be started.

    `recovering` are their lanes that were told to wait before, and have not taken a mail since.
    """

    message_ids: Sequence[int]
    worth_until: datetime | None = None
    recovering: frozenset[str] = frozenset()


def pacing(*, is_locked: bool = False) -> MailPacing:
    """Return how fast this installation may send; without a row, the way it is unless somebody decides."""
    wanted = select(MailPacing).where(MailPacing.id == PACING_ID)
    known = db.session.scalar(wanted.with_for_update() if is_locked else wanted)
    return known or MailPacing(id=PACING_ID, per_minute=DEFAULT_PER_MINUTE, warm_up_from=None)


def set_pacing(*, per_minute: int, warm_up_from: date | None) -> None:
    """Decide how many mails a minute may go to one lane (0: all that can), and when a warm-up begins."""
    values = {"per_minute": per_minute, "warm_up_from": warm_up_from}
    asked = insert_new(MailPacing).values(id=PACING_ID, **values)
    db.session.execute(asked.on_conflict_do_update(index_elements=["id"], set_=values))
    # Whoever waits for the old speed may look at once.
    changed_rows(
        update(MailLane).values(ready_at=func.coalesce(MailLane.cooling_until, MailLane.refilled_at))
    )


def has_lanes() -> bool:
    """Whether mails go out into the world; the built-in mailbox takes them all, as fast as they come."""
    return gateways().mailbox is None


def unplaced_domains(*, now: datetime) -> Mapping[str, list[int]]:
    """Return domain → due messages whose lane nobody has looked up, a limited number."""
    waiting = (
        select(Message.id, Message.to_address)
        .where(Message.lane.is_(None), *_is_due(now))
        .order_by(Message.next_attempt_at)
        .limit(UNPLACED_AT_ONCE)
    )
    domains: dict[str, list[int]] = {}
    for message_id, address in db.session.execute(waiting):
        domains.setdefault(address.rpartition("@")[2].lower()[:253] or EVERYTHING, []).append(message_id)
    return domains


def place_messages(lane: str, message_ids: Sequence[int], *, now: datetime) -> None:
    """Say which lane messages take; a lane nobody took before begins with a full bucket."""
    full = burst(pacing().per_minute)
    values = {"name": lane, "tokens": full, "refilled_at": now, "ready_at": now, "pace": 1.0, "setbacks": 0}
    db.session.execute(insert_new(MailLane).values(values).on_conflict_do_nothing(index_elements=["name"]))
    # Whatever the others hold now is placed by the next round.
    free = (
        select(Message.id)
        .where(Message.id.in_(message_ids), Message.lane.is_(None))
        .order_by(Message.id)
        .with_for_update(skip_locked=True)
    )
    ids = db.session.scalars(free).all()
    if ids:
        changed_rows(update(Message).where(Message.id.in_(ids)).values(lane=lane))


def lane_for(domain: str, hosts: Sequence[str]) -> str:
    """Return the lane of a domain whose mail these hosts take, preferred first; its own without any."""
    return lane_of_host(hosts[0]) if hosts else domain


def claim_messages(limit: int, *, owner: str, now: datetime) -> Claim:
    """Reserve up to `limit` due messages for `owner`, no more than may be sent now."""
    if has_lanes():
        return claim_by_lane(limit, owner=owner, now=now)
    return Claim(claim_due_messages(limit, owner=owner, now=now))


def claim_by_lane(limit: int, *, owner: str, now: datetime) -> Claim:
    """Reserve up to `limit` due messages for `owner`, as many of each lane as may go there now.

    What people here asked for themselves comes first and is never held up. Lanes take turns.
    """
    own = claim_due_messages(limit, owner=owner, now=now, lane=OWN_LANE)
    if own:
        return Claim(own)
    paced = pacing()
    if paced.warm_up_from is not None:
        # Everybody waits here, or two workers would both take the last mail of the day.
        paced = pacing(is_locked=True)
    whole = db.session.get(MailLane, EVERYTHING, populate_existing=True)
    if whole is not None and whole.paused_at is not None:
        return Claim([])
    left = left_today(paced, now=now)
    limit = limit if left is None else min(limit, left)
    lanes = _ready_lanes(now) if limit > 0 else []
    crowded = _crowded_lanes(owner, now=now) if lanes else frozenset()
    overall = pace_now(whole.pace, whole.slowed_at, now=now) if whole else 1.0
    claimed: list[int] = []
    for position, lane in enumerate(lanes):
        share = -(-(limit - len(claimed)) // (len(lanes) - position))
        if share and lane.name not in crowded:
            claimed += _take(lane, share, owner=owner, now=now, per_minute=paced.per_minute * overall)
    db.session.flush()
    recovering = frozenset(lane.name for lane in lanes if lane.setbacks)
    return Claim(claimed, now + GRANT, recovering)


def _take(lane: MailLane, share: int, *, owner: str, now: datetime, per_minute: float) -> list[int]:
    """Claim messages of one lane for tokens of it."""
    if not per_minute:
        taken = claim_due_messages(share, owner=owner, now=now, lane=lane.name)
        lane.ready_at = now
        return taken
    speed = per_minute * pace_now(lane.pace, lane.slowed_at, now=now)
    bucket = refilled(Bucket(lane.tokens, lane.refilled_at), now=now, per_minute=speed)
    wanted = min(share, int(bucket.tokens))
    taken = claim_due_messages(wanted, owner=owner, now=now, lane=lane.name) if wanted else []
    bucket = Bucket(bucket.tokens - len(taken), now)
    lane.tokens, lane.refilled_at = bucket.tokens, bucket.at
    lane.ready_at = now + (timedelta() if bucket.tokens >= 1 else time_to_refill(bucket, per_minute=speed))
    return taken


def _ready_lanes(now: datetime) -> Sequence[MailLane]:
    """Return lanes that have due messages and may be sent to, locked, the longest waiting first."""
    names = db.session.scalars(
        select(MailLane.name)
        .where(_is_open(now), MailLane.ready_at <= now, _has_due(now))
        .order_by(MailLane.ready_at, MailLane.name)
        .limit(LANES_AT_ONCE)
    ).all()
    locked = (
        select(MailLane)
        .where(MailLane.name.in_(names), _is_open(now), MailLane.ready_at <= now)
        .order_by(MailLane.name)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return sorted(db.session.scalars(locked).all(), key=lambda lane: lane.ready_at)


def _crowded_lanes(owner: str, *, now: datetime) -> frozenset[str]:
    """Return the lanes that others keep as many connections busy with as may be."""
    busy = (
        select(Message.lane)
        .where(
            Message.claimed_until > now,
            Message.claimed_by != owner,
            # Whose mail has been on its way for longer is most likely dead.
            or_(
                Message.state == MessageState.QUEUED,
                and_(Message.state == MessageState.SENDING, Message.tried_at > now - BUSY),
            ),
            Message.lane.is_not(None),
        )
        .group_by(Message.lane)
        .having(func.count(Message.claimed_by.distinct()) >= CONNECTIONS_PER_LANE)
    )
    return frozenset(lane for lane in db.session.scalars(busy) if lane)


def left_today(paced: MailPacing, *, now: datetime) -> int | None:
    """Return how many mails the warm-up still allows today (UTC), None without a limit."""
    today = now.astimezone(UTC).date()
    if paced.warm_up_from is None:
        return None
    cap = cap_today(paced, now=now)
    return None if cap is None else max(0, cap - _sent_on(today) - _in_flight(now))


def cap_today(paced: MailPacing, *, now: datetime) -> int | None:
    """Return how many mails the warm-up allows today (UTC) in all, None without a limit."""
    today = now.astimezone(UTC).date()
    if paced.warm_up_from is None:
        return None
    before = [_sent_on(today - timedelta(days=days)) for days in range(1, 8)]
    return daily_cap(paced.warm_up_from, today=today, sent_before=before)


def _sent_on(day: date) -> int:
    begins = datetime.combine(day, time(), UTC)
    sent = select(func.count()).where(
        Message.sent_at >= begins, Message.sent_at < begins + timedelta(days=1), _is_not_own()
    )
    return db.session.scalar(sent) or 0


def _in_flight(now: datetime) -> int:
    states = (MessageState.QUEUED, MessageState.SENDING)
    held = select(func.count()).where(Message.claimed_until > now, Message.state.in_(states), _is_not_own())
    return db.session.scalar(held) or 0


def next_delivery(*, now: datetime) -> datetime | None:
    """Return when a worker should look for mail again, at the earliest now; None: the sweep will see.

    Mails of a paused lane, and all once today's number is sent, give no reason to look.
    """
    if not has_lanes():
        return now if _any(*_is_due(now)) else None
    if _any(Message.lane == OWN_LANE, *_is_due(now)):
        return now
    whole = db.session.get(MailLane, EVERYTHING, populate_existing=True)
    if whole is not None and whole.paused_at is not None:
        return None
    if left_today(pacing(), now=now) == 0:
        return None
    if _any(Message.lane.is_(None), *_is_due(now)):
        return now
    soonest = select(func.min(MailLane.ready_at)).where(_is_open(now), _has_due(now))
    ready_at = db.session.scalar(soonest)
    return None if ready_at is None else max(now, ready_at)


def _is_due(now: datetime) -> Iterable[ColumnElement[bool]]:
    return (
        Message.state == MessageState.QUEUED,
        Message.next_attempt_at <= now,
        Message.is_held.is_(False),
    )


def _has_due(now: datetime) -> ColumnElement[bool]:
    return exists().where(Message.lane == MailLane.name, *_is_due(now))


def _is_open(now: datetime) -> ColumnElement[bool]:
    return and_(
        MailLane.name != EVERYTHING,
        MailLane.paused_at.is_(None),
        func.coalesce(MailLane.cooling_until, now) <= now,
    )


def _is_not_own() -> ColumnElement[bool]:
    return func.coalesce(Message.lane, "") != OWN_LANE


def _any(*conditions: ColumnElement[bool]) -> bool:
    return db.session.scalar(select(Message.id).where(*conditions).limit(1)) is not None
