"""Skill of forecasts, size of models, best plans within a budget; and that no reference lies unused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.model_size import accounts_for_model
from surveys.model_skill import Bins, calibration_error, model_skill
from surveys.plan_search import PlannedAction, PlanRules, allowed_plans

OUTCOMES = [0, 0, 1, 0, 1, 1, 0, 1, 1, 1]
CHANCES = [0.1, 0.2, 0.25, 0.35, 0.45, 0.6, 0.65, 0.8, 0.85, 0.95]
ACTIONS = [
    PlannedAction("exec_call", 0.8, 3),
    PlannedAction("training", 0.5, 2),
    PlannedAction("csm_switch", 0.6, 4),
    PlannedAction("qbr", 0.3, 1),
    PlannedAction("discount", 0.7, 5),
]
RULES = PlanRules(
    budget=6,
    exclusive=[("exec_call", "csm_switch")],
    together={frozenset({"exec_call", "qbr"}): -0.3},
)


def test_every_reference_value_is_tested() -> None:
    here = Path(__file__).parent
    entries = json.loads((here / "anchors.json").read_text(encoding="utf-8"))
    tests = "".join(path.read_text(encoding="utf-8") for path in sorted(here.glob("test_*.py")))

    assert [entry["id"] for entry in entries if f'"{entry["id"]}"' not in tests] == []


def test_skill_matches_the_reference(anchor: Callable[[str], dict[str, Any]]) -> None:
    entry = anchor("cal_toy")
    expected, tolerance = entry["expected"], entry["tol"]

    found = model_skill(OUTCOMES, CHANCES)

    assert found is not None
    assert (found.brier, found.log_loss, found.skill) == pytest.approx(
        (expected["brier"], expected["logloss"], expected["bss"]), abs=tolerance
    )
    for kind, bins in ((Bins.EQUAL_MASS, 2), (Bins.EQUAL_MASS, 5), (Bins.EQUAL_WIDTH, 5)):
        error = calibration_error(np.array(OUTCOMES, float), np.array(CHANCES), bins=bins, kind=kind)
        assert error == pytest.approx(expected[f"ece_{kind}_{bins}"], abs=tolerance)


def test_nobody_forecast_is_no_skill_and_one_outcome_has_none() -> None:
    assert model_skill([], []) is None
    all_won = model_skill([1, 1], [0.9, 1.0])
    assert all_won is not None
    assert all_won.skill is None


def test_a_certain_forecast_that_fails_costs_much_but_a_number() -> None:
    found = model_skill([1], [0.0])

    assert found is not None
    assert 30 < found.log_loss < 40


@pytest.mark.parametrize(("outcomes", "chances"), [([2], [0.5]), ([1], [1.5]), ([1, 0], [0.5])])
def test_what_is_no_forecast_is_refused(outcomes: list[int], chances: list[float]) -> None:
    with pytest.raises(ValueError, match="forecast"):
        model_skill(outcomes, chances)
    with pytest.raises(ValueError, match="bin"):
        calibration_error(np.zeros(1), np.zeros(1), bins=0, kind=Bins.EQUAL_MASS)


@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=30), st.integers(1, 12))
@settings(max_examples=80, deadline=None)
def test_scores_stay_on_their_scales(forecasts: list[tuple[int, float]], bins: int) -> None:
    found = model_skill([y for y, _ in forecasts], [p for _, p in forecasts], bins=bins)

    assert found is not None
    assert 0 <= found.brier <= 1
    assert 0 <= found.calibration_error <= 1
    assert found.skill is None or found.skill <= 1


def test_the_size_of_a_model_matches_the_reference(anchor: Callable[[str], dict[str, Any]]) -> None:
    expected = anchor("pmsampsize")["expected"]

    found = accounts_for_model(0.288, 24, 0.174)

    assert [found.by_shrinkage, found.by_optimism, found.by_base_rate] == expected["criteria"]
    assert found.needed == expected["final"]


@pytest.mark.parametrize(("r_squared", "base_rate"), [(0.0, 0.2), (0.7, 0.2), (0.2, 0.0), (0.2, 1.0)])
def test_a_model_that_cannot_be_is_refused(r_squared: float, base_rate: float) -> None:
    with pytest.raises(ValueError, match="base rate"):
        accounts_for_model(r_squared, 5, base_rate)


def test_the_best_plan_matches_the_reference(anchor: Callable[[str], dict[str, Any]]) -> None:
    expected = anchor("actions")["expected"]

    plans = allowed_plans(-0.5, ACTIONS, RULES)

    assert list(plans[0].actions) == expected["best"]
    assert (plans[0].chance, plans[0].cost) == pytest.approx((expected["p"], expected["cost"]))
    assert len(plans) == expected["feasible_plans"]


def test_an_action_that_needs_another_never_comes_alone() -> None:
    plans = allowed_plans(0.0, ACTIONS, PlanRules(budget=20, needs={"discount": ["qbr"]}))

    assert all("qbr" in plan.actions for plan in plans if "discount" in plan.actions)


def test_without_money_or_actions_one_does_nothing() -> None:
    assert [plan.actions for plan in allowed_plans(0.0, ACTIONS, PlanRules(budget=0))] == [()]
    assert allowed_plans(0.0, [], PlanRules(budget=5))[0].chance == 0.5


def test_too_many_actions_or_two_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        allowed_plans(0.0, [ACTIONS[0], ACTIONS[0]], RULES)
    with pytest.raises(ValueError, match="at most"):
        allowed_plans(0.0, [PlannedAction(str(at), 0.1, 1) for at in range(17)], RULES)
