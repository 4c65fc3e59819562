"""What answers come to: classes of ratings, scores by kind, how far people got and how long it took them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from surveys.bands import SCALES_OF_KINDS, Band, band_of
from surveys.measure import Measure
from surveys.questions import QuestionKind
from surveys.satisfaction import score_scale
from surveys.scoring import NpsCounts, nps_measure
from surveys.shrinkage import HIGH_TO, MEDIUM_TO, Confidence, confidence_label


@dataclass(frozen=True, slots=True)
class ResultsFilter:
    """Whose answers, and which of their comments; empty fields do not filter."""

    wave_id: int | None = None
    tier_id: int | None = None
    persona_id: int | None = None
    owner_id: int | None = None
    region: str = ""
    language: str = ""
    source: str = ""
    band: Band | None = None
    theme: str = ""
    question: str = ""
    text: str = ""

    @property
    def is_set(self) -> bool:
        """Whether anything is filtered at all."""
        return self != ResultsFilter()

    @property
    def is_about_accounts(self) -> bool:
        """Whether only some accounts are asked for."""
        return bool(self.tier_id is not None or self.owner_id is not None or self.region)

    @property
    def people(self) -> "ResultsFilter":
        """The part about whose answers, without what was said."""
        return replace(self, band=None, theme="", question="", text="")


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One person's answer as far as results are about it.

    `version_id` names the version it was given to, `band` is the class of the rating; `many` people gave it:
    one.
    """

    response: int
    respondent: int
    account: int
    version_id: int
    kind: QuestionKind
    is_custom: bool
    rating: int | None
    answers: Mapping[str, Any]
    language: str
    is_complete: bool
    band: Band | None
    many: int = 1


@dataclass(frozen=True, slots=True)
class RatingResult:
    """The ratings of one kind and wording: never mixed with those of another.

    `score` is the NPS (-1 to 1), or the share of good answers (0 to 1) with the `mean` beside it; `counts`
    has every point of the scale; `limits` are the half-widths up to which confidence is high and medium.
    """

    kind: QuestionKind
    is_custom: bool
    score: Measure
    mean: Measure | None
    counts: Sequence[tuple[int, int]]
    bands: Mapping[Band, int]
    limits: tuple[float, float] = (HIGH_TO, MEDIUM_TO)

    @property
    def n(self) -> int:
        """How many ratings there are."""
        return self.score.n

    def band(self, point: int) -> Band | None:
        """Return the class of a point of the scale."""
        return band_of(self.kind, point)

    @property
    def confidence(self) -> Confidence:
        """How sure the score is, read from half of its interval (docs/method.md §3)."""
        if self.score.ci is None:
            return Confidence.NONE
        half = (self.score.ci[1] - self.score.ci[0]) / 2
        # A share spans 1, an NPS 2.
        in_nps = half if self.kind is QuestionKind.NPS else half * 2
        high_to, medium_to = self.limits
        return confidence_label(
            in_nps, answers=self.n, decision_maker_absent=False, high_to=high_to, medium_to=medium_to
        )


def rating_results(given: Iterable[tuple[QuestionKind, bool, int | None]]) -> list[RatingResult]:
    """Return the results of (kind, is the wording custom, rating), the standard and the largest first."""
    ratings: defaultdict[tuple[QuestionKind, bool], list[int]] = defaultdict(list)
    for kind, is_custom, rating in given:
        if rating is not None:
            ratings[kind, is_custom].append(rating)
    ordered = sorted(ratings.items(), key=lambda group: (group[0][1], -len(group[1])))
    return [rating_result(kind, those, is_custom=is_custom) for (kind, is_custom), those in ordered]


def rating_result(kind: QuestionKind, ratings: Sequence[int], *, is_custom: bool) -> RatingResult:
    """Return the score of ratings of one kind; without any it is not measured."""
    counted = Counter(ratings)
    scale = SCALES_OF_KINDS[kind]
    points = range(scale.lowest, scale.highest + 1)
    bands: Counter[Band] = Counter()
    for rating, count in counted.items():
        band = band_of(kind, rating)
        if band is not None:
            bands[band] += count
    if kind is QuestionKind.NPS:
        score = nps_measure(NpsCounts(bands[Band.GOOD], bands[Band.MIDDLE], bands[Band.BAD]))
        mean = None
    else:
        scored = score_scale(ratings, scale)
        score, mean = scored.share, kept_on(points, scored.mean)
    counts = [(point, counted[point]) for point in points]
    return RatingResult(kind, is_custom, score, mean, counts, {band: bands[band] for band in Band})


def kept_on(scale: range, mean: Measure) -> Measure:
    """Return a mean whose interval ends where its scale does: of few answers it reaches beyond."""
    if mean.ci is None:
        return mean
    return replace(mean, ci=(max(mean.ci[0], scale[0]), min(mean.ci[1], scale[-1])))


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many people of a mailing got how far; each step holds those further on.

    `by_other_ways` came in without it: noted from a call, or brought from another tool.
    """

    sent: int = 0
    delivered: int = 0
    started: int = 0
    partial: int = 0
    completed: int = 0
    by_other_ways: int = 0
