"""Representativeness, weighting back, early against late, and what a silence tells."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.raking import rake, raked_weights
from surveys.rates import silence_probability
from surveys.response_bias import (
    ResponseBias,
    Stratum,
    early_late,
    nonresponse_bias,
    r_indicator,
    response_bias,
)
from surveys.scoring import NpsCounts
from surveys.silence import judge_silence, response_correlation, silence_probabilities

strata_of_waves = st.lists(
    st.tuples(*[st.integers(0, 6)] * 3, st.integers(0, 12)).map(
        lambda n: Stratum(f"p{n}", sum(n), NpsCounts(*n[:3]))
    ),
    max_size=5,
)


def worked_example() -> ResponseBias:
    return response_bias(
        [
            Stratum("decision_maker", 12, NpsCounts(0, 1, 2)),
            Stratum("champion", 28, NpsCounts(6, 5, 3)),
            Stratum("user", 60, NpsCounts(17, 8, 5)),
        ]
    )


def test_the_worked_example_is_weighted_back_to_its_list() -> None:
    found = worked_example()

    assert (found.raw, found.weighted) == pytest.approx((0.277, 0.22), abs=5e-4)
    assert found.standard_error == pytest.approx(0.0810, abs=5e-5)
    assert [cell.weight for cell in found.cells] == pytest.approx([1.88, 0.94, 0.94], abs=5e-3)
    assert found.design_effect == pytest.approx(1.053, abs=5e-4)


def test_a_good_p_value_does_not_hide_who_is_missing() -> None:
    found = worked_example()

    assert found.p_value == pytest.approx(0.496, abs=5e-4)
    assert found.r_indicator == pytest.approx(0.837, abs=5e-4)
    assert found.under_represented == ("decision_maker",)


def test_a_persona_that_never_answered_is_named_and_joined_with_another() -> None:
    found = response_bias([Stratum("dm", 5, NpsCounts(0, 0, 0)), Stratum("user", 10, NpsCounts(4, 1, 1))])

    assert found.under_represented == ("dm",)
    assert [(cell.names, cell.weight) for cell in found.cells] == [(("dm", "user"), 1.0)]
    assert found.weighted == found.raw


def test_a_weight_is_cut_where_two_people_would_speak_for_hundreds() -> None:
    found = response_bias([Stratum("dm", 500, NpsCounts(2, 0, 0)), Stratum("user", 60, NpsCounts(0, 10, 50))])

    assert max(cell.weight for cell in found.cells) == 5
    assert found.weighted is not None
    assert -1 < found.weighted < 1


@pytest.mark.parametrize(
    ("strata", "reason"),
    [
        ([], "nobody was asked"),
        ([Stratum("dm", 0, NpsCounts(0, 0, 0))], "nobody was asked"),
        ([Stratum("dm", 4, NpsCounts(0, 0, 0))], "nobody has answered yet"),
        ([Stratum("dm", 4, NpsCounts(1, 0, 0))], "one answer speaks for nobody else"),
    ],
)
def test_too_few_answers_weigh_nothing(strata: list[Stratum], reason: str) -> None:
    found = response_bias(strata)

    assert (found.weighted, found.ci, found.reason) == (None, None, reason)


def test_more_answers_than_people_are_refused() -> None:
    with pytest.raises(ValueError, match="more people answer"):
        Stratum("dm", 1, NpsCounts(2, 0, 0))


@given(strata_of_waves)
@settings(max_examples=120, deadline=None)
def test_the_weighted_score_lies_in_its_interval_which_closes_for_a_census_only(
    strata: list[Stratum],
) -> None:
    found = response_bias(strata)

    if found.weighted is None or found.ci is None:
        assert sum(one.counts.total for one in strata) < 2
        return
    assert -1 <= found.ci[0] <= found.weighted <= found.ci[1] <= 1
    is_census = all(one.asked == one.counts.total for one in strata)
    assert (found.ci[0] == found.ci[1]) == is_census
    if is_census:
        assert found.weighted == pytest.approx(found.raw)


@given(strata_of_waves)
@settings(max_examples=60, deadline=None)
def test_rates_that_are_all_equal_are_representative(strata: list[Stratum]) -> None:
    halves = [Stratum(one.name, 2 * int(one.counts.total), one.counts) for one in strata]
    found = r_indicator(halves)

    assert found is None or found == pytest.approx(1)


def test_the_silent_pull_a_mean_the_other_way() -> None:
    assert nonresponse_bias(0.4, 0.3, -0.1) == pytest.approx(0.24)
    with pytest.raises(ValueError, match="between 0 and 1"):
        nonresponse_bias(1.4, 0, 0)


def test_raking_converges_to_the_reference(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("raking")
    seed = np.array([[40, 30, 20, 10], [35, 50, 100, 75], [30, 80, 70, 120], [20, 30, 40, 50]], dtype=float)
    rows, columns = np.array([150.0, 300, 400, 150]), np.array([200.0, 300, 400, 100])

    found = rake(seed, [rows, columns])

    assert found == pytest.approx(np.array(entry["expected"]), abs=entry["tol"])
    assert found.sum(axis=1) == pytest.approx(rows)


def test_answers_raked_by_two_respects_match_both_lists() -> None:
    personas, regions = np.array([0, 0, 1, 1, 1, 1]), np.array([0, 1, 0, 0, 0, 1])

    weights = raked_weights([personas, regions], [np.array([5.0, 5.0]), np.array([6.0, 4.0])])

    assert weights[personas == 0].sum() == pytest.approx(3)
    assert weights[regions == 0].sum() == pytest.approx(3.6)


@pytest.mark.parametrize(
    ("margins", "reason"),
    [
        ([np.array([1.0, 1.0])], "one margin per axis"),
        ([np.array([1.0, 1.0]), np.array([1.0, 2.0])], "one sum"),
        ([np.array([1.0, 1.0]), np.array([1.0, 1.0])], "empty"),
    ],
)
def test_margins_that_do_not_fit_are_refused(margins: list[Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        rake(np.array([[1.0, 2.0], [0.0, 0.0]]), margins)


def test_early_and_late_answers_match_the_worked_example() -> None:
    early, late = [10, 9, 9, 8, 10, 9, 7, 8, 10], [8, 7, 9, 6, 8, 7, 5, 9, 6]

    found = early_late([*early, *[7] * 9, *late])

    assert found is not None
    assert (found.u, found.p_value) == pytest.approx((67, 0.0191), abs=5e-5)
    assert (found.early.nps, found.late.nps) == pytest.approx((2 / 3, -1 / 9))


def test_fewer_than_eight_a_third_are_not_compared() -> None:
    assert early_late([9] * 23) is None


@pytest.mark.parametrize(("rate", "is_telling"), [(0.3, False), (0.8, True)])
def test_silence_is_an_alarm_only_where_people_usually_answer(rate: float, is_telling: bool) -> None:
    assert judge_silence(5, response_rate=rate).is_telling is is_telling


def test_silence_without_anybody_asked_or_without_a_rate_tells_nothing() -> None:
    nobody, unknown = judge_silence(0, response_rate=0.5), judge_silence(3, response_rate=None)

    assert (nobody.probability, unknown.probability) == (None, None)
    assert not nobody.is_telling
    assert not unknown.is_telling


rows_of_silence = st.lists(
    st.tuples(
        st.integers(0, 12), st.sampled_from([0.0, 0.1, 0.5, 1.0]), st.sampled_from([0.0, 0.2, 0.9, 1.0])
    ),
    max_size=10,
)


@given(rows_of_silence)
@settings(max_examples=60, deadline=None)
def test_silence_of_columns_is_that_of_each(rows: list[tuple[int, float, float]]) -> None:
    found = silence_probabilities(*([row[part] for row in rows] for part in range(3)))

    assert found.tolist() == pytest.approx([silence_probability(*row) for row in rows])


def test_an_unknown_rate_stays_unknown_and_an_impossible_one_is_refused() -> None:
    assert np.isnan(silence_probabilities([3], [np.nan], [0.2])).all()
    with pytest.raises(ValueError, match="from 0 to 1"):
        silence_probabilities([3], [1.5], [0.2])


def test_how_alike_people_of_an_account_act_is_found_again() -> None:
    random = np.random.default_rng(5)
    rates = random.beta(0.4 * 4, 0.6 * 4, 4000)
    asked = random.integers(2, 9, 4000)

    found = response_correlation(random.binomial(asked, rates), asked)

    assert found.value == pytest.approx(0.2, abs=0.02)
    assert not found.is_default


def test_a_few_accounts_do_not_tell_how_alike_people_act() -> None:
    assert response_correlation([1, 2], [2, 3]).is_default
    assert response_correlation([2] * 40, [2] * 40).value == 0
    with pytest.raises(ValueError, match="more people answer"):
        response_correlation([3], [2])
