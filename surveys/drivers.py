"""What goes with the rating: drivers by rank correlation first, then by relative weight."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from surveys.interval_arrays import FloatArray
from surveys.intervals import widen_to, wilson_interval
from surveys.measure import Measure, MeasureState, not_measured
from surveys.pair_sums import IntArray, Moments, PairSums, bootstrap_weights, pair_sums
from surveys.ranks import mid_ranks, spearman
from surveys.relative_weights import RelativeWeights, relative_weights, weights_of_draws

ANSWERS_NEEDED = 50
ANSWERS_PER_DRIVER = 10
# Fewer pairs than this show a rank correlation by chance alone.
FEWEST = 10
# Fewer accounts than this cannot be drawn anew: the draws would all be alike.
ACCOUNTS_NEEDED = 10
DRAWS = 500

_CONSTANT = "all answers are the same, so nothing can go with them"


@dataclass(frozen=True, slots=True)
class DriverItem:
    """A question that may drive the rating: its name, the ends of its scale, and where its top begins."""

    name: str
    lowest: float
    highest: float
    top_from: float

    def __post_init__(self) -> None:
        if not self.lowest < self.highest:
            raise ValueError("a scale runs from its lowest to its highest point")
        if not self.lowest < self.top_from <= self.highest:
            raise ValueError("the top of a scale begins above its lowest point")


@dataclass(frozen=True, slots=True)
class Driver:
    """One driver, with intervals from drawing accounts anew.

    `spearman` (-1 to 1) stands first; `importance` (0-1) is its share of the rating's variance, with the
    `sign` (-1, 0, 1) that the weight lacks; `performance` (0-1) its mean on its own scale, `top_box` (0-1)
    the share of answers at the top of it. It goes with the rating: that it moves it nobody has shown.
    """

    name: str
    n: int
    spearman: Measure
    importance: Measure
    sign: int
    performance: Measure
    top_box: Measure


@dataclass(frozen=True, slots=True)
class Drivers:
    """All drivers in the order given; `r_squared` is what they explain together, None where `reason` says."""

    drivers: tuple[Driver, ...]
    n: int
    accounts: int
    r_squared: float | None
    is_ridged: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Table:
    """Rated responses: outcome, items on 0-1, whether each is at the top of its scale (1, 0, NaN), accounts;
    sums of levels and ranks, the outcome first; per block the answers at the top and all answers."""

    rating: FloatArray
    items: FloatArray
    top: FloatArray
    account: IntArray
    centre: FloatArray
    levels: PairSums
    ranks: PairSums
    tops: PairSums

    @property
    def n(self) -> int:
        return int(np.isfinite(self.items).any(axis=1).sum())

    @property
    def given(self) -> list[int]:
        return [int(count) for count in np.isfinite(self.items).sum(axis=0)]

    def spearman_of(self, at: int) -> float | None:
        both = np.isfinite(self.items[:, at])
        return spearman(self.rating[both], self.items[both, at])

    def mean_of(self, at: int) -> float:
        return float(self.items[np.isfinite(self.items[:, at]), at].mean())

    def top_share_of(self, at: int) -> float:
        return float(self.top[np.isfinite(self.top[:, at]), at].mean())


def find_drivers(
    rating: FloatArray,
    answers: FloatArray,
    account: IntArray,
    items: Sequence[DriverItem],
    *,
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
    answers_needed: int = ANSWERS_NEEDED,
    per_driver: int = ANSWERS_PER_DRIVER,
) -> Drivers:
    """Weigh items against a rating (docs/method.md §7).

    One row per response: its rating, n×k answers, its account; NaN is missing and costs only its pairs.
    Importance needs `answers_needed` rated responses, as many at each item, and `per_driver` for each item;
    a constant item has none. Raises ValueError for arrays that do not fit each other.
    """
    if answers.shape != (len(rating), len(items)) or account.shape != rating.shape:
        raise ValueError("every response has a rating, an account and one place per item")
    table = _table(rating, answers, account, items, seed)
    full = table.levels.moments()
    reasons = _reasons(table, full, answers_needed=answers_needed, per_driver=per_driver)
    used = [at for at, reason in enumerate(reasons) if not reason]
    weighed = _weigh(full.correlations, used)
    drawn = _draw(table, used, draws=draws, seed=seed)
    sampling = _Sampling(drawn, confidence, has_interval=len(np.unique(table.account)) >= ACCOUNTS_NEEDED)
    return Drivers(
        drivers=tuple(
            _driver(table, at, item.name, reasons[at], weighed, used, sampling)
            for at, item in enumerate(items)
        ),
        n=table.n,
        accounts=len(np.unique(table.account)),
        r_squared=weighed.r_squared if used else None,
        is_ridged=weighed.is_ridged,
        reason="" if used else (reasons[0] if reasons else "no item was asked beside the rating"),
    )


def _table(
    rating: FloatArray, answers: FloatArray, account: IntArray, items: Sequence[DriverItem], seed: int
) -> _Table:
    rated = np.isfinite(rating)
    low = np.array([item.lowest for item in items])
    span = np.array([item.highest - item.lowest for item in items])
    scaled = (answers[rated] - low) / span
    starts = np.array([item.top_from for item in items])
    top = np.where(np.isfinite(scaled), (answers[rated] >= starts).astype(float), np.nan)
    columns = np.column_stack([rating[rated], scaled])
    known = np.isfinite(columns)
    counts = np.maximum(1, known.sum(axis=0))
    centre = np.where(known, columns, 0.0).sum(axis=0) / counts
    ranks = np.full(columns.shape, np.nan)
    for at in range(columns.shape[1]):
        ranks[known[:, at], at] = mid_ranks(columns[known[:, at], at]) / counts[at] - 0.5
    return _Table(
        rating=rating[rated],
        items=scaled,
        top=top,
        account=account[rated],
        centre=centre[1:],
        levels=pair_sums(columns - centre, account[rated], seed=seed),
        ranks=pair_sums(ranks, account[rated], seed=seed),
        tops=pair_sums(top, account[rated], seed=seed),
    )


def _reasons(table: _Table, full: Moments, *, answers_needed: int, per_driver: int) -> list[str]:
    """Return why an item has no importance, empty for one that has."""
    k = len(table.given)
    needed = max(answers_needed, per_driver * k)
    if table.n < needed:
        return [f"{table.n} answers; {needed} are needed for {k} items"] * k
    correlations = full.correlations
    reasons = [
        f"{n} answers; {answers_needed} are needed"
        if n < answers_needed
        else (_CONSTANT if np.isnan(correlations[0, at + 1]) else "")
        for at, n in enumerate(table.given)
    ]
    # Two items that hardly anybody answered both cannot be told apart: the one with fewer answers goes.
    used = [at for at, reason in enumerate(reasons) if not reason]
    while used:
        place = np.array(used) + 1
        short = full.n[np.ix_(place, place)] < per_driver
        short |= np.isnan(correlations[np.ix_(place, place)])
        if not short.any():
            break
        fewest = min(
            (at for at, bad in zip(used, short.any(axis=0), strict=True) if bad), key=table.given.__getitem__
        )
        reasons[fewest] = "too few people answered it together with the other items"
        used.remove(fewest)
    return reasons


def _weigh(correlations: FloatArray, used: Sequence[int]) -> RelativeWeights:
    place = np.array(used, dtype=np.int64) + 1
    return relative_weights(correlations[np.ix_(place, place)], correlations[0, place])


@dataclass(frozen=True, slots=True)
class _Drawn:
    """draws×k each, NaN where a draw has no value."""

    spearman: FloatArray
    importance: FloatArray
    performance: FloatArray
    top_box: FloatArray


def _draw(table: _Table, used: Sequence[int], *, draws: int, seed: int) -> _Drawn:
    k = len(table.given)
    found = _Drawn(*(np.full((draws, k), np.nan) for _ in range(4)))
    if not table.levels.blocks:
        return found
    place = np.array(used, dtype=np.int64)
    weights = bootstrap_weights(table.levels.blocks, draws=draws, seed=seed)
    diagonal = np.arange(k)
    answers, at_top = (weights @ table.tops.sums[:, part, diagonal, diagonal] for part in (0, 1))
    found.top_box[:] = at_top / np.where(answers > 0, answers, np.nan)
    levels = table.levels.resampled(weights)
    found.spearman[:] = table.ranks.resampled(weights).correlations[:, 0, 1:]
    found.performance[:] = levels.means[:, 1:] + table.centre
    within = np.append(0, place + 1)
    correlations = levels.correlations[:, within][:, :, within]
    whole = np.flatnonzero(np.isfinite(correlations).all(axis=(1, 2)))
    if used and whole.size:
        chosen = correlations[whole]
        found.importance[np.ix_(whole, place)] = weights_of_draws(chosen[:, 1:, 1:], chosen[:, 0, 1:])
    return found


@dataclass(frozen=True, slots=True)
class _Sampling:
    drawn: _Drawn
    confidence: float
    has_interval: bool

    def measure(self, value: float | None, n: int, drawn: FloatArray, reason: str) -> Measure:
        """Return a measure with the middle of its draws as interval; provisional where accounts are few."""
        if value is None:
            return not_measured(reason, n=n)
        known = drawn[np.isfinite(drawn)]
        if not self.has_interval or 2 * known.size < drawn.size or np.ptp(known) == 0:
            few = f"no interval: answers of {ACCOUNTS_NEEDED} accounts that differ are needed"
            return Measure(value, n, None, None, MeasureState.PROVISIONAL, few)
        tail = (1 - self.confidence) / 2
        low, high = np.quantile(known, [tail, 1 - tail])
        return Measure(value, n, None, widen_to((float(low), float(high)), value), MeasureState.MEASURED)


def _driver(
    table: _Table,
    at: int,
    name: str,
    reason: str,
    weighed: RelativeWeights,
    used: Sequence[int],
    sampling: _Sampling,
) -> Driver:
    n, drawn = table.given[at], sampling.drawn
    nobody = "nobody has answered it yet"
    place = used.index(at) if at in used else None
    rank = table.spearman_of(at) if n >= FEWEST else None
    why = f"{n} answers; {FEWEST} are needed" if n < FEWEST else _CONSTANT
    return Driver(
        name=name,
        n=n,
        spearman=sampling.measure(rank, n, drawn.spearman[:, at], why),
        importance=sampling.measure(
            None if place is None else float(weighed.weights[place]), n, drawn.importance[:, at], reason
        ),
        sign=0 if place is None else int(np.sign(weighed.beta[place])),
        performance=sampling.measure(table.mean_of(at) if n else None, n, drawn.performance[:, at], nobody),
        top_box=_share(
            sampling.measure(table.top_share_of(at) if n else None, n, drawn.top_box[:, at], nobody)
        ),
    )


def _share(top_box: Measure) -> Measure:
    """Return a share with an interval: Wilson's where accounts drawn anew all say the same."""
    if top_box.value is None or top_box.ci is not None:
        return top_box
    return replace(top_box, ci=wilson_interval(round(top_box.value * top_box.n), top_box.n))
