"""How a portfolio is spread: strengths, statuses, and which accounts bring which share of ARR; pure."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from surveys.status import DistributionAlarm, Status, distribution_alarm
from vocapp.portfolio.rules import thinned
from vocapp.portfolio.worth import Worth, worth_of

BIN_WIDTH = 10
BINS = 100 // BIN_WIDTH
# Shares of fewer accounts are shares of single ones.
FEWEST_FOR_A_CURVE = 5
STEPS = (0.2, 0.4, 0.5, 0.6, 0.8, 1.0)


class Stands(Protocol):
    """An account with a status and an ARR."""

    @property
    def status(self) -> str:
        """green, amber, red or grey."""

    @property
    def currency(self) -> str:
        """The currency of its ARR."""

    @property
    def arr(self) -> float | None:
        """Its ARR, None where unknown."""


class Standing(NamedTuple):
    """One account as its distribution needs it; strength 0-100, None where nothing was measured."""

    strength: float | None
    status: str
    confidence: str
    currency: str
    arr: float | None


@dataclass(frozen=True, slots=True)
class Spread:
    """Strengths of a portfolio: ten bins of ten points, quartiles (None without any), and how sure they are.

    `confidences` counts the measured accounts by confidence label.
    """

    accounts: int
    measured: int
    bins: Sequence[int]
    quartiles: tuple[float, float, float] | None
    confidences: Counter[str]


@dataclass(frozen=True, slots=True)
class StatusShare:
    """One status: its accounts and what they are worth."""

    status: str
    accounts: int
    worth: Worth


@dataclass(frozen=True, slots=True)
class Alarm:
    """Whether the colours still tell accounts apart, from how many, and which one holds the largest share."""

    judgement: DistributionAlarm
    measured: int
    largest: str
    share: float


class Step(NamedTuple):
    """The weakest `accounts` (0-1) of a curve: their share of ARR (0-1), their ARR and highest strength."""

    accounts: float
    share: float
    arr: float
    strength: float


@dataclass(frozen=True, slots=True)
class RevenueCurve:
    """Which share of ARR lies in which share of accounts, weakest first, in one currency.

    `points` run from (0, 0) to (1, 1); empty with fewer than five accounts or no ARR at all. `unordered` are
    accounts with ARR and without strength: they have no place in the order.
    """

    currency: str
    accounts: int
    arr: float
    points: Sequence[tuple[float, float]]
    steps: Sequence[Step]
    unordered: Worth


def spread_of(accounts: Sequence[Standing]) -> Spread:
    """Return how the strengths of accounts are spread; what nobody measured is in no bin."""
    known = np.array([one.strength for one in accounts if one.strength is not None], dtype=float)
    places = np.minimum(known // BIN_WIDTH, BINS - 1).astype(np.int64)
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75)) if known.size else (0.0, 0.0, 0.0)
    return Spread(
        accounts=len(accounts),
        measured=int(known.size),
        bins=np.bincount(places, minlength=BINS).tolist(),
        quartiles=(float(low), float(middle), float(high)) if known.size else None,
        confidences=Counter(one.confidence for one in accounts if one.strength is not None),
    )


def status_shares(accounts: Sequence[Stands]) -> list[StatusShare]:
    """Return the statuses that occur, worst first, with number and worth of their accounts."""
    groups: defaultdict[str, list[Stands]] = defaultdict(list)
    for one in accounts:
        groups[one.status].append(one)
    return [
        StatusShare(status, len(own), worth_of((one.currency, one.arr) for one in own))
        for status in (Status.RED, Status.AMBER, Status.GREEN, Status.GREY)
        if (own := groups.get(status))
    ]


def judge_colours(accounts: Sequence[Standing]) -> Alarm:
    """Return whether the statuses of measured accounts still tell them apart (docs/method.md §5)."""
    counts = Counter(Status(one.status) for one in accounts)
    measured: dict[Status, int] = {
        status: count for status, count in counts.items() if status is not Status.GREY
    }
    total = sum(measured.values())
    largest = max(measured, key=lambda status: (measured[status], status), default=Status.GREY)
    share = measured[largest] / total if total else 0.0
    return Alarm(distribution_alarm(counts), total, largest, share)


def revenue_curves(accounts: Sequence[Standing]) -> list[RevenueCurve]:
    """Return one curve per currency in which accounts have ARR, the one with most accounts first.

    Unknown and negative ARR is left out; an ARR of 0 is an account that brings nothing.
    """
    groups: defaultdict[str, list[Standing]] = defaultdict(list)
    for one in accounts:
        if one.arr is not None and one.arr >= 0:
            groups[one.currency].append(one)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return [_curve(currency, own) for currency, own in ordered]


def _curve(currency: str, accounts: Sequence[Standing]) -> RevenueCurve:
    known = [one for one in accounts if one.strength is not None]
    unordered = worth_of((one.currency, one.arr) for one in accounts if one.strength is None)
    strengths = np.array([one.strength for one in known], dtype=float)
    amounts = np.array([one.arr for one in known], dtype=float)
    total = float(amounts.sum())
    if len(known) < FEWEST_FOR_A_CURVE or not total:
        return RevenueCurve(currency, len(known), total, (), (), unordered)
    # Accounts of equal strength are one step: which of them comes first means nothing.
    levels, place = np.unique(strengths, return_inverse=True)
    across = np.concatenate(([0.0], np.bincount(place).cumsum() / len(known)))
    up = np.concatenate(([0.0], np.bincount(place, weights=amounts).cumsum() / total))
    shares = np.interp(STEPS, across, up)
    ends = levels[np.minimum(np.searchsorted(across[1:], np.array(STEPS) - 1e-9), len(levels) - 1)]
    return RevenueCurve(
        currency=currency,
        accounts=len(known),
        arr=total,
        points=[(float(across[at]), float(up[at])) for at in _drawn(len(across))],
        steps=[
            Step(share, float(part), float(part) * total, float(end))
            for share, part, end in zip(STEPS, shares, ends, strict=True)
        ],
        unordered=unordered,
    )


def _drawn(size: int) -> list[int]:
    return [int(at) for at in thinned(range(size))]
