"""NPS and its interval, against reference values, tables and properties."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.measure import MeasureState
from surveys.scoring import (
    NpsCounts,
    RatingClass,
    adjusted_wald_interval,
    classify_rating,
    nps_interval,
    nps_measure,
    score_interval,
)

counts_of_answers = st.builds(NpsCounts, st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)).filter(
    lambda counts: counts.total > 0
)

NPS_ANCHORS = ["nps_15_13_8", "nps_3_2_1", "nps_5_0_0", "nps_1_0_0"]


def points(interval: tuple[float, float]) -> list[float]:
    return [round(limit * 100, 1) for limit in interval]


@pytest.mark.parametrize("name", NPS_ANCHORS)
def test_score_variance_and_error_match_the_reference(
    anchor: Callable[[str], dict[str, Any]], name: str
) -> None:
    entry = anchor(name)
    counts = NpsCounts(**entry["inputs"])

    found = [counts.nps, counts.variance, counts.standard_error]

    assert found == pytest.approx([entry["expected"][key] for key in ("nps", "var", "se")], abs=entry["tol"])


@pytest.mark.parametrize("name", NPS_ANCHORS)
def test_adjusted_wald_matches_the_reference(anchor: Callable[[str], dict[str, Any]], name: str) -> None:
    entry = anchor(name)
    counts = NpsCounts(**entry["inputs"])

    assert counts.adjusted().nps == pytest.approx(entry["expected"]["adj_centre"], abs=entry["tol"])
    assert counts.adjusted().standard_error == pytest.approx(entry["expected"]["adj_se"], abs=entry["tol"])
    assert adjusted_wald_interval(counts) == pytest.approx(
        entry["expected"]["adj_wald_clipped"], abs=entry["tol"]
    )


@pytest.mark.parametrize("name", NPS_ANCHORS)
def test_score_interval_matches_the_reference(anchor: Callable[[str], dict[str, Any]], name: str) -> None:
    entry = anchor(name)

    found = score_interval(NpsCounts(**entry["inputs"]))

    assert found == pytest.approx(entry["expected"]["tango_score"], abs=entry["tol"])


def test_ratings_give_the_published_score(anchor: Callable[[str], dict[str, Any]]) -> None:
    expected = anchor("nps_r_tests")["expected"]

    counts = NpsCounts.from_ratings([0, 7, 7, 9, 9, 9])

    assert [counts.nps, counts.variance] == pytest.approx([expected["nps"], expected["var"]])
    assert counts.standard_error == pytest.approx(expected["se"], abs=0.001)


@pytest.mark.parametrize(
    ("rating", "expected"),
    [(0, "detractor"), (6, "detractor"), (7, "passive"), (8, "passive"), (9, "promoter"), (10, "promoter")],
)
def test_each_rating_belongs_to_its_class(rating: int, expected: str) -> None:
    assert classify_rating(rating) == RatingClass(expected)


@pytest.mark.parametrize("rating", [-1, 11, 7.0, 7.5, True, "9", float("nan")])
def test_a_rating_that_is_no_whole_number_on_the_scale_is_refused(rating: Any) -> None:
    with pytest.raises(ValueError, match="whole number from 0 to 10"):
        NpsCounts.from_ratings([9, rating])


def test_missing_ratings_are_dropped_and_never_zero() -> None:
    assert NpsCounts.from_ratings([10, None, None]) == NpsCounts(1, 0, 0)


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        NpsCounts(1, -1, 0)


def test_nobody_answered_is_not_measured() -> None:
    measure = nps_measure(NpsCounts(0, 0, 0))

    assert (measure.value, measure.ci, measure.state) == (None, None, MeasureState.NOT_MEASURED)


@pytest.mark.parametrize("method", [adjusted_wald_interval, score_interval, nps_interval])
def test_an_interval_without_answers_is_an_error(method: Callable[[NpsCounts], object]) -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        method(NpsCounts(0, 0, 0))


def test_one_answer_is_shown_raw_and_provisional() -> None:
    measure = nps_measure(NpsCounts(1, 0, 0))

    assert (measure.value, measure.n, measure.state) == (1.0, 1, MeasureState.PROVISIONAL)
    assert measure.ci == pytest.approx((-0.587, 1.0), abs=0.001)


def test_the_adjusted_interval_of_one_answer_reaches_to_it() -> None:
    assert points(nps_interval(NpsCounts(1, 0, 0), score_below=0)) == [-48.5, 100.0]


def test_few_answers_take_the_score_interval_and_many_the_adjusted_one() -> None:
    nine, ten = NpsCounts(4, 3, 2), NpsCounts(4, 3, 3)

    assert nps_interval(nine) == pytest.approx(score_interval(nine))
    assert nps_interval(ten) == pytest.approx(adjusted_wald_interval(ten))


def test_all_detractors_reach_the_bottom_of_the_scale() -> None:
    assert score_interval(NpsCounts(0, 0, 5))[0] == -1.0


def test_weighted_counts_carry_their_effective_number() -> None:
    measure = nps_measure(NpsCounts(2.5, 1, 0.5), n=5)

    assert (measure.value, measure.n, measure.n_eff) == (0.5, 5, 4.0)


@given(counts_of_answers, st.sampled_from([0, 10]))
@settings(deadline=None, max_examples=200)
def test_an_interval_holds_the_score_and_never_collapses(counts: NpsCounts, score_below: int) -> None:
    low, high = nps_interval(counts, score_below=score_below)

    assert counts.nps is not None
    assert -1 <= low <= counts.nps <= high <= 1
    assert high - low > 0.01


@given(counts_of_answers)
@settings(deadline=None, max_examples=100)
def test_turning_every_answer_round_turns_the_interval_round(counts: NpsCounts) -> None:
    low, high = nps_interval(counts)

    mirrored = nps_interval(NpsCounts(counts.detractors, counts.passives, counts.promoters))

    assert mirrored == pytest.approx((-high, -low), abs=1e-9)


@given(counts_of_answers)
@settings(deadline=None, max_examples=50)
def test_more_confidence_never_narrows_an_interval(counts: NpsCounts) -> None:
    low, high = nps_interval(counts, 0.90)
    wider_low, wider_high = nps_interval(counts, 0.95)

    assert wider_low <= low <= high <= wider_high


@given(st.lists(st.one_of(st.none(), st.integers(0, 10)), max_size=30), st.randoms())
@settings(deadline=None, max_examples=50)
def test_the_order_of_answers_does_not_matter(ratings: list[int | None], shuffler: Any) -> None:
    shuffled = list(ratings)
    shuffler.shuffle(shuffled)

    assert NpsCounts.from_ratings(shuffled) == NpsCounts.from_ratings(ratings)


def test_intervals_of_five_answers_cover_the_truth_as_often_as_promised() -> None:
    shares, n = (0.80, 0.15, 0.05), 5
    truth = shares[0] - shares[2]
    covered = {adjusted_wald_interval: 0.0, score_interval: 0.0}
    for promoters in range(n + 1):
        for passives in range(n + 1 - promoters):
            hand = (promoters, passives, n - promoters - passives)
            ways = math.factorial(n) // math.prod(math.factorial(count) for count in hand)
            chance = ways * math.prod(share**count for share, count in zip(shares, hand, strict=True))
            for method in covered:
                low, high = method(NpsCounts(*hand))
                covered[method] += chance * (low <= truth <= high)

    assert list(covered.values()) == pytest.approx([0.930, 0.965], abs=0.005)
