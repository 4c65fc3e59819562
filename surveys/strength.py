"""Relationship strength: footprint, engagement and sentiment in one number, and what it lost to each."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from surveys.evidence import Components, Evidence, EvidenceBatch, FloatArray
from surveys.intervals import Interval
from surveys.measure import Measure, MeasureState, not_measured
from surveys.shrinkage import seeded_generator

# Accounts whose draws are held in memory together: 5 gammas of a thousand draws each are 20 MB.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class StrengthParameters:
    """Every configurable choice behind strength and status (docs/method.md §5).

    Weights are relative; floor, minimum_weight, certainty and minimum_component lie in 0-1; green_from,
    red_below and hysteresis are points of strength; `draws` per account decide how fine the chances are.
    """

    footprint_weight: float = 0.3
    engagement_weight: float = 0.4
    sentiment_weight: float = 0.3
    floor: float = 0.05
    minimum_weight: float = 0.5
    green_from: float = 70.0
    red_below: float = 40.0
    hysteresis: float = 5.0
    certainty: float = 0.8
    minimum_component: float = 0.4
    silent_waves: int = 2
    draws: int = 1000
    seed: int = 0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        weights = self.footprint_weight, self.engagement_weight, self.sentiment_weight
        if min(weights) <= 0 or not 0 < self.floor < 1 or self.draws < 100:
            raise ValueError("strength needs positive weights, a floor between 0 and 1 and 100 draws or more")

    def weights(self) -> FloatArray:
        """Return the weights of footprint, engagement and sentiment, summing to 1."""
        weights = np.array([self.footprint_weight, self.engagement_weight, self.sentiment_weight])
        shares: FloatArray = weights / weights.sum()
        return shares


DEFAULT_STRENGTH = StrengthParameters()


@dataclass(frozen=True, slots=True)
class Points:
    """Points of strength that belong to each component; 0 for one that was not measured."""

    footprint: float
    engagement: float
    sentiment: float

    @property
    def total(self) -> float:
        """The sum: what the decomposed quantity was."""
        return self.footprint + self.engagement + self.sentiment

    @classmethod
    def from_row(cls, row: FloatArray) -> Self:
        """Build from an array of three."""
        return cls(float(row[0]), float(row[1]), float(row[2]))


@dataclass(frozen=True, slots=True)
class Strength:
    """Strength of one account: the measure (0-100), points lost per component, and what is likely.

    `lost` is None and all probabilities are 0 where strength could not be measured. `green` is P(R at or
    above the green mark), `red` P(R below the red mark); `green_kept` and `red_kept` allow for hysteresis.
    """

    components: Components
    measure: Measure
    lost: Points | None
    green: float = 0.0
    green_kept: float = 0.0
    red: float = 0.0
    red_kept: float = 0.0


@dataclass(frozen=True, slots=True)
class StrengthBatch:
    """Strengths of a batch, row by row as in `Strength`; value, low, high and lost are NaN when unmeasured.

    Columns of `probabilities`: green, green kept, red, red kept.
    """

    batch: EvidenceBatch
    value: FloatArray
    low: FloatArray
    high: FloatArray
    lost: FloatArray
    probabilities: FloatArray

    def account(self, row: int) -> Strength:
        """Return the strength of one row."""
        parts = [None if math.isnan(part) else float(part) for part in self.batch.components[row]]
        components = Components(*parts)
        answers = int(self.batch.answers[row])
        if math.isnan(self.value[row]):
            return Strength(components, not_measured(_reason_for_none(components), n=answers), None)
        interval = float(self.low[row]), float(self.high[row])
        measure = _strength_measure(float(self.value[row]), interval, components, answers)
        chances = (float(chance) for chance in self.probabilities[row])
        return Strength(components, measure, Points.from_row(self.lost[row]), *chances)


def combine(components: Components, parameters: StrengthParameters = DEFAULT_STRENGTH) -> float | None:
    """Return strength 0-100, the floored weighted geometric mean of the components (docs/method.md §5).

    Geometric, so that strength in one part cannot buy off silence in another. Weights of missing components
    go to the others; None without footprint or with less than half of the weight measured.
    """
    value = float(combine_rows(components.as_row(), parameters)[0])
    return None if math.isnan(value) else value


def strength_bounds(
    components: Components, parameters: StrengthParameters = DEFAULT_STRENGTH
) -> Interval | None:
    """Return strength with the missing components at their floor and at 1; None as `combine`."""
    low, high = _bounds(components.as_row(), parameters)
    return None if math.isnan(low[0]) else (float(low[0]), float(high[0]))


def points_lost(components: Components, parameters: StrengthParameters = DEFAULT_STRENGTH) -> Points | None:
    """Split the points missing to 100 among the components, by weighted logarithm; they add up exactly.

    None as `combine`. A component of 1 lost nothing.
    """
    lost = _points_lost(components.as_row(), parameters)[0]
    return None if np.isnan(lost).any() else Points.from_row(lost)


def strength_change(
    before: Components, after: Components, parameters: StrengthParameters = DEFAULT_STRENGTH
) -> Points | None:
    """Split a change of strength among the components (docs/method.md §5; LMDI, Ang 2004); adds up exactly.

    None where either strength is None or different components were measured: weights then moved too, and
    the difference is not one of the relationship.
    """
    earlier, later = before.as_row(), after.as_row()
    weights = _observed_weights(earlier, parameters)
    if (np.isnan(earlier) != np.isnan(later)).any() or np.isnan(weights).any():
        return None
    moves = (weights * (_logs(later, parameters) - _logs(earlier, parameters)))[0]
    start = float(combine_rows(earlier, parameters)[0])
    total = float(moves.sum())
    # The logarithmic mean of both strengths, in a form that stays exact when they are equal or nearly so.
    mean = start * (math.expm1(total) / total if total else 1.0)
    return Points.from_row(mean * moves)


def measure_strength(evidence: Evidence, parameters: StrengthParameters = DEFAULT_STRENGTH) -> Strength:
    """Return the strength of one account; exactly what `measure_strengths` gives for it in a batch."""
    return measure_strengths(EvidenceBatch.of([evidence]), parameters).account(0)


def measure_strengths(
    batch: EvidenceBatch, parameters: StrengthParameters = DEFAULT_STRENGTH
) -> StrengthBatch:
    """Return the strength of every account of a batch (docs/method.md §5).

    Interval and probabilities come from seeded draws of engagement (Beta) and NPS (Dirichlet); where a
    component is missing the interval is the bounds instead. Seconds for 10,000 accounts.
    """
    n = len(batch.keys)
    value = combine_rows(batch.components, parameters)
    low, high = np.full(n, math.nan), np.full(n, math.nan)
    probabilities = np.zeros((n, 4))
    measured = np.flatnonzero(~np.isnan(value))
    for start in range(0, len(measured), _CHUNK):
        rows = measured[start : start + _CHUNK]
        drawn = _draw_log_strengths(batch, rows, parameters)
        low[rows], high[rows] = _middle(drawn, parameters.confidence)
        probabilities[rows] = _chances(drawn, parameters)
    incomplete = np.isnan(batch.components).any(axis=1) & ~np.isnan(value)
    least, most = _bounds(batch.components, parameters)
    low, high = np.where(incomplete, least, low), np.where(incomplete, most, high)
    lost = _points_lost(batch.components, parameters)
    return StrengthBatch(batch, value, np.fmin(low, value), np.fmax(high, value), lost, probabilities)


def _logs(components: FloatArray, parameters: StrengthParameters) -> FloatArray:
    """Return the logarithm of the floored components, 0 where nothing was measured."""
    logs: FloatArray = np.log(np.fmax(np.where(np.isnan(components), 1.0, components), parameters.floor))
    return logs


def _observed_weights(components: FloatArray, parameters: StrengthParameters) -> FloatArray:
    """Return n×3 weights summing to 1 over what was measured; NaN rows where strength has no value."""
    seen = np.where(np.isnan(components), 0.0, parameters.weights())
    total = seen.sum(axis=1, keepdims=True)
    enough = (total >= parameters.minimum_weight) & ~np.isnan(components[:, :1])
    weights: FloatArray = np.where(enough, seen / np.where(total > 0, total, 1.0), math.nan)
    return weights


def combine_rows(components: FloatArray, parameters: StrengthParameters = DEFAULT_STRENGTH) -> FloatArray:
    """Return `combine` of n×3 components (NaN is not measured) row by row, NaN where it gives None."""
    weights = _observed_weights(components, parameters)
    strength: FloatArray = 100 * np.exp((weights * _logs(components, parameters)).sum(axis=1))
    return strength


def _bounds(components: FloatArray, parameters: StrengthParameters) -> tuple[FloatArray, FloatArray]:
    allowed = np.isnan(_observed_weights(components, parameters)).any(axis=1)
    least = combine_rows(np.where(np.isnan(components), parameters.floor, components), parameters)
    most = combine_rows(np.where(np.isnan(components), 1.0, components), parameters)
    return np.where(allowed, math.nan, least), np.where(allowed, math.nan, most)


def _points_lost(components: FloatArray, parameters: StrengthParameters) -> FloatArray:
    logs = _observed_weights(components, parameters) * _logs(components, parameters)
    total = logs.sum(axis=1, keepdims=True)
    missing = 100 - combine_rows(components, parameters)[:, None]
    # All components at 1 lose nothing; the division would be 0 / 0.
    lost: FloatArray = missing * (logs / np.where(total == 0, 1.0, total))
    # Adding zero turns the -0.0 of a component that lost nothing into 0.
    return np.where(total == 0, 0.0, lost) + 0.0


def _draw_log_strengths(
    batch: EvidenceBatch, rows: NDArray[np.intp], parameters: StrengthParameters
) -> FloatArray:
    """Return log(strength / 100) for rows × draws."""
    gammas = np.ones((len(rows), 5, parameters.draws))
    has_engagement = np.isfinite(batch.engagement_posterior[rows].sum(axis=1))
    has_sentiment = np.isfinite(batch.sentiment_posterior[rows].sum(axis=1))
    for at, row in enumerate(rows):
        generator = seeded_generator(batch.keys[row], parameters.seed)
        shapes = np.concatenate([batch.engagement_posterior[row], batch.sentiment_posterior[row]])
        for part in (*(range(2) if has_engagement[at] else ()), *(range(2, 5) if has_sentiment[at] else ())):
            gammas[at, part] = generator.standard_gamma(shapes[part], size=parameters.draws)
    engagement = gammas[:, 0] / (gammas[:, 0] + gammas[:, 1])
    sentiment = (1 + (gammas[:, 2] - gammas[:, 4]) / gammas[:, 2:5].sum(axis=1)) / 2
    point = batch.components[rows]
    drawn = (
        np.broadcast_to(point[:, :1], engagement.shape),
        np.where(has_engagement[:, None], engagement, point[:, 1:2]),
        np.where(has_sentiment[:, None], sentiment, point[:, 2:3]),
    )
    weights = _observed_weights(point, parameters)
    # A missing component weighs nothing, whatever its posterior says.
    total = np.zeros(engagement.shape)
    for part, values in enumerate(drawn):
        total += weights[:, part, None] * _logs(values, parameters)
    return total


def _middle(log_strengths: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Return the limits that hold the middle `confidence` of each row, as strengths 0-100."""
    draws = log_strengths.shape[1]
    cut = int((1 - confidence) / 2 * draws)
    ranked = np.partition(log_strengths, [cut, draws - 1 - cut], axis=1)
    return 100 * np.exp(ranked[:, cut]), 100 * np.exp(ranked[:, draws - 1 - cut])


