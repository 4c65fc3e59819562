"""NPS: from ratings to promoters, passives and detractors, and to a score with an honest interval."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from surveys.intervals import Interval, widen_to, z_quantile
from surveys.measure import Measure, MeasureState, not_measured

# Added to promoters, passives and detractors before an interval is computed.
PSEUDO_COUNTS = (0.75, 1.5, 0.75)
PSEUDO_TOTAL = 3.0

# Below this many answers the score interval keeps its promised coverage better than adjusted Wald.
SCORE_INTERVAL_BELOW = 10

ONE_ANSWER = "one answer: treat as a hint"


class RatingClass(StrEnum):
    """The three classes of an NPS rating."""

    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"


def classify_rating(rating: int) -> RatingClass:
    """Return the class of a rating on 0-10: 9-10 promoter, 7-8 passive, 0-6 detractor.

    Raises ValueError for anything but a whole number from 0 to 10 (True and 7.0 included: a rating that
    is not an integer means that something upstream went wrong).
    """
    if type(rating) is not int or not 0 <= rating <= 10:
        raise ValueError(f"an NPS rating is a whole number from 0 to 10, not {rating!r}")
    if rating >= 9:
        return RatingClass.PROMOTER
    return RatingClass.PASSIVE if rating >= 7 else RatingClass.DETRACTOR


@dataclass(frozen=True, slots=True)
class NpsCounts:
    """How many promoters, passives and detractors answered; fractional after weighting.

    Raises ValueError for a negative or non-finite count.
    """

    promoters: float
    passives: float
    detractors: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(count) and count >= 0 for count in self.as_tuple()):
            raise ValueError("counts of answers cannot be negative")

    @classmethod
    def from_ratings(cls, ratings: Iterable[int | None]) -> Self:
        """Count ratings on 0-10; a missing rating (None) is dropped, never read as 0. Raises ValueError."""
        classes = [classify_rating(rating) for rating in ratings if rating is not None]
        return cls(
            classes.count(RatingClass.PROMOTER),
            classes.count(RatingClass.PASSIVE),
            classes.count(RatingClass.DETRACTOR),
        )

    def as_tuple(self) -> tuple[float, float, float]:
        """Return (promoters, passives, detractors)."""
        return self.promoters, self.passives, self.detractors

    @property
    def total(self) -> float:
        """All answers."""
        return self.promoters + self.passives + self.detractors

    @property
    def nps(self) -> float | None:
        """Promoters minus detractors as a share of all, -1 to 1; None without answers."""
        return (self.promoters - self.detractors) / self.total if self.total > 0 else None

    @property
    def variance(self) -> float | None:
        """Variance of one answer scored 1, 0, -1; None without answers."""
        if self.total <= 0:
            return None
        promoters, detractors = self.promoters / self.total, self.detractors / self.total
        # The difference of shares can leave -1e-17 where all answers agree.
        return max(0.0, promoters + detractors - (promoters - detractors) ** 2)

    @property
    def standard_error(self) -> float | None:
        """Plain standard error of the NPS: zero for identical answers, so never the base of an interval."""
        variance = self.variance
        return None if variance is None else math.sqrt(variance / self.total)

    def adjusted(self) -> "NpsCounts":
        """Return the counts with 3/4, 1 1/2 and 3/4 added, as adjusted Wald wants them."""
        promoters, passives, detractors = PSEUDO_COUNTS
        return NpsCounts(self.promoters + promoters, self.passives + passives, self.detractors + detractors)

    def __add__(self, other: "NpsCounts") -> "NpsCounts":
        return NpsCounts(
            self.promoters + other.promoters,
            self.passives + other.passives,
            self.detractors + other.detractors,
        )


def adjusted_wald_interval(counts: NpsCounts, confidence: float = 0.95) -> Interval:
    """Return the adjusted Wald interval of an NPS, clipped to -1 to 1 (docs/method.md §1.1; Rocks 2016).

    Pseudo-answers keep it open when all answers agree. With one answer the raw score can fall outside;
    `nps_interval` extends the limit to it. Raises ValueError without answers.
    """
    _nps_of(counts)
    adjusted = counts.adjusted()
    half = z_quantile(confidence) * _standard_error_of(adjusted)
    centre = _nps_of(adjusted)
    return max(-1.0, centre - half), min(1.0, centre + half)


def score_interval(counts: NpsCounts, confidence: float = 0.95) -> Interval:
    """Return the score interval of an NPS, within -1 to 1 (docs/method.md §1.1; Tango 1998, Wilson type).

    The limits are the trial values at which the score statistic reaches the normal quantile; all
    detractors give a lower limit of -1, all promoters an upper limit of 1. Raises ValueError without answers.
    """
    raw = _nps_of(counts)
    z = z_quantile(confidence)
    lower = -1.0 if counts.detractors == counts.total else _score_limit(counts, -1.0, raw, target=z)
    upper = 1.0 if counts.promoters == counts.total else _score_limit(counts, raw, 1.0, target=-z)
    return lower, upper


def nps_interval(
    counts: NpsCounts, confidence: float = 0.95, *, score_below: float = SCORE_INTERVAL_BELOW
) -> Interval:
    """Return the score interval for fewer than `score_below` answers, else adjusted Wald.

    Within -1 to 1 and always around the raw score. Raises ValueError without answers.
    """
    method = score_interval if counts.total < score_below else adjusted_wald_interval
    return widen_to(method(counts, confidence), _nps_of(counts))


def nps_measure(
    counts: NpsCounts,
    *,
    n: int | None = None,
    confidence: float = 0.95,
    score_below: float = SCORE_INTERVAL_BELOW,
) -> Measure:
    """Return the NPS (-1 to 1) of the process behind the answers, with its interval (docs/method.md §1.1).

    Pass `n` when the counts are effective counts of a weighted sample; `n_eff` then carries their total.
    One answer is provisional, none is not measured.
    """
    value = counts.nps
    answers = round(counts.total) if n is None else n
    if value is None:
        return not_measured("nobody has answered yet")
    return Measure(
        value=value,
        n=answers,
        n_eff=None if n is None else counts.total,
        ci=nps_interval(counts, confidence, score_below=score_below),
        state=MeasureState.PROVISIONAL if answers == 1 else MeasureState.MEASURED,
        reason=ONE_ANSWER if answers == 1 else "",
    )


def _nps_of(counts: NpsCounts) -> float:
    value = counts.nps
    if value is None:
        raise ValueError("an NPS interval needs at least one answer")
    return value


def _standard_error_of(counts: NpsCounts) -> float:
    error = counts.standard_error
    if error is None:
        raise ValueError("an NPS interval needs at least one answer")
    return error


def _score_limit(counts: NpsCounts, lower: float, upper: float, *, target: float) -> float:
    """Return the trial value in [lower, upper] where the score statistic equals `target`."""
    # Bisection: the statistic only falls, and fifty halvings of the scale reach the last digit.
    for _ in range(50):
        middle = (lower + upper) / 2
        if _score_statistic(counts, middle) > target:
            lower = middle
        else:
            upper = middle
    return (lower + upper) / 2


def _score_statistic(counts: NpsCounts, delta: float) -> float:
    """Return the score statistic at trial value `delta`; it falls as delta rises."""
    n = counts.total
    a = 2 * n
    b = -counts.promoters - counts.detractors + (2 * n - counts.promoters + counts.detractors) * delta
    c = -counts.detractors * delta * (1 - delta)
    detractor_share = (math.sqrt(max(0.0, b * b - 4 * a * c)) - b) / (2 * a)
    variance = n * (2 * detractor_share + delta * (1 - delta))
    distance = counts.promoters - counts.detractors - n * delta
    if variance <= 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / math.sqrt(variance)
