"""Seats at three depths, and next steps."""

import pytest

from surveys.measure import MeasureState
from vocapp.accounts.footprint import Person, PersonaFacts, SlotState, StepKind, judge_footprint

PERSONAS = [
    PersonaFacts(1, "decision_maker", "Decision maker", 3.0),
    PersonaFacts(2, "champion", "Champion", 2.0),
    PersonaFacts(3, "admin", "Admin", 1.0),
    PersonaFacts(4, "power_user", "Power user", 1.0),
]
TIER_2 = {"decision_maker": 1, "champion": 1, "admin": 1, "power_user": 5}


def people(*keys: str, is_verified: bool = True, is_reachable: bool = True, first: int = 1) -> list[Person]:
    return [
        Person(number, f"Person {number}", "", (key,), is_verified, is_reachable)
        for number, key in enumerate(keys, start=first)
    ]


def test_the_worked_example_of_a_tier_2_account_holds() -> None:
    known = people("decision_maker", "admin", "power_user", "power_user", "power_user")

    found = judge_footprint(TIER_2, known, PERSONAS)

    assert found.measure.value == pytest.approx(0.657, abs=0.0005)
    assert (found.filled, found.required) == (5, 8)
    assert found.gaps == {"champion": 1, "power_user": 2}


def test_without_a_profile_nothing_is_measured() -> None:
    assert judge_footprint({}, people("champion"), PERSONAS).measure.state is MeasureState.NOT_MEASURED


def test_with_a_profile_and_nobody_known_the_footprint_is_zero() -> None:
    assert judge_footprint(TIER_2, [], PERSONAS).measure.value == 0.0


def test_somebody_not_confirmed_lately_is_a_doubtful_seat_and_counts_nowhere() -> None:
    found = judge_footprint({"champion": 1}, people("champion", is_verified=False), PERSONAS)

    assert found.personas[0].slots[0].state is SlotState.DOUBTFUL
    assert found.measure.value == 0.0


def test_a_certain_person_takes_the_seat_before_a_doubtful_one() -> None:
    doubtful = people("champion", is_reachable=False)
    certain = people("champion", first=2)

    (group,) = judge_footprint({"champion": 1}, doubtful + certain, PERSONAS).personas

    assert group.slots[0].person == certain[0]


def test_an_empty_seat_is_asked_of_the_champion() -> None:
    known = people("admin") + people("champion", first=2)

    steps = judge_footprint({"decision_maker": 1}, known, PERSONAS).steps

    assert [(step.kind, step.person) for step in steps] == [(StepKind.ASK_CHAMPION, known[1])]


def test_without_a_champion_somebody_else_is_asked() -> None:
    steps = judge_footprint({"champion": 1}, people("admin"), PERSONAS).steps

    assert steps[0].kind is StepKind.ASK_SOMEBODY


def test_where_nobody_is_known_a_first_person_must_be_found() -> None:
    steps = judge_footprint({"champion": 1}, [], PERSONAS).steps

    assert (steps[0].kind, steps[0].person) == (StepKind.FIND_FIRST, None)


def test_a_doubtful_seat_asks_to_confirm_that_person() -> None:
    known = people("champion", is_verified=False)

    steps = judge_footprint({"champion": 1}, known, PERSONAS).steps

    assert [(step.kind, step.person) for step in steps] == [(StepKind.CONFIRM, known[0])]


def test_the_weightiest_gap_comes_first() -> None:
    steps = judge_footprint({"admin": 1, "decision_maker": 1}, people("champion"), PERSONAS).steps

    assert [step.persona.key for step in steps] == ["decision_maker", "admin"]


def test_a_seat_whose_person_cannot_be_mailed_counts_as_verified_and_says_so() -> None:
    found = judge_footprint({"champion": 1}, people("champion", is_reachable=False), PERSONAS)

    assert (found.verified.value, found.reachable.value) == (1.0, 0.0)
    assert found.personas[0].slots[0].is_cut_off


def test_each_depth_lies_inside_the_one_before() -> None:
    known = [
        *people("power_user", "power_user", "power_user", is_verified=False),
        *people("power_user", is_reachable=False, first=4),
        *people("power_user", first=5),
    ]

    found = judge_footprint(TIER_2, known, PERSONAS)

    assert (found.identified_seats, found.verified_seats, found.reachable_seats) == (5, 2, 1)


def test_coverage_at_every_depth_weighs_personas_alike() -> None:
    known = [*people("decision_maker", is_verified=False), *people("champion", is_reachable=False, first=2)]

    found = judge_footprint({"decision_maker": 1, "champion": 1}, known, PERSONAS)

    assert [one.value for one in (found.identified, found.verified, found.reachable)] == [
        1.0,
        pytest.approx(0.4),
        0.0,
    ]
