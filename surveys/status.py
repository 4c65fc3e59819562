"""From strength to a status a person acts on: green, amber, red or grey."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from surveys.shrinkage import Confidence
from surveys.strength import DEFAULT_STRENGTH, Strength, StrengthParameters


class Status(StrEnum):
    """The status of an account; grey means unmeasured, which is not amber."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class StatusJudgement:
    """A status and the plain reason for it."""

    status: Status
    reason: str


def judge_status(
    strength: Strength,
    *,
    confidence: Confidence,
    decision_maker_silent_waves: int,
    previous: Status | None,
    parameters: StrengthParameters = DEFAULT_STRENGTH,
) -> StatusJudgement:
    """Return the status of an account (docs/method.md §5).

    `decision_maker_silent_waves` counts the latest closed waves in a row that reached a decision maker and
    were left unanswered by all of them. With `previous` green or red the mark to leave it lies
    `parameters.hysteresis` points further, so that a number on the edge does not flicker.
    """
    if decision_maker_silent_waves >= parameters.silent_waves:
        waves = decision_maker_silent_waves
        return StatusJudgement(Status.RED, f"the decision maker was silent in {waves} waves in a row")
    if not strength.measure.is_known:
        return StatusJudgement(Status.GREY, strength.measure.reason)
    red, red_mark = strength.red, parameters.red_below
    if previous is Status.RED:
        red, red_mark = strength.red_kept, red_mark + parameters.hysteresis
    if red >= parameters.certainty:
        return StatusJudgement(Status.RED, f"strength is below {red_mark:.0f}, {_sure(red)}")
    green, green_mark = strength.green, parameters.green_from
    if previous is Status.GREEN:
        green, green_mark = strength.green_kept, green_mark - parameters.hysteresis
    if green < parameters.certainty:
        return StatusJudgement(Status.AMBER, f"not sure that strength is {green_mark:.0f} or more")
    weak = _weak_component(strength, parameters)
    if weak is not None:
        return StatusJudgement(Status.AMBER, weak)
    if confidence.rank < Confidence.MEDIUM.rank:
        return StatusJudgement(Status.AMBER, "too few answers to be sure")
    return StatusJudgement(Status.GREEN, f"strength is {green_mark:.0f} or more, {_sure(green)}")


def _sure(chance: float) -> str:
    """Return a chance in words; draws never make anything certain."""
    return "over 99% sure" if chance > 0.99 else f"{chance:.0%} sure"


def _weak_component(strength: Strength, parameters: StrengthParameters) -> str | None:
    names = ("footprint", "engagement", "sentiment")
    for name, value in zip(names, strength.components.as_tuple(), strict=True):
        if value is None:
            return f"{name} was not measured"
        if value < parameters.minimum_component:
            return f"{name} is below {parameters.minimum_component:.0%}"
    return None


@dataclass(frozen=True, slots=True)
class DistributionAlarm:
    """Whether the statuses of a portfolio still tell accounts apart; `evenness` is entropy / ln 3, 0-1."""

    evenness: float | None
    is_alarming: bool
    reason: str


def distribution_alarm(
    counts: Mapping[Status, int],
    *,
    share_above: float = 0.70,
    accounts_from: int = 20,
    evenness_below: float = 0.5,
) -> DistributionAlarm:
    """Judge how statuses are spread over measured accounts (docs/method.md §5): recommend, never shift.

    Alarming when one colour holds more than `share_above` or evenness falls below `evenness_below`, from
    `accounts_from` measured accounts on. Grey accounts do not count.
    """
    measured = [counts.get(status, 0) for status in (Status.GREEN, Status.AMBER, Status.RED)]
    total = sum(measured)
    if total == 0:
        return DistributionAlarm(None, is_alarming=False, reason="no account has been measured yet")
    shares = [count / total for count in measured if count]
    evenness = max(0.0, -math.fsum(share * math.log(share) for share in shares) / math.log(3))
    if total < accounts_from:
        return DistributionAlarm(evenness, is_alarming=False, reason=f"fewer than {accounts_from} accounts")
    if max(shares) > share_above:
        return DistributionAlarm(evenness, is_alarming=True, reason=f"one colour holds {max(shares):.0%}")
    if evenness < evenness_below:
        return DistributionAlarm(evenness, is_alarming=True, reason="the colours hardly tell accounts apart")
    return DistributionAlarm(evenness, is_alarming=False, reason="")
