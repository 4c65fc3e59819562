"""Churn after waves by who was silent in them, as pure judgements over the history of accounts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from surveys.cox import CoxFit, Spell, fit_spells, silent_spells
from surveys.intervals import Interval
from surveys.lift import Group, Lift, churn_lift
from surveys.lift_strata import AccountOutcome, Landmark, StratifiedLift, landmarked, mantel_haenszel
from surveys.survival import LogRank, SurvivalCurve, kaplan_meier, log_rank
from vocapp.renewals.rules import Outcome

DAYS_PER_MONTH = 30.4375
# A year holds one renewal of most accounts.
HORIZONS = (12, 6, 3)
SHOWN_MONTHS = (3, 6, 9, 12, 18, 24)


class WaveOfAccount(NamedTuple):
    """What an account did in one closed wave: when it closed, people who got the question, and who rated."""

    closed_on: date
    delivered: int
    answered: int

    @property
    def is_silent(self) -> bool:
        """Whether the question arrived and nobody answered."""
        return self.delivered > 0 and self.answered == 0


@dataclass(frozen=True, slots=True)
class AccountHistory:
    """One account: its stratum (tier), waves, how its renewals ended, and until when we know it at all."""

    stratum: str
    waves: Sequence[WaveOfAccount]
    outcomes: Sequence[tuple[date, str]]
    known_to: date | None

    def left_after(self, day: date) -> date | None:
        """Return when it first left after a day, even if it came back later; None where it did not."""
        return min((on for on, how in self.outcomes if how == Outcome.CHURNED and on > day), default=None)

    def gone_by(self, day: date) -> date | None:
        """Return when it had left by a day and not come back by then, None where it was a customer."""
        last = max((one for one in self.outcomes if one[0] <= day), default=None)
        return last[0] if last is not None and last[1] == Outcome.CHURNED else None

    def seen_until(self, day: date) -> date | None:
        """Return until when it is followed from a day on: it left then, or that is all we know."""
        end = self.left_after(day) or self.known_to
        return end if end is not None and end > day and not self.gone_by(day) else None


class Quarter(NamedTuple):
    """A quarter of a year in which waves closed; `number` is 1 to 4."""

    year: int
    number: int

    @property
    def key(self) -> str:
        """Its name in an address."""
        return f"{self.year}-{self.number}"


@dataclass(frozen=True, slots=True)
class Choice:
    """The quarter whose waves are looked at, the months after them, and what else there was to choose.

    `ready_on` is when those months will be over for every wave of it, None when they are.
    """

    quarter: Quarter
    months: int
    quarters: Sequence[Quarter]
    ready_on: date | None = None


@dataclass(frozen=True, slots=True)
class Staying:
    """The share (0 to 1) of silent and of other accounts still there after some months, with its interval."""

    months: int
    silent: tuple[float, Interval]
    others: tuple[float, Interval]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the data show: the lift, within tiers too, over unequal times, and over all waves together.

    `staying` is empty, and `log_rank` None, where one of the two groups has nobody.
    """

    choice: Choice
    lift: Lift
    landmark: Landmark
    stratified: StratifiedLift
    staying: Sequence[Staying]
    log_rank: LogRank | None
    hazard: CoxFit


