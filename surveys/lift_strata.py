"""Churn after a wave by who was silent in it: counted from its close, and compared like with like."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from surveys.intervals import z_quantile
from surveys.lift import Group, RatioLimits, e_value, risk_ratio

# How long after a wave churn is put down to it; a year holds one renewal of most accounts.
HORIZON = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class AccountOutcome:
    """An account at a wave: delivered and answered invitations, when it churned, until when that is known.

    `known_to` is the last day on which we know whether it was still a customer; None is nothing known.
    """

    stratum: str
    delivered: int
    answered: int
    churned_on: date | None
    known_to: date | None


@dataclass(frozen=True, slots=True)
class Landmark:
    """Exposed (silent) and other accounts per stratum, and who is in neither, with the numbers.

    `not_asked` had nothing delivered, `gone_before` had churned by the close, of `unknown` nobody knows the
    outcome: they are left out, never taken for renewed.
    """

    strata: Mapping[str, tuple[Group, Group]]
    not_asked: int
    gone_before: int
    unknown: int

    @property
    def exposed(self) -> Group:
        """All silent accounts."""
        return sum((pair[0] for pair in self.strata.values()), Group(0, 0))

    @property
    def others(self) -> Group:
        """All accounts with an answer."""
        return sum((pair[1] for pair in self.strata.values()), Group(0, 0))


def landmarked(
    outcomes: Iterable[AccountOutcome], closed_on: date, *, horizon: timedelta = HORIZON
) -> Landmark:
    """Count churn after a wave closed, among accounts that were customers then (docs/method.md §8).

    Exposed is an account with an invitation delivered and none answered. Answers and churn of one window
    must not be counted together: who has left cannot answer any more, and silence would look deadly.
    """
    counted: Counter[tuple[str, bool, bool]] = Counter()
    not_asked = gone_before = unknown = 0
    end = closed_on + horizon
    for one in outcomes:
        if one.churned_on is not None and one.churned_on <= closed_on:
            gone_before += 1
        elif not one.delivered:
            not_asked += 1
        elif one.churned_on is not None and one.churned_on <= end:
            counted[one.stratum, one.answered == 0, True] += 1
        elif one.churned_on is not None or (one.known_to is not None and one.known_to >= end):
            counted[one.stratum, one.answered == 0, False] += 1
        else:
            unknown += 1

    def group(stratum: str, *, is_silent: bool) -> Group:
        churned = counted[stratum, is_silent, True]
        return Group(churned, churned + counted[stratum, is_silent, False])

    names = sorted({stratum for stratum, _, _ in counted})
    strata = {name: (group(name, is_silent=True), group(name, is_silent=False)) for name in names}
    return Landmark(strata, not_asked, gone_before, unknown)


@dataclass(frozen=True, slots=True)
class StratifiedLift:
    """The ratio of risks within strata, pooled (Mantel-Haenszel), beside the crude one.

    `strata` holds the ratio of each, None where it has none. `ratio` is None, and `reason` says why, where no
    stratum holds both kinds of accounts with churn among the others.
    """

    ratio: float | None
    limits: RatioLimits | None
    crude: float | None
    strata: Mapping[str, float | None]
    e_value: float | None
    reason: str


def mantel_haenszel(strata: Mapping[str, tuple[Group, Group]], *, confidence: float = 0.95) -> StratifiedLift:
    """Pool the ratio of risks over strata such as tiers (docs/method.md §8; Mantel-Haenszel).

    Where risky accounts are also the silent ones, the crude ratio credits silence with their risk. Limits by
    Greenland & Robins (1985), None where no exposed account churned.
    """
    both = [pair for pair in strata.values() if pair[0].n and pair[1].n]
    above = math.fsum(a.churned * b.n / (a.n + b.n) for a, b in both)
    below = math.fsum(b.churned * a.n / (a.n + b.n) for a, b in both)
    exposed = sum((pair[0] for pair in strata.values()), Group(0, 0))
    others = sum((pair[1] for pair in strata.values()), Group(0, 0))
    each = {name: risk_ratio(*pair) for name, pair in strata.items()}
    crude = risk_ratio(exposed, others)
    if below == 0:
        reason = "no stratum has silent accounts beside others of which some churned"
        return StratifiedLift(None, None, crude, each, None, reason)
    ratio = above / below
    limits = None
    if above > 0:
        spread = math.fsum(
            ((a.churned + b.churned) * a.n * b.n - a.churned * b.churned * (a.n + b.n)) / (a.n + b.n) ** 2
            for a, b in both
        )
        half = z_quantile(confidence) * math.sqrt(max(0.0, spread) / (above * below))
        # Where everybody churned on both sides no spread is left, and no limit either.
        limits = RatioLimits(ratio * math.exp(-half), ratio * math.exp(half)) if half > 0 else None
    reason = "" if limits is not None else "the strata set no limits to the ratio"
    return StratifiedLift(ratio, limits, crude, each, e_value(ratio), reason)
