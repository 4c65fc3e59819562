"""The NPS of one complete contact list, of which some people have answered and some are silent."""

import math
from dataclasses import dataclass

from surveys.intervals import Interval, widen_to, z_quantile
from surveys.measure import Measure, MeasureState, not_measured
from surveys.scoring import ONE_ANSWER, PSEUDO_COUNTS, NpsCounts


@dataclass(frozen=True, slots=True)
class ListNps:
    """What the whole list would say; `bounds` is (all silent are detractors, all silent are promoters)."""

    estimate: float
    standard_error: float
    ci: Interval
    bounds: Interval
    answered: float
    list_size: int

    @property
    def is_census(self) -> bool:
        """True when everybody on the list answered: the score is then a fact, not an estimate."""
        return self.answered == self.list_size

    def measure(self) -> Measure:
        """Return the estimate as a measure; not measured while nobody has answered."""
        answers = round(self.answered)
        if answers == 0:
            return not_measured("nobody on the list has answered yet")
        worst = f"{self.bounds[0] * 100:.0f}"
        if self.is_census:
            state, reason = MeasureState.MEASURED, "everybody on the list answered"
        elif answers == 1:
            state, reason = MeasureState.PROVISIONAL, f"{ONE_ANSWER}; worst case {worst}"
        else:
            state, reason = MeasureState.MEASURED, f"worst case {worst} if all silent people are detractors"
        return Measure(self.estimate, answers, None, self.ci, state, reason)


def list_nps(
    counts: NpsCounts,
    list_size: int,
    *,
    prior: tuple[float, float, float] = PSEUDO_COUNTS,
    confidence: float = 0.95,
) -> ListNps:
    """Predict the census NPS (-1 to 1) of a list of `list_size` contacts (docs/method.md §1.2).

    The silent are predicted from the answers and the prior (promoters, passives, detractors); shrinking the
    ordinary interval by a finite-population factor instead would close it around the wrong centre. Assumes
    that silence is at random, so always show `bounds[0]`, the worst case, beside it. Raises ValueError for
    an empty list or more answers than contacts.
    """
    if list_size < 1:
        raise ValueError("a contact list holds at least one contact")
    if counts.total > list_size:
        raise ValueError("more answers than contacts on the list")
    silent = list_size - counts.total
    net = counts.promoters - counts.detractors
    size = counts.total + sum(prior)
    promoters, detractors = (counts.promoters + prior[0]) / size, (counts.detractors + prior[2]) / size
    mean = promoters - detractors
    variance = promoters + detractors - mean**2
    estimate = (net + silent * mean) / list_size
    error = math.sqrt(silent * variance * (size + silent) / (size + 1)) / list_size
    bounds = (net - silent) / list_size, (net + silent) / list_size
    half = z_quantile(confidence) * error
    ci = max(bounds[0], estimate - half), min(bounds[1], estimate + half)
    # Rounding can put limits and estimate of a census 1e-17 apart.
    return ListNps(estimate, error, widen_to(ci, estimate), bounds, counts.total, list_size)
