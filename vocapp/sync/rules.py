"""Who wins when two systems hold the same field, and how many calls a run may cost, as pure judgements."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from vocapp.sync.comparing import is_blank, is_same

BULK_FROM = 2000
ROWS_PER_JOB = 20_000
SHRUNK_WRITE_SIZE = 50
STOP_AT_SHARE = 0.8
SHARE_OF_DAY = 0.3
OVERLAP = timedelta(minutes=15)
SAFETY_GAP = timedelta(minutes=2)
LOST_SHARE = 0.05
LOST_AT_LEAST = 20
REFUSED_SHARE = 0.25
REFUSED_AT_LEAST = 20
HEARTBEAT_DEAD_AFTER = timedelta(minutes=3)
RECONCILE_EVERY = timedelta(days=7)
RECONCILE_AFTER_DOWNTIME = timedelta(days=15)
MOST_ATTEMPTS = 6
FAILURES_BEFORE_ALERT = 3


class Direction(StrEnum):
    """Which way a field travels."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


class Owner(StrEnum):
    """Whose value counts when both sides changed a field since they last agreed.

    sticky: a yes from either side is a yes on both, and no sync takes it back.
    """

    SALESFORCE = "salesforce"
    VOCAPP = "vocapp"
    NEWEST = "newest"
    FILL_BLANK = "fill_blank"
    MANUAL = "manual"
    STICKY = "sticky"


class Verdict(StrEnum):
    """What becomes of one field."""

    KEEP = "keep"
    TAKE = "take"
    GIVE = "give"
    CONFLICT = "conflict"


class LinkState(StrEnum):
    """What we know of a record over there.

    waiting: it cannot come in yet (its account is not here); unmatched: nobody here is it and none is made;
    lost: we cannot see it any more, which is not the same as deleted.
    """

    LINKED = "linked"
    WAITING = "waiting"
    UNMATCHED = "unmatched"
    DELETED = "deleted"
    MERGED = "merged"
    LOST = "lost"


class PushState(StrEnum):
    """Where an outgoing change stands; `sending` may have happened or not until the other side is read."""

    WAITING = "waiting"
    SENDING = "sending"
    DONE = "done"
    DROPPED = "dropped"
    REFUSED = "refused"


class RunState(StrEnum):
    """How a run went."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class RunKind(StrEnum):
    """What a run does."""

    PULL = "pull"
    PUSH = "push"
    SYNC = "sync"
    REHEARSAL = "rehearsal"
    UNDO = "undo"


class ContactsBack(StrEnum):
    """What we do with what we know about people over there."""

    UPDATE = "update"
    PROPOSE = "propose"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field travels. `carries_blank`: an emptied field empties the other side as well."""

    ours: str
    theirs: str
    direction: Direction
    owner: Owner
    carries_blank: bool = False


@dataclass(frozen=True, slots=True)
class Sides:
    """One field on both sides. `base_…` is what was there when they last agreed; None before the first time.

    `ours` and `incoming` are in our words, `theirs` and `outgoing` in theirs; `incoming` is their value in
    our words, `outgoing` ours in theirs.
    """

    base_ours: Any
    ours: Any
    base_theirs: Any
    theirs: Any
    incoming: Any
    outgoing: Any
    ours_at: datetime | None = None
    theirs_at: datetime | None = None

    @property
    def is_ours_changed(self) -> bool:
        """Whether we changed it since both agreed."""
        return not is_same(self.ours, self.base_ours)

    @property
    def is_theirs_changed(self) -> bool:
        """Whether they changed it since both agreed."""
        return not is_same(self.theirs, self.base_theirs)

    def is_agreed(self, direction: Direction) -> bool:
        """Whether both sides say the same now, as far as the field's way lets us compare them."""
        if direction is not Direction.OUT and is_same(self.incoming, self.ours):
            return True
        return direction is not Direction.IN and is_same(self.theirs, self.outgoing)


