"""How many accounts it takes to fit a model of renewal that holds elsewhere."""

import math
from dataclasses import dataclass

from surveys.intervals import z_quantile

# How much coefficients may shrink elsewhere, by how much fit may be flattered, how sure the base rate is.
SHRINKAGE = 0.9
OPTIMISM = 0.05
BASE_RATE_MARGIN = 0.05


@dataclass(frozen=True, slots=True)
class ModelSize:
    """Accounts needed for each of Riley's three criteria; `needed` is the largest."""

    by_shrinkage: int
    by_optimism: int
    by_base_rate: int

    @property
    def needed(self) -> int:
        """How many accounts satisfy all three."""
        return max(self.by_shrinkage, self.by_optimism, self.by_base_rate)


def accounts_for_model(r_squared: float, parameters: int, base_rate: float) -> ModelSize:
    """Return how many accounts a logistic model needs (Riley 2020).

    `r_squared` is the Cox-Snell value expected, `base_rate` the share of the outcome (0-1, both excluded).
    Raises ValueError for values no model has.
    """
    most = 1 - math.exp(2 * _null_likelihood(base_rate)) if 0 < base_rate < 1 else 0.0
    if not 0 < r_squared < most or parameters < 1:
        raise ValueError("a model has parameters, a base rate between 0 and 1 and an r² below its largest")
    from_optimism = r_squared / (r_squared + OPTIMISM * most)
    by_base_rate = (z_quantile(0.95) / BASE_RATE_MARGIN) ** 2 * base_rate * (1 - base_rate)
    return ModelSize(
        by_shrinkage=_accounts(r_squared, parameters, SHRINKAGE),
        by_optimism=_accounts(r_squared, parameters, from_optimism),
        by_base_rate=math.ceil(by_base_rate),
    )


def _null_likelihood(share: float) -> float:
    return share * math.log(share) + (1 - share) * math.log(1 - share)


def _accounts(r_squared: float, parameters: int, shrinkage: float) -> int:
    return math.ceil(parameters / ((shrinkage - 1) * math.log(1 - r_squared / shrinkage)))
