"""Which accounts a review puts on the table, and why, as pure judgements."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

ON_THE_TABLE = 5
NEAR_DAYS, AHEAD_DAYS = 90, 180


class Reason(StrEnum):
    """Why an account should be talked about."""

    AT_RISK = "at_risk"
    FELL = "fell"
    SILENT = "silent"
    DECIDER_SILENT = "decider_silent"
    RENEWAL = "renewal"
    NEVER_MEASURED = "never_measured"


# What a reason weighs; a renewal counts by how near it is.
_WEIGHTS = {
    Reason.AT_RISK: 3,
    Reason.FELL: 2,
    Reason.SILENT: 2,
    Reason.DECIDER_SILENT: 1,
    Reason.NEVER_MEASURED: 1,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a review knows of an account.

    `fell` are the points it really lost, 0 for none; `share` is its part of all ARR in its currency (0-1).
    """

    account_id: int
    name: str
    status: str
    tier_rank: int
    share: float
    fell: float = 0.0
    silent_waves: int = 0
    decider_silent_waves: int = 0
    days_to_renewal: int | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """An account to talk about, and the reasons, the weightiest first."""

    account_id: int
    reasons: Sequence[Reason]


def topics(candidates: Sequence[Candidate], *, most: int = ON_THE_TABLE) -> list[Topic]:
    """Return the accounts to talk about, at most `most`: those with the weightiest reasons first.

    A renewal alone is no reason: an account that is well and renews needs no meeting. Between equals the
    higher tier comes first, then the larger share of revenue.
    """
    found = [(one, _reasons(one)) for one in candidates]
    told = [(one, reasons) for one, reasons in found if reasons and reasons != [Reason.RENEWAL]]
    told.sort(key=lambda pair: (-_weight(*pair), pair[0].tier_rank, -pair[0].share, pair[0].name))
    return [Topic(one.account_id, reasons) for one, reasons in told[:most]]


def _reasons(one: Candidate) -> list[Reason]:
    days = one.days_to_renewal
    holds = {
        Reason.AT_RISK: one.status == "red",
        Reason.FELL: one.fell > 0,
        Reason.SILENT: one.silent_waves > 0,
        Reason.DECIDER_SILENT: one.silent_waves == 0 and one.decider_silent_waves > 0,
        Reason.RENEWAL: days is not None and 0 <= days <= AHEAD_DAYS,
        Reason.NEVER_MEASURED: one.status == "grey" and one.silent_waves == 0,
    }
    return [reason for reason in Reason if holds[reason]]


def _weight(one: Candidate, reasons: Sequence[Reason]) -> float:
    weight = float(sum(_WEIGHTS.get(reason, 0) for reason in reasons))
    if one.silent_waves >= 2 or one.decider_silent_waves >= 2:
        weight += 1
    if Reason.RENEWAL in reasons:
        weight += 2 if (one.days_to_renewal or 0) <= NEAR_DAYS else 1
    return weight + one.share
