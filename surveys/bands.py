"""The class of a rating on the scale it was given on: a 5 is the best of CSAT and far from it of NPS."""

from collections.abc import Mapping
from enum import StrEnum

from surveys.questions import QuestionKind
from surveys.satisfaction import CES_SCALE, CSAT_SCALE, RatingScale

NPS_SCALE = RatingScale(lowest=0, highest=10, good_from=9, bad_to=6)
SCALES_OF_KINDS: Mapping[QuestionKind, RatingScale] = {
    QuestionKind.NPS: NPS_SCALE,
    QuestionKind.CSAT: CSAT_SCALE,
    QuestionKind.CES: CES_SCALE,
}


class Band(StrEnum):
    """The class of a rating on any scale: promoters, the satisfied and those who had it easy are good."""

    GOOD = "good"
    MIDDLE = "middle"
    BAD = "bad"


def band_of(kind: QuestionKind, rating: int | None) -> Band | None:
    """Return the class of an NPS, CSAT or CES rating, None without one."""
    if rating is None:
        return None
    scale = SCALES_OF_KINDS[kind]
    if rating >= scale.good_from:
        return Band.GOOD
    return Band.BAD if rating <= scale.bad_to else Band.MIDDLE
