"""Do those who answered speak for those who were asked?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from surveys.intervals import Interval, widen_to, z_quantile
from surveys.ranks import rank_sum
from surveys.scoring import NpsCounts

# Names, people asked and answers of strata that are weighted together.
_Joined = tuple[tuple[str, ...], int, NpsCounts]

LEAST_IN_A_CELL = 2
TRIM_ABOVE = 5.0
# Who answers at half the rate of the others, or less, is missing from the picture.
UNDER_REPRESENTED_TO = 0.5
EARLY_AND_LATE_FROM = 8


@dataclass(frozen=True, slots=True)
class Stratum:
    """People of one persona: how many were asked (delivered, closed) and what those who answered said."""

    name: str
    asked: int
    counts: NpsCounts

    def __post_init__(self) -> None:
        if self.asked < self.counts.total:
            raise ValueError("no more people answer than were asked")

    @property
    def rate(self) -> float | None:
        """The share that answered, 0-1, None where nobody was asked."""
        return self.counts.total / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Cell:
    """Strata that were weighted together, with the weight of each of their answers (1 is neutral)."""

    names: tuple[str, ...]
    asked: int
    counts: NpsCounts
    weight: float


@dataclass(frozen=True, slots=True)
class ResponseBias:
    """How representative a wave is, and its NPS as if every persona had answered alike (-1 to 1).

    `r_indicator` is 1 when all personas answer at one rate and lower the more they differ; `p_value` the
    chi-square of the answers against the list; `under_represented` names personas that answered at half the
    others' rate or less. `weighted`, `standard_error` and `ci` are None below two answers. A good p-value is
    no proof of representativeness: few answers seldom show anything.
    """

    raw: float | None
    weighted: float | None
    standard_error: float | None
    ci: Interval | None
    cells: tuple[Cell, ...]
    design_effect: float | None
    r_indicator: float | None
    p_value: float | None
    under_represented: tuple[str, ...]
    reason: str


def response_bias(
    strata: Sequence[Stratum],
    *,
    confidence: float = 0.95,
    least: int = LEAST_IN_A_CELL,
    trim_above: float = TRIM_ABOVE,
    under_to: float = UNDER_REPRESENTED_TO,
) -> ResponseBias:
    """Weigh the answers of a wave back to the list by persona (docs/method.md §2.4).

    Cells with fewer than `least` answers are joined, weights above `trim_above` cut. Where all answers of a
    cell agree, its spread is taken with the pseudo-answers of §1.1, so that no interval closes.
    """
    asked = [stratum for stratum in strata if stratum.asked]
    everybody = sum(stratum.asked for stratum in asked)
    whole = sum((stratum.counts for stratum in asked), NpsCounts(0, 0, 0))
    cells = _weighted(_joined(asked, least), everybody, whole.total, trim_above)
    weighted = error = effect = None
    ci: Interval | None = None
    if whole.total >= least:
        weights = np.array([cell.weight for cell in cells])
        answers = np.array([cell.counts.total for cell in cells])
        scores = np.array([cell.counts.nps for cell in cells], dtype=float)
        weighted = float((weights * answers * scores).sum() / (weights * answers).sum())
        error = math.sqrt(sum(_variance(cell, everybody) for cell in cells))
        effect = float(answers.sum() * (weights**2 * answers).sum() / (weights * answers).sum() ** 2)
        half = z_quantile(confidence) * error
        ci = widen_to((max(-1.0, weighted - half), min(1.0, weighted + half)), weighted)
    return ResponseBias(
        raw=whole.nps,
        weighted=weighted,
        standard_error=error,
        ci=ci,
        cells=cells,
        design_effect=effect,
        r_indicator=r_indicator(asked),
        p_value=_chi_square(asked, whole.total),
        under_represented=_under_represented(asked, under_to),
        reason="" if weighted is not None else _too_few(everybody, whole.total),
    )


def r_indicator(strata: Sequence[Stratum]) -> float | None:
    """Return 1 - 2·SD of the response rates over everybody asked (Schouten 2009); None below two people."""
    sizes = np.array([stratum.asked for stratum in strata], dtype=float)
    people = sizes.sum()
    if people < 2:
        return None
    rates = np.array([stratum.rate or 0.0 for stratum in strata])
    mean = (sizes * rates).sum() / people
    return float(1 - 2 * math.sqrt((sizes * (rates - mean) ** 2).sum() / (people - 1)))


def nonresponse_bias(response_rate: float, respondents: float, silent: float) -> float:
    """Return how much too high a mean is if the silent would have said `silent`: (1 - RR)(y_r - y_nr)."""
    if not 0 <= response_rate <= 1:
        raise ValueError("a response rate lies between 0 and 1")
    return (1 - response_rate) * (respondents - silent)


@dataclass(frozen=True, slots=True)
class EarlyLate:
    """The first third of the answers against the last, Mann-Whitney; late answers are not silent ones."""

    early: NpsCounts
    late: NpsCounts
    u: float
    p_value: float


def early_late(ratings: Sequence[int], *, least: int = EARLY_AND_LATE_FROM) -> EarlyLate | None:
    """Compare early and late answers (docs/method.md §2.4; Armstrong & Overton 1977).

    `ratings` (0-10) stand in the order they arrived. None when a third has fewer than `least`: a diagnosis
    only, since late is not never. Raises ValueError for a rating off the scale.
    """
    third = len(ratings) // 3
    if third < least:
        return None
    first, last = ratings[:third], ratings[-third:]
    found = rank_sum([float(one) for one in first], [float(one) for one in last])
    if found is None:
        return None
    return EarlyLate(NpsCounts.from_ratings(first), NpsCounts.from_ratings(last), found.u, found.p_value)


def _joined(strata: Sequence[Stratum], least: int) -> list[_Joined]:
    """Return cells of at least `least` answers: small strata together, with the smallest other if need be."""
    parts: list[_Joined] = [((one.name,), one.asked, one.counts) for one in strata]
    cells = sorted(parts, key=lambda cell: cell[2].total)
    while len(cells) > 1 and cells[0][2].total < least:
        (names, asked, counts), (more, others, further), *rest = cells
        joined = (names + more, asked + others, counts + further)
        cells = sorted([joined, *rest], key=lambda cell: cell[2].total)
    return cells


def _weighted(
    cells: Sequence[_Joined], everybody: int, answers: float, trim_above: float
) -> tuple[Cell, ...]:
    return tuple(
        Cell(names, asked, counts, min(trim_above, (asked / everybody) / (counts.total / answers)))
        for names, asked, counts in cells
        if counts.total
    )


def _variance(cell: Cell, everybody: int) -> float:
    n = cell.counts.total
    spread = cell.counts.variance or cell.counts.adjusted().variance or 0.0
    return (cell.asked / everybody) ** 2 * (1 - n / cell.asked) * spread / max(1.0, n - 1)


def _chi_square(strata: Sequence[Stratum], answers: float) -> float | None:
    if len(strata) < 2 or not answers:
        return None
    people = sum(stratum.asked for stratum in strata)
    expected = [answers * stratum.asked / people for stratum in strata]
    found = sum((stratum.counts.total - e) ** 2 / e for stratum, e in zip(strata, expected, strict=True))
    return float(special.chdtrc(len(strata) - 1, found))


def _under_represented(strata: Sequence[Stratum], under_to: float) -> tuple[str, ...]:
    found = []
    people = sum(stratum.asked for stratum in strata)
    answers = sum(stratum.counts.total for stratum in strata)
    for stratum in strata:
        others, theirs = people - stratum.asked, answers - stratum.counts.total
        if others and theirs and (stratum.rate or 0.0) <= under_to * theirs / others:
            found.append(stratum.name)
    return tuple(found)


def _too_few(asked: int, answers: float) -> str:
    if not asked:
        return "nobody was asked"
    return "nobody has answered yet" if not answers else "one answer speaks for nobody else"
