"""Ratings as charts of the house, with their words."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from surveys.bands import Band, band_of
from surveys.questions import QuestionKind
from vocapp.charts.frame import Spec
from vocapp.charts.ratings import RatingBar, rating_bars
from vocapp.results.rules import RatingResult


def band_words(kind: QuestionKind) -> dict[Band, str]:
    """Return what the classes of a kind of rating are called."""
    if kind is QuestionKind.NPS:
        return {Band.GOOD: _("Promoters"), Band.MIDDLE: _("Passives"), Band.BAD: _("Detractors")}
    if kind is QuestionKind.CSAT:
        return {Band.GOOD: _("Satisfied"), Band.MIDDLE: _("Neither"), Band.BAD: _("Dissatisfied")}
    return {Band.GOOD: _("Easy"), Band.MIDDLE: _("Neither"), Band.BAD: _("Hard")}


def kind_name(kind: QuestionKind) -> str:
    """Return what a kind of rating is called."""
    names = {QuestionKind.NPS: _("NPS"), QuestionKind.CSAT: _("CSAT"), QuestionKind.CES: _("CES")}
    return str(names[kind])


def rating_charts(ratings: Sequence[RatingResult]) -> list[Spec]:
    """Return how the ratings of each result are spread, in their order."""
    return [_chart(result) for result in ratings]


def _chart(result: RatingResult) -> Spec:
    bars = [
        RatingBar(point, count, band)
        for point, count in result.counts
        if (band := band_of(result.kind, point)) is not None
    ]
    answers = ngettext("1 answer", "%(num)s answers", result.n)
    return rating_bars(
        bars,
        band_words={band.value: words for band, words in band_words(result.kind).items()},
        title=_("Answers"),
        description=_("How %(answers)s are spread over the scale", answers=answers),
    )
