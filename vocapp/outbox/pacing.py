"""How fast mail may go, as pure judgements: lanes, tokens, cooling, warm-up, and when to stop altogether.

A lane is a group of mail hosts that judge us together. Tokens are taken from a lane before its mails are
sent and are worth something for `GRANT` only; so that no 60 seconds see more than the limit, a full bucket
and what flows in during 60 seconds and one grant add up to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

# The mails people here ask for themselves: never throttled, never paused.
OWN_LANE = "own"
# The name under which everything together is paused or slowed.
EVERYTHING = "*"

DEFAULT_PER_MINUTE = 600
FASTEST_PER_MINUTE = 100_000
GRANT = timedelta(seconds=10)
CONNECTIONS_PER_LANE = 2
# A full bucket holds a tenth of a minute's mails.
BURST_SHARE = 10
# One too many would be this much more: it absorbs rounding, not mails.
_ALMOST_ONE = 0.9

SLOWEST_PACE = 1 / 16
RECOVERY = timedelta(minutes=10)
RECOVERED_PER_STEP = 0.1
# Deferrals of one moment are one deferral.
SETTLING = timedelta(minutes=1)

COOLING_MINUTES = (5, 15, 30, 60)

# The plan of a new sender: how many mails a day in each week, none after the last.
WARM_UP_WEEKS = (100, 500, 2_000, 10_000)
WARM_UP_GROWTH = 2

REFUSALS_WITHIN = timedelta(hours=1)
REFUSALS_AMONG = 100
REFUSALS_AT_LEAST = 5
REFUSED_SHARE = 0.05
COMPLAINTS_AMONG = 1_000
COMPLAINTS_AT_LEAST = 3
COMPLAINED_SHARE = 0.003
LANE_PAUSE = timedelta(hours=4)
WHOLE_PAUSE = timedelta(hours=24)
PACE_AFTER_PAUSE = 0.5


@dataclass(frozen=True)
class Bucket:
    """The tokens of a lane as of a moment."""

    tokens: float
    at: datetime


def lane_of_host(host: str) -> str:
    """Return the lane of a mail host: its provider's domain, so that all hosts of one are one lane.

    `alt1.aspmx.l.google.com` gives `google.com`; under a country's `co.uk`-like ending one more name counts.
    """
    names = host.strip().rstrip(".").lower().split(".")
    is_under_country = (
        len(names) >= 3
        and len(names[-1]) == 2
        and (len(names[-2]) <= 2 or names[-2] in {"com", "net", "org", "gov", "edu"})
    )
    return ".".join(names[-3 if is_under_country else -2 :])[:253]


def burst(per_minute: float) -> float:
    """Return how many mails may go at once at most."""
    return max(1.0, per_minute / BURST_SHARE)


def refilled(bucket: Bucket, *, now: datetime, per_minute: float) -> Bucket:
    """Return a bucket with what flowed in since, at most a full one."""
    seconds = max(0.0, (now - bucket.at).total_seconds())
    return Bucket(min(burst(per_minute), bucket.tokens + seconds * _per_second(per_minute)), now)


def time_to_refill(bucket: Bucket, *, per_minute: float) -> timedelta:
    """Return how long to wait until a quarter of a full bucket, one at least, is there again."""
    missing = max(1.0, burst(per_minute) / 4) - bucket.tokens
    return timedelta(seconds=max(0.0, missing) / _per_second(per_minute))


def _per_second(per_minute: float) -> float:
    # At the slowest pace of a low limit, less than one a minute may be left: one is then sent in longer time.
    flow = max(per_minute + _ALMOST_ONE - burst(per_minute), _ALMOST_ONE * min(per_minute, 1.0))
    return flow / (60 + GRANT.total_seconds())


def pace_now(pace: float, slowed_at: datetime | None, *, now: datetime) -> float:
    """Return the share of full speed that is right now: a tenth of it comes back every ten minutes."""
    if slowed_at is None:
        return 1.0
    steps = max(0, (now - slowed_at) // RECOVERY)
    return min(1.0, pace + steps * RECOVERED_PER_STEP)


def slower(pace: float, slowed_at: datetime | None, *, now: datetime) -> tuple[float, datetime]:
    """Return pace and moment after a deferral: half of now, unless it was halved just before."""
    if slowed_at is not None and now - slowed_at < SETTLING:
        return pace, slowed_at
    return max(SLOWEST_PACE, pace_now(pace, slowed_at, now=now) / 2), now


def cooling_time(setbacks: int, retry_after: timedelta | None = None) -> timedelta:
    """Return how long a lane rests after being told to wait for the nth (≥ 1) time in a row."""
    minutes = COOLING_MINUTES[min(setbacks, len(COOLING_MINUTES)) - 1]
    return max(timedelta(minutes=minutes), retry_after or timedelta())


def warm_up_week(started_on: date | None, *, today: date) -> int | None:
    """Return which week (0-based) of the warm-up plan a day is in, None outside it."""
    if started_on is None or today < started_on:
        return None
    week = (today - started_on).days // 7
    return week if week < len(WARM_UP_WEEKS) else None


def daily_cap(started_on: date | None, *, today: date, sent_before: Sequence[int]) -> int | None:
    """Return how many mails may go out on a day of the warm-up, None without a limit.

    `sent_before` are the mails of the seven days before. Never more than twice the best of them, so that no
    quiet week is followed by a jump; the first week's number is always allowed.
    """
    week = warm_up_week(started_on, today=today)
    if week is None:
        return None
    most = WARM_UP_GROWTH * max(sent_before, default=0)
    return min(WARM_UP_WEEKS[week], max(WARM_UP_WEEKS[0], most))


def is_refused_too_often(refusals: int, tries: int) -> bool:
    """Whether refusals for spam or policy among a lane's last tries say to stop sending there."""
    return refusals >= REFUSALS_AT_LEAST and refusals >= REFUSED_SHARE * tries


def is_complained_too_often(complaints: int, sent: int) -> bool:
    """Whether complaints about the last mails say to stop sending altogether."""
    return complaints >= COMPLAINTS_AT_LEAST and complaints >= COMPLAINED_SHARE * sent
