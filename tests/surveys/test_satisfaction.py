"""CSAT and CES, against worked examples and edge cases."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.intervals import wilson_interval
from surveys.measure import MeasureState
from surveys.satisfaction import ces_score, csat_score


def repeated(**counts: int) -> list[int]:
    return [int(rating[1:]) for rating, count in counts.items() for _ in range(count)]


def test_csat_gives_share_and_mean_of_the_worked_example() -> None:
    score = csat_score(repeated(r5=9, r4=10, r3=6, r2=3, r1=2))

    assert score.share.value == pytest.approx(0.633, abs=0.0005)
    assert score.share.ci == pytest.approx((0.455, 0.781), abs=0.0005)
    assert score.mean.value == pytest.approx(3.70)
    assert score.mean.ci == pytest.approx((3.249, 4.151), abs=0.0005)


def test_ces_matches_the_reference(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("ces")
    expected, tolerance = entry["expected"], entry["tol"]

    score = ces_score(repeated(r7=6, r6=5, r5=4, r4=2, r3=1, r2=1, r1=1))

    assert score.mean.n == expected["n"]
    assert score.mean.value == pytest.approx(expected["mean"], abs=tolerance)
    assert score.mean.ci == pytest.approx(expected["t_ci"], abs=tolerance)
    assert score.share.value == pytest.approx(expected["agree_5_7"], abs=tolerance)
    assert score.share.ci == pytest.approx(expected["wilson"], abs=tolerance)
    assert score.net == pytest.approx(expected["net"], abs=tolerance)
    assert score.rescaled == pytest.approx(expected["pomp"] / 100, abs=tolerance)


@pytest.mark.parametrize(("good", "expected"), [(0, (0, 0.561)), (3, (0.439, 1))])
def test_wilson_stays_open_for_none_and_for_all(good: int, expected: tuple[float, float]) -> None:
    assert wilson_interval(good, 3) == pytest.approx(expected, abs=0.0005)


@pytest.mark.parametrize(("good", "n"), [(0, 0), (4, 3), (-1, 3)])
def test_an_impossible_share_is_refused(good: int, n: int) -> None:
    with pytest.raises(ValueError, match="share"):
        wilson_interval(good, n)


def test_no_answers_are_not_measured() -> None:
    score = csat_score([None, None])

    assert (score.share.state, score.mean.state) == (MeasureState.NOT_MEASURED, MeasureState.NOT_MEASURED)
    assert (score.rescaled, score.net) == (None, None)


def test_one_answer_has_a_share_with_wilson_and_a_mean_without_interval() -> None:
    score = csat_score([5])

    assert (score.share.state, score.mean.state) == (MeasureState.PROVISIONAL, MeasureState.PROVISIONAL)
    assert score.share.ci is not None
    assert score.mean.ci is None


def test_identical_answers_leave_the_mean_without_interval_and_say_so() -> None:
    score = ces_score([6, 6, 6])

    assert score.mean.ci is None
    assert "all answers are the same" in score.mean.reason
    assert score.share.ci is not None


@pytest.mark.parametrize("rating", [0, 6, True, 4.0])
def test_a_rating_off_the_scale_is_refused(rating: Any) -> None:
    with pytest.raises(ValueError, match="rating"):
        csat_score([3, rating])


@given(st.lists(st.integers(1, 7), min_size=1, max_size=40))
@settings(deadline=None, max_examples=100)
def test_share_and_mean_lie_in_their_intervals(ratings: list[int]) -> None:
    score = ces_score(ratings)

    for measure in (score.share, score.mean):
        assert measure.value is not None
        assert measure.ci is None or measure.ci[0] <= measure.value <= measure.ci[1]
