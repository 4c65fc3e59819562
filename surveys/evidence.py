"""What is known about an account before it becomes one number: three components and their uncertainty."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from surveys.rates import Engagement
from surveys.shrinkage import ShrunkNps

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Components:
    """The three parts of strength, each 0-1 or None where nothing was measured.

    Sentiment is (shrunk NPS + 1) / 2. Raises ValueError outside 0-1.
    """

    footprint: float | None
    engagement: float | None
    sentiment: float | None

    def __post_init__(self) -> None:
        for value in self.as_tuple():
            if value is not None and not 0 <= value <= 1:
                raise ValueError("a component of strength lies between 0 and 1")

    def as_tuple(self) -> tuple[float | None, float | None, float | None]:
        """Return (footprint, engagement, sentiment)."""
        return self.footprint, self.engagement, self.sentiment

    def as_row(self) -> FloatArray:
        """Return the components as an array of one row, NaN where nothing was measured."""
        return np.array([[math.nan if value is None else value for value in self.as_tuple()]])


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about one account: its components and how uncertain two of them are.

    `engagement_posterior` is Beta (alpha, beta), `sentiment_posterior` Dirichlet (promoters, passives,
    detractors); a component without posterior is taken as exact. `answers` counts the ratings given.
    `key` names the account and fixes its draws, so that recomputing others never moves it.
    """

    key: str
    components: Components
    engagement_posterior: tuple[float, float] | None
    sentiment_posterior: tuple[float, float, float] | None
    answers: int


@dataclass(frozen=True, slots=True)
class EvidenceBatch:
    """Many accounts at once: `components` n×3, posteriors n×2 and n×3, `answers` n; NaN is not measured."""

    keys: Sequence[str]
    components: FloatArray
    engagement_posterior: FloatArray
    sentiment_posterior: FloatArray
    answers: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.keys)
        shapes = self.components.shape, self.engagement_posterior.shape, self.sentiment_posterior.shape
        if shapes != ((n, 3), (n, 2), (n, 3)) or self.answers.shape != (n,):
            raise ValueError("a batch holds one row per account in every array")

    @classmethod
    def of(cls, evidence: Sequence[Evidence]) -> Self:
        """Build a batch from single accounts."""
        nothing = math.nan
        return cls(
            keys=[one.key for one in evidence],
            components=np.vstack([np.empty((0, 3)), *(one.components.as_row() for one in evidence)]),
            engagement_posterior=np.array(
                [one.engagement_posterior or (nothing,) * 2 for one in evidence], dtype=float
            ).reshape(-1, 2),
            sentiment_posterior=np.array(
                [one.sentiment_posterior or (nothing,) * 3 for one in evidence], dtype=float
            ).reshape(-1, 3),
            answers=np.array([one.answers for one in evidence], dtype=np.int64),
        )


def gather_evidence(
    key: str,
    footprint: float | None,
    engagement: Engagement | None,
    sentiment: ShrunkNps | None,
    *,
    answers: int,
) -> Evidence:
    """Return the evidence of an account: footprint (0-1) and two results, None for what was not measured.

    The engagement component is the account's own share, so that plain silence stays a plain zero; the pull
    of the cohort enters through its posterior. `answers` counts people's ratings, before any weighting.
    """
    components = Components(
        footprint=footprint,
        engagement=None if engagement is None else engagement.value,
        sentiment=None if sentiment is None else (sentiment.mean + 1) / 2,
    )
    return Evidence(
        key=key,
        components=components,
        engagement_posterior=None if engagement is None else (engagement.alpha, engagement.beta),
        sentiment_posterior=None if sentiment is None else sentiment.alpha,
        answers=answers,
    )
