"""Figures of others: which measures there are, what their numbers may be, and which fits an account best."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar


class OuterMeasure(StrEnum):
    """What others publish: NPS (-1 to 1), and shares (0 to 1)."""

    NPS = "nps"
    CSAT = "csat"
    CES = "ces"
    RESPONSE_RATE = "response_rate"

    @property
    def lowest(self) -> float:
        """The least it can be."""
        return -1.0 if self is OuterMeasure.NPS else 0.0


class Figure(Protocol):
    """A figure as far as choosing among several needs to know it."""

    @property
    def measure(self) -> str:
        """What it is a figure of."""

    @property
    def industry(self) -> str:
        """The industry it is of, "" for all."""

    @property
    def region(self) -> str:
        """The region it is of, "" for all."""

    @property
    def as_of(self) -> date:
        """When it was true."""


F = TypeVar("F", bound=Figure)


@dataclass(frozen=True, slots=True)
class Whose:
    """What is known of an account for whom a figure is wanted."""

    industry: str
    region: str


def best_figures(figures: Iterable[F], whose: Whose) -> Mapping[OuterMeasure, F]:
    """Return the figure of each measure that fits an account best.

    Its industry says more than its region, both together most; of two that fit alike, the newer one counts.
    """
    found: dict[OuterMeasure, F] = {}
    for figure in sorted(figures, key=lambda one: (_closeness(one), one.as_of)):
        if _fits(figure, whose):
            found[OuterMeasure(figure.measure)] = figure
    return {measure: found[measure] for measure in OuterMeasure if measure in found}


def _fits(figure: Figure, whose: Whose) -> bool:
    return _same(figure.industry, whose.industry) and _same(figure.region, whose.region)


def _same(wanted: str, own: str) -> bool:
    return not wanted or wanted.casefold() == own.casefold()


def _closeness(figure: Figure) -> int:
    return 2 * bool(figure.industry) + bool(figure.region)


def as_stored(measure: OuterMeasure, written: float) -> float | None:
    """Return a figure written in points or percent as it is stored, None where it cannot be one."""
    value = written / 100
    return value if measure.lowest <= value <= 1.0 else None
