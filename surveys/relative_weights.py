"""How much of an outcome goes with each of several measures that also go with each other."""

from dataclasses import dataclass

import numpy as np

from surveys.interval_arrays import FloatArray

# Below this the smallest eigenvalue of the predictors' correlations means that some say the same.
SMALLEST_EIGENVALUE = 0.01


@dataclass(frozen=True, slots=True)
class RelativeWeights:
    """Shares of the outcome's variance, one per predictor, 0 or more, summing to `r_squared` (0-1).

    Weights have no sign; `beta`, the standardised coefficients, lends one. `is_ridged` says that predictors
    were so alike that their correlations had to be loosened.
    """

    weights: FloatArray
    beta: FloatArray
    r_squared: float
    is_ridged: bool


def relative_weights(predictors: FloatArray, outcome: FloatArray) -> RelativeWeights:
    """Return Johnson's (2000) relative weights (docs/method.md §7).

    `predictors` is the k×k matrix of correlations of the predictors, `outcome` their k correlations with the
    outcome. Raises ValueError for a matrix that is not square or holds anything but correlations.
    """
    k = len(outcome)
    if predictors.shape != (k, k) or not np.isfinite(predictors).all() or not np.isfinite(outcome).all():
        raise ValueError("relative weights need a square matrix of correlations and one per predictor")
    if not k:
        return RelativeWeights(np.empty(0), np.empty(0), 0.0, is_ridged=False)
    smallest = float(np.linalg.eigvalsh(predictors)[0])
    is_ridged = smallest < SMALLEST_EIGENVALUE
    if is_ridged:
        ridge = (SMALLEST_EIGENVALUE - smallest) / (1 - SMALLEST_EIGENVALUE)
        predictors = (predictors + ridge * np.eye(k)) / (1 + ridge)
    values, vectors = np.linalg.eigh(predictors)
    root: FloatArray = (vectors * np.sqrt(values)) @ vectors.T
    through: FloatArray = np.asarray(np.linalg.solve(root, outcome), dtype=np.float64)
    weights: FloatArray = root**2 @ through**2
    beta: FloatArray = np.asarray(np.linalg.solve(predictors, outcome), dtype=np.float64)
    total = float(weights.sum())
    # Correlations taken pair by pair need not fit together: nothing explains more than everything.
    weights = weights / max(1.0, total)
    return RelativeWeights(weights, beta, min(1.0, total), is_ridged)
