"""Question kinds, their scales, and one question with its words per language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from surveys.conditions import Condition


class QuestionKind(StrEnum):
    """What can be asked."""

    NPS = "nps"
    CSAT = "csat"
    CES = "ces"
    RATING = "rating"
    SINGLE_CHOICE = "single_choice"
    MULTIPLE_CHOICE = "multiple_choice"
    MATRIX = "matrix"
    SHORT_TEXT = "short_text"
    TEXT = "text"
    YES_NO = "yes_no"
    CONTACT = "contact"
    REFERRAL = "referral"


# The kinds that can be the rating of a survey; their scales are fixed, or their numbers would not compare.
SCALES: Mapping[QuestionKind, range] = {
    QuestionKind.NPS: range(11),
    QuestionKind.CSAT: range(1, 6),
    QuestionKind.CES: range(1, 8),
}
RATED = frozenset({*SCALES, QuestionKind.RATING})
CHOICES = frozenset({QuestionKind.SINGLE_CHOICE, QuestionKind.MULTIPLE_CHOICE})
WITH_OPTIONS = CHOICES | {QuestionKind.MATRIX}
WITH_ENDS = RATED | {QuestionKind.MATRIX}

FEWEST_POINTS, MOST_POINTS, DEFAULT_POINTS = 2, 10, 5
# The key of the answer "something else", and what its words are stored under.
OTHER = "other"


@dataclass(frozen=True, slots=True)
class QuestionText:
    """The words of a question in one language; `low` and `high` name the ends of a scale, else empty."""

    prompt: str
    low: str = ""
    high: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose, or one row of a matrix; `texts` maps language to words."""

    key: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `key` names its form field and its stored answer, `texts` maps language to words.

    `points` is the length of a `rating` or `matrix` scale, which begins at 1. `show_if` says when it is asked
    (None: always), `variants` holds other words for people of a persona: persona key → language → words.
    """

    key: str
    kind: QuestionKind
    required: bool
    texts: Mapping[str, QuestionText]
    options: tuple[Option, ...] = ()
    has_other: bool = False
    is_shuffled: bool = False
    points: int = DEFAULT_POINTS
    show_if: Condition | None = None
    variants: Mapping[str, Mapping[str, QuestionText]] = field(default_factory=dict)

    @property
    def scale(self) -> range | None:
        """The ratings one may give, per row in a matrix; None for a question that is not rated."""
        if self.kind in SCALES:
            return SCALES[self.kind]
        return range(1, self.points + 1) if self.kind in WITH_ENDS else None

    @property
    def is_rating(self) -> bool:
        """True for a question answered with one number on a scale."""
        return self.kind in RATED

    @property
    def is_measure(self) -> bool:
        """True for the kinds that can be the rating of a survey: NPS, CSAT, CES."""
        return self.kind in SCALES

    @property
    def choices(self) -> tuple[str, ...]:
        """The keys one may choose among, "other" last where it is offered."""
        keys = tuple(option.key for option in self.options)
        return (*keys, OTHER) if self.has_other else keys

    @property
    def stored_keys(self) -> tuple[str, ...]:
        """Under which keys its answer is stored: its own, and that of the words of "other"."""
        return (self.key, other_key(self.key)) if self.kind in CHOICES else (self.key,)

    @property
    def form_fields(self) -> tuple[str, ...]:
        """The names of its fields in a form."""
        if self.kind is QuestionKind.MATRIX:
            return tuple(f"{self.key}.{row.key}" for row in self.options)
        if self.kind is QuestionKind.REFERRAL:
            return (f"{self.key}.name", f"{self.key}.email")
        return self.stored_keys

    def option(self, key: str) -> Option | None:
        """Return an option or row by its key, or None."""
        return next((option for option in self.options if option.key == key), None)


def other_key(key: str) -> str:
    """Return the key under which the words of "other" are stored."""
    return f"{key}.{OTHER}"
