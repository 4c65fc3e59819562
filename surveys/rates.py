"""Who answered: response rates, engagement, and how telling a silence is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy import special

from surveys.intervals import Interval, beta_interval, widen_to, wilson_interval
from surveys.measure import Measure, MeasureState, not_measured
from surveys.weights import effective_sample_size


class Disposition(StrEnum):
    """What became of one invitation once its wave closed."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    DECLINED = "declined"
    SILENT = "silent"
    BOUNCED = "bounced"
    INELIGIBLE = "ineligible"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Dispositions:
    """How many invitations ended in each way; `ineligible` are people who had left or were the wrong ones."""

    complete: int = 0
    partial: int = 0
    declined: int = 0
    silent: int = 0
    bounced: int = 0
    ineligible: int = 0

    def __post_init__(self) -> None:
        if min(self.known_eligible, self.bounced, self.ineligible, self.complete, self.partial) < 0:
            raise ValueError("a number of invitations cannot be negative")

    @property
    def known_eligible(self) -> int:
        """Everybody who certainly got the invitation and was the right person."""
        return self.complete + self.partial + self.declined + self.silent


@dataclass(frozen=True, slots=True)
class ResponseRates:
    """AAPOR response rates (0-1); rr5 and rr6 leave bounces out and must say so, with rr1 beside them.

    `eligible_share` is the e that weights the bounced in rr3, None when nobody's eligibility is known.
    """

    rr1: Measure
    rr2: Measure
    rr3: Measure
    rr5: Measure
    rr6: Measure
    eligible_share: float | None


def response_rates(counts: Dispositions, confidence: float = 0.95) -> ResponseRates:
    """Return the AAPOR rates with Wilson intervals (docs/method.md §2.1; AAPOR Standard Definitions).

    A partial answered the rating. Ineligible people are in no denominator. A rate over nobody is not
    measured.
    """
    eligible, bounced = counts.known_eligible, counts.bounced
    answered = counts.complete + counts.partial
    judged = eligible + counts.ineligible
    share = eligible / judged if judged else None

    def rate(successes: int, asked: float, reason: str = "") -> Measure:
        if asked <= 0:
            return not_measured("nobody was asked")
        ci = wilson_interval(successes, asked, confidence)
        return Measure(successes / asked, round(asked), None, ci, MeasureState.MEASURED, reason)

    return ResponseRates(
        rr1=rate(counts.complete, eligible + bounced),
        rr2=rate(answered, eligible + bounced),
        rr3=rate(counts.complete, 0 if share is None else eligible + share * bounced),
        rr5=rate(counts.complete, eligible, "bounces excluded"),
        rr6=rate(answered, eligible, "bounces excluded"),
        eligible_share=share,
    )


@dataclass(frozen=True, slots=True)
class EngagementParameters:
    """Configurable choices: what each outcome is worth, how fast it ages, how strongly the cohort pulls."""

    complete: float = 1.0
    partial: float = 0.5
    declined: float = 0.25
    silent: float = 0.0
    half_life_months: float = 12.0
    kappa: float = 4.0
    confidence: float = 0.90

    def worth(self, disposition: Disposition) -> float | None:
        """Return what an outcome is worth (0-1), or None for one that says nothing about the person."""
        return {
            Disposition.COMPLETE: self.complete,
            Disposition.PARTIAL: self.partial,
            Disposition.DECLINED: self.declined,
            Disposition.SILENT: self.silent,
        }.get(disposition)


DEFAULT_ENGAGEMENT = EngagementParameters()

# Stands in for the mean of a cohort that does not exist yet; with kappa 4 it adds two yes and two no.
NO_COHORT_MEAN = 0.5


@dataclass(frozen=True, slots=True)
class Participation:
    """One invitation as engagement sees it: outcome, weight of the person, months since its launch."""

    disposition: Disposition
    weight: float = 1.0
    age_months: float = 0.0


@dataclass(frozen=True, slots=True)
class Turnout:
    """Who took part at one account, before the cohort has its say: the weighted, decayed share (0-1).

    `n` counts delivered, closed invitations, `n_eff` their effective number, `silent` those left unanswered.
    """

    value: float
    n: int
    n_eff: float
    silent: int


