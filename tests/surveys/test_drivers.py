"""What goes with the rating, how much of it, and when to say where to concentrate."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.driver_map import Place, driver_map
from surveys.drivers import Driver, DriverItem, Drivers, find_drivers
from surveys.measure import Measure, MeasureState, not_measured
from surveys.relative_weights import relative_weights

Array = Any
PACKAGE_ROWS = Path(__file__).parent / "nps_testdata.csv"
FIVE = [DriverItem(name, 1, 5, 4) for name in ("product", "service", "price")]


def example() -> tuple[Array, Array]:
    return np.array([[1, 0.6, 0.3], [0.6, 1, 0.4], [0.3, 0.4, 1]]), np.array([0.5, 0.6, 0.2])


def test_relative_weights_match_the_worked_example() -> None:
    found = relative_weights(*example())

    assert found.weights == pytest.approx([0.1369, 0.2422, 0.0148], abs=5e-5)
    assert found.beta == pytest.approx([0.225, 0.491, -0.064], abs=5e-4)
    assert found.r_squared == pytest.approx(0.3940, abs=5e-5)


def test_weights_of_independent_predictors_are_their_squares() -> None:
    found = relative_weights(np.eye(3), np.array([0.5, -0.4, 0.1]))

    assert found.weights == pytest.approx([0.25, 0.16, 0.01])
    assert np.sign(found.beta).tolist() == [1, -1, 1]


def test_weights_sum_to_what_regression_explains() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=(200, 4)) @ random.normal(size=(4, 4))
    y = x @ [1.0, -0.5, 0.2, 0] + random.normal(size=200)
    together = np.corrcoef(np.column_stack([x, y]), rowvar=False)

    found = relative_weights(together[:4, :4], together[:4, 4])

    residual = (
        y
        - np.column_stack([np.ones(200), x])
        @ np.linalg.lstsq(np.column_stack([np.ones(200), x]), y, rcond=None)[0]
    )
    assert found.weights.sum() == pytest.approx(1 - residual.var() / y.var())
    assert (found.weights >= 0).all()


def test_two_items_that_say_the_same_share_their_weight() -> None:
    twins = np.array([[1.0, 1.0], [1.0, 1.0]])

    found = relative_weights(twins, np.array([0.6, 0.6]))

    assert found.is_ridged
    assert found.weights == pytest.approx([0.18, 0.18], abs=0.005)


def test_correlations_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="square matrix"):
        relative_weights(np.eye(2), np.array([0.1]))


def answers(n: int = 400, accounts: int = 80, seed: int = 2) -> tuple[Array, Array, Array]:
    random = np.random.default_rng(seed)
    account = random.integers(0, accounts, n)
    mood = random.normal(0, 0.5, accounts)[account]
    parts = np.column_stack([mood + random.normal(0, 1, n) for _ in range(3)])
    items = np.clip(np.round(parts + np.array([3.0, 4.0, 3.0])), 1, 5)
    rating = np.clip(np.round(6 + 1.6 * parts[:, 0] + 0.5 * parts[:, 1] + random.normal(0, 1, n)), 0, 10)
    return rating, items, account


def found_in(rating: Array, items: Array, account: Array, draws: int = 100) -> Drivers:
    return find_drivers(np.asarray(rating, float), np.asarray(items, float), account, FIVE, draws=draws)


def test_drivers_are_found_in_their_order() -> None:
    found = found_in(*answers())

    weights = [one.importance.value for one in found.drivers]
    assert weights == sorted(weights, key=lambda weight: -(weight or 0))
    assert found.r_squared == pytest.approx(sum(weight or 0 for weight in weights))
    assert [one.sign for one in found.drivers[:2]] == [1, 1]
    for one in found.drivers:
        for measure in (one.spearman, one.importance, one.performance):
            assert measure.ci is not None
            assert measure.value is not None
            assert measure.ci[0] <= measure.value <= measure.ci[1]
            assert measure.ci[1] > measure.ci[0]


def test_the_same_answers_give_the_same_intervals() -> None:
    assert found_in(*answers()) == found_in(*answers())


def test_a_missing_item_costs_its_pairs_and_is_never_a_zero() -> None:
    rating, items, account = answers()
    gone = items.copy()
    gone[::3, 2] = np.nan

    found, whole = found_in(rating, gone, account), found_in(rating, items, account)

    assert [one.n for one in found.drivers] == [400, 400, 266]
    assert found.drivers[2].performance.value == pytest.approx(whole.drivers[2].performance.value, abs=0.05)
    assert found.drivers[0].spearman.value == whole.drivers[0].spearman.value


def test_a_constant_item_has_no_importance_and_says_why() -> None:
    rating, items, account = answers()
    items[:, 1] = 4

    found = found_in(rating, items, account)

    assert found.drivers[1].importance.state is MeasureState.NOT_MEASURED
    assert "the same" in found.drivers[1].importance.reason
    assert found.drivers[0].importance.value is not None


@pytest.mark.parametrize("n", [0, 1, 49])
def test_few_answers_have_no_importance(n: int) -> None:
    rating, items, account = answers()

    found = found_in(rating[:n], items[:n], account[:n])

    assert (found.r_squared, found.n) == (None, n)
    assert all(one.importance.value is None for one in found.drivers)
    assert "50 are needed" in found.reason


def test_everybody_giving_ten_is_nothing_to_explain() -> None:
    rating, items, account = answers()

    found = found_in(np.full_like(rating, 10), items, account)

    assert found.r_squared is None
    assert all(one.spearman.value is None for one in found.drivers)


def test_answers_of_one_account_have_no_interval() -> None:
    rating, items, account = answers()

    found = found_in(rating, items, np.zeros_like(account))

    assert {one.importance.state for one in found.drivers} == {MeasureState.PROVISIONAL}
    assert found.drivers[0].importance.ci is None


def test_items_hardly_anybody_answered_together_are_not_told_apart() -> None:
    rating, items, account = answers()
    items[:150, 1] = np.nan
    items[152:, 2] = np.nan

    found = found_in(rating, items, account)

    assert "together" in found.drivers[2].importance.reason
    assert found.drivers[1].importance.value is not None


def test_thousands_of_accounts_are_drawn_in_blocks() -> None:
    rating, items, account = answers(n=6000, accounts=2500)

    found = found_in(rating, items, account, draws=50)

    assert found.accounts > 2000
    assert found.drivers[0].importance.ci is not None


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="one place per item"):
        find_drivers(np.zeros(3), np.zeros((3, 2)), np.zeros(3, int), FIVE)
    with pytest.raises(ValueError, match="lowest"):
        DriverItem("odd", 5, 5, 5)
    with pytest.raises(ValueError, match="top"):
        DriverItem("odd", 1, 5, 1)


def test_the_share_at_the_top_has_an_interval_even_where_everybody_agrees() -> None:
    account = np.repeat(np.arange(20), 3)
    mixed = np.where(account % 4 == 0, 5.0, 3.0)
    always = np.full(60, 4.0)
    items = np.column_stack([mixed, always, np.full(60, np.nan)])

    product, service, price = found_in(mixed * 2, items, account).drivers

    assert (product.top_box.value, product.top_box.n) == (0.25, 60)
    low, high = product.top_box.ci or (0, 0)
    # Twenty accounts were asked, not sixty people: Wilson's interval of 15 of 60 is narrower.
    assert low < 0.15 < 0.38 < high
    assert (service.top_box.value, service.top_box.ci) == (1.0, pytest.approx((0.940, 1.0), abs=5e-4))
    assert price.top_box.value is None


@given(st.lists(st.tuples(*[st.integers(1, 5)] * 3, st.integers(0, 10), st.integers(0, 30)), max_size=90))
@settings(max_examples=25, deadline=None)
def test_any_answers_give_right_states(rows: list[tuple[int, ...]]) -> None:
    table = np.array(rows, dtype=float).reshape(-1, 5)

    found = found_in(table[:, 3], table[:, :3], table[:, 4].astype(int), draws=20)

    assert found.r_squared is None or 0 <= found.r_squared <= 1
    for one in found.drivers:
        assert one.importance.value is None or 0 <= one.importance.value <= 1
        assert one.performance.value is None or 0 <= one.performance.value <= 1


@pytest.mark.skipif(not PACKAGE_ROWS.exists(), reason="the package's data are not shipped")
def test_weights_match_the_package_data(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("rwa_nps")
    names = ["Product.Tastiness", "Salesman.Smileyness", "Salesman.Chirpiness", "Salesman.Bubbliness"]
    rows = np.genfromtxt(PACKAGE_ROWS, delimiter=",", names=True, deletechars="")
    table = np.column_stack([rows[name] for name in (*names, "REC")])
    together = np.corrcoef(table[np.isfinite(table).all(axis=1)], rowvar=False)

    found = relative_weights(together[:4, :4], together[:4, 4])

    expected = [entry["expected"][name.split(".")[1]] for name in names]
    assert found.weights == pytest.approx(expected, abs=entry["tol"])
    assert found.r_squared == pytest.approx(entry["expected"]["r2"], abs=entry["tol"])


def measure(value: float, half: float | None) -> Measure:
    ci = None if half is None else (value - half, value + half)
    return Measure(value, 80, None, ci, MeasureState.MEASURED)


def driver(importance: float, performance: float, *, half: float | None = 0.02, sign: int = 1) -> Driver:
    return Driver(
        "one",
        80,
        measure(0.3, 0.1),
        measure(importance, half),
        sign,
        measure(performance, half),
        measure(performance, half),
    )


OTHERS = [driver(0.05, 0.8), driver(0.05, 0.8), driver(0.08, 0.79)]


def test_concentrate_here_is_said_where_both_intervals_clear_the_axes() -> None:
    found = driver_map([driver(0.3, 0.4), *OTHERS])

    assert [point.says_concentrate for point in found.points] == [True, False, False, False]
    assert (found.importance_axis, found.performance_axis) == pytest.approx((0.065, 0.795))


@pytest.mark.parametrize(
    "weak", [driver(0.3, 0.4, half=0.5), driver(0.3, 0.4, half=None), driver(0.3, 0.4, sign=-1)]
)
def test_it_is_not_said_of_what_is_not_sure(weak: Driver) -> None:
    point = driver_map([weak, *OTHERS]).points[0]

    assert point.place is Place.CONCENTRATE_HERE
    assert not point.says_concentrate


def test_every_field_of_the_map_has_its_place() -> None:
    four = [driver(0.3, 0.4), driver(0.3, 0.9), driver(0.1, 0.4), driver(0.1, 0.9)]

    assert [point.place for point in driver_map(four).points] == list(Place)


def test_a_driver_without_importance_is_not_on_the_map() -> None:
    unmeasured = Driver(
        "one", 3, not_measured("few"), not_measured("few"), 0, measure(0.5, 0.1), measure(0.5, 0.1)
    )

    assert driver_map([unmeasured]).points == ()
    assert driver_map([]).importance_axis is None
