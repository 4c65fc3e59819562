"""How often a person, an account and a survey may ask: the budget, and when a rest ends; pure.

Two clocks and a count (docs/decisions/0021-two-clocks.md, 0031): relationship surveys rest from each other
alone, questions about events from everything, and of the mails a person may get in a time, a wave's worth is
kept free for the relationship survey. So however many small surveys there are, they never starve it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from surveys.definition import Occasion

# The invitation and two reminders: what one survey may come to for one person.
MAILS_OF_A_SURVEY = 3
LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Budget:
    """How often anybody is asked, in days; all are configurable choices.

    `tolerance_days` are forgiven of the rest between relationship surveys. A person gets at most
    `person_mails` mails in `person_days`. Of an account, at most `account_people` (None: all) are asked the
    same survey in `account_days`. No event asks in the `quiet_days` before a planned relationship wave.
    Whoever is asked later, when their rest is over, has at least `answer_days` left to answer.
    """

    relationship_rest_days: int = 90
    tolerance_days: int = 10
    transactional_rest_days: int = 30
    person_mails: int = 12
    person_days: int = 60
    account_people: int | None = None
    account_days: int = 90
    quiet_days: int = 7
    answer_days: int = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """How often one survey asks: the same person after `rest_days` (None: as all of its kind), and about a
    `share` (percent) of the events that would ask it."""

    rest_days: int | None = None
    share: int = 100


class RestReason(StrEnum):
    """Why somebody waits; the values are those of `rules.ExclusionReason`."""

    ASKED_RECENTLY = "asked_recently"
    SURVEY_REST = "survey_rest"
    MAIL_BUDGET = "mail_budget"
    WAVE_SOON = "wave_soon"
    ABSENT = "absent"
    TOO_LATE = "too_late"


class Asked(NamedTuple):
    """What anybody at an address was asked: when last, by occasion and in the same survey; None for never.

    `mails` is how many mails that came to, or still may, in the days that count, `relationship_mails` those
    of relationship surveys; `first_at` and `first_relationship_at` are when the first of these was asked.
    """

    relationship: datetime | None = None
    transactional: datetime | None = None
    same_survey: datetime | None = None
    mails: int = 0
    relationship_mails: int = 0
    first_at: datetime | None = None
    first_relationship_at: datetime | None = None


class Rest(NamedTuple):
    """Until when somebody waits, and why; then they are judged anew. None: nobody knows until when."""

    until: datetime | None
    reason: RestReason


def rest_of(
    asked: Asked,
    occasion: Occasion,
    *,
    budget: Budget,
    pace: Pace,
    mails: int = MAILS_OF_A_SURVEY,
    now: datetime,
) -> Rest | None:
    """Return the rest somebody is in before a survey of an occasion, the longest; None: they may be asked.

    `mails` is how many the survey may send them.
    """
    until, reason = max(
        (_clock(asked, occasion, budget), RestReason.ASKED_RECENTLY),
        (_later(asked.same_survey, pace.rest_days), RestReason.SURVEY_REST),
        (_room_again(asked, occasion, budget, mails=mails), RestReason.MAIL_BUDGET),
        key=lambda rest: rest[0],
    )
    return Rest(until, reason) if now < until else None


def lookback(budget: Budget, pace: Pace) -> timedelta:
    """Return how far back what somebody was asked can matter."""
    days = (
        budget.relationship_rest_days,
        budget.transactional_rest_days,
        budget.person_days,
        pace.rest_days or 0,
    )
    return timedelta(days=max(days))


def _clock(asked: Asked, occasion: Occasion, budget: Budget) -> datetime:
    if occasion is Occasion.RELATIONSHIP:
        days = max(0, budget.relationship_rest_days - budget.tolerance_days)
        return _later(asked.relationship, days)
    latest = max(filter(None, (asked.relationship, asked.transactional)), default=None)
    return _later(latest, budget.transactional_rest_days)


def _room_again(asked: Asked, occasion: Occasion, budget: Budget, *, mails: int) -> datetime:
    if occasion is Occasion.RELATIONSHIP:
        used, first, kept_free = asked.relationship_mails, asked.first_relationship_at, 0
    else:
        used, first, kept_free = asked.mails, asked.first_at, kept_for_relationship(budget)
    is_full = used + mails + kept_free > budget.person_mails
    return _later(first if is_full else None, budget.person_days)


def kept_for_relationship(budget: Budget) -> int:
    """Return how many mails of a person's budget questions about events leave to relationship surveys."""
    waves = -(-budget.person_days // max(1, budget.relationship_rest_days - budget.tolerance_days))
    return MAILS_OF_A_SURVEY * waves


def _later(moment: datetime | None, days: int | None) -> datetime:
    if moment is None or days is None:
        return LONG_AGO
    return moment + timedelta(days=days)
