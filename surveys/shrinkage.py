"""What a few answers of one account say about it, in the light of accounts like it."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import special

from surveys.intervals import Interval, beta_interval
from surveys.measure import Measure, MeasureState, not_measured
from surveys.scoring import ONE_ANSWER, NpsCounts, RatingClass, classify_rating
from surveys.weights import effective_sample_size

DEFAULT_KAPPA = 4.0
KAPPA_RANGE = (2.0, 50.0)

# Fewer accounts with two answers or more cannot tell kappa: estimators then differ tenfold.
KAPPA_ACCOUNTS = 30

# Half-widths of the 90 % interval, in NPS units, up to which confidence is high and medium.
HIGH_TO = 0.20
MEDIUM_TO = 0.40


@dataclass(frozen=True, slots=True)
class WeightedNps:
    """Persona-weighted NPS (-1 to 1) beside the plain one; `counts` sum to `n_eff`, ready for intervals."""

    weighted: float
    unweighted: float
    n: int
    n_eff: float
    counts: NpsCounts


def persona_weighted_nps(ratings: Sequence[int], weights: Sequence[float]) -> WeightedNps | None:
    """Weigh each rating (0-10) by its person; None without answers (docs/method.md §3; Kish 1965).

    Raises ValueError for a bad rating, a weight that is not positive, or sequences of unequal length.
    """
    if any(weight <= 0 for weight in weights):
        raise ValueError("the weight of an answer is positive")
    totals = dict.fromkeys(RatingClass, 0.0)
    for rating, weight in zip(ratings, weights, strict=True):
        totals[classify_rating(rating)] += weight
    plain = NpsCounts.from_ratings(ratings)
    if plain.nps is None:
        return None
    n_eff = effective_sample_size(weights)
    scale = n_eff / math.fsum(weights)
    counts = NpsCounts(*(totals[kind] * scale for kind in RatingClass))
    weighted = (totals[RatingClass.PROMOTER] - totals[RatingClass.DETRACTOR]) / math.fsum(weights)
    return WeightedNps(weighted, plain.nps, len(ratings), n_eff, counts)


@dataclass(frozen=True, slots=True)
class ShrunkNps:
    """Dirichlet posterior of an account's NPS: `alpha` of promoters, passives, detractors; `n` answers."""

    alpha: tuple[float, float, float]
    n: float

    @property
    def mean(self) -> float:
        """Posterior mean, -1 to 1."""
        return (self.alpha[0] - self.alpha[2]) / sum(self.alpha)

    @property
    def sd(self) -> float:
        """Posterior standard deviation."""
        total = sum(self.alpha)
        spread = max(0.0, (self.alpha[0] + self.alpha[2]) / total - self.mean**2)
        return math.sqrt(spread / (total + 1))

    @property
    def probability_negative(self) -> float:
        """P(NPS < 0), exact: the promoters' share among promoters and detractors is Beta distributed."""
        promoters, _, detractors = self.alpha
        if promoters == detractors == 0:
            return 0.0
        if promoters == 0 or detractors == 0:
            return float(promoters == 0)
        return float(special.betainc(promoters, detractors, 0.5))

    def interval(self, confidence: float = 0.95) -> Interval:
        """Return the interval of the Beta distribution on -1 to 1 with the same mean and standard deviation.

        Unlike mean ± z·SD it never leaves the scale and leans the way the posterior does.
        """
        share, variance = (self.mean + 1) / 2, self.sd**2 / 4
        if variance == 0:
            return self.mean, self.mean
        size = share * (1 - share) / variance - 1
        lower, upper = beta_interval(share * size, (1 - share) * size, confidence)
        return 2 * lower - 1, 2 * upper - 1

    @property
    def half_width(self) -> float:
        """Half the width of the 90 % interval in NPS units: what the confidence label is read from."""
        lower, upper = self.interval(0.90)
        return (upper - lower) / 2

    def draws(self, count: int, *, key: str, seed: int = 0) -> NDArray[np.float64]:
        """Return `count` draws of the NPS (-1 to 1); the same key and seed give the same draws."""
        gammas = seeded_generator(key, seed).standard_gamma(np.array(self.alpha)[:, None], size=(3, count))
        net: NDArray[np.float64] = (gammas[0] - gammas[2]) / gammas.sum(axis=0)
        return net

    def measure(self, *, n: int | None = None, n_eff: float | None = None) -> Measure:
        """Return the posterior mean with its 95 % interval; pass n and n_eff for weighted answers."""
        answers = round(self.n) if n is None else n
        state = MeasureState.PROVISIONAL if answers == 1 else MeasureState.MEASURED
        reason = ONE_ANSWER if answers == 1 else ""
        return Measure(self.mean, answers, n_eff, self.interval(), state, reason)


