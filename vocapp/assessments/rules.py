"""The guided questions, and what a filled-in form says: the CSM's own view, never part of any score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

LOWEST, HIGHEST = 1, 5
RATINGS = range(LOWEST, HIGHEST + 1)
BLIND_SPOT = 2
LONGEST_NOTE = 10_000
# The same form or note sent twice within it is one: a double click, or "back" and "send" again.
SAME_WITHIN = timedelta(minutes=1)

# Configurable choices: from where on an average reads as good or as weak. One 1 is never outweighed.
GOOD_FROM, WEAK_BELOW = 4.0, 2.5

ATTITUDE = "attitude"


def _(text: str) -> str:
    """Mark a text that pages translate."""
    return text


@dataclass(frozen=True, slots=True)
class Question:
    """One guided question, with what 1, 3 and 5 mean, so that two people mean the same; 5 is always good.

    `is_weight` questions say how much somebody matters, not how well it stands: they are in no average and
    are no blind spot.
    """

    key: str
    topic: str
    text: str
    low: str
    middle: str
    high: str
    is_weight: bool = False

    def words(self, rating: int) -> str:
        """Return what a rating means; empty for the ones in between."""
        return {LOWEST: self.low, 3: self.middle, HIGHEST: self.high}.get(rating, "")


ACCOUNT_QUESTIONS = (
    Question(
        "goals",
        _("Goals"),
        _("Do we know what they want to achieve with us, and do they get there?"),
        _("We do not know their goals."),
        _("We know their goals; how far they are is not agreed."),
        _("Their goals are written down, and they say themselves that they reach them."),
    ),
    Question(
        "primary_contact",
        _("Main contact"),
        _("How well does our main contact there work with us?"),
        _("There is none, or we do not reach them."),
        _("They answer when asked, and do what was agreed."),
        _("They come to us by themselves and speak openly."),
    ),
    Question(
        "influence",
        _("Influence"),
        _("How much can the people we talk to decide about the renewal?"),
        _("None of them has a say in it."),
        _("They are heard; somebody else decides."),
        _("They decide, or the one who decides follows them."),
    ),
    Question(
        "several_contacts",
        _("Several contacts"),
        _("How many people there know us well?"),
        _("One, or nobody."),
        _("Two or three, all in one department."),
        _("Four or more, in several departments, leadership among them."),
    ),
    Question(
        "champion_gone",
        _("Without our champion"),
        _("What would happen if our champion left tomorrow?"),
        _("They have left, or nobody else would speak for us."),
        _("Somebody would step in, but knows little of what we do for them."),
        _("Others speak for us already; little would change."),
    ),
    Question(
        "adoption",
        _("Use at work"),
        _("How far has what they bought become part of their work?"),
        _("Few of those it was bought for use it."),
        _("About half of them use it, mostly for the basics."),
        _("Nearly all of them work with it, beyond the basics as well."),
    ),
    Question(
        "resistance",
        _("Resistance"),
        _("Is anybody there against working with us?"),
        _("Somebody with influence works against us."),
        _("Some would rather do without us, but do nothing about it."),
        _("Nobody that we know of, and we have asked."),
    ),
    Question(
        "silence",
        _("Silence"),
        _("Do they answer when we write or call?"),
        _("Nobody has answered for two months."),
        _("They answer late, or after a reminder."),
        _("They answer within days, and call us as well."),
    ),
    Question(
        "feedback",
        _("Feedback"),
        _("Do they tell us how we are doing, and does something follow?"),
        _("They tell us nothing, or nothing follows."),
        _("They tell us when asked; some of it is still open."),
        _("They tell us good and bad unasked, and hear what came of it."),
    ),
    Question(
        "obstacles",
        _("Obstacles"),
        _("Does anything stand in the way of a renewal?"),
        _("Something serious: a cut budget, a competitor, a problem nobody solves."),
        _("Something that is being solved, with a date."),
        _("Nothing that we know of, and we have asked."),
    ),
)

PERSON_QUESTIONS = (
    Question(
        ATTITUDE,
        _("Attitude"),
        _("What do they say about us when we are not in the room?"),
        _("They speak against us."),
        _("Neither for us nor against us."),
        _("They speak for us unasked."),
    ),
    Question(
        "influence",
        _("Influence on the renewal"),
        _("How much do they decide about the renewal?"),
        _("They have no say in it."),
        _("They are heard; somebody else decides."),
        _("They decide."),
        is_weight=True,
    ),
    Question(
        "engagement",
        _("Contact with us"),
        _("How do they deal with us?"),
        _("They avoid us."),
        _("They answer when we ask."),
        _("They come to us by themselves."),
    ),
    Question(
        "knowledge",
        _("What they know of our value"),
        _("Could they say what we do for their company?"),
        _("No, or they doubt it."),
        _("In general, without an example."),
        _("Yes, with results and examples."),
    ),
    Question(
        "access",
        _("Access"),
        _("Do we reach them when it matters?"),
        _("No, or we do not know how."),
        _("Through others, or after several tries."),
        _("Yes, directly and within a day."),
    ),
)


class Level(StrEnum):
    """How an assessment reads as a whole."""

    FEW = "few"
    WEAK = "weak"
    MIXED = "mixed"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Reading:
    """An assessment as a whole: `answered` of `asked` questions, `mean` 1-5 only where it means something.

    `mean` rests on `counted` answers: those about how well it stands. `blind_spots` were answered 1 or 2,
    `open` not at all.
    """

    level: Level
    answered: int
    asked: int
    mean: float | None
    counted: int
    blind_spots: tuple[Question, ...]
    open: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A question answered differently than the last time it was; both 1-5."""

    question: Question
    before: int
    after: int

    @property
    def is_better(self) -> bool:
        """Whether it went up."""
        return self.after > self.before


