"""Cells of tier by region: their mean strength with its interval, ARR at risk, share silent; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from scipy import special

from surveys.intervals import wilson_interval
from vocapp.portfolio.worth import Worth, worth_together

# With fewer measured accounts a cell says how many there are instead of a mean.
FEWEST_FOR_A_MEAN = 5
CONFIDENCE = 0.95


class Group(NamedTuple):
    """Accounts of one tier, region and currency in sums; strengths are 0-100.

    `squares` sums the squared strengths; `least` and `most` are None where nothing was measured.
    `at_risk_arr` sums ARR above 0 of the accounts at risk; the next two count those without or below it.
    """

    tier_id: int | None
    tier: str
    tier_rank: int
    region: str
    currency: str
    accounts: int
    measured: int
    total: float
    squares: float
    least: float | None
    most: float | None
    at_risk: int
    at_risk_arr: float
    at_risk_unknown: int
    at_risk_negative: int
    reached: int
    silent: int


@dataclass(frozen=True, slots=True)
class HeatCell:
    """What accounts of one tier and region have in common.

    `mean` is None with fewer than five measured accounts, and `ci` (95 %) also where all are equally strong;
    `step` is its shade, 1 (weakest) to 5. `silent` of the `reached` accounts left their latest wave
    unanswered: `silent_share` (0-1) and its interval are None below five.
    """

    accounts: int
    measured: int
    mean: float | None
    ci: tuple[float, float] | None
    step: int | None
    at_risk: int
    worth: Worth
    reached: int
    silent: int
    silent_share: float | None
    silent_ci: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Side:
    """A row or column of the map: what an address says to ask for it, and its name ("" for none)."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Cells by (tier key, region key); a key of "" stands for the sum over all of that side.

    Tiers come in rank order, regions by name, those without one last.
    """

    tiers: Sequence[Side]
    regions: Sequence[Side]
    cells: Mapping[tuple[str, str], HeatCell]


def heat_map(groups: Sequence[Group], *, without: str = "-") -> HeatMap:
    """Return the map of some groups; `without` is the key of accounts without tier or region."""
    found: defaultdict[tuple[str, str], list[Group]] = defaultdict(list)
    tiers: dict[str, tuple[int, str]] = {}
    for group in groups:
        tier, region = str(group.tier_id) if group.tier_id is not None else without, group.region or without
        tiers[tier] = (group.tier_rank, group.tier)
        for key in ((tier, region), (tier, ""), ("", region), ("", "")):
            found[key].append(group)
    regions = {region for _tier, region in found if region}
    return HeatMap(
        tiers=[
            Side(key, name) for key, (_rank, name) in sorted(tiers.items(), key=lambda one: (one[1], one[0]))
        ],
        regions=[
            Side(key, "" if key == without else key)
            for key in sorted(regions, key=lambda key: (key == without, key))
        ],
        cells={key: _cell(own) for key, own in found.items()},
    )


def _cell(groups: Sequence[Group]) -> HeatCell:
    accounts, measured = _sum(one.accounts for one in groups), _sum(one.measured for one in groups)
    reached, silent = _sum(one.reached for one in groups), _sum(one.silent for one in groups)
    has_mean, has_share = measured >= FEWEST_FOR_A_MEAN, reached >= FEWEST_FOR_A_MEAN
    mean = sum(one.total for one in groups) / measured if has_mean else None
    return HeatCell(
        accounts=accounts,
        measured=measured,
        mean=mean,
        ci=_mean_interval(groups, measured, mean) if mean is not None else None,
        step=None if mean is None else min(5, max(1, int((mean - 30) // 10) + 1)),
        at_risk=_sum(one.at_risk for one in groups),
        worth=worth_together(
            (one.currency, one.at_risk, one.at_risk_arr, one.at_risk_unknown, one.at_risk_negative)
            for one in groups
        ),
        reached=reached,
        silent=silent,
        silent_share=silent / reached if has_share else None,
        silent_ci=wilson_interval(silent, reached, CONFIDENCE) if has_share else None,
    )


def _mean_interval(groups: Sequence[Group], n: int, mean: float) -> tuple[float, float] | None:
    """Return Student's t interval of a mean from sums, within 0-100; None where all values are the same."""
    least = min(one.least for one in groups if one.least is not None)
    most = max(one.most for one in groups if one.most is not None)
    variance = max(0.0, (sum(one.squares for one in groups) - n * mean * mean) / (n - 1))
    if least == most or not variance:
        return None
    half = float(special.stdtrit(n - 1, 0.5 + CONFIDENCE / 2)) * sqrt(variance / n)
    return max(0.0, mean - half), min(100.0, mean + half)


def _sum(numbers: Iterable[int]) -> int:
    return sum(numbers)
