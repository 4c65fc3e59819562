"""Seats, next steps, identifiers and addresses."""

from datetime import date

import pytest

from surveys.measure import MeasureState
from vocapp.accounts.rules import (
    Person,
    PersonaFacts,
    SlotState,
    StepKind,
    comparable_id,
    crm_checksum,
    is_own_domain,
    is_reachable,
    is_role_address,
    is_verified,
    judge_footprint,
)

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


@pytest.mark.parametrize(
    ("verified_on", "expected"),
    [(None, False), (date(2026, 3, 11), True), (date(2025, 12, 11), True), (date(2025, 12, 10), False)],
)
def test_a_confirmation_holds_for_ninety_days(verified_on: date | None, expected: bool) -> None:
    assert is_verified(verified_on, on=date(2026, 3, 11)) is expected


@pytest.mark.parametrize("status", ["left", "bounced", "opted_out"])
def test_only_active_contacts_are_reachable(status: str) -> None:
    assert not is_reachable(status, is_role_address=False)


def test_a_role_address_is_not_a_person_to_reach() -> None:
    assert not is_reachable("active", is_role_address=True)


@pytest.mark.parametrize(
    "address",
    [
        "noreply@x.example",
        "no-reply@x.example",
        "info@x.example",
        "support+eu@x.example",
        "eu-noreply@x.example",
    ],
)
def test_addresses_of_functions_are_told_from_people(address: str) -> None:
    assert is_role_address(address)


@pytest.mark.parametrize("address", ["ana@x.example", "infosys.patel@x.example", "ted.sales@x.example"])
def test_people_are_not_taken_for_functions(address: str) -> None:
    assert not is_role_address(address)


def test_the_long_form_of_a_crm_id_equals_its_short_form() -> None:
    short = "0015g00000AbCdE"

    assert comparable_id(short + crm_checksum(short)) == short


def test_the_checksum_is_the_one_the_crm_computes() -> None:
    assert crm_checksum("001A0000006Vm9u") == "IAC"


def test_eighteen_characters_with_a_wrong_checksum_stay_as_they_are() -> None:
    assert comparable_id("0015g00000AbCdEXXX") == "0015g00000AbCdEXXX"


def test_crm_ids_that_differ_by_case_are_two() -> None:
    assert comparable_id("0015g00000AbCdE") != comparable_id("0015g00000aBcDe")


def test_leading_zeros_are_kept() -> None:
    assert comparable_id("00012345") == "00012345"


@pytest.mark.parametrize(
    ("address", "expected"),
    [("ana@vendor.example", True), ("ana@eu.vendor.example", True), ("ana@notvendor.example", False)],
)
def test_the_companys_own_domain_includes_what_is_below_it(address: str, expected: bool) -> None:
    assert is_own_domain(address, ["Vendor.Example"]) is expected
