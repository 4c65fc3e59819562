"""How many times likelier silent accounts churn than others, and what would have to be true for chance."""

import math
from dataclasses import dataclass
from enum import StrEnum

from surveys.intervals import Interval, z_quantile
from surveys.share_comparison import fisher_p_value, newcombe_interval

# Smaller cells than this make the logarithm's normal interval too narrow.
KATZ_FROM = 5

_WIDEST = 60.0
_HALVINGS = 200


class Verdict(StrEnum):
    """What the data show."""

    LIFT = "lift"
    PROTECTION = "protection"
    NOTHING = "nothing"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Group:
    """How many of `n` accounts churned. Raises ValueError unless 0 <= churned <= n."""

    churned: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.churned <= self.n:
            raise ValueError("no more accounts churn than there are")

    @property
    def risk(self) -> float | None:
        """The share that churned, 0-1."""
        return self.churned / self.n if self.n else None

    def __add__(self, other: "Group") -> "Group":
        return Group(self.churned + other.churned, self.n + other.n)


@dataclass(frozen=True, slots=True)
class RatioLimits:
    """Limits of a ratio of risks; `upper` is None where the data set none."""

    lower: float
    upper: float | None


@dataclass(frozen=True, slots=True)
class Lift:
    """Exposed (silent) accounts against the others.

    `ratio` is None where the others never churned; `limits` then still hold a lower one. `difference` of
    risks (-1 to 1) has Newcombe's interval. `odds_ratio` is no ratio of risks: never call it "times
    likelier". `e_value` is how strong, as a ratio, something unmeasured would have to be with silence and
    with churn to explain the ratio away; `e_value_limit` the same for the limit nearer to 1. All are None
    where too few accounts tell; `reason` says it in a sentence.
    """

    exposed: Group
    others: Group
    ratio: float | None
    limits: RatioLimits | None
    difference: float | None
    difference_ci: Interval | None
    odds_ratio: float | None
    p_value: float | None
    e_value: float | None
    e_value_limit: float | None
    verdict: Verdict
    reason: str


def churn_lift(exposed: Group, others: Group, *, confidence: float = 0.95) -> Lift:
    """Compare the churn of exposed accounts with that of the others (docs/method.md §8).

    Count only churn after the wave closed, among accounts that were customers then, or silence is credited
    with what it followed. The interval is Koopman's.
    """
    none = dict.fromkeys(
        (
            "ratio",
            "limits",
            "difference",
            "difference_ci",
            "odds_ratio",
            "p_value",
            "e_value",
            "e_value_limit",
        )
    )
    if min(exposed.n, others.n) <= 1:
        reason = "fewer than two accounts on one side"
        return Lift(exposed, others, **none, verdict=Verdict.TOO_FEW, reason=reason)
    if not exposed.churned + others.churned:
        return Lift(exposed, others, **none, verdict=Verdict.TOO_FEW, reason="no account has churned")
    sides = (exposed.churned, exposed.n), (others.churned, others.n)
    ratio = risk_ratio(exposed, others)
    limits = koopman_limits(exposed, others, confidence)
    verdict = _verdict(limits)
    return Lift(
        exposed=exposed,
        others=others,
        ratio=ratio,
        limits=limits,
        difference=exposed.churned / exposed.n - others.churned / others.n,
        difference_ci=newcombe_interval(*sides, confidence),
        odds_ratio=odds_ratio(exposed, others),
        p_value=fisher_p_value(*sides),
        e_value=None if ratio is None else e_value(ratio),
        e_value_limit=_limit_e_value(limits),
        verdict=verdict,
        reason=_sentence(verdict, ratio, limits),
    )


def risk_ratio(exposed: Group, others: Group) -> float | None:
    """Return the ratio of the risks, None where a group is empty or the others never churned."""
    if not exposed.n or not others.churned:
        return None
    return (exposed.churned / exposed.n) / (others.churned / others.n)


def odds_ratio(exposed: Group, others: Group) -> float | None:
    """Return the ratio of the odds, None where one of them is not finite or the others' are 0."""
    below = others.churned * (exposed.n - exposed.churned)
    return exposed.churned * (others.n - others.churned) / below if below else None


