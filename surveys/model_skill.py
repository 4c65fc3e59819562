"""How good forecast chances are: close to what happened, and meaning what they say."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np

from surveys.interval_arrays import FloatArray


class Bins(StrEnum):
    """How forecasts are put into bins: as many in each, or each as wide."""

    EQUAL_MASS = "equal_mass"
    EQUAL_WIDTH = "equal_width"


@dataclass(frozen=True, slots=True)
class ModelSkill:
    """Scores of forecasts; lower is better but for `skill`.

    `brier` is the mean squared error, `log_loss` in nats, `skill` 1 - Brier over that of the base rate (None
    where everything ended alike), `calibration_error` the mean distance of forecast and outcome over bins.
    """

    n: int
    base_rate: float
    brier: float
    log_loss: float
    skill: float | None
    calibration_error: float


def model_skill(
    outcomes: Sequence[int] | FloatArray,
    chances: Sequence[float] | FloatArray,
    *,
    bins: int = 10,
    kind: Bins = Bins.EQUAL_MASS,
) -> ModelSkill | None:
    """Score forecast chances (0-1) against what happened, 0 or 1 each.

    None without forecasts. Raises ValueError for chances outside 0-1 or sides of unequal length.
    """
    y, p = np.asarray(outcomes, dtype=float), np.asarray(chances, dtype=float)
    if y.shape != p.shape or not np.isin(y, (0.0, 1.0)).all() or not ((p >= 0) & (p <= 1)).all():
        raise ValueError("every outcome of 0 or 1 has a forecast chance from 0 to 1")
    if not y.size:
        return None
    base = float(y.mean())
    brier = float(((p - y) ** 2).mean())
    # A forecast of certainty that fails costs much, but not everything.
    safe = np.clip(p, 1e-15, 1 - 1e-15)
    loss = float(-(y * np.log(safe) + (1 - y) * np.log(1 - safe)).mean())
    spread = base * (1 - base)
    return ModelSkill(
        n=y.size,
        base_rate=base,
        brier=brier,
        log_loss=loss,
        skill=1 - brier / spread if spread > 0 else None,
        calibration_error=calibration_error(y, p, bins=bins, kind=kind),
    )


def calibration_error(outcomes: FloatArray, chances: FloatArray, *, bins: int, kind: Bins) -> float:
    """Return the mean distance between forecast and outcome over bins, weighted by their size.

    The definition decides the number: say which. Raises ValueError for fewer than one bin.
    """
    if bins < 1:
        raise ValueError("forecasts need at least one bin")
    order = np.argsort(chances, kind="stable")
    y, p = outcomes[order], chances[order]
    if kind is Bins.EQUAL_MASS:
        cuts = np.round(np.linspace(0, y.size, bins + 1)).astype(int)
    else:
        inner = np.searchsorted(p, np.arange(1, bins) / bins, side="left")
        cuts = np.concatenate([[0], inner, [y.size]])
    gaps = [abs(float((p[a:b] - y[a:b]).sum())) for a, b in pairwise(cuts.tolist())]
    return math.fsum(gaps) / y.size
