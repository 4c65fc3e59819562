"""Where the numbers of an account come from and how far they can be trusted, as pure judgements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from surveys.evidence import Components, Evidence
from surveys.finite_list import ListNps, list_nps
from surveys.roll_ups import RollUps, roll_ups
from surveys.scoring import NpsCounts
from surveys.sensitivity import AccountSensitivity, account_sensitivity
from surveys.shrinkage import Confidence
from surveys.silence import SilenceJudgement, judge_silence
from surveys.status import Status, judge_status
from surveys.strength import Points, Strength, StrengthParameters, strength_change
from surveys.trend import Trend, trend
from vocapp.method.rules import Method


class ScoredDay(NamedTuple):
    """What was stored of an account as of a day: strength (0-100), components (0-1), status, definition."""

    as_of: date
    strength: float | None
    footprint: float | None
    engagement: float | None
    sentiment: float | None
    status: str
    method_version: int

    @property
    def components(self) -> Components:
        """What strength is made of."""
        return Components(self.footprint, self.engagement, self.sentiment)


class RatedPerson(NamedTuple):
    """Somebody whose answer counts today: rating (0-10), weight of their persona, whether they decide."""

    rating: int
    weight: float
    is_decision_maker: bool


class Remark(NamedTuple):
    """How a day that was asked for was read: the day itself, and the day of the score that was taken."""

    kind: str
    asked: date
    taken: date


@dataclass(frozen=True, slots=True)
class Change:
    """How strength moved between two days; `points` (they add up) is None where no split can be made.

    `is_turned`: the days came the wrong way round; `remarks` tell of days that have no score of their own.
    `redefined_on`: since when the later day's definition holds, where another one made the earlier score:
    then their difference says nothing.
    """

    earlier: ScoredDay
    later: ScoredDay
    points: Points | None
    redefined_on: date | None
    is_turned: bool = False
    remarks: Sequence[Remark] = ()

    @property
    def difference(self) -> float | None:
        """Points of strength gained, None where either day has none, or another definition."""
        if self.redefined_on is not None or self.earlier.strength is None or self.later.strength is None:
            return None
        return self.later.strength - self.earlier.strength


@dataclass(frozen=True, slots=True)
class Sentiment:
    """NPS of an account's people in several ways, and what the whole list would say; None without answers."""

    ways: RollUps | None
    whole_list: ListNps | None


def change_between(
    days: Sequence[ScoredDay], since: date | None, until: date | None, methods: Mapping[int, Method]
) -> Change | None:
    """Return how strength moved between the scores in force on two days; None with fewer than two scores.

    `days` are oldest first. Without dates the newest score is compared with the one before it; dates the
    wrong way round are turned. `methods` maps the number of each definition → it: a change is split by the
    one that made both scores.
    """
    if len(days) < 2:
        return None
    is_turned = since is not None and until is not None and since > until
    if is_turned:
        since, until = until, since
    later = _in_force(days, until) if until else days[-1]
    earlier = _in_force(days, since) if since else days[max(0, days.index(later) - 1)]
    if earlier.as_of > later.as_of:
        earlier, later = later, earlier
    is_other = earlier.method_version != later.method_version
    points = None
    if not is_other:
        made_by = methods[later.method_version].parameters.strength()
        points = strength_change(earlier.components, later.components, made_by)
    return Change(
        earlier,
        later,
        points,
        methods[later.method_version].since if is_other else None,
        is_turned=is_turned,
        remarks=[
            _remark(days, asked)
            for asked in (since, until)
            if asked is not None and _in_force(days, asked).as_of != asked
        ],
    )


def sentiment_of(people: Sequence[RatedPerson], *, list_size: int) -> Sentiment:
    """Return the NPS of those who rated in four ways, and the prediction for a list of `list_size` people."""
    if not people:
        return Sentiment(None, None)
    ratings = np.array([one.rating for one in people], dtype=np.int64)
    ways = roll_ups(
        np.zeros(len(people), dtype=np.int64),
        ratings,
        np.array([one.weight for one in people]),
        np.array([one.is_decision_maker for one in people], dtype=np.bool_),
    )
    counts = NpsCounts.from_ratings([one.rating for one in people])
    return Sentiment(ways, list_nps(counts, max(list_size, len(people))))


def other_weights(
    key: str,
    measures: Mapping[str, Any],
    *,
    confidence: Confidence,
    previous: Status | None,
    parameters: StrengthParameters,
) -> AccountSensitivity | None:
    """Return what strength and status of a stored score would be with other weights; None without strength.

    `measures` are those of the score, `key` the account's, whose draws it fixes; `previous` is the status
    of the day before.
    """
    engaged, rated = measures.get("engagement_shrunk"), measures["nps_shrunk"].get("alpha")
    evidence = Evidence(
        key=key,
        components=Components(
            *(measures[part]["value"] for part in ("footprint", "engagement", "sentiment"))
        ),
        engagement_posterior=(engaged["alpha"], engaged["beta"]) if engaged else None,
        sentiment_posterior=(rated[0], rated[1], rated[2]) if rated else None,
        answers=measures["sentiment"]["n"],
    )

    def judge(strength: Strength, moved: StrengthParameters) -> Status:
        return judge_status(
            strength,
            confidence=confidence,
            decision_maker_silent_waves=measures["decision_maker"]["silent_waves"],
            previous=previous,
            parameters=moved,
        ).status

    return account_sensitivity(evidence, judge, parameters)


def trend_of(strengths: Sequence[tuple[float | None, int]]) -> Trend:
    """Return the trend over waves, (strength, definition) oldest first; only the last definition counts."""
    newest = strengths[-1][1] if strengths else None
    return trend([value if version == newest else None for value, version in strengths])


def silence_of(*, asked: int, answered: int, response_rate: float | None) -> SilenceJudgement | None:
    """Judge that nobody answered the latest wave; None where somebody did, or nobody was asked."""
    if answered or not asked:
        return None
    return judge_silence(asked, response_rate=response_rate)


def _remark(days: Sequence[ScoredDay], asked: date) -> Remark:
    """Return how a day without a score of its own was read."""
    taken = _in_force(days, asked).as_of
    return Remark("before_first" if asked < taken else "in_force", asked, taken)


def _in_force(days: Sequence[ScoredDay], on: date) -> ScoredDay:
    """Return the score in force on a day, the first of all before there was one."""
    return next((day for day in reversed(days) if day.as_of <= on), days[0])