def questions_for(*, is_person: bool) -> tuple[Question, ...]:
    """Return the questions about a stakeholder, or about an account as a whole."""
    return PERSON_QUESTIONS if is_person else ACCOUNT_QUESTIONS


def are_acceptable(ratings: Mapping[str, Any], questions: Sequence[Question]) -> bool:
    """Whether there is at least one rating, and each is a whole number of 1-5 for a question that exists."""
    keys = {question.key for question in questions}
    return bool(ratings) and all(
        key in keys and type(rating) is int and rating in RATINGS for key, rating in ratings.items()
    )


def read_assessment(ratings: Mapping[str, int], questions: Sequence[Question]) -> Reading:
    """Return what a form says as a whole; with fewer than half of the questions answered, that is too little.

    It is what people here think: no score of any kind may use it.
    """
    counting = [question for question in questions if not question.is_weight]
    given = [ratings[question.key] for question in counting if question.key in ratings]
    is_enough = len(given) * 2 >= len(counting)
    mean = sum(given) / len(given) if given and is_enough else None
    return Reading(
        level=_level(mean, lowest=min(given, default=LOWEST)),
        answered=sum(question.key in ratings for question in questions),
        asked=len(questions),
        mean=mean,
        counted=len(given),
        blind_spots=tuple(q for q in counting if ratings.get(q.key, HIGHEST) <= BLIND_SPOT),
        open=tuple(question for question in questions if question.key not in ratings),
    )


def _level(mean: float | None, *, lowest: int) -> Level:
    if mean is None:
        return Level.FEW
    if mean < WEAK_BELOW:
        return Level.WEAK
    return Level.GOOD if mean >= GOOD_FROM and lowest > LOWEST else Level.MIXED


def changes_since(
    before: Mapping[str, int], after: Mapping[str, int], questions: Sequence[Question]
) -> tuple[Change, ...]:
    """Return what was answered differently; a question that either form left open is no change."""
    both = [question for question in questions if question.key in before and question.key in after]
    return tuple(
        Change(question, before[question.key], after[question.key])
        for question in both
        if before[question.key] != after[question.key]
    )


def is_stale(at: datetime, *, on: date, days: int) -> bool:
    """Whether an assessment of a moment is no longer current on a date: more than `days` days old, in UTC."""
    return at < stale_before(on, days=days)


def stale_before(on: date, *, days: int) -> datetime:
    """Return the moment before which an assessment is no longer current on a date."""
    return datetime.combine(on - timedelta(days=days), datetime.min.time(), tzinfo=UTC)


def is_blank(text: str) -> bool:
    """Whether a text shows nothing: only spaces, line breaks and marks that cannot be seen."""
    return not any(mark.isprintable() and not mark.isspace() for mark in text)


def as_typed(text: str) -> str:
    """Return a text as it was typed, with line breaks as one mark and without what no database can hold."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def week_of(local: datetime) -> str:
    """Return the ISO week of a moment of the reader's own clock, such as "2026-W11"."""
    year, week, _day = local.isocalendar()
    return f"{year}-W{week:02d}"