@dataclass(frozen=True, slots=True)
class Engagement:
    """Engagement of an account, 0-1.

    `value` is the weighted, decayed share; `shrunk` pulls it towards the cohort; `alpha` and `beta` are the
    Beta posterior behind `interval` (90 % unless configured). `n` counts delivered, closed invitations.
    """

    value: float
    n: int
    n_eff: float
    shrunk: float
    alpha: float
    beta: float
    interval: Interval
    silent: int

    def measure(self) -> Measure:
        """Return the value as a measure; its interval always holds the value."""
        reason = "nobody who was asked answered" if self.silent == self.n else ""
        interval = widen_to(self.interval, self.value)
        return Measure(self.value, self.n, self.n_eff, interval, MeasureState.MEASURED, reason)


def turnout(
    participations: Sequence[Participation], *, parameters: EngagementParameters = DEFAULT_ENGAGEMENT
) -> Turnout | None:
    """Return the weighted, decayed share of an account, or None when nothing was delivered.

    Silence after a closed wave counts as zero; bounced, pending and ineligible invitations do not count
    (docs/method.md §2.2). Raises ValueError for a negative age or a weight that is not positive.
    """
    weights: list[float] = []
    values: list[float] = []
    for participation in participations:
        if participation.weight <= 0 or participation.age_months < 0:
            raise ValueError("a participation has a positive weight and an age of zero or more months")
        worth = parameters.worth(participation.disposition)
        if worth is None:
            continue
        weights.append(participation.weight * 2 ** (-participation.age_months / parameters.half_life_months))
        values.append(worth)
    if not weights:
        return None
    value = math.fsum(w * r for w, r in zip(weights, values, strict=True)) / math.fsum(weights)
    return Turnout(
        value=min(1.0, value),
        n=len(values),
        n_eff=effective_sample_size(weights),
        silent=sum(1 for p in participations if p.disposition is Disposition.SILENT),
    )


def shrink_turnout(
    own: Turnout, *, cohort_mean: float | None, parameters: EngagementParameters = DEFAULT_ENGAGEMENT
) -> Engagement:
    """Pull an account's turnout towards its cohort (docs/method.md §2.2).

    `cohort_mean` (0-1) is the mean of accounts like it, None where there are none yet. Raises ValueError
    outside 0-1.
    """
    mean, kappa = _checked_mean(cohort_mean), parameters.kappa
    alpha = own.value * own.n_eff + kappa * mean
    beta = (1 - own.value) * own.n_eff + kappa * (1 - mean)
    return Engagement(
        value=own.value,
        n=own.n,
        n_eff=own.n_eff,
        shrunk=alpha / (alpha + beta),
        alpha=alpha,
        beta=beta,
        interval=beta_interval(alpha, beta, parameters.confidence),
        silent=own.silent,
    )


def engagement(
    participations: Sequence[Participation],
    *,
    cohort_mean: float | None,
    parameters: EngagementParameters = DEFAULT_ENGAGEMENT,
) -> Engagement | None:
    """Return the engagement of an account, or None when nothing was delivered: its turnout, shrunk.

    Raises ValueError as `turnout` and `shrink_turnout`.
    """
    mean = _checked_mean(cohort_mean)
    own = turnout(participations, parameters=parameters)
    return None if own is None else shrink_turnout(own, cohort_mean=mean, parameters=parameters)


def _checked_mean(cohort_mean: float | None) -> float:
    mean = NO_COHORT_MEAN if cohort_mean is None else cohort_mean
    if not 0 <= mean <= 1:
        raise ValueError("a cohort's mean engagement lies between 0 and 1")
    return mean


def engagement_measure(result: Engagement | None) -> Measure:
    """Return the measure of an engagement, not measured for None: nobody asked is not nobody answered."""
    return not_measured("nobody has been asked in a closed wave yet") if result is None else result.measure()


def silence_probability(asked: int, response_rate: float, correlation: float = 0.0) -> float:
    """Return the chance that all `asked` people of one account stay silent (docs/method.md §2.3).

    `response_rate` and `correlation` (of people in one account) lie in 0-1. A small value means that the
    silence is telling; correlated people make it far likelier than independence suggests. Raises ValueError.
    """
    if asked < 0 or not 0 <= response_rate <= 1 or not 0 <= correlation <= 1:
        raise ValueError("silence needs a count of zero or more, and a rate and a correlation from 0 to 1")
    if asked == 0 or response_rate == 0:
        return 1.0
    if response_rate == 1:
        return 0.0
    if correlation == 0:
        return float((1 - response_rate) ** asked)
    if correlation == 1:
        return 1 - response_rate
    alpha = response_rate * (1 - correlation) / correlation
    beta = (1 - response_rate) * (1 - correlation) / correlation
    return float(math.exp(special.betaln(alpha, beta + asked) - special.betaln(alpha, beta)))
