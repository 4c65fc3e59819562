"""Persona weights, shrinkage towards the cohort, and how strong it should be."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.measure import MeasureState
from surveys.scoring import NpsCounts
from surveys.shrinkage import (
    Confidence,
    ShrunkNps,
    confidence_label,
    estimate_kappa,
    persona_weighted_nps,
    shrink_nps,
    shrunk_nps_measure,
)

MIX = NpsCounts(16, 12, 9)
any_counts = st.builds(NpsCounts, st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)).filter(
    lambda counts: counts.total > 0
)


def shrunk(*counts: float, mix: NpsCounts = MIX, kappa: float = 4.0) -> ShrunkNps:
    result = shrink_nps(NpsCounts(*counts), mix, kappa=kappa)
    assert result is not None
    return result


@pytest.mark.parametrize("name", list("ABCDEFGH"))
def test_shrinkage_matches_the_reference(anchor: Callable[[str], dict[str, Any]], name: str) -> None:
    entry = anchor("eb")

    found = shrunk(*entry["inputs"][name])

    assert [found.mean, found.sd] == pytest.approx(entry["expected"][name], abs=entry["tol"])


def test_weighting_by_persona_matches_the_reference(anchor: Callable[[str], dict[str, Any]]) -> None:
    expected = anchor("role_nps")["expected"]

    found = persona_weighted_nps([10, 9, 7, 6, 8], [3, 2, 1, 1, 1])

    assert found is not None
    assert [found.unweighted, found.weighted, found.n_eff] == pytest.approx(
        [expected["unweighted"], expected["weighted"], expected["neff"]]
    )
    assert found.counts.as_tuple() == pytest.approx(expected["eff_counts"])
    assert shrunk(*found.counts.as_tuple()).mean == pytest.approx(expected["shrunk_k4_mixabove"])


def test_nobody_weighted_is_nothing() -> None:
    assert persona_weighted_nps([], []) is None


@pytest.mark.parametrize(("ratings", "weights"), [([9], []), ([9], [0]), ([11], [1])])
def test_weights_that_do_not_fit_are_refused(ratings: list[int], weights: list[float]) -> None:
    with pytest.raises(ValueError, match=r"weight|whole number|shorter"):
        persona_weighted_nps(ratings, weights)


def test_the_chance_of_a_negative_score_matches_the_worked_example() -> None:
    assert shrunk(0, 1, 3).probability_negative == pytest.approx(0.849, abs=0.0005)


@pytest.mark.parametrize(("alpha", "expected"), [((0, 4, 0), 0.0), ((0, 1, 3), 1.0), ((3, 1, 0), 0.0)])
def test_the_chance_of_a_negative_score_survives_empty_classes(
    alpha: tuple[float, float, float], expected: float
) -> None:
    assert ShrunkNps(alpha, 4).probability_negative == expected


def test_the_chance_of_a_negative_score_agrees_with_draws() -> None:
    found = shrunk(5, 3, 4)

    assert float((found.draws(40_000, key="a") < 0).mean()) == pytest.approx(
        found.probability_negative, abs=0.01
    )


def test_without_answers_there_is_nothing_to_show_not_even_the_cohort() -> None:
    result = shrink_nps(NpsCounts(0, 0, 0), MIX)

    assert result is None
    assert shrunk_nps_measure(result).state is MeasureState.NOT_MEASURED


def test_one_answer_is_provisional() -> None:
    assert shrunk_nps_measure(shrunk(1, 0, 0)).state is MeasureState.PROVISIONAL


@pytest.mark.parametrize(("mix", "kappa"), [(NpsCounts(0, 0, 0), 4), (MIX, 0)])
def test_shrinking_towards_nothing_is_refused(mix: NpsCounts, kappa: float) -> None:
    with pytest.raises(ValueError, match="shrinkage needs"):
        shrink_nps(NpsCounts(1, 0, 0), mix, kappa=kappa)


@pytest.mark.parametrize("counts", [(1, 0, 0), (0, 1, 3), (4, 0, 0), (5, 3, 2), (30, 5, 2)])
def test_the_interval_agrees_with_draws(counts: tuple[int, int, int]) -> None:
    found = shrunk(*counts)

    drawn = np.quantile(found.draws(40_000, key="interval"), [0.025, 0.975])

    assert found.interval() == pytest.approx(tuple(drawn), abs=0.02)


def test_draws_depend_on_the_key_and_the_seed_alone() -> None:
    found = shrunk(5, 3, 2)

    assert np.array_equal(found.draws(10, key="a"), found.draws(10, key="a"))
    assert not np.array_equal(found.draws(10, key="a"), found.draws(10, key="b"))
    assert not np.array_equal(found.draws(10, key="a"), found.draws(10, key="a", seed=1))


@given(any_counts, any_counts, st.floats(0.1, 50))
@settings(deadline=None, max_examples=200)
def test_a_shrunk_score_lies_between_its_own_and_the_cohorts(
    counts: NpsCounts, mix: NpsCounts, kappa: float
) -> None:
    found = shrunk(*counts.as_tuple(), mix=mix, kappa=kappa)
    ends = sorted([counts.nps or 0.0, mix.nps or 0.0])

    assert ends[0] - 1e-9 <= found.mean <= ends[1] + 1e-9
    assert 0 <= found.probability_negative <= 1


@given(any_counts, any_counts)
@settings(deadline=None, max_examples=200)
def test_a_shrunk_interval_holds_its_mean_inside_the_scale(counts: NpsCounts, mix: NpsCounts) -> None:
    found = shrunk(*counts.as_tuple(), mix=mix)
    low, high = found.interval()

    assert -1 <= low <= found.mean + 1e-9
    assert found.mean - 1e-9 <= high <= 1


def simulated_accounts(how_many: int, *, seed: int, kappa: float = 4.0) -> tuple[list[NpsCounts], np.ndarray]:
    random = np.random.default_rng(seed)
    truths = random.dirichlet(kappa * np.array([0.45, 0.30, 0.25]), how_many)
    sizes = random.integers(1, 11, how_many)
    counts = [
        NpsCounts(*map(int, random.multinomial(n, truth))) for n, truth in zip(sizes, truths, strict=True)
    ]
    return counts, truths[:, 0] - truths[:, 2]


def test_shrinkage_beats_raw_and_pooled_scores_on_known_truth() -> None:
    accounts, truth = simulated_accounts(2000, seed=5)
    pooled = sum(accounts, NpsCounts(0, 0, 0))

    def error(estimates: list[float]) -> float:
        return float(np.sqrt(np.mean((np.array(estimates) - truth) ** 2)))

    raw = error([counts.nps or 0.0 for counts in accounts])
    flat = error([pooled.nps or 0.0] * len(accounts))
    results = [shrunk(*counts.as_tuple(), mix=pooled) for counts in accounts]
    assert [raw, error([result.mean for result in results]), flat] == pytest.approx(
        [0.382, 0.244, 0.355], abs=0.02
    )


def test_shrunk_intervals_cover_the_truth_as_often_as_promised() -> None:
    accounts, truth = simulated_accounts(1000, seed=6)
    pooled = sum(accounts, NpsCounts(0, 0, 0))
    intervals = [shrunk(*counts.as_tuple(), mix=pooled).interval() for counts in accounts]

    covered = np.mean([low <= value <= high for (low, high), value in zip(intervals, truth, strict=True)])

    assert covered == pytest.approx(0.95, abs=0.015)


def test_kappa_is_found_again_from_many_accounts() -> None:
    accounts, _ = simulated_accounts(2000, seed=7)

    found = estimate_kappa(accounts)

    assert not found.is_default
    assert found.kappa == pytest.approx(4, abs=0.5)
    assert found.icc == pytest.approx(1 / (found.kappa + 1))


def test_kappa_stays_at_its_default_until_thirty_accounts_have_two_answers() -> None:
    accounts = [NpsCounts(2, 0, 0)] * 15 + [NpsCounts(0, 0, 2)] * 14 + [NpsCounts(1, 0, 0)] * 50

    assert estimate_kappa(accounts).is_default
    assert estimate_kappa(accounts).kappa == 4
    assert not estimate_kappa([*accounts, NpsCounts(0, 2, 0)]).is_default


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        ([NpsCounts(3, 0, 0), NpsCounts(0, 0, 3)] * 20, 2.0),
        ([NpsCounts(1, 1, 1)] * 40, 50.0),
    ],
)
def test_kappa_is_kept_within_its_limits(accounts: list[NpsCounts], expected: float) -> None:
    assert estimate_kappa(accounts).kappa == expected


def test_accounts_that_differ_by_chance_alone_are_noise() -> None:
    assert estimate_kappa([NpsCounts(1, 1, 1)] * 40).is_noise
    assert not estimate_kappa([NpsCounts(3, 0, 0), NpsCounts(0, 0, 3)] * 20).is_noise


@pytest.mark.parametrize("accounts", [[], [NpsCounts(0, 0, 0)], [NpsCounts(1, 0, 0)] * 5])
def test_kappa_without_repeated_answers_is_the_default(accounts: list[NpsCounts]) -> None:
    found = estimate_kappa(accounts)

    assert (found.kappa, found.icc, found.is_noise) == (4.0, None, False)


def test_the_variance_between_accounts_agrees_with_the_textbook() -> None:
    accounts = [NpsCounts(2, 1, 0), NpsCounts(0, 1, 3), NpsCounts(1, 3, 1)]
    scores = [[1, 1, 0], [0, -1, -1, -1], [1, 0, 0, 0, -1]]
    grand = np.mean(np.concatenate(scores))
    between = sum(len(s) * (np.mean(s) - grand) ** 2 for s in scores) / 2
    within = sum(((np.array(s) - np.mean(s)) ** 2).sum() for s in scores) / 9
    typical = (12 - (9 + 16 + 25) / 12) / 2

    assert estimate_kappa(accounts).between == pytest.approx((between - within) / typical)


@pytest.mark.parametrize(
    ("half_width", "absent", "expected"),
    [
        (None, False, "none"),
        (None, True, "none"),
        (0.0, False, "high"),
        (0.20, False, "high"),
        (0.20, True, "medium"),
        (0.21, False, "medium"),
        (0.40, True, "medium"),
        (0.41, False, "low"),
        (0.41, True, "low"),
    ],
)
def test_the_label_follows_the_width_and_the_decision_maker(
    half_width: float | None, absent: bool, expected: str
) -> None:
    label = confidence_label(half_width, answers=12, decision_maker_absent=absent)
    assert label == Confidence(expected)


@pytest.mark.parametrize("half_width", [0.1, 0.3, 0.5])
def test_one_answer_gives_low_confidence_however_sure_its_cohort_is(half_width: float) -> None:
    assert confidence_label(half_width, answers=1, decision_maker_absent=False) is Confidence.LOW


def test_labels_are_ranked() -> None:
    assert sorted(Confidence, key=lambda label: label.rank) == [
        Confidence.NONE,
        Confidence.LOW,
        Confidence.MEDIUM,
        Confidence.HIGH,
    ]
