"""Where a value stands among own accounts and those of others, of which only quantiles are known."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from vocapp.exchange.rules import Exchanged, Summary, around

# Quantiles are told in whole points.
_ROUNDING = 0.5


@dataclass(frozen=True, slots=True)
class Below:
    """How many accounts lie below a value, half of those level counted: at least, probably, at most."""

    least: float
    likely: float
    most: float


def below(value: float, told: Summary, measure: Exchanged) -> Below:
    """Return how many of somebody's accounts lie below a value (in points).

    A quantile is the mean of the few values around its place, rounded: whoever is above it by more than the
    rounding is above the first of them, whoever is below it is below the last. These limits always hold.
    Between them the likely number follows straight lines from quantile to quantile and to the ends of the
    scale, which is a guess.
    """
    n = told.accounts
    least, most = 0, n
    xs, ys = [float(measure.lowest)], [0.0]
    for level, points in sorted(told.quantiles.items()):
        first, last = around(level, n)
        if value > points + _ROUNDING:
            least = max(least, first)
        if value < points - _ROUNDING:
            most = min(most, last - 1)
        xs.append(float(points))
        ys.append(level * n / 100)
    xs.append(float(measure.highest))
    ys.append(float(n))
    guess = (_from_left(value, xs, ys) + _from_right(value, xs, ys)) / 2
    return Below(float(least), min(max(guess, float(least)), float(most)), float(most))


def _from_left(value: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return the height of a broken line, which may jump, as one comes from smaller values."""
    at = bisect_left(xs, value)
    if at == 0:
        return ys[0]
    return ys[-1] if at == len(xs) else _between(value, xs, ys, at)


def _from_right(value: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    at = bisect_right(xs, value)
    if at == len(xs):
        return ys[-1]
    return ys[0] if at == 0 else _between(value, xs, ys, at)


def _between(value: float, xs: Sequence[float], ys: Sequence[float], at: int) -> float:
    step = xs[at] - xs[at - 1]
    share = (value - xs[at - 1]) / step if step else 1.0
    return ys[at - 1] + (ys[at] - ys[at - 1]) * share


@dataclass(frozen=True, slots=True)
class Pooled:
    """A percentile (0-100) among own accounts and those of others, its limits, and what it is made of.

    `low` and `high` are what the quantiles leave open; they say nothing about chance.
    """

    percentile: float
    low: float
    high: float
    own: int
    others: int
    sources: int

    @property
    def n(self) -> int:
        """All accounts it stands on."""
        return self.own + self.others


def pool(value: float, own: Sequence[float], others: Sequence[Summary], measure: Exchanged) -> Pooled | None:
    """Return where a value (in points) stands among own accounts and those of others; None without any.

    Every account counts once, whoever's it is. Those of others who tell no quantile are left out: nothing
    is known of where they lie.
    """
    told = [one for one in others if one.quantiles]
    far = sum(one.accounts for one in told)
    n = len(own) + far
    if not n:
        return None
    near = sum(1.0 for one in own if one < value) + 0.5 * sum(1.0 for one in own if one == value)
    counts = [below(value, one, measure) for one in told]
    likely, least, most = (
        100 * math.fsum([near, *(getattr(count, name) for count in counts)]) / n
        for name in ("likely", "least", "most")
    )
    return Pooled(likely, least, most, len(own), far, len(told))