def _chances(log_strengths: FloatArray, parameters: StrengthParameters) -> FloatArray:
    green, red, slack = parameters.green_from, parameters.red_below, parameters.hysteresis
    marks = np.log(np.array([green, green - slack, red, red + slack]) / 100)
    columns = [
        (log_strengths >= marks[0]).mean(axis=1),
        (log_strengths >= marks[1]).mean(axis=1),
        (log_strengths < marks[2]).mean(axis=1),
        (log_strengths < marks[3]).mean(axis=1),
    ]
    return np.stack(columns, axis=1)


def _reason_for_none(components: Components) -> str:
    if components.footprint is None:
        return "no tier rule says who should be known"
    return "nobody has been asked and nobody has answered yet"


def _strength_measure(value: float, interval: Interval, components: Components, answers: int) -> Measure:
    if components.sentiment is None:
        state, reason = MeasureState.PROVISIONAL, "nobody has answered, so sentiment is unknown"
    elif components.engagement is None:
        state = MeasureState.PROVISIONAL
        reason = "nobody has been asked in a closed wave, so engagement is unknown"
    elif answers == 1:
        state, reason = MeasureState.PROVISIONAL, "rests on one answer: treat as a hint"
    else:
        state, reason = MeasureState.MEASURED, ""
    return Measure(value, answers, None, interval, state, reason)
