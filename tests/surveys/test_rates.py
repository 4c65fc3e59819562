"""Response rates, engagement and what a silence tells."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.measure import MeasureState
from surveys.rates import (
    Disposition,
    Dispositions,
    Engagement,
    Participation,
    engagement,
    engagement_measure,
    response_rates,
    silence_probability,
)
from surveys.weights import effective_sample_size, persona_weight

participations = st.builds(
    Participation, st.sampled_from(Disposition), st.sampled_from([1.0, 2.0, 3.0]), st.floats(0, 60)
)


def measured_engagement(*given_: Participation, cohort_mean: float | None = 0.45) -> Engagement:
    result = engagement(given_, cohort_mean=cohort_mean)
    assert result is not None
    return result


def test_rates_match_the_reference(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("aapor")
    expected, tolerance = entry["expected"], entry["tol"]

    rates = response_rates(Dispositions(48, 6, 4, 50, 10, 2))

    found = [rates.rr1, rates.rr2, rates.rr3, rates.rr5, rates.rr6]
    assert [rate.value for rate in found] == pytest.approx(
        [expected[name] for name in ("RR1", "RR2", "RR3", "RR5", "RR6")], abs=tolerance
    )
    assert rates.eligible_share == pytest.approx(expected["e"], abs=tolerance)
    assert rates.rr6.ci == pytest.approx(expected["RR6_wilson"], abs=tolerance)


def test_rates_without_bounces_say_so() -> None:
    assert response_rates(Dispositions(complete=1, bounced=1)).rr5.reason == "bounces excluded"


def test_a_rate_over_nobody_is_not_measured() -> None:
    rates = response_rates(Dispositions(ineligible=3))

    assert [rates.rr1.value, rates.rr3.value, rates.rr6.value] == [None, None, None]


def test_a_list_that_only_bounced_has_a_rate_of_zero_with_bounces_and_none_without() -> None:
    rates = response_rates(Dispositions(bounced=10))

    assert (rates.rr1.value, rates.rr3.value, rates.rr5.value) == (0.0, None, None)


@pytest.mark.parametrize("complete", [0, 5])
def test_a_rate_of_none_or_all_keeps_an_open_interval(complete: int) -> None:
    low, high = response_rates(Dispositions(complete=complete, silent=5 - complete)).rr6.ci or (0, 0)

    assert high - low > 0.3


def test_negative_numbers_of_invitations_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Dispositions(bounced=-1)


def test_engagement_matches_the_reference(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("engagement")
    expected, tolerance = entry["expected"], entry["tol"]
    weights = entry["inputs"]["weights"]

    found = measured_engagement(
        *(
            Participation(Disposition(item["outcome"]), weights[item["role"]], item["age_months"])
            for item in entry["inputs"]["invitations"]
        )
    )

    assert found.value == pytest.approx(expected["score"], abs=tolerance)
    assert found.n_eff == pytest.approx(expected["kish_neff"], abs=tolerance)
    assert found.shrunk == pytest.approx(expected["shrunk_k4_mu45"], abs=tolerance)
    assert found.interval == pytest.approx(expected["beta_90"], abs=tolerance)
    assert (found.n, found.silent) == (7, 3)


def test_a_silent_person_counts_as_zero() -> None:
    found = measured_engagement(Participation(Disposition.SILENT))

    assert (found.value, found.measure().value) == (0.0, 0.0)
    assert found.measure().state is MeasureState.MEASURED


@pytest.mark.parametrize("unheard", [Disposition.BOUNCED, Disposition.PENDING, Disposition.INELIGIBLE])
def test_somebody_who_was_not_reached_does_not_count(unheard: Disposition) -> None:
    assert engagement([Participation(unheard)], cohort_mean=0.5) is None


def test_nobody_asked_is_not_measured() -> None:
    assert engagement_measure(engagement([], cohort_mean=0.5)).state is MeasureState.NOT_MEASURED


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        (Disposition.COMPLETE, 1.0),
        (Disposition.PARTIAL, 0.5),
        (Disposition.DECLINED, 0.25),
        (Disposition.SILENT, 0.0),
    ],
)
def test_each_outcome_has_its_worth(disposition: Disposition, expected: float) -> None:
    assert measured_engagement(Participation(disposition)).value == expected


def test_a_year_halves_the_weight_of_an_answer() -> None:
    found = measured_engagement(
        Participation(Disposition.COMPLETE, age_months=12), Participation(Disposition.SILENT)
    )

    assert found.value == pytest.approx(1 / 3)


def test_without_a_cohort_the_prior_is_even() -> None:
    assert measured_engagement(Participation(Disposition.COMPLETE), cohort_mean=None).shrunk == pytest.approx(
        3 / 5
    )


@pytest.mark.parametrize("mean", [-0.1, 1.1])
def test_a_cohort_mean_off_the_scale_is_refused(mean: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        engagement([], cohort_mean=mean)


@pytest.mark.parametrize(
    "item", [Participation(Disposition.SILENT, 0), Participation(Disposition.SILENT, 1, -1)]
)
def test_a_participation_without_weight_or_from_the_future_is_refused(item: Participation) -> None:
    with pytest.raises(ValueError, match="positive weight"):
        engagement([item], cohort_mean=0.5)


@given(st.lists(participations, max_size=20), st.floats(0, 1))
@settings(deadline=None, max_examples=200)
def test_engagement_stays_on_its_scale_and_inside_its_interval(
    given_: list[Participation], cohort_mean: float
) -> None:
    result = engagement(given_, cohort_mean=cohort_mean)
    if result is None:
        return

    low, high = result.measure().ci or (2, -2)
    assert 0 <= low <= result.value <= high <= 1
    assert 0 <= result.shrunk <= 1
    assert result.n_eff <= result.n + 1e-9


@given(st.lists(participations, max_size=12), st.sampled_from([Disposition.BOUNCED, Disposition.PENDING]))
@settings(deadline=None, max_examples=60)
def test_unreached_people_change_nothing(given_: list[Participation], unheard: Disposition) -> None:
    assert engagement([*given_, Participation(unheard, 3.0)], cohort_mean=0.4) == engagement(
        given_, cohort_mean=0.4
    )


@pytest.mark.parametrize(
    ("rate", "correlation", "expected"),
    [(0.3, 0, 0.168), (0.3, 0.2, 0.300), (0.8, 0, 0.0003), (0.8, 0.2, 0.011)],
)
def test_silence_of_five_matches_the_worked_examples(
    rate: float, correlation: float, expected: float
) -> None:
    assert silence_probability(5, rate, correlation) == pytest.approx(expected, abs=0.0005)


@pytest.mark.parametrize(
    ("asked", "rate", "correlation", "expected"),
    [(0, 0.5, 0.2, 1.0), (3, 0, 0.2, 1.0), (3, 1, 0.2, 0.0), (3, 0.4, 1, 0.6)],
)
def test_silence_at_the_ends_of_the_scale(
    asked: int, rate: float, correlation: float, expected: float
) -> None:
    assert silence_probability(asked, rate, correlation) == pytest.approx(expected)


@pytest.mark.parametrize(("asked", "rate", "correlation"), [(-1, 0.5, 0), (1, 1.5, 0), (1, 0.5, -0.1)])
def test_impossible_silence_is_refused(asked: int, rate: float, correlation: float) -> None:
    with pytest.raises(ValueError, match="silence needs"):
        silence_probability(asked, rate, correlation)


@given(st.integers(1, 20), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
@settings(deadline=None, max_examples=60)
def test_people_who_act_alike_are_silent_together_more_often(
    asked: int, rate: float, correlation: float
) -> None:
    alone = silence_probability(asked, rate)

    assert alone - 1e-9 <= silence_probability(asked, rate, correlation) <= 1 - rate + 1e-9


def test_somebody_with_two_personas_weighs_as_the_heavier() -> None:
    assert persona_weight(["power_user", "champion"]) == 2.0
    assert persona_weight([]) == 1.0


def test_equal_weights_lose_no_answers() -> None:
    assert effective_sample_size([2, 2, 2]) == pytest.approx(3)
    assert effective_sample_size([]) == 0
