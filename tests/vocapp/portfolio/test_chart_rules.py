"""What the portfolio says as a whole."""

from typing import Any

import pytest

from vocapp.portfolio.chart_rules import (
    MOST_BUBBLES,
    SMALLEST_AREA,
    AxisKey,
    Corner,
    Lack,
    Row,
    areas,
    choose_charted,
    corner_of,
    has_hardly_moved,
    lack_of,
    place_of,
    read_chart,
    shown_range,
)
from vocapp.portfolio.movements import Level, judge_movers, movers

X, Y = AxisKey.ENGAGEMENT, AxisKey.SENTIMENT


def a_row(number: int = 1, **values: Any) -> Row:
    defaults: dict[str, Any] = {
        "id": number,
        "name": f"Account {number:03}",
        "arr": 1000.0,
        "currency": "EUR",
        "tier": "Tier 1",
        "tier_rank": 1,
        "region": "DACH",
        "days_to_renewal": 100,
        "owner": "Ana",
        "status": "amber",
        "confidence": "medium",
        "answers": 5,
        "engagement": 0.8,
        "sentiment": 0.7,
        "footprint": 0.9,
        "strength": 66.0,
        "nps": 0.4,
    }
    return Row(**{**defaults, **values})


@pytest.mark.parametrize(
    ("engagement", "sentiment", "expected"),
    [
        (0.9, 0.9, Corner.STRONG),
        (0.1, 0.9, Corner.QUIET_FRIENDS),
        (0.9, 0.1, Corner.VOCAL_CRITICS),
        (0.1, 0.1, Corner.SILENT_RISK),
        (0.5, 0.5, Corner.STRONG),
    ],
)
def test_corners(engagement: float, sentiment: float, expected: Corner) -> None:
    assert corner_of(engagement, sentiment, y=Y) is expected


def test_an_account_without_a_value_has_no_place() -> None:
    assert place_of(a_row(sentiment=None), X, Y) is None


def test_an_account_at_zero_has_a_place() -> None:
    assert place_of(a_row(engagement=0.0), X, Y) == (0.0, 0.7)


def test_accounts_without_a_place_are_kept_apart() -> None:
    charted = choose_charted([a_row(1), a_row(2, sentiment=None)], X, Y)
    assert [row.id for row in charted.shown] == [1]
    assert [row.id for row in charted.unplaced] == [2]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, None),
        ({"engagement": None, "sentiment": None}, Lack.NEVER_ASKED),
        ({"engagement": 0.0, "sentiment": None}, Lack.NO_ANSWER),
    ],
)
def test_never_asked_and_silent_are_different_reasons_for_having_no_place(
    values: dict[str, Any], expected: Lack | None
) -> None:
    assert lack_of(a_row(**values), X, Y) is expected


def test_without_a_tier_rule_there_is_no_footprint_to_draw() -> None:
    assert lack_of(a_row(footprint=None), AxisKey.FOOTPRINT, Y) is Lack.NO_RULE


def test_of_too_many_accounts_the_important_ones_are_drawn_and_the_others_counted() -> None:
    rows = [a_row(number, tier_rank=2) for number in range(MOST_BUBBLES)] + [a_row(999, tier_rank=1)]
    charted = choose_charted(rows, X, Y)
    assert 999 in [row.id for row in charted.shown]
    assert charted.left_out == 1


def test_the_list_of_drawn_accounts_is_worst_first() -> None:
    rows = [
        a_row(1, status="green"),
        a_row(2, status="red", strength=50),
        a_row(3, status="red", strength=20),
    ]
    assert [row.id for row in choose_charted(rows, X, Y).shown] == [3, 2, 1]


def test_an_area_is_in_proportion_to_arr() -> None:
    sizes = areas([a_row(1, arr=1000.0), a_row(2, arr=500.0)])
    assert sizes[1] == pytest.approx(2 * sizes[2])


def test_areas_compare_within_a_currency_only() -> None:
    sizes = areas([a_row(1, arr=1000.0), a_row(2, arr=1.0, currency="JPY")])
    assert sizes[1] == sizes[2]


def test_an_account_of_unknown_arr_gets_the_smallest_area() -> None:
    assert areas([a_row(1), a_row(2, arr=None)])[2] == SMALLEST_AREA


