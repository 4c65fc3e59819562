"""A region's way to use the scale, read from outcomes."""

from typing import Any

import numpy as np
import pytest

from surveys.regional_shift import region_shift


def world(shift: float, n: int = 6000, seed: int = 1) -> tuple[Any, Any, Any]:
    random = np.random.default_rng(seed)
    region = random.random(n) < 0.4
    feeling = random.normal(7, 2, n)
    renewed = random.random(n) < 1 / (1 + np.exp(-(0.6 * (feeling - 7) + 1.5)))
    return np.round(feeling + np.where(region, shift, 0.0)), renewed, region


@pytest.mark.parametrize("shift", [-1.6, 0.0, 0.8])
def test_a_known_shift_is_found_again(shift: float) -> None:
    found = region_shift(*world(shift))

    assert found.points == pytest.approx(shift, abs=0.35)
    assert found.ci is not None
    assert found.ci[0] < shift < found.ci[1]
    assert found.standard_error is not None
    assert found.ci[1] - found.ci[0] == pytest.approx(3.92 * found.standard_error, rel=0.01)


def test_its_interval_covers_the_truth_as_often_as_promised() -> None:
    found = [region_shift(*world(-1.0, n=1500, seed=seed)).ci for seed in range(120)]

    assert np.mean([ci is not None and ci[0] < -1.0 < ci[1] for ci in found]) == pytest.approx(0.95, abs=0.06)


def test_few_churned_accounts_tell_nothing() -> None:
    found = region_shift(*(part[:100] for part in world(-1.6)))

    assert found.points is None
    assert "50 are needed" in found.reason


def test_ratings_that_do_not_go_with_renewal_tell_nothing() -> None:
    random = np.random.default_rng(2)
    found = region_shift(
        random.integers(0, 11, 900).astype(float), random.random(900) < 0.5, random.random(900) < 0.5
    )

    assert (found.points, found.ci) == (None, None)
    assert "clearly enough" in found.reason


def test_one_region_or_one_rating_is_nothing_to_compare() -> None:
    rating, renewed, region = world(-1.0)

    assert "nothing to compare" in region_shift(rating, renewed, np.ones_like(region)).reason
    assert "nothing to compare" in region_shift(np.full_like(rating, 10), renewed, region).reason


def test_ratings_that_decide_everything_have_no_finite_shift() -> None:
    rating, _, region = world(-1.0)

    assert "no finite shift" in region_shift(rating, rating > 6, region).reason
