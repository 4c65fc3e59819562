"""Does a silence say anything? It does where people like these usually answer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from surveys.rates import silence_probability
from surveys.shrinkage import KAPPA_ACCOUNTS

FloatArray = NDArray[np.float64]

# People of one account act alike; so much stands in until enough accounts tell how much.
DEFAULT_CORRELATION = 0.2
CORRELATION_RANGE = (0.0, 0.95)
# A silence is telling when chance makes it rarer than this.
ALARM_BELOW = 0.05


@dataclass(frozen=True, slots=True)
class SilenceJudgement:
    """What it means that everybody asked stayed silent.

    `probability` (0-1) is how often that happens among people who answer at `response_rate`, None without a
    rate or without anybody asked; `is_telling` says that chance is no good explanation.
    """

    asked: int
    response_rate: float | None
    probability: float | None
    is_telling: bool
    reason: str


def judge_silence(
    asked: int,
    *,
    response_rate: float | None,
    correlation: float = DEFAULT_CORRELATION,
    alarm_below: float = ALARM_BELOW,
) -> SilenceJudgement:
    """Judge the silence of all `asked` invitations of one account (docs/method.md §2.3).

    `response_rate` (0-1) is that of accounts like it, None where nobody knows it yet. Where few people
    answer anyway, silence is no alarm. Raises ValueError as `silence_probability`.
    """
    if asked == 0:
        return SilenceJudgement(0, response_rate, None, is_telling=False, reason="nobody was asked")
    if response_rate is None:
        reason = "nobody knows yet how often people like these answer"
        return SilenceJudgement(asked, None, None, is_telling=False, reason=reason)
    chance = silence_probability(asked, response_rate, correlation)
    is_telling = chance < alarm_below
    usual = f"accounts like it answer {response_rate:.0%} of the time"
    reason = f"{usual}: that all {asked} stay silent " + (
        "is hardly chance" if is_telling else f"happens by chance in {chance:.0%} of such accounts"
    )
    return SilenceJudgement(asked, response_rate, chance, is_telling, reason)


def silence_probabilities(asked: ArrayLike, response_rate: ArrayLike, correlation: ArrayLike) -> FloatArray:
    """Return `silence_probability` row by row; NaN rates give NaN. Raises ValueError outside its ranges."""
    k, p, rho = (np.asarray(column, dtype=float) for column in (asked, response_rate, correlation))
    k, p, rho = np.broadcast_arrays(k, p, rho)
    if (k < 0).any() or (p < 0).any() or (p > 1).any() or (rho < 0).any() or (rho > 1).any():
        raise ValueError("silence needs a count of zero or more, and a rate and a correlation from 0 to 1")
    inner = (p > 0) & (p < 1) & (rho > 0) & (rho < 1)
    rate, like = np.where(inner, p, 0.5), np.where(inner, rho, 0.5)
    size = (1 - like) / like
    alpha, beta = rate * size, (1 - rate) * size
    together = np.exp(special.betaln(alpha, beta + k) - special.betaln(alpha, beta))
    apart = np.where(rho == 1, 1 - p, (1 - p) ** k)
    found = np.where(inner, together, apart)
    return np.asarray(np.where(k == 0, 1.0, np.where(np.isnan(p), np.nan, found)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Correlation:
    """How alike people of one account act, 0-1; `is_default` where too few `accounts` tell."""

    value: float
    accounts: int
    is_default: bool


def response_correlation(
    answered: ArrayLike,
    asked: ArrayLike,
    *,
    default: float = DEFAULT_CORRELATION,
    accounts_needed: int = KAPPA_ACCOUNTS,
    limits: tuple[float, float] = CORRELATION_RANGE,
) -> Correlation:
    """Estimate the correlation of answering within accounts by one-way analysis of variance.

    One element per account: how many of those asked answered. The default stays until `accounts_needed`
    accounts had two people asked or more. Raises ValueError for more answers than people asked.
    """
    x, n = np.asarray(answered, dtype=float), np.asarray(asked, dtype=float)
    if (x < 0).any() or (x > n).any():
        raise ValueError("no more people answer than were asked")
    x, n = x[n > 0], n[n > 0]
    repeated, groups, total = int((n >= 2).sum()), len(n), float(n.sum())
    if repeated < accounts_needed:
        return Correlation(default, repeated, is_default=True)
    shares, grand = x / n, float(x.sum()) / total
    between = float((n * (shares - grand) ** 2).sum()) / (groups - 1)
    within = float((n * shares * (1 - shares)).sum()) / (total - groups)
    typical = (total - float((n**2).sum()) / total) / (groups - 1)
    spread = between + (typical - 1) * within
    value = (between - within) / spread if spread > 0 else limits[0]
    return Correlation(min(max(value, limits[0]), limits[1]), repeated, is_default=False)
