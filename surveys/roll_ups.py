"""One NPS of many accounts, in four ways that answer four questions."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from surveys.interval_arrays import FloatArray
from surveys.intervals import Interval, widen_to, z_quantile
from surveys.measure import Measure, MeasureState, not_measured
from surveys.nps_arrays import count_classes, nps_values
from surveys.scoring import ONE_ANSWER, PSEUDO_COUNTS, PSEUDO_TOTAL, NpsCounts, nps_measure

IntArray = NDArray[np.int64]
Flags = NDArray[np.bool_]


class RollUp(StrEnum):
    """The ways to sum up.

    All responses: what an answer says. Account average: what an account says, each counting once. Persona
    weighted: what people say, by their part. Decision maker first: what an account says, by its decision
    makers where any answered and by everybody else where none did.
    """

    ALL_RESPONSES = "all_responses"
    ACCOUNT_AVERAGE = "account_average"
    PERSONA_WEIGHTED = "persona_weighted"
    DECISION_MAKER_FIRST = "decision_maker_first"


@dataclass(frozen=True, slots=True)
class AccountScores:
    """Counts of promoters, passives and detractors per account, n×3, in three ways.

    `weighted` sums to `n_eff` per account (Kish), ready for intervals; `first` are the decision makers'
    answers where `has_decision_maker`, else everybody's.
    """

    counts: FloatArray
    weighted: FloatArray
    n_eff: FloatArray
    first: FloatArray
    has_decision_maker: Flags


def account_scores(
    account: IntArray, rating: IntArray, weight: FloatArray, is_decision_maker: Flags, *, accounts: int
) -> AccountScores:
    """Count answers per account 0 … `accounts` - 1 (docs/method.md §3).

    One element per answer in any order: account, rating (0-10, below 0 missing), weight of the person.
    Raises ValueError for a weight that is not positive or a rating off the scale.
    """
    if (weight <= 0).any():
        raise ValueError("the weight of an answer is positive")
    given = rating >= 0
    at, rated, weights, leads = account[given], rating[given], weight[given], is_decision_maker[given]
    counts = count_classes(at, rated, groups=accounts)
    kind = np.where(rated >= 9, 0, np.where(rated >= 7, 1, 2))
    weighed = np.bincount(at * 3 + kind, weights=weights, minlength=accounts * 3).reshape(accounts, 3)
    total, squares = weighed.sum(axis=1), np.bincount(at, weights=weights**2, minlength=accounts)
    some = total > 0
    n_eff = np.where(some, total**2 / np.where(some, squares, 1.0), 0.0)
    scaled = weighed * (n_eff / np.where(some, total, 1.0))[:, None]
    led = count_classes(at[leads], rated[leads], groups=accounts)
    has_lead = led.sum(axis=1) > 0
    return AccountScores(counts, scaled, n_eff, np.where(has_lead[:, None], led, counts), has_lead)


@dataclass(frozen=True, slots=True)
class RollUps:
    """The four measures (-1 to 1), with how many accounts answered and in how many a decision maker did."""

    all_responses: Measure
    account_average: Measure
    persona_weighted: Measure
    decision_maker_first: Measure
    accounts: int
    decision_maker_accounts: int

    def of(self, way: RollUp) -> Measure:
        """Return one of the measures."""
        return {
            RollUp.ALL_RESPONSES: self.all_responses,
            RollUp.ACCOUNT_AVERAGE: self.account_average,
            RollUp.PERSONA_WEIGHTED: self.persona_weighted,
            RollUp.DECISION_MAKER_FIRST: self.decision_maker_first,
        }[way]


def roll_ups(
    account: IntArray,
    rating: IntArray,
    weight: FloatArray,
    is_decision_maker: Flags,
    *,
    confidence: float = 0.95,
) -> RollUps:
    """Sum up answers of any number of accounts in four ways (docs/method.md §3).

    Arguments as for `account_scores`, with any account numbers. Where accounts count once, they are the
    sample: the interval rests on how much accounts differ, with the pseudo-answers of §1.1 as
    pseudo-accounts, so that it stays open when all agree. Of one account all ways but the weighted one are
    those of its answers.
    """
    _, place = np.unique(account, return_inverse=True)
    groups = int(place.max(initial=-1)) + 1
    scores = account_scores(place, rating, weight, is_decision_maker, accounts=groups)
    answered = scores.counts.sum(axis=1) > 0
    n = round(float(scores.counts.sum()))
    return RollUps(
        all_responses=nps_measure(NpsCounts(*scores.counts.sum(axis=0).tolist()), confidence=confidence),
        account_average=_average(scores.counts[answered], confidence),
        persona_weighted=_weighted(place, rating, weight, n, confidence),
        decision_maker_first=_average(scores.first[answered], confidence),
        accounts=int(answered.sum()),
        decision_maker_accounts=int(scores.has_decision_maker.sum()),
    )


def _average(counts: FloatArray, confidence: float) -> Measure:
    accounts, n = len(counts), round(float(counts.sum()))
    if accounts <= 1:
        return nps_measure(NpsCounts(*counts.sum(axis=0).tolist()), confidence=confidence)
    scores = nps_values(counts)
    value = math.fsum(scores.tolist()) / accounts
    reason = f"each of {accounts} accounts counts once"
    return Measure(value, n, float(accounts), _open(scores, value, confidence), MeasureState.MEASURED, reason)


def _open(scores: FloatArray, value: float, confidence: float) -> Interval:
    """Return adjusted Wald on accounts: as if a few more had said the one, the other and nothing."""
    size = len(scores) + PSEUDO_TOTAL
    centre = float(scores.sum()) / size
    extremes = PSEUDO_COUNTS[0] + PSEUDO_COUNTS[2]
    spread = (float((scores**2).sum()) + extremes) / size - centre**2
    half = z_quantile(confidence) * math.sqrt(spread / size)
    return widen_to((max(-1.0, centre - half), min(1.0, centre + half)), value)


def _weighted(account: IntArray, rating: IntArray, weight: FloatArray, n: int, confidence: float) -> Measure:
    everybody = np.zeros_like(account)
    nobody_leads = np.zeros(account.shape, dtype=bool)
    pooled = account_scores(everybody, rating, weight, nobody_leads, accounts=1)
    if n == 0:
        return not_measured("nobody has answered yet")
    found = nps_measure(NpsCounts(*pooled.weighted[0].tolist()), n=n, confidence=confidence)
    return found if n > 1 else Measure(found.value, 1, 1.0, found.ci, MeasureState.PROVISIONAL, ONE_ANSWER)
