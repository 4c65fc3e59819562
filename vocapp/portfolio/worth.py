"""What accounts are worth: ARR per currency, with those that have none known or a negative one left out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Worth:
    """ARR of some accounts: `arr` by currency, never added; unknown and negative ones are only counted."""

    accounts: int = 0
    arr: Mapping[str, float] = field(default_factory=dict)
    unknown: int = 0
    negative: int = 0

    @property
    def left_out(self) -> int:
        """How many accounts are in no sum."""
        return self.unknown + self.negative


def worth_of(amounts: Iterable[tuple[str, float | None]]) -> Worth:
    """Return what accounts are worth, given (currency, ARR or None) of each."""
    total: defaultdict[str, float] = defaultdict(float)
    accounts = unknown = negative = 0
    for currency, amount in amounts:
        accounts += 1
        if amount is None:
            unknown += 1
        elif amount < 0:
            negative += 1
        elif amount:
            total[currency] += amount
    return Worth(accounts, dict(sorted(total.items())), unknown, negative)


def worth_together(parts: Iterable[tuple[str, int, float, int, int]]) -> Worth:
    """Return what groups are worth, given (currency, accounts, ARR above 0, unknown, negative) of each."""
    total: defaultdict[str, float] = defaultdict(float)
    accounts = unknown = negative = 0
    for currency, number, amount, without, below in parts:
        accounts, unknown, negative = accounts + number, unknown + without, negative + below
        if amount:
            total[currency] += amount
    return Worth(accounts, dict(sorted(total.items())), unknown, negative)