# Thousands of accounts have waves that closed on few days.
@lru_cache(maxsize=4096)
def quarter_of(day: date) -> Quarter:
    """Return the quarter of a day."""
    return Quarter(day.year, (day.month - 1) // 3 + 1)


def known_until(
    outcomes: Sequence[tuple[date, str]], *, is_customer: bool, renewal_date: date | None, today: date
) -> date | None:
    """Return the last day on which we know whether an account was a customer, None for nothing known.

    A customer whose next renewal lies ahead is one today. Where a renewal date has passed and nobody said how
    it ended, a customer was one until then, and no longer for sure: what is unknown is never taken for
    renewed.
    """
    settled = max((day for day, _outcome in outcomes), default=None)
    if not is_customer or (renewal_date is None and settled is None):
        return settled
    if renewal_date is None or renewal_date >= today or (settled is not None and settled >= renewal_date):
        return today
    return renewal_date


def choose(
    histories: Sequence[AccountHistory], *, quarter: str, months: int | None, today: date
) -> Choice | None:
    """Return what is looked at: as asked for, or the newest quarter with a year behind it, or with less.

    None while no wave has closed.
    """
    closes = _last_closes(histories)
    quarters = sorted(closes, reverse=True)
    if not quarters:
        return None
    wanted = next((one for one in quarters if one.key == quarter), None)
    if months not in HORIZONS:
        months = None
    for span in [months] if months else HORIZONS:
        for one in [wanted] if wanted else quarters:
            if closes[one] + _span(span) <= today:
                return Choice(one, span, quarters)
    chosen, span = wanted or quarters[-1], months or HORIZONS[-1]
    return Choice(chosen, span, quarters, ready_on=closes[chosen] + _span(span))


def read_lift(histories: Sequence[AccountHistory], choice: Choice) -> Reading:
    """Return what silence in the waves of a quarter went with in the months after them (method §8).

    Before those months are over only those who have left would be known, so nothing is counted.
    """
    landmark = Landmark({}, 0, 0, 0) if choice.ready_on else _landmark(histories, choice)
    return Reading(
        choice=choice,
        lift=churn_lift(landmark.exposed, landmark.others),
        landmark=landmark,
        stratified=mantel_haenszel(landmark.strata),
        staying=(followed := _Followed.of(histories, choice)).staying(),
        log_rank=followed.log_rank(),
        hazard=fit_spells([spell for one in histories for spell in spells_of(one)]),
    )


def spells_of(one: AccountHistory) -> list[Spell]:
    """Return the time of an account in months since 1970, cut at each wave that reached it."""
    reached = sorted(wave for wave in one.waves if wave.delivered)
    end = one.seen_until(reached[0].closed_on) if reached else None
    if end is None:
        return []
    first = reached[0].closed_on
    waves = [(_months(wave.closed_on), wave.is_silent) for wave in reached]
    return silent_spells(_months(first), _months(end), waves, has_left=one.left_after(first) is not None)


def _landmark(histories: Sequence[AccountHistory], choice: Choice) -> Landmark:
    """Count each account from the close of its first wave of the quarter."""
    by_close: defaultdict[date, list[AccountOutcome]] = defaultdict(list)
    for one in histories:
        wave = _wave_in(one, choice.quarter)
        if wave is not None:
            left_on = one.gone_by(wave.closed_on) or one.left_after(wave.closed_on)
            outcome = AccountOutcome(one.stratum, wave.delivered, wave.answered, left_on, one.known_to)
            by_close[wave.closed_on].append(outcome)
    parts = [landmarked(some, close, horizon=_span(choice.months)) for close, some in by_close.items()]
    strata: dict[str, tuple[Group, Group]] = {}
    for part in parts:
        for name, (silent, others) in part.strata.items():
            known = strata.get(name, (Group(0, 0), Group(0, 0)))
            strata[name] = (known[0] + silent, known[1] + others)
    return Landmark(
        strata,
        not_asked=sum(part.not_asked for part in parts),
        gone_before=sum(part.gone_before for part in parts),
        unknown=sum(part.unknown for part in parts),
    )


@dataclass(frozen=True, slots=True)
class _Followed:
    """Accounts from the close of their wave on: months watched, whether they left, whether silent."""

    months: list[float]
    has_left: list[bool]
    is_silent: list[bool]

    @classmethod
    def of(cls, histories: Sequence[AccountHistory], choice: Choice) -> "_Followed":
        followed = cls([], [], [])
        for one in histories:
            wave = _wave_in(one, choice.quarter)
            end = one.seen_until(wave.closed_on) if wave is not None and wave.delivered else None
            if wave is not None and end is not None:
                followed.months.append((end - wave.closed_on).days / DAYS_PER_MONTH)
                followed.has_left.append(one.left_after(wave.closed_on) is not None)
                followed.is_silent.append(wave.is_silent)
        return followed

    def staying(self) -> list[Staying]:
        """Return both curves at some months, for as long as somebody is watched in both."""
        silent, others = self._curve(is_silent=True), self._curve(is_silent=False)
        longest = min(self._longest(is_silent=True), self._longest(is_silent=False))
        return [
            Staying(months, those, these)
            for months in SHOWN_MONTHS
            if months <= longest and (those := silent.at(months)) and (these := others.at(months))
        ]

    def log_rank(self) -> LogRank | None:
        """Return whether the two groups leave at one pace."""
        return log_rank(self.months, self.has_left, np.array(self.is_silent, dtype=np.int64))

    def _curve(self, *, is_silent: bool) -> SurvivalCurve:
        chosen = [place for place, silent in enumerate(self.is_silent) if silent is is_silent]
        return kaplan_meier([self.months[one] for one in chosen], [self.has_left[one] for one in chosen])

    def _longest(self, *, is_silent: bool) -> float:
        watched = zip(self.months, self.is_silent, strict=True)
        return max((months for months, silent in watched if silent is is_silent), default=0.0)


def _wave_in(one: AccountHistory, quarter: Quarter) -> WaveOfAccount | None:
    return min((wave for wave in one.waves if quarter_of(wave.closed_on) == quarter), default=None)


def _last_closes(histories: Sequence[AccountHistory]) -> dict[Quarter, date]:
    closes: dict[Quarter, date] = {}
    for day in {wave.closed_on for one in histories for wave in one.waves}:
        closes[quarter_of(day)] = max(day, closes.get(quarter_of(day), day))
    return closes


def _span(months: int) -> timedelta:
    return timedelta(days=round(months * DAYS_PER_MONTH))


def _months(day: date) -> float:
    return (day - date(1970, 1, 1)).days / DAYS_PER_MONTH


def by_account(rows: Iterable[tuple[int, date, str]]) -> Mapping[int, list[tuple[date, str]]]:
    """Return account id → (renewal date, outcome) of its renewals."""
    found: defaultdict[int, list[tuple[date, str]]] = defaultdict(list)
    for account_id, day, outcome in rows:
        found[account_id].append((day, outcome))
    return found