def judge(rule: FieldRule, sides: Sides) -> Verdict:
    """Say what becomes of a field: a three-way comparison of base, ours and theirs, then the owner's policy.

    An empty side never empties the other unless the rule carries blanks. A field that travels one way follows
    its source; with `manual` it waits for a person as soon as its target was changed as well.
    """
    if rule.owner is Owner.STICKY:
        return _judge_sticky(rule, sides)
    if sides.is_agreed(rule.direction):
        return Verdict.KEEP
    if rule.owner is Owner.FILL_BLANK:
        return _judge_blanks(rule, sides)
    match rule.direction:
        case Direction.IN:
            verdict = _judge_in(rule, sides)
        case Direction.OUT:
            verdict = _judge_out(rule, sides)
        case Direction.BOTH:
            verdict = _judge_both(rule, sides)
    return _unless_blank(rule, sides, verdict)


def _judge_sticky(rule: FieldRule, sides: Sides) -> Verdict:
    if sides.incoming and not sides.ours and rule.direction is not Direction.OUT:
        return Verdict.TAKE
    if sides.ours and not sides.incoming and rule.direction is not Direction.IN:
        return Verdict.GIVE
    return Verdict.KEEP


def _judge_blanks(rule: FieldRule, sides: Sides) -> Verdict:
    if is_blank(sides.ours) and not is_blank(sides.incoming) and rule.direction is not Direction.OUT:
        return Verdict.TAKE
    if is_blank(sides.theirs) and not is_blank(sides.outgoing) and rule.direction is not Direction.IN:
        return Verdict.GIVE
    return Verdict.KEEP


def _judge_in(rule: FieldRule, sides: Sides) -> Verdict:
    if sides.is_ours_changed and not _is_first_meeting(sides):
        if rule.owner is Owner.MANUAL:
            return Verdict.CONFLICT if sides.is_theirs_changed else Verdict.KEEP
        if rule.owner is Owner.NEWEST and not _is_theirs_newer(sides):
            return Verdict.KEEP
        if rule.owner is Owner.VOCAPP:
            return Verdict.KEEP
    return Verdict.TAKE


def _judge_out(rule: FieldRule, sides: Sides) -> Verdict:
    if sides.is_theirs_changed and not _is_first_meeting(sides):
        if rule.owner is Owner.MANUAL:
            return Verdict.CONFLICT if sides.is_ours_changed else Verdict.KEEP
        if rule.owner is Owner.NEWEST and _is_theirs_newer(sides):
            return Verdict.KEEP
        if rule.owner is Owner.SALESFORCE:
            return Verdict.KEEP
    return Verdict.GIVE


def _judge_both(rule: FieldRule, sides: Sides) -> Verdict:
    if is_blank(sides.ours) and _is_first_meeting(sides):
        return Verdict.TAKE
    if is_blank(sides.theirs) and _is_first_meeting(sides):
        return Verdict.GIVE
    ours_changed, theirs_changed = sides.is_ours_changed, sides.is_theirs_changed
    if theirs_changed and not ours_changed:
        return Verdict.TAKE
    if ours_changed and not theirs_changed:
        return Verdict.GIVE
    if not ours_changed and not theirs_changed:
        return Verdict.KEEP  # They agreed to differ: somebody decided, or one side cannot hold the value.
    match rule.owner:
        case Owner.SALESFORCE:
            return Verdict.TAKE
        case Owner.VOCAPP:
            return Verdict.GIVE
        case Owner.NEWEST:
            return Verdict.TAKE if _is_theirs_newer(sides) else Verdict.GIVE
        case _:
            return Verdict.CONFLICT


def _is_first_meeting(sides: Sides) -> bool:
    return sides.base_ours is None and sides.base_theirs is None


