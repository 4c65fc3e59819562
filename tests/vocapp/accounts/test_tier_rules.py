"""Which rule decides about an account, and which rules never do."""

from dataclasses import replace
from decimal import Decimal

import pytest

from vocapp.accounts.rules import CoverageModel
from vocapp.accounts.tier_rules import (
    Candidate,
    Rule,
    TierConditions,
    assign,
    conditions_from,
    fits,
    shadowed,
)

ACCOUNT = Candidate(
    account_id=7,
    tier_id=3,
    coverage_model=CoverageModel.STANDARD,
    is_coverage_by_rule=False,
    arr=Decimal("50000"),
    currency="EUR",
    growth_potential="high",
    lifecycle_stage="Onboarding",
    segment="Enterprise",
    region="EMEA",
    is_red=False,
)
BIG = TierConditions(arr_from=Decimal(100_000), currency="EUR")
RED = Rule(9, "In red", TierConditions(needs_red=True), coverage_model=CoverageModel.HIGH_TOUCH)


def tier_rule(number: int, conditions: TierConditions, *, tier_id: int = 1) -> Rule:
    return Rule(number, f"Rule {number}", conditions, tier_id=tier_id)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (TierConditions(arr_from=Decimal(50_000)), True),
        (TierConditions(arr_from=Decimal(50_001)), False),
        (TierConditions(arr_below=Decimal(50_000)), False),
        (TierConditions(arr_below=Decimal(50_001)), True),
        (TierConditions(arr_from=Decimal(1), currency="EUR"), True),
        (TierConditions(arr_from=Decimal(1), currency="USD"), False),
        (TierConditions(growth_potentials=("medium", "high")), True),
        (TierConditions(growth_potentials=("low",)), False),
        (TierConditions(lifecycle_stages=("onboarding",)), True),
        (TierConditions(lifecycle_stages=("Live",)), False),
        (TierConditions(segments=("ENTERPRISE",)), True),
        (TierConditions(segments=("SMB",)), False),
        (TierConditions(regions=("EMEA", "APAC")), True),
        (TierConditions(regions=("APAC",)), False),
        (TierConditions(needs_red=True), False),
        (TierConditions(), True),
    ],
)
def test_a_rule_fits_when_everything_it_asks_about_does(conditions: TierConditions, expected: bool) -> None:
    assert fits(conditions, ACCOUNT) is expected


def test_an_account_whose_arr_is_not_known_fits_no_band() -> None:
    assert not fits(TierConditions(arr_below=Decimal(10**9)), replace(ACCOUNT, arr=None))


def test_the_first_rule_that_fits_decides() -> None:
    rules = [tier_rule(1, BIG), tier_rule(2, TierConditions(), tier_id=2), tier_rule(4, TierConditions())]

    move = assign(ACCOUNT, rules)

    assert move is not None
    assert move.tier is not None
    assert (move.tier.before, move.tier.after, move.tier.rule) == (3, 2, rules[1])


def test_an_account_that_is_where_it_belongs_does_not_move() -> None:
    assert assign(ACCOUNT, [tier_rule(1, TierConditions(), tier_id=3)]) is None


def test_without_a_rule_that_fits_the_tier_stays() -> None:
    assert assign(ACCOUNT, [tier_rule(1, BIG)]) is None


def test_an_account_in_red_gets_high_touch() -> None:
    move = assign(replace(ACCOUNT, is_red=True), [RED])

    assert move is not None
    assert move.coverage is not None
    assert (move.tier, move.coverage.after) == (None, CoverageModel.HIGH_TOUCH)


def test_what_a_rule_gave_goes_back_when_no_rule_fits_any_more() -> None:
    given = replace(ACCOUNT, coverage_model=CoverageModel.HIGH_TOUCH, is_coverage_by_rule=True)

    move = assign(given, [RED])

    assert move is not None
    assert move.coverage is not None
    assert (move.coverage.after, move.coverage.rule) == (CoverageModel.STANDARD, None)


def test_what_somebody_chose_by_hand_stays() -> None:
    assert assign(replace(ACCOUNT, coverage_model=CoverageModel.HIGH_TOUCH), [RED]) is None


def test_tier_and_coverage_model_are_decided_by_different_rules() -> None:
    move = assign(replace(ACCOUNT, is_red=True), [RED, tier_rule(2, TierConditions(), tier_id=2)])

    assert move is not None
    assert (move.tier is not None, move.coverage is not None) == (True, True)


def test_a_rule_inside_an_earlier_one_never_decides() -> None:
    wide = tier_rule(1, TierConditions(arr_from=Decimal(1000), currency="EUR"))
    narrow = tier_rule(2, replace(BIG, segments=("SMB",)), tier_id=2)

    assert shadowed([wide, narrow]) == {2: wide}


@pytest.mark.parametrize(
    "earlier",
    [
        BIG,
        TierConditions(arr_from=Decimal(10), currency="USD"),
        TierConditions(arr_from=Decimal(10), arr_below=Decimal(20)),
        TierConditions(segments=("SMB",)),
        TierConditions(needs_red=True),
    ],
)
def test_a_rule_with_accounts_of_its_own_decides(earlier: TierConditions) -> None:
    later = TierConditions(arr_from=Decimal(5000), currency="EUR")

    assert shadowed([tier_rule(1, earlier), tier_rule(2, later)]) == {}


def test_a_rule_about_the_tier_does_not_shadow_one_about_the_coverage_model() -> None:
    assert shadowed([tier_rule(1, TierConditions(segments=("SMB",))), RED]) == {}


def test_conditions_come_back_as_they_were_stored() -> None:
    asked = replace(BIG, growth_potentials=("high",), regions=("EMEA",), needs_red=True)

    assert conditions_from(asked.as_stored()) == asked


def test_only_what_is_asked_about_is_stored() -> None:
    assert TierConditions(segments=("SMB",), currency="EUR").as_stored() == {"segments": ["SMB"]}
