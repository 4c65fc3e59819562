"""Statuses of many accounts at once, as surveys.status judges one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from surveys.shrinkage import Confidence
from surveys.status import Status
from surveys.strength import DEFAULT_STRENGTH, StrengthBatch, StrengthParameters

IntArray = NDArray[np.int64]

STATUSES: Sequence[Status] = tuple(Status)
NO_STATUS = -1

_GREEN, _AMBER, _RED, _GREY = (
    STATUSES.index(status) for status in (Status.GREEN, Status.AMBER, Status.RED, Status.GREY)
)


def judge_statuses(
    strengths: StrengthBatch,
    *,
    confidence_rank: IntArray,
    decision_maker_silent_waves: IntArray,
    previous: IntArray,
    parameters: StrengthParameters = DEFAULT_STRENGTH,
) -> IntArray:
    """Return the status of each account as a place in STATUSES: exactly that of `judge_status`.

    `confidence_rank` is `Confidence.rank`; `previous` a place in STATUSES, NO_STATUS where there is none.
    Reasons are words for people: ask `judge_status` for those of the accounts that are shown.
    """
    chances = strengths.probabilities
    red = np.where(previous == _RED, chances[:, 3], chances[:, 2])
    green = np.where(previous == _GREEN, chances[:, 1], chances[:, 0])
    # NaN, what was not measured, is not large enough either.
    is_whole = (strengths.batch.components >= parameters.minimum_component).all(axis=1)
    is_green = (green >= parameters.certainty) & is_whole & (confidence_rank >= Confidence.MEDIUM.rank)
    found = np.where(red >= parameters.certainty, _RED, np.where(is_green, _GREEN, _AMBER))
    found = np.where(np.isnan(strengths.value), _GREY, found)
    is_silent = decision_maker_silent_waves >= parameters.silent_waves
    return np.where(is_silent, _RED, found).astype(np.int64)