def shrink_nps(counts: NpsCounts, mix: NpsCounts, *, kappa: float = DEFAULT_KAPPA) -> ShrunkNps | None:
    """Pull an account's answers towards its cohort's mix, by the weight of `kappa` answers.

    Dirichlet-multinomial (docs/method.md §3; Minka). `mix` is the cohort's pooled counts, in any scale.
    None without answers, never the cohort's own mean. Raises ValueError for kappa <= 0 or an empty mix.
    """
    if kappa <= 0 or mix.total <= 0:
        raise ValueError("shrinkage needs a kappa above 0 and a cohort with answers")
    if counts.total == 0:
        return None
    own, cohort = counts.as_tuple(), mix.as_tuple()
    alpha = [answers + kappa * share / mix.total for answers, share in zip(own, cohort, strict=True)]
    return ShrunkNps(alpha=(alpha[0], alpha[1], alpha[2]), n=counts.total)


def shrunk_nps_measure(result: ShrunkNps | None) -> Measure:
    """Return the measure of a shrunk NPS, not measured for None."""
    return not_measured("nobody has answered yet") if result is None else result.measure()


def seeded_generator(key: str, seed: int = 0) -> np.random.Generator:
    """Return a generator whose stream depends on key and seed alone, not on the order of the work."""
    digest = hashlib.blake2b(f"{seed}:{key}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.SFC64(int.from_bytes(digest, "big")))


@dataclass(frozen=True, slots=True)
class KappaEstimate:
    """How strongly to shrink: `kappa`, the intraclass correlation and variance between accounts behind it.

    `icc` and `between` are None where they could not be computed; `is_default` says that kappa was not
    estimated; `reason` why.
    """

    kappa: float
    icc: float | None
    between: float | None
    accounts: int
    is_default: bool
    reason: str

    @property
    def is_noise(self) -> bool:
        """True when accounts differ no more than chance makes them: show no league table then."""
        return self.between == 0


def estimate_kappa(
    accounts: Sequence[NpsCounts],
    *,
    default: float = DEFAULT_KAPPA,
    accounts_needed: int = KAPPA_ACCOUNTS,
    limits: tuple[float, float] = KAPPA_RANGE,
) -> KappaEstimate:
    """Estimate kappa by one-way analysis of variance over accounts on scores 1, 0, -1 (docs/method.md §3).

    The default stays until `accounts_needed` accounts have two answers or more; estimates are clamped to
    `limits`.
    """
    counts = np.array([account.as_tuple() for account in accounts], dtype=float).reshape(-1, 3)
    return estimate_kappa_of(counts, default=default, accounts_needed=accounts_needed, limits=limits)


def estimate_kappa_of(
    counts: NDArray[np.float64],
    *,
    default: float = DEFAULT_KAPPA,
    accounts_needed: int = KAPPA_ACCOUNTS,
    limits: tuple[float, float] = KAPPA_RANGE,
) -> KappaEstimate:
    """Estimate kappa as `estimate_kappa` from n×3 counts, one row of three classes per account."""
    answered = counts[counts.sum(axis=1) > 0]
    sizes = answered.sum(axis=1)
    nets, moved = answered[:, 0] - answered[:, 2], answered[:, 0] + answered[:, 2]
    repeated = int((sizes >= 2).sum())
    groups, total = len(sizes), float(sizes.sum())
    icc = between = None
    if groups >= 2 and total > groups:
        means, grand = nets / sizes, nets.sum() / total
        between_square = float((sizes * (means - grand) ** 2).sum()) / (groups - 1)
        within_square = max(0.0, float((moved - sizes * means**2).sum())) / (total - groups)
        typical = (total - float((sizes**2).sum()) / total) / (groups - 1)
        between = max(0.0, (between_square - within_square) / typical)
        icc = between / (between + within_square) if between > 0 else 0.0
    if repeated < accounts_needed or icc is None:
        reason = f"{repeated} accounts have two answers or more; {accounts_needed} are needed to estimate"
        return KappaEstimate(default, icc, between, repeated, is_default=True, reason=reason)
    kappa = math.inf if icc == 0 else (1 - icc) / icc
    kappa = min(max(kappa, limits[0]), limits[1])
    return KappaEstimate(kappa, icc, between, repeated, is_default=False, reason="")


class Confidence(StrEnum):
    """How sure a number about an account is, in one word."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 for none to 3 for high."""
        return [Confidence.NONE, Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH].index(self)


def confidence_label(
    half_width: float | None,
    *,
    answers: int,
    decision_maker_absent: bool,
    high_to: float = HIGH_TO,
    medium_to: float = MEDIUM_TO,
) -> Confidence:
    """Return the label for the 90 % half-width of the NPS shown, in NPS units (docs/method.md §3).

    None (nobody answered) gives none; without an answer from a decision maker high becomes medium. One answer
    is low however narrow the interval is: the cohort made it so, not the account.
    """
    if half_width is None:
        return Confidence.NONE
    if answers <= 1:
        return Confidence.LOW
    if half_width <= high_to:
        return Confidence.MEDIUM if decision_maker_absent else Confidence.HIGH
    return Confidence.MEDIUM if half_width <= medium_to else Confidence.LOW
