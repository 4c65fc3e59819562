"""Seats of several accounts taken together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocapp.accounts.footprint import Footprint, Person, PersonaFacts, judge_footprint
from vocapp.accounts.rollup import RolledFootprint, roll_up, seat_counts

DECIDER = PersonaFacts(1, "decision_maker", "Decision maker", 3.0)
CHAMPION = PersonaFacts(2, "champion", "Champion", 2.0)
USER = PersonaFacts(3, "power_user", "Power user", 1.0)
PERSONAS = [DECIDER, CHAMPION, USER]


def an_account_with(required: dict[str, int], **have: int) -> Footprint:
    people = [
        Person(number, f"Person {key} {number}", "", (key,), is_verified=True, is_reachable=True)
        for key, count in have.items()
        for number in range(count)
    ]
    return judge_footprint(required, people, PERSONAS)


def together(*footprints: Footprint) -> RolledFootprint:
    return roll_up([seats for one in footprints for seats in seat_counts(one)], PERSONAS)


def test_seats_are_added_up_per_persona() -> None:
    first = an_account_with({"decision_maker": 1, "champion": 1}, decision_maker=1)
    second = an_account_with({"decision_maker": 1, "power_user": 2}, power_user=1)
    rolled = together(first, second)
    assert [(seats.name, seats.required, seats.filled, seats.empty) for seats in rolled.personas] == [
        ("Decision maker", 2, 1, 1),
        ("Champion", 1, 0, 1),
        ("Power user", 2, 1, 1),
    ]
    assert rolled.verified.value == pytest.approx((3 * 1 / 2 + 2 * 0 + 1 * 1 / 2) / 6)
    assert rolled.verified.n == 5


def test_a_surplus_at_one_account_fills_no_gap_at_another() -> None:
    crowded = an_account_with({"champion": 1}, champion=5)
    empty = an_account_with({"champion": 1})
    assert together(crowded, empty).verified.value == 0.5


def test_accounts_without_a_profile_ask_for_nothing() -> None:
    asked = an_account_with({"champion": 1}, champion=1)
    unasked = an_account_with({}, champion=3)
    assert together(asked, unasked).verified.value == 1.0
    assert together(unasked).verified.value is None
    assert together().verified.value is None


counts = st.fixed_dictionaries({persona.key: st.integers(0, 4) for persona in PERSONAS})


@given(required=counts, have=counts)
def test_one_account_alone_keeps_its_own_footprint(required: dict[str, int], have: dict[str, int]) -> None:
    one = an_account_with(required, **have)
    rolled = together(one)
    assert (rolled.identified, rolled.verified, rolled.reachable) == (
        one.identified,
        one.verified,
        one.reachable,
    )


@given(st.lists(st.tuples(counts, counts), max_size=4))
def test_each_depth_lies_inside_the_one_before(accounts: list[tuple[dict[str, int], dict[str, int]]]) -> None:
    rolled = together(*(an_account_with(required, **have) for required, have in accounts))
    for seats in rolled.personas:
        assert seats.required >= seats.identified >= seats.verified >= seats.reachable >= 0
