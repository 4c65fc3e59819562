"""A company with nothing, one account, one answer, only silence or only tens: right states, no warning.

Warnings are errors in every test, so a division by zero anywhere below would fail it.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from surveys.against_rest import findings, nps_against_rest, shares_against_rest
from surveys.cohort_ladder import NO_RUNG, ladder_standings
from surveys.evidence import EvidenceBatch
from surveys.nps_arrays import (
    confidence_ranks,
    count_classes,
    describe_posteriors,
    list_nps_arrays,
    nps_intervals,
    nps_values,
    shrink_counts,
)
from surveys.roll_ups import RollUp, roll_ups
from surveys.sensitivity import weight_sensitivity
from surveys.shrinkage import estimate_kappa_of
from surveys.silence import judge_silence, response_correlation
from surveys.status import Status, distribution_alarm
from surveys.status_arrays import NO_STATUS, STATUSES, judge_statuses
from surveys.strength import measure_strengths
from surveys.trend_arrays import trends
from surveys.turnout_arrays import DISPOSITIONS, Turnouts, shrink_turnouts, turnouts

Array = Any


@dataclass
class Company:
    """Accounts of three people each: what became of their invitations, and their ratings (-1 for none)."""

    accounts: int
    outcomes: list[str]
    ratings: list[int]

    @property
    def account(self) -> Array:
        return np.arange(len(self.outcomes)) % max(1, self.accounts)


COMPANIES = {
    "empty": Company(0, [], []),
    "one account": Company(1, ["complete", "silent", "silent"], [8, -1, -1]),
    "one answer": Company(12, ["complete", *["silent"] * 35], [9, *[-1] * 35]),
    "never asked": Company(12, [], []),
    "all silent": Company(12, ["silent"] * 36, [-1] * 36),
    "all ten": Company(12, ["complete"] * 36, [10] * 36),
    "all zero": Company(12, ["complete"] * 36, [0] * 36),
    "only bounces": Company(12, ["bounced"] * 36, [-1] * 36),
}


def taking_part(company: Company) -> Turnouts:
    size = len(company.outcomes)
    places = {one.value: at for at, one in enumerate(DISPOSITIONS)}
    return turnouts(
        company.account,
        np.array([places[outcome] for outcome in company.outcomes], dtype=np.int64),
        np.ones(size),
        np.zeros(size),
        groups=company.accounts,
    )


@pytest.fixture(params=COMPANIES)
def company(request: pytest.FixtureRequest) -> Company:
    found: Company = COMPANIES[request.param]
    return found


def test_nothing_missing_becomes_a_zero_from_invitation_to_status(company: Company) -> None:
    n = company.accounts
    own = taking_part(company)
    counts = count_classes(company.account, np.array(company.ratings, dtype=np.int64), groups=n)
    engaged = shrink_turnouts(own, cohort_mean=math.nan)
    alpha = shrink_counts(counts, (0.75, 1.5, 0.75), kappa=estimate_kappa_of(counts).kappa)
    posterior = describe_posteriors(alpha)
    batch = EvidenceBatch(
        keys=[f"a{at}" for at in range(n)],
        components=np.column_stack([np.full(n, 0.5), own.value, (posterior.mean + 1) / 2]),
        engagement_posterior=np.column_stack([engaged.alpha, engaged.beta]),
        sentiment_posterior=alpha,
        answers=counts.sum(axis=1).astype(np.int64),
    )
    strengths = measure_strengths(batch)
    statuses = judge_statuses(
        strengths,
        confidence_rank=confidence_ranks(
            posterior.half_width, answers=batch.answers, decision_maker_absent=np.zeros(n, bool)
        ),
        decision_maker_silent_waves=np.zeros(n, np.int64),
        previous=np.full(n, NO_STATUS),
    )

    asked, answered = own.n > 0, counts.sum(axis=1) > 0
    assert (np.isnan(own.value) == ~asked).all()
    assert (np.isnan(posterior.mean) == ~answered).all()
    assert (np.isnan(strengths.value) == (~asked & ~answered)).all()
    assert ((statuses == STATUSES.index(Status.GREY)) == np.isnan(strengths.value)).all()
    known = np.isfinite(strengths.value)
    assert (strengths.low[known] <= strengths.value[known]).all()
    assert (strengths.value[known] <= strengths.high[known]).all()
    assert strengths.lost[known].sum(axis=1) == pytest.approx(100 - strengths.value[known])


def test_scores_and_comparisons_of_odd_companies_have_right_states(company: Company) -> None:
    n = company.accounts
    counts = count_classes(company.account, np.array(company.ratings, dtype=np.int64), groups=n)
    answered = counts.sum(axis=1) > 0
    people = np.full(n, 3)

    low, high = nps_intervals(counts)
    lists = list_nps_arrays(counts, people)
    against, taking = nps_against_rest(counts), taking_part(company)
    shares = shares_against_rest(counts.sum(axis=1), people)

    assert (np.isnan(low) == ~answered).all()
    assert (low[answered] <= nps_values(counts)[answered]).all()
    assert (high[answered] - low[answered] > 0.05).all()
    assert (lists.worst <= lists.estimate).all()
    assert (lists.estimate <= lists.best).all()
    census = counts.sum(axis=1) == people
    assert lists.estimate[census] == pytest.approx(nps_values(counts)[census])
    assert ((lists.high == lists.low) == census).all()
    assert not any(flags.any() for flags in findings({"nps": against, "answered": shares}).values())
    standings = ladder_standings(taking.value, [np.zeros(n, np.int64)])
    assert (np.isnan(standings.percentile) == (np.isnan(taking.value) | (standings.rung == NO_RUNG))).all()


def test_odd_companies_are_summed_up_and_judged_without_a_wrong_word(company: Company) -> None:
    ratings = np.array(company.ratings, dtype=np.int64)
    size = len(ratings)

    found = roll_ups(company.account, ratings, np.ones(size), np.zeros(size, bool))
    own = taking_part(company)
    correlation = response_correlation(own.n - own.silent, own.n)
    silence = judge_silence(int(own.n.sum()), response_rate=None, correlation=correlation.value)

    assert {found.of(way).is_known for way in RollUp} == {bool((ratings >= 0).any())}
    assert not silence.is_telling
    assert not distribution_alarm({Status.GREY: company.accounts}).is_alarming


def test_columns_without_anything_in_them_come_to_nothing() -> None:
    nothing = np.full((3, 3), np.nan)

    assert weight_sensitivity(nothing).widest_move is None
    assert np.isnan(trends(nothing).slope).all()
    assert np.isnan(describe_posteriors(nothing).mean).all()
