"""Four ways to sum up many accounts, standing in a region, and what other weights would say."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.measure import Measure, MeasureState
from surveys.nps_arrays import shrink_counts
from surveys.regional import RegionHistory, RegionTable, equivalent_rating, mid_ranks_of, region_table
from surveys.roll_ups import RollUp, RollUps, account_scores, roll_ups
from surveys.scoring import NpsCounts, nps_measure
from surveys.sensitivity import weight_sensitivity

Answer = tuple[int, int, float, bool]
answers_given = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 10), st.sampled_from([1.0, 2.0, 3.0]), st.booleans()),
    max_size=20,
)

HARSH = RegionHistory("harsh", (0, 0, 1, 0, 2, 5, 9, 14, 7, 2, 0), 12)
REFERENCE = RegionHistory("reference", (0, 0, 0, 0, 1, 0, 3, 6, 10, 12, 8), 12)


def columns(answers: list[Answer]) -> tuple[Any, Any, Any, Any]:
    account, rating, weight, leads = (
        (list(part) for part in zip(*answers, strict=True)) if answers else [[]] * 4
    )
    return np.array(account, int), np.array(rating, int), np.array(weight, float), np.array(leads, bool)


def summed(answers: list[Answer]) -> RollUps:
    return roll_ups(*columns(answers))


def test_four_ways_tell_four_numbers() -> None:
    large = [(1, 9, 1.0, False)] * 6 + [(1, 3, 3.0, True)]
    small = [(2, 8, 1.0, False)]

    found = summed([*large, *small])

    assert [found.of(way).value for way in RollUp] == pytest.approx([5 / 8, 5 / 14, 0.3, -0.5])
    assert (found.accounts, found.decision_maker_accounts) == (2, 1)


def test_weighting_by_persona_matches_the_reference(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("role_nps")
    expected = entry["expected"]
    people = zip((10, 9, 7, 6, 8), (3.0, 2.0, 1.0, 1.0, 1.0), strict=True)
    answers = [(0, rating, weight, False) for rating, weight in people]

    scores = account_scores(*columns(answers), accounts=1)
    found = summed(answers)

    assert scores.weighted[0] == pytest.approx(expected["eff_counts"])
    assert found.persona_weighted.value == pytest.approx(expected["weighted"])
    assert found.persona_weighted.n_eff == pytest.approx(expected["neff"])
    assert found.all_responses.value == pytest.approx(expected["unweighted"])
    alpha = shrink_counts(scores.weighted, (16, 12, 9), kappa=4)[0]
    assert (alpha[0] - alpha[2]) / alpha.sum() == pytest.approx(expected["shrunk_k4_mixabove"])


def test_nobody_answered_in_no_way() -> None:
    assert {summed([]).of(way).state for way in RollUp} == {MeasureState.NOT_MEASURED}
    assert summed([(0, -1, 1.0, True)]).of(RollUp.DECISION_MAKER_FIRST).value is None


def test_one_answer_is_a_hint_in_every_way() -> None:
    found = summed([(7, 10, 3.0, True)])

    assert {found.of(way).state for way in RollUp} == {MeasureState.PROVISIONAL}


def test_a_weight_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        summed([(0, 9, 0.0, False)])


def width(measure: Measure) -> float:
    assert measure.ci is not None
    return measure.ci[1] - measure.ci[0]


@given(answers_given.filter(bool))
@settings(max_examples=120, deadline=None)
def test_every_way_lies_in_an_interval_that_stays_open(answers: list[Answer]) -> None:
    found = summed(answers)

    for way in RollUp:
        measure = found.of(way)
        assert measure.value is not None
        assert measure.ci is not None
        assert -1 <= measure.ci[0] <= measure.value <= measure.ci[1] <= 1
        assert width(measure) > 0.05


@given(answers_given, st.randoms())
@settings(max_examples=40, deadline=None)
def test_neither_order_nor_numbers_of_accounts_matter(answers: list[Answer], shuffler: Any) -> None:
    moved = [(account * 1000 + 5, *rest) for account, *rest in answers]
    shuffler.shuffle(moved)
    before, after = summed(answers), summed([(a, int(r), float(w), bool(d)) for a, r, w, d in moved])

    for way in RollUp:
        assert before.of(way).value == pytest.approx(after.of(way).value)


def test_accounts_with_one_answer_each_have_the_interval_of_their_answers() -> None:
    ratings = [10, 9, 9, 8, 7, 7, 6, 3, 10, 9, 8]

    found = summed([(at, rating, 1.0, False) for at, rating in enumerate(ratings)])

    expected = nps_measure(NpsCounts.from_ratings(ratings))
    assert found.account_average.value == pytest.approx(expected.value)
    assert found.account_average.ci == pytest.approx(expected.ci)


def table_of(*ladder: RegionHistory) -> RegionTable:
    found = region_table(ladder, REFERENCE)
    assert found is not None
    return found


def test_a_seven_stands_high_where_people_are_harsh() -> None:
    harsh, reference = table_of(HARSH), table_of(REFERENCE)

    assert (harsh.mid_rank[7], harsh.z[7]) == pytest.approx((0.60, 0.253), abs=5e-4)
    assert (reference.mid_rank[7], reference.z[7]) == pytest.approx((0.175, -0.935), abs=5e-4)
    assert equivalent_rating(7, HARSH, REFERENCE) == pytest.approx(8.8, abs=0.05)


def test_a_standing_of_few_answers_is_drawn_towards_everybody() -> None:
    harsh = table_of(HARSH)

    assert harsh.shrunk[7] == pytest.approx((40 * 0.60 + 50 * 0.175) / 90)
    assert harsh.of([7, 7]) == pytest.approx(harsh.shrunk[7])
    assert harsh.of([]) is None


def test_a_region_that_is_too_small_gives_way_to_the_one_around_it() -> None:
    tiny = RegionHistory("tiny", (0,) * 10 + (29,), 20)
    lone = RegionHistory("lone", (0,) * 10 + (40,), 9)

    assert table_of(tiny, lone, HARSH).region == "harsh"
    assert region_table([tiny, lone], REFERENCE) is None
    assert region_table([], REFERENCE) is None


def test_where_all_answers_are_equal_they_stand_in_the_middle() -> None:
    found = table_of(RegionHistory("same", (0,) * 8 + (50, 0, 0), 10))

    assert (found.mid_rank[8], found.z[8]) == (0.5, 0)
    assert (found.mid_rank[0], found.mid_rank[10]) == (0.01, 0.99)


def test_a_history_without_answers_or_of_the_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="eleven"):
        RegionHistory("odd", (1, 2), 1)
    with pytest.raises(ValueError, match="rank"):
        mid_ranks_of(RegionHistory("none", (0,) * 11, 0))


@given(st.lists(st.integers(0, 9), min_size=11, max_size=11).filter(any))
@settings(max_examples=60, deadline=None)
def test_a_better_rating_never_stands_lower(counts: list[int]) -> None:
    found = region_table([RegionHistory("r", tuple(counts), 10)], REFERENCE, answers_needed=1)

    assert found is not None
    for part in (found.mid_rank, found.z, found.shrunk):
        assert (np.diff(part) >= 0).all()
        assert np.isfinite(part).all()


parts = st.one_of(st.just(float("nan")), st.floats(0, 1))


@given(st.lists(st.tuples(parts, parts, parts), max_size=12))
@settings(max_examples=60, deadline=None)
def test_strength_and_rank_lie_in_what_other_weights_say(accounts: list[tuple[float, float, float]]) -> None:
    found = weight_sensitivity(np.array(accounts, dtype=float).reshape(-1, 3))
    known = np.isfinite(found.strength)

    assert (found.low[known] <= found.strength[known]).all()
    assert (found.strength[known] <= found.high[known]).all()
    assert (found.rank_low[known] <= found.rank[known]).all()
    assert (found.rank[known] <= found.rank_high[known]).all()
    assert (np.isnan(found.rank_low) == ~known).all()
    assert (found.widest_move is None) == (not known.any())


def test_accounts_strong_in_different_parts_change_places() -> None:
    found = weight_sensitivity(np.array([[0.9, 0.5, 0.6], [0.5, 0.62, 0.85], [0.1, 0.1, 0.1]]))

    assert found.rank_low[:2].tolist() == [1, 1]
    assert found.rank_high.tolist() == [2, 2, 3]
    assert found.widest_move == 1


def test_moving_weights_by_more_than_all_is_refused() -> None:
    with pytest.raises(ValueError, match="spread"):
        weight_sensitivity(np.zeros((0, 3)), spread=1.0)
