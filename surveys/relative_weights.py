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
    loosened, ridge = _loosened(predictors[None])
    weights = _weights(loosened, outcome[None])[0]
    beta: FloatArray = np.asarray(np.linalg.solve(loosened[0], outcome), dtype=np.float64)
    total = float(weights.sum())
    # Correlations taken pair by pair need not fit together: nothing explains more than everything.
    return RelativeWeights(weights / max(1.0, total), beta, min(1.0, total), is_ridged=bool(ridge[0] > 0))


def weights_of_draws(predictors: FloatArray, outcome: FloatArray) -> FloatArray:
    """Return the weights of `relative_weights`, draws×k, of draws×k×k and draws×k correlations at once."""
    weights = _weights(_loosened(predictors)[0], outcome)
    shares: FloatArray = weights / np.maximum(1.0, weights.sum(axis=1))[:, None]
    return shares


def _loosened(predictors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return matrices that can be solved, and by how much of a ridge each was loosened."""
    smallest = np.linalg.eigvalsh(predictors)[:, 0]
    ridge: FloatArray = np.maximum(0.0, (SMALLEST_EIGENVALUE - smallest) / (1 - SMALLEST_EIGENVALUE))
    by = ridge[:, None, None]
    loosened: FloatArray = (predictors + by * np.eye(predictors.shape[-1])) / (1 + by)
    return loosened, ridge


def _weights(predictors: FloatArray, outcome: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(predictors)
    root = (vectors * np.sqrt(values)[:, None, :]) @ vectors.transpose(0, 2, 1)
    through = np.linalg.solve(root, outcome[:, :, None])
    weights: FloatArray = (root**2 @ through**2)[:, :, 0]
    return weights
