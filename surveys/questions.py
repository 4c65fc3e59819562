"""Question kinds, their scales, and one question with its words per language."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class QuestionKind(StrEnum):
    """What can be asked."""

    NPS = "nps"
    CSAT = "csat"
    CES = "ces"
    TEXT = "text"
    YES_NO = "yes_no"


SCALES: Mapping[QuestionKind, range] = {
    QuestionKind.NPS: range(11),
    QuestionKind.CSAT: range(1, 6),
    QuestionKind.CES: range(1, 8),
}


@dataclass(frozen=True, slots=True)
class QuestionText:
    """The words of a question in one language; `low` and `high` name the ends of a scale, else empty."""

    prompt: str
    low: str = ""
    high: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `key` names its form field and its stored answer, `texts` maps language to words."""

    key: str
    kind: QuestionKind
    required: bool
    texts: Mapping[str, QuestionText]

    @property
    def scale(self) -> range | None:
        """The ratings one may give, None for a question that is not rated."""
        return SCALES.get(self.kind)

    @property
    def is_rating(self) -> bool:
        """True for a question answered on a scale."""
        return self.kind in SCALES