def test_many_bubbles_are_smaller_than_few() -> None:
    few, many = [a_row(n) for n in range(5)], [a_row(n) for n in range(150)]
    assert areas(few)[1] > areas(many)[1]


def test_a_reading_counts_the_corners() -> None:
    rows = [a_row(1), a_row(2), a_row(3, engagement=0.1, sentiment=0.2)]
    reading = read_chart(rows, X, Y)
    assert reading.total == 3
    assert reading.corners[Corner.STRONG] == 2
    assert reading.corners[Corner.SILENT_RISK] == 1


def test_a_reading_names_the_most_important_silent_risk() -> None:
    risk = {"engagement": 0.1, "sentiment": 0.2}
    rows = [a_row(1, tier_rank=3, **risk), a_row(2, tier_rank=1, **risk), a_row(3)]
    first = read_chart(rows, X, Y).first
    assert first is not None
    assert first.id == 2


def test_an_account_that_says_nothing_at_all_comes_before_those_on_the_chart() -> None:
    rows = [a_row(1, engagement=0.1, sentiment=0.2), a_row(2, engagement=0.0, sentiment=None)]
    reading = read_chart(rows, X, Y)
    assert reading.first is not None
    assert (reading.first.id, reading.is_first_silent) == (2, True)


def test_an_account_never_asked_is_not_called_silent() -> None:
    reading = read_chart([a_row(1), a_row(2, engagement=None, sentiment=None)], X, Y)
    assert not reading.is_first_silent


def test_a_reading_of_other_axes_tells_medians() -> None:
    rows = [a_row(1, strength=50), a_row(2, strength=60), a_row(3, strength=90)]
    reading = read_chart(rows, AxisKey.FOOTPRINT, AxisKey.STRENGTH)
    assert reading.medians == (0.9, 60)
    assert reading.corners == {}


def test_a_reading_of_nothing() -> None:
    assert read_chart([], X, Y).total == 0


def before(strength: float | None) -> tuple[None, None, None, float | None, None]:
    return (None, None, None, strength, None)


def test_movers_are_those_who_fell_and_rose_most() -> None:
    rows = [a_row(1, strength=40), a_row(2, strength=80), a_row(3, strength=60)]
    fallen, risen = movers(rows, {1: before(60), 2: before(70), 3: before(60)})
    assert [one.row.id for one in fallen] == [1]
    assert [one.row.id for one in risen] == [2]


def test_an_account_that_was_not_measured_has_not_moved() -> None:
    rows = [a_row(1, strength=40), a_row(2, strength=None)]
    assert movers(rows, {1: before(None), 2: before(60)}) == ([], [])


def test_a_large_movement_with_narrow_intervals_is_real() -> None:
    fallen, _risen = movers([a_row(1, strength=40)], {1: before(70)})
    levels = {1: (Level(70, (65, 75), "measured"), Level(40, (35, 45), "measured"))}
    assert judge_movers(fallen, levels)[0].is_real is True


def test_a_small_movement_with_wide_intervals_could_be_noise() -> None:
    fallen, _risen = movers([a_row(1, strength=60)], {1: before(65)})
    levels = {1: (Level(65, (45, 85), "measured"), Level(60, (40, 80), "measured"))}
    assert judge_movers(fallen, levels)[0].is_real is False


def test_a_provisional_strength_cannot_be_tested() -> None:
    fallen, _risen = movers([a_row(1, strength=30)], {1: before(60)})
    levels = {1: (Level(60, (50, 70), "measured"), Level(30, (20, 70), "provisional"))}
    assert judge_movers(fallen, levels)[0].is_real is None


@pytest.mark.parametrize("key", AxisKey)
def test_the_middle_of_an_axis_is_always_shown(key: AxisKey) -> None:
    low, high = shown_range(key, [])
    assert low < (low + high) / 2 < high


def test_an_axis_shows_every_value_with_air_around_it() -> None:
    low, high = shown_range(AxisKey.ENGAGEMENT, [0.0, 1.0])
    assert low < 0
    assert high > 1


def test_a_trail_of_less_than_a_hundredth_is_no_movement() -> None:
    assert has_hardly_moved((0.5, 0.5), (0.505, 0.5), X, Y)
    assert not has_hardly_moved((0.5, 0.5), (0.52, 0.5), X, Y)