def _is_theirs_newer(sides: Sides) -> bool:
    if not (sides.is_ours_changed and sides.is_theirs_changed):
        return sides.is_theirs_changed  # The moments are the records': another field may have moved them.
    if sides.ours_at is None or sides.theirs_at is None:
        return sides.ours_at is None
    return sides.theirs_at >= sides.ours_at


def _unless_blank(rule: FieldRule, sides: Sides, verdict: Verdict) -> Verdict:
    if rule.carries_blank:
        return verdict
    is_both = rule.direction is Direction.BOTH
    if verdict is Verdict.TAKE and is_blank(sides.incoming):
        return Verdict.GIVE if is_both and sides.is_ours_changed else Verdict.KEEP
    if verdict is Verdict.GIVE and is_blank(sides.outgoing):
        return Verdict.TAKE if is_both and sides.is_theirs_changed else Verdict.KEEP
    if verdict is Verdict.CONFLICT and is_blank(sides.incoming):
        return Verdict.KEEP if rule.direction is Direction.IN else Verdict.GIVE
    if verdict is Verdict.CONFLICT and is_blank(sides.outgoing):
        return Verdict.KEEP if rule.direction is Direction.OUT else Verdict.TAKE
    return verdict


def hash_of(values: Mapping[str, Any]) -> str:
    """Return a short hash of field values: the same values in any order give the same."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:32]


def uses_bulk(records: int) -> bool:
    """Whether so many writes go faster, and cost fewer calls, as one bulk job."""
    return records > BULK_FROM


def read_calls(records: int, *, size: int) -> int:
    """Return how many calls reading records costs; asking and hearing of none costs one."""
    return max(1, math.ceil(records / size))


def write_calls(records: int, *, size: int, read_size: int, polls: int = 4, has_bulk: bool = True) -> int:
    """Return how many calls writing records costs, reading them just before included."""
    if not records:
        return 0
    before = math.ceil(records / read_size)
    if has_bulk and uses_bulk(records):
        return before + jobs_needed(records) * (6 + polls)
    return before + math.ceil(records / size)


def jobs_needed(records: int) -> int:
    """Return how many bulk jobs so many records go in: a job in memory must stay small."""
    return math.ceil(records / ROWS_PER_JOB)


def allowed_calls(*, allowed: int | None, used: int | None, cap: int | None) -> int | None:
    """Return how many calls a run may make: the cap, and 30 % of the day less what is used; None is any."""
    bounds = [] if cap is None else [cap]
    if allowed is not None and used is not None:
        bounds.append(max(0, math.floor(allowed * SHARE_OF_DAY) - used))
    return min(bounds) if bounds else None


def is_day_nearly_spent(*, allowed: int | None, used: int | None) -> bool:
    """Whether the calls of the day are spent to 80 %: the rest is for the people who work there."""
    return bool(allowed) and used is not None and allowed is not None and used >= allowed * STOP_AT_SHARE


def is_too_much_lost(lost: int, known: int) -> bool:
    """Whether so many records vanished at once that lost sight is likelier than deletion."""
    is_large = lost >= LOST_AT_LEAST and lost > known * LOST_SHARE
    return is_large or (known > 3 and lost == known)


def is_too_much_refused(refused: int, tried: int) -> bool:
    """Whether so many writes were refused that going on would only fill the list of refusals."""
    return refused >= REFUSED_AT_LEAST and refused > tried * REFUSED_SHARE


def window(server_now: datetime, last_high: datetime | None) -> tuple[datetime | None, datetime]:
    """Return [low, high) of stamps to read: from a little before the last high to a little before now.

    Records that were being written while we last read become visible late, with an earlier stamp.
    """
    high = server_now - SAFETY_GAP
    return (None if last_high is None else min(last_high, high) - OVERLAP), high


def next_attempt(attempts: int) -> timedelta:
    """Return the pause before a write is tried again: 1, 2, 4, 8 … minutes, an hour at most."""
    return min(timedelta(minutes=2 ** max(attempts - 1, 0)), timedelta(hours=1))