def koopman_limits(exposed: Group, others: Group, confidence: float = 0.95) -> RatioLimits | None:
    """Return the score limits of a ratio of risks (docs/method.md §8; Koopman 1984).

    All ratios whose chi-square stays below z². Without churn among the others there is no upper limit,
    without churn among the exposed the lower is 0. None where nobody churned or a group is empty.
    """
    if not exposed.n or not others.n or not exposed.churned + others.churned:
        return None
    target = z_quantile(confidence) ** 2
    ratio = risk_ratio(exposed, others)
    middle = _WIDEST if ratio is None else (-_WIDEST if ratio == 0 else math.log(ratio))
    lower, upper = 0.0, None
    if exposed.churned:
        lower = math.exp(_crossing(exposed, others, -_WIDEST, middle, target, is_falling=True))
    if others.churned:
        upper = math.exp(_crossing(exposed, others, middle, _WIDEST, target, is_falling=False))
    return RatioLimits(lower, upper)


def katz_limits(exposed: Group, others: Group, confidence: float = 0.95) -> RatioLimits | None:
    """Return the limits by the logarithm of the ratio (Katz 1978), None unless every cell holds five."""
    (x1, n1), (x2, n2) = (exposed.churned, exposed.n), (others.churned, others.n)
    if min(x1, n1 - x1, x2, n2 - x2) < KATZ_FROM:
        return None
    return _log_limits(x1, n1, x2, n2, confidence)


def walter_limits(exposed: Group, others: Group, confidence: float = 0.95) -> RatioLimits | None:
    """Return the limits with a half added to churned and to all (Walter 1975); None for an empty group."""
    if not exposed.n or not others.n:
        return None
    return _log_limits(
        exposed.churned + 0.5, exposed.n + 0.5, others.churned + 0.5, others.n + 0.5, confidence
    )


def e_value(ratio: float) -> float | None:
    """Return RR + √(RR (RR - 1)), of 1 / RR below 1 (VanderWeele & Ding 2017); None for a ratio of 0."""
    if ratio <= 0:
        return None
    away = max(ratio, 1 / ratio)
    return away + math.sqrt(away * (away - 1))


def _log_limits(x1: float, n1: float, x2: float, n2: float, confidence: float) -> RatioLimits:
    middle = math.log(x1 / n1) - math.log(x2 / n2)
    half = z_quantile(confidence) * math.sqrt(max(0.0, 1 / x1 - 1 / n1 + 1 / x2 - 1 / n2))
    return RatioLimits(math.exp(middle - half), math.exp(middle + half))


def _crossing(
    exposed: Group, others: Group, low: float, high: float, target: float, *, is_falling: bool
) -> float:
    """Return where chi-square meets `target` between two logarithms of a ratio, on one side of its own."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if (_chi_square(exposed, others, math.exp(middle)) > target) is is_falling:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _chi_square(exposed: Group, others: Group, ratio: float) -> float:
    (x1, n1), (x2, n2) = (exposed.churned, exposed.n), (others.churned, others.n)
    a = (n1 + n2) * ratio
    b = -(n1 * ratio + x1 + n2 + x2 * ratio)
    c = x1 + x2
    # The usual root loses its digits where a is small; this form of it does not.
    p2 = min(1.0, 2 * c / (math.sqrt(max(0.0, b * b - 4 * a * c)) - b))
    p1 = min(1.0, ratio * p2)
    return _distance(x1, n1, p1) + _distance(x2, n2, p2)


def _distance(x: int, n: int, p: float) -> float:
    spread = n * p * (1 - p)
    off = x - n * p
    if spread <= 0:
        return 0.0 if abs(off) < 1e-9 * n else math.inf
    return off * off / spread


def _verdict(limits: RatioLimits | None) -> Verdict:
    if limits is None:
        return Verdict.TOO_FEW
    if limits.lower > 1:
        return Verdict.LIFT
    return Verdict.PROTECTION if limits.upper is not None and limits.upper < 1 else Verdict.NOTHING


def _limit_e_value(limits: RatioLimits | None) -> float | None:
    if limits is None:
        return None
    if limits.lower > 1:
        return e_value(limits.lower)
    return e_value(limits.upper) if limits.upper is not None and 0 < limits.upper < 1 else 1.0


def _sentence(verdict: Verdict, ratio: float | None, limits: RatioLimits | None) -> str:
    if verdict is Verdict.NOTHING or limits is None:
        return "your data show no difference between silent accounts and others that chance would not make"
    # Limits are rounded outwards: "at least" must hold of the digits shown.
    lower = math.floor(limits.lower * 10) / 10
    if ratio is None:
        return f"silent accounts churned at least {lower:.1f} times as often: no other account churned"
    upper = math.inf if limits.upper is None else math.ceil(limits.upper * 10) / 10
    return (
        f"silent accounts churned {ratio:.1f} times as often as others; it may be {lower:.1f} to {upper:.1f}"
    )
