"""Footprint: known people against what a tier asks for."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.coverage import footprint, footprint_measure
from surveys.measure import MeasureState

TIER_TWO = {"decision_maker": 1, "champion": 1, "admin": 1, "power_user": 5}

seats = st.dictionaries(st.sampled_from([*TIER_TWO, "sponsor"]), st.integers(0, 8))


def test_footprint_matches_the_reference(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("footprint")

    found = footprint(TIER_TWO, {"decision_maker": 1, "admin": 1, "power_user": 3})

    assert found is not None
    assert found.weighted == pytest.approx(entry["expected"]["weighted"], abs=entry["tol"])
    assert found.slots == pytest.approx(entry["expected"]["slots"], abs=entry["tol"])
    assert found.gaps == {"champion": 1, "power_user": 2}


def test_spare_users_do_not_stand_in_for_a_decision_maker() -> None:
    found = footprint(TIER_TWO, {"champion": 1, "admin": 1, "power_user": 50})

    assert found is not None
    assert found.weighted == pytest.approx(4 / 7)
    assert found.gaps == {"decision_maker": 1}


@pytest.mark.parametrize("rule", [{}, {"decision_maker": 0}])
def test_without_a_rule_nothing_is_measured(rule: dict[str, int]) -> None:
    result = footprint(rule, {"decision_maker": 2})

    assert result is None
    assert footprint_measure(result).state is MeasureState.NOT_MEASURED


def test_a_rule_and_nobody_known_is_a_measured_zero() -> None:
    measure = footprint_measure(footprint(TIER_TWO, {}))

    assert (measure.value, measure.state, measure.reason) == (
        0.0,
        MeasureState.MEASURED,
        "none of 8 seats is filled",
    )


@pytest.mark.parametrize(
    ("seats", "filled", "sentence"),
    [
        (8, 8, "every seat is filled"),
        (8, 7, "1 of 8 seats is not filled"),
        (8, 6, "2 of 8 seats are not filled"),
        (2, 0, "none of 2 seats is filled"),
        (1, 0, "the only seat is not filled"),
    ],
)
def test_seats_that_are_not_filled_are_told_in_a_right_sentence(
    seats: int, filled: int, sentence: str
) -> None:
    assert footprint_measure(footprint({"user": seats}, {"user": filled})).reason == sentence


def test_every_seat_filled_is_exactly_one() -> None:
    assert footprint_measure(footprint(TIER_TWO, TIER_TWO)).value == 1.0


def test_negative_numbers_of_contacts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        footprint(TIER_TWO, {"champion": -1})


@given(seats, seats, st.sampled_from([*TIER_TWO, "sponsor"]))
@settings(deadline=None, max_examples=100)
def test_one_more_contact_never_lowers_a_footprint(
    required: dict[str, int], have: dict[str, int], persona: str
) -> None:
    before, after = footprint(required, have), footprint(required, have | {persona: have.get(persona, 0) + 1})

    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert 0 <= before.weighted <= after.weighted + 1e-12 <= 1 + 1e-12
        assert sum(before.gaps.values()) == before.required - before.filled
