"""A measure never confuses nothing with zero."""

import json
import math

import pytest

from surveys.measure import Measure, MeasureState, not_measured, suppressed


def test_a_measure_without_value_says_why() -> None:
    measure = not_measured("nobody was asked", n=3)

    assert measure.as_dict() == {
        "value": None,
        "n": 3,
        "n_eff": None,
        "ci": None,
        "state": "not_measured",
        "reason": "nobody was asked",
    }


def test_a_measured_zero_is_a_value() -> None:
    measure = Measure(0.0, 4, 3.5, (0.0, 0.4), MeasureState.MEASURED)

    assert measure.is_known
    assert json.loads(json.dumps(measure.as_dict()))["value"] == 0.0


def test_an_interval_becomes_a_list_in_json() -> None:
    assert Measure(0.1, 4, None, (0.0, 0.4), MeasureState.PROVISIONAL).as_dict()["ci"] == [0.0, 0.4]


@pytest.mark.parametrize("state", [MeasureState.MEASURED, MeasureState.PROVISIONAL])
def test_a_measured_state_needs_a_value(state: MeasureState) -> None:
    with pytest.raises(ValueError, match="cannot have the value None"):
        Measure(None, 1, None, None, state)


@pytest.mark.parametrize("state", [MeasureState.NOT_MEASURED, MeasureState.SUPPRESSED])
def test_an_unmeasured_state_refuses_a_value(state: MeasureState) -> None:
    with pytest.raises(ValueError, match=r"cannot have the value 0\.0"):
        Measure(0.0, 1, None, None, state)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Measure(value, 1, None, None, MeasureState.MEASURED)


@pytest.mark.parametrize("ci", [(0.5, 0.1), (math.nan, 1.0), (0.0, math.nan)])
def test_an_interval_that_does_not_run_upwards_is_refused(ci: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="an interval runs"):
        Measure(0.1, 1, None, ci, MeasureState.MEASURED)


def test_a_negative_number_of_observations_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        not_measured("why", n=-1)


def test_a_suppressed_measure_discloses_no_interval() -> None:
    assert not suppressed("fewer than five people").is_known
    with pytest.raises(ValueError, match="disclose"):
        Measure(None, 0, None, (0.0, 1.0), MeasureState.SUPPRESSED)
