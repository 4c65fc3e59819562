"""Identifiers, addresses and how long a confirmation holds."""

from datetime import date

import pytest

from vocapp.accounts.rules import (
    comparable_id,
    crm_checksum,
    is_own_domain,
    is_reachable,
    is_role_address,
    is_verified,
    would_circle,
)


@pytest.mark.parametrize(
    ("verified_on", "expected"),
    [(None, False), (date(2026, 3, 11), True), (date(2025, 12, 11), True), (date(2025, 12, 10), False)],
)
def test_a_confirmation_holds_for_ninety_days(verified_on: date | None, expected: bool) -> None:
    assert is_verified(verified_on, on=date(2026, 3, 11), days=90) is expected


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


@pytest.mark.parametrize(
    ("person", "boss", "expected"),
    [(1, 1, True), (1, 3, True), (3, 1, False), (4, 3, False), (1, 4, False)],
)
def test_a_reporting_line_must_not_lead_back(person: int, boss: int, expected: bool) -> None:
    assert would_circle(person, boss, {2: 1, 3: 2, 4: None}) is expected


def test_a_circle_that_is_there_already_is_walked_once() -> None:
    assert not would_circle(9, 1, {1: 2, 2: 1})
