"""What other weights make of one account: its strength, its status, and that it agrees with the batch."""

import numpy as np
import pytest

from surveys.evidence import Components, Evidence
from surveys.sensitivity import account_sensitivity, weight_sensitivity
from surveys.shrinkage import Confidence
from surveys.status import Status, judge_status
from surveys.strength import Strength, StrengthParameters


def exactly(*parts: float | None) -> Evidence:
    return Evidence("A", Components(*parts), None, None, answers=9)


def judged(strength: Strength, parameters: StrengthParameters) -> Status:
    return judge_status(
        strength,
        confidence=Confidence.HIGH,
        decision_maker_silent_waves=0,
        previous=None,
        parameters=parameters,
    ).status


def test_an_account_on_the_edge_changes_colour_with_the_weights() -> None:
    found = account_sensitivity(exactly(0.95, 0.5, 0.8), judged)
    assert found is not None
    assert found.statuses == [Status.AMBER, Status.GREEN]
    assert [one.factors for one in found.single] == [
        (0.75, 1, 1),
        (1.25, 1, 1),
        (1, 0.75, 1),
        (1, 1.25, 1),
        (1, 1, 0.75),
        (1, 1, 1.25),
    ]
    assert [one.status for one in found.single][2:4] == [Status.GREEN, Status.AMBER]
    ranges = weight_sensitivity(np.array([[0.95, 0.5, 0.8]]))
    assert (found.low, found.high) == pytest.approx((ranges.low[0], ranges.high[0]))


def test_a_part_that_was_not_measured_weighs_nothing_and_without_strength_there_is_nothing_to_try() -> None:
    assert account_sensitivity(exactly(None, 0.5, 0.8), judged) is None
    found = account_sensitivity(exactly(0.9, 0.5, None), judged)
    assert found is not None
    assert found.single[4].strength == found.single[5].strength


def test_weights_cannot_be_moved_by_more_than_all() -> None:
    with pytest.raises(ValueError, match="spread"):
        account_sensitivity(exactly(0.9, 0.5, 0.5), judged, spread=1.0)
