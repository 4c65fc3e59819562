"""CSAT and CES: the share of good answers and the mean, each labelled, never mixed."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from surveys.intervals import mean_interval, wilson_interval
from surveys.measure import Measure, MeasureState, not_measured
from surveys.scoring import ONE_ANSWER


@dataclass(frozen=True, slots=True)
class RatingScale:
    """A rating scale: its ends, and from which answer on (and up to which) it counts as good (as bad)."""

    lowest: int
    highest: int
    good_from: int
    bad_to: int


CSAT_SCALE = RatingScale(lowest=1, highest=5, good_from=4, bad_to=2)
CES_SCALE = RatingScale(lowest=1, highest=7, good_from=5, bad_to=3)


@dataclass(frozen=True, slots=True)
class ScaleScore:
    """One scale, summed up: `share` of good answers (0-1), `mean` in scale points, `rescaled` mean (0-1).

    `net` is the share of good minus the share of bad answers (-1 to 1). Vendors quote the share or the
    mean under the same name, so a page says which.
    """

    share: Measure
    mean: Measure
    rescaled: float | None
    net: float | None


def csat_score(ratings: Iterable[int | None], confidence: float = 0.95) -> ScaleScore:
    """Score CSAT ratings on 1-5: top-two-box share with Wilson, mean with t (docs/method.md §1.4).

    Missing ratings (None) are dropped. Raises ValueError for a rating off the scale.
    """
    return score_scale(ratings, CSAT_SCALE, confidence)


def ces_score(ratings: Iterable[int | None], confidence: float = 0.95) -> ScaleScore:
    """Score CES 2.0 ratings on 1-7, where high means easy: share of 5-7 and mean (docs/method.md §1.4).

    Missing ratings (None) are dropped. Raises ValueError for a rating off the scale.
    """
    return score_scale(ratings, CES_SCALE, confidence)


def score_scale(ratings: Iterable[int | None], scale: RatingScale, confidence: float = 0.95) -> ScaleScore:
    """Score ratings on any scale; see `csat_score`."""
    given = [rating for rating in ratings if rating is not None]
    for rating in given:
        if type(rating) is not int:
            raise ValueError(f"a rating is a whole number, not {rating!r}")
        if not scale.lowest <= rating <= scale.highest:
            raise ValueError(f"a rating lies between {scale.lowest} and {scale.highest}, not {rating}")
    n = len(given)
    if n == 0:
        nothing = not_measured("nobody has answered yet")
        return ScaleScore(share=nothing, mean=nothing, rescaled=None, net=None)
    counts = Counter(given)
    good = sum(count for rating, count in counts.items() if rating >= scale.good_from)
    bad = sum(count for rating, count in counts.items() if rating <= scale.bad_to)
    mean = math.fsum(given) / n
    state = MeasureState.PROVISIONAL if n == 1 else MeasureState.MEASURED
    share = Measure(
        value=good / n,
        n=n,
        n_eff=None,
        ci=wilson_interval(good, n, confidence),
        state=state,
        reason=ONE_ANSWER if n == 1 else "",
    )
    return ScaleScore(
        share=share,
        mean=_mean_measure(given, mean, state, confidence),
        rescaled=(mean - scale.lowest) / (scale.highest - scale.lowest),
        net=(good - bad) / n,
    )


def _mean_measure(given: list[int], mean: float, state: MeasureState, confidence: float) -> Measure:
    ci = mean_interval(given, confidence)
    if len(given) == 1:
        reason = f"{ONE_ANSWER}; a mean of one has no interval"
    else:
        reason = "all answers are the same, so the mean has no interval" if ci is None else ""
    return Measure(value=mean, n=len(given), n_eff=None, ci=ci, state=state, reason=reason)
