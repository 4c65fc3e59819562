"""How much each persona counts, and how many equal answers a weighted sample is worth."""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

# A configurable choice no source fixes: the person who signs counts three times a user.
DEFAULT_PERSONA_WEIGHTS: Mapping[str, float] = MappingProxyType({"decision_maker": 3.0, "champion": 2.0})
OTHER_PERSONA_WEIGHT = 1.0


def persona_weight(
    personas: Iterable[str],
    weights: Mapping[str, float] = DEFAULT_PERSONA_WEIGHTS,
    *,
    other: float = OTHER_PERSONA_WEIGHT,
) -> float:
    """Return the weight of somebody who plays these personas: the largest of them, `other` for none."""
    return max((weights.get(persona, other) for persona in personas), default=other)


def effective_sample_size(weights: Iterable[float]) -> float:
    """Return Kish's (1965) effective sample size (sum w)^2 / sum w^2; 0 for no weight at all."""
    kept = list(weights)
    squares = math.fsum(weight * weight for weight in kept)
    return math.fsum(kept) ** 2 / squares if squares > 0 else 0.0
