"""How a portfolio is spread: bins, colours, ARR by strength, cells of tier by region, quarters, parts."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.intervals import mean_interval
from vocapp.portfolio.chart_rules import AxisKey, Corner
from vocapp.portfolio.heat_rules import Group, heat_map
from vocapp.portfolio.rules import days_of, quarter_of, quarters_to_choose
from vocapp.portfolio.spread_rules import (
    Standing,
    judge_colours,
    revenue_curves,
    spread_of,
    status_shares,
)
from vocapp.portfolio.worth import worth_of
from vocapp.portfolio.zoom import WHOLE, Window, address_of, corner_window, read_window, window_range

X, Y = AxisKey.ENGAGEMENT, AxisKey.SENTIMENT


def standing(strength: float | None = 50.0, **values: Any) -> Standing:
    defaults: dict[str, Any] = {"status": "amber", "confidence": "medium", "currency": "EUR", "arr": 100.0}
    return Standing(strength, **{**defaults, **values})


def test_strengths_fall_into_ten_bins_and_the_unmeasured_into_none() -> None:
    spread = spread_of([standing(0.0), standing(9.9), standing(10.0), standing(100.0), standing(None)])
    assert spread.bins == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert (spread.accounts, spread.measured) == (5, 4)


def test_nothing_measured_has_no_quartiles() -> None:
    assert spread_of([standing(None)]).quartiles is None
    assert spread_of([]).bins == [0] * 10


def test_statuses_come_worst_first_and_only_those_that_occur() -> None:
    shares = status_shares([standing(status="green"), standing(status="red"), standing(status="green")])
    assert [(share.status, share.accounts) for share in shares] == [("red", 1), ("green", 2)]


def test_currencies_are_never_added_and_unknown_and_negative_arr_are_counted() -> None:
    worth = worth_of([("EUR", 5.0), ("EUR", 7.0), ("USD", 1.0), ("EUR", None), ("USD", -3.0), ("GBP", 0.0)])
    assert worth.arr == {"EUR": 12.0, "USD": 1.0}
    assert (worth.accounts, worth.unknown, worth.negative, worth.left_out) == (6, 1, 1, 2)


@pytest.mark.parametrize(
    ("green", "amber", "red", "is_alarming"),
    [(15, 3, 2, True), (14, 3, 3, False), (14, 3, 1, False), (0, 0, 0, False), (85, 10, 5, True)],
)
def test_one_colour_over_all_is_alarming_from_twenty_accounts_on(
    green: int, amber: int, red: int, is_alarming: bool
) -> None:
    accounts = [standing(status=status) for status in ["green"] * green + ["amber"] * amber + ["red"] * red]
    alarm = judge_colours([*accounts, standing(None, status="grey")])
    assert alarm.judgement.is_alarming is is_alarming
    assert alarm.measured == green + amber + red


def test_where_arr_is_even_a_curve_is_the_diagonal() -> None:
    (curve,) = revenue_curves([standing(float(strength)) for strength in range(10)])
    assert [(step.accounts, round(step.share, 9)) for step in curve.steps] == [
        (0.2, 0.2), (0.4, 0.4), (0.5, 0.5), (0.6, 0.6), (0.8, 0.8), (1.0, 1.0),
    ]  # fmt: skip


def test_a_curve_says_how_much_the_weakest_bring_and_up_to_which_strength() -> None:
    (curve,) = revenue_curves(
        [standing(20.0, arr=600.0), *(standing(60.0 + number, arr=100.0) for number in range(4))]
    )
    first = curve.steps[0]
    assert (first.accounts, first.share, first.arr, first.strength) == (0.2, 0.6, 600.0, 20.0)


def test_accounts_of_equal_strength_are_one_step_in_any_order() -> None:
    rich, poor = standing(50.0, arr=900.0), standing(50.0, arr=0.0)
    others = [standing(80.0)] * 4
    assert revenue_curves([rich, poor, *others]) == revenue_curves([*others, poor, rich])


def test_a_curve_counts_what_has_no_place_in_its_order() -> None:
    (curve,) = revenue_curves(
        [*[standing()] * 6, standing(None, arr=40.0), standing(arr=None), standing(arr=-1.0)]
    )
    assert curve.accounts == 6
    assert (curve.unordered.accounts, curve.unordered.arr) == (1, {"EUR": 40.0})


def test_there_is_one_curve_per_currency_and_none_from_four_accounts_or_without_arr() -> None:
    curves = revenue_curves(
        [*[standing()] * 4, *[standing(currency="USD", arr=0.0)] * 5, *[standing(currency="GBP")] * 6]
    )
    assert [(curve.currency, bool(curve.points)) for curve in curves] == [
        ("GBP", True),
        ("USD", False),
        ("EUR", False),
    ]


amounts = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0, 1e9, allow_subnormal=False)), min_size=5, max_size=120
)


@given(amounts)
def test_a_curve_rises_from_nothing_to_all(pairs: list[tuple[float, float]]) -> None:
    (curve,) = revenue_curves([standing(strength, arr=arr) for strength, arr in pairs])
    if not curve.points:
        return
    assert curve.points[0] == (0.0, 0.0)
    assert curve.points[-1] == pytest.approx((1.0, 1.0))
    assert all(
        one[0] <= other[0] and one[1] <= other[1] + 1e-12
        for one, other in zip(curve.points, curve.points[1:], strict=False)
    )


def a_group(strengths: list[float], **values: Any) -> Group:
    defaults: dict[str, Any] = {
        "tier_id": 1, "tier": "Tier 1", "tier_rank": 1, "region": "EMEA", "currency": "EUR",
        "accounts": len(strengths), "measured": len(strengths), "total": sum(strengths),
        "squares": sum(value * value for value in strengths),
        "least": min(strengths, default=None), "most": max(strengths, default=None),
        "at_risk": 0, "at_risk_arr": 0.0, "at_risk_unknown": 0, "at_risk_negative": 0,
        "reached": len(strengths), "silent": 0,
    }  # fmt: skip
    return Group(**{**defaults, **values})


def test_a_cell_of_four_is_too_few_to_say() -> None:
    cell = heat_map([a_group([50.0, 60.0, 70.0, 80.0])]).cells["1", "EMEA"]
    assert (cell.accounts, cell.measured, cell.mean, cell.ci, cell.silent_share) == (4, 4, None, None, None)


@given(st.lists(st.floats(20, 80), min_size=5, max_size=40))
def test_the_interval_of_a_mean_from_sums_is_that_of_the_values(strengths: list[float]) -> None:
    cell = heat_map([a_group(strengths[:3]), a_group(strengths[3:], currency="USD")]).cells["1", "EMEA"]
    expected = mean_interval(strengths)
    if cell.ci is None:
        assert expected is None or expected[1] - expected[0] < 1e-3
    elif expected is not None:
        low, high = max(0.0, expected[0]), min(100.0, expected[1])
        assert cell.ci == pytest.approx((low, high), abs=1e-3)


def test_equal_strengths_have_a_mean_and_no_interval() -> None:
    cell = heat_map([a_group([70.0] * 6)]).cells["1", "EMEA"]
    assert (cell.mean, cell.ci) == (70.0, None)


def test_a_share_of_silent_accounts_comes_with_its_interval() -> None:
    cell = heat_map([a_group([50.0] * 8, silent=8)]).cells["1", "EMEA"]
    assert cell.silent_share == 1.0
    assert cell.silent_ci is not None
    assert cell.silent_ci[0] < 1.0


def test_tiers_come_in_rank_order_and_accounts_without_one_last_with_a_key_of_their_own() -> None:
    heat = heat_map(
        [
            a_group([1.0], tier_id=None, tier="", tier_rank=1_000_000, region=""),
            a_group([1.0], tier_id=7, tier="Bronze", tier_rank=2, region="Zulu"),
            a_group([1.0], tier_id=9, tier="Gold", tier_rank=1, region="Alpha"),
        ]
    )
    assert [side.key for side in heat.tiers] == ["9", "7", "-"]
    assert [side.key for side in heat.regions] == ["Alpha", "Zulu", "-"]
    assert heat.cells["", ""].accounts == 3


@pytest.mark.parametrize(
    ("day", "quarter", "first", "last"),
    [
        (date(2026, 1, 1), "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        (date(2024, 2, 29), "2024-Q1", date(2024, 1, 1), date(2024, 3, 31)),
        (date(2026, 12, 31), "2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_a_day_lies_in_its_quarter(day: date, quarter: str, first: date, last: date) -> None:
    assert quarter_of(day) == quarter
    assert days_of(quarter) == (first, last)


@pytest.mark.parametrize("text", ["", "2026", "2026-Q5", "0000-Q1", "9999-Q4", "٢٠٢٦-Q1", "2026-Q1 "])
def test_what_is_no_quarter_has_no_days(text: str) -> None:
    assert days_of(text) is None


def test_quarters_to_choose_begin_with_the_last_one_and_hold_the_chosen_one() -> None:
    quarters = quarters_to_choose(date(2026, 2, 3), "2031-Q4")
    assert quarters[:3] == ["2025-Q4", "2026-Q1", "2026-Q2"]
    assert quarters[-1] == "2031-Q4"
    assert quarters_to_choose(date(2026, 2, 3), "evil") == quarters[:-1]


def test_ends_of_a_part_may_be_swapped_and_are_kept_within_the_axis() -> None:
    assert read_window({"from_x": "80", "to_x": "20", "from_y": "-5"}, X, Y) == Window(
        (0.2, 0.8), (0.0, None)
    )


def test_a_part_is_asked_for_by_the_address_it_gives() -> None:
    part = Window((0.123456, None), (-0.25, 0.5))
    axes = (AxisKey.ENGAGEMENT, AxisKey.NPS)
    assert read_window(address_of(part, *axes), *axes) == part


def test_the_four_corners_cover_the_map() -> None:
    windows = [corner_window(corner, X, Y) for corner in Corner]
    for place in ((0.1, 0.9), (0.9, 0.1), (0.1, 0.1), (0.9, 0.9), (0.5, 0.5)):
        assert any(window.holds(*place) for window in windows)
    assert WHOLE.holds(0.0, 1.0)


def test_an_axis_of_a_single_point_has_room() -> None:
    low, high = window_range((0.5, 0.5), X)
    assert low < 0.5 < high
