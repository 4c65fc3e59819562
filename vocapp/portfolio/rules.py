"""What should be done next, in which order, and how a series of strengths is drawn, as pure judgements."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MOST_ACTIONS = 7
# A list of seven calls to one customer, or of seven empty seats, is not a morning's plan.
MOST_OF_AN_ACCOUNT = 2
MOST_OF_A_KIND = 3
# What a second thing of a kind has to be more urgent by, to come before the first of another kind.
STEP_BACK = 20

NEAR_RENEWAL_DAYS = 90
SILENT_WAVES_TO_ACT_ON = 2
# An unhappy answer that nobody reacted to for a month needs more than a place on today's list.
DETRACTOR_DAYS = 30
SOON_CLOSING_DAYS = 7
# Quarterly conversations: after eleven weeks the next one should be in preparation.
DAYS_WITHOUT_WAVE = 77


class Silence(StrEnum):
    """Who at an account has left the latest wave, or several in a row, unanswered."""

    ANY = "any"
    WHOLE = "whole"
    LONG = "long"
    DECIDER = "decider"


# One wave may fall into a holiday; a second one hardly does.
LONG_SILENCE = 2


class ActionKind(StrEnum):
    """What somebody can do today."""

    CALL_DETRACTOR = "call_detractor"
    REACH_SILENT = "reach_silent"
    DECIDE_SUGGESTION = "decide_suggestion"
    FILL_SEAT = "fill_seat"
    FIND_FIRST = "find_first"
    CONFIRM_PERSON = "confirm_person"
    HEAR_CHAMPION = "hear_champion"
    FIND_CHAMPION = "find_champion"
    FIND_SECOND = "find_second"
    LAUNCH_WAVE = "launch_wave"
    START_WAVE = "start_wave"
    ASSESS = "assess"


TALKS = frozenset({ActionKind.CALL_DETRACTOR, ActionKind.REACH_SILENT, ActionKind.HEAR_CHAMPION})
FINDINGS = frozenset({ActionKind.FIND_CHAMPION, ActionKind.FIND_SECOND})
SEATS = frozenset({ActionKind.FILL_SEAT, ActionKind.FIND_FIRST, ActionKind.CONFIRM_PERSON})
GAPS = SEATS | FINDINGS
# These lead to pages where there is something to read for everybody.
READS = frozenset({ActionKind.CALL_DETRACTOR, ActionKind.REACH_SILENT, ActionKind.CONFIRM_PERSON})
WAVES = frozenset({ActionKind.LAUNCH_WAVE, ActionKind.START_WAVE})


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do, with the facts that make it matter.

    `person` is whom to talk to or ask, `persona` the part they play or the seat that is empty, `missing` how
    many of its `wanted` seats nobody is known for; `days_to_renewal` is negative once the date has passed;
    `tier_rank` 1 matters most; `days` counts since the answer, the last confirmation or the last wave.
    `subject_id` is the response, suggestion or wave it is about; `named` the new person or wave; `has_left`
    whether `person` is said to be gone. `newcomers`, `departures` and `corrections` are the suggestions that
    wait at the account, `accounts` how many a wave asks. `former` is the champion who left, `only_voice` the
    one person who answers, `voices` how many do; `asked_on` is when the champion was asked,
    `may_ask` whether somebody there may be asked for names again.
    """

    kind: ActionKind
    account_id: int | None = None
    account: str = ""
    tier_rank: int | None = None
    days_to_renewal: int | None = None
    contact_id: int | None = None
    person: str = ""
    persona: str = ""
    is_decision_maker: bool = False
    rating: int | None = None
    rating_kind: str = "nps"
    comment: str = ""
    silent_waves: int = 0
    missing: int = 0
    days: int | None = None
    subject_id: int | None = None
    named: str = ""
    has_left: bool = False
    wanted: int = 0
    newcomers: int = 0
    departures: int = 0
    corrections: int = 0
    accounts: int = 0
    former: str = ""
    only_voice: str = ""
    voices: int = 0
    asked_on: date | None = None
    may_ask: bool = True

    @property
    def suggestions(self) -> int:
        """How many suggestions it is about."""
        return self.newcomers + self.departures + self.corrections

    @property
    def is_renewal_near(self) -> bool:
        """Whether the renewal lies within the next ninety days."""
        return self.days_to_renewal is not None and 0 <= self.days_to_renewal <= NEAR_RENEWAL_DAYS


_URGENCY = {
    ActionKind.CALL_DETRACTOR: 60,
    ActionKind.REACH_SILENT: 50,
    ActionKind.DECIDE_SUGGESTION: 48,
    ActionKind.FIND_CHAMPION: 46,
    ActionKind.LAUNCH_WAVE: 45,
    ActionKind.FIND_FIRST: 44,
    ActionKind.FIND_SECOND: 43,
    ActionKind.HEAR_CHAMPION: 42,
    ActionKind.FILL_SEAT: 40,
    ActionKind.START_WAVE: 38,
    ActionKind.CONFIRM_PERSON: 24,
    ActionKind.ASSESS: 20,
}


def urgency(action: Action) -> int:
    """Return how much an action presses, 0 to about 120; only the order means something.

    Who signs counts most, then a near renewal, then the tier; a lower rating or a longer silence adds little.
    """
    points = _URGENCY[action.kind]
    points += 25 * action.is_decision_maker + 15 * action.is_renewal_near
    points += {1: 10, 2: 5}.get(action.tier_rank or 0, 0)
    if action.rating is not None:
        points += max(0, 6 - action.rating)
    return points + min(action.silent_waves, 5)


def choose_actions(candidates: Iterable[Action], *, limit: int = MOST_ACTIONS) -> list[Action]:
    """Return at most `limit` actions, the most pressing first, from several accounts and of several kinds.

    No more than two for one account; no more than three of a kind while there is something else to do, and
    the second and third of a kind only where they press clearly more than the first of another.
    """
    left = sorted(candidates, key=_order)
    accounts: Counter[int | None] = Counter()
    kinds: Counter[str] = Counter()
    chosen: list[Action] = []
    while len(chosen) < limit:
        left = [
            one for one in left if one.account_id is None or accounts[one.account_id] < MOST_OF_AN_ACCOUNT
        ]
        if not left:
            break
        best = min(left, key=lambda one: (_turn(kinds[_family(one)], one), _order(one)))
        left.remove(best)
        chosen.append(best)
        accounts[best.account_id] += 1
        kinds[_family(best)] += 1
    return sorted(chosen, key=_order)


def _family(action: Action) -> str:
    """Return what counts as one kind of work: several ways to fill a seat are the same morning's task."""
    families = {"seats": SEATS, "findings": FINDINGS, "waves": WAVES}
    return next((name for name, kinds in families.items() if action.kind in kinds), action.kind)


def _turn(already: int, action: Action) -> tuple[bool, int]:
    """Return when it is the turn of an action of whose kind so many are chosen; lower comes first."""
    return already >= MOST_OF_A_KIND, already * STEP_BACK - urgency(action)


def _order(action: Action) -> tuple[int, int, str, str, int]:
    days = action.days_to_renewal
    return (
        -urgency(action),
        days if days is not None and days >= 0 else 10_000,
        action.account,
        action.person,
        action.contact_id or 0,
    )


@dataclass(frozen=True, slots=True)
class DayAhead:
    """What a day holds in numbers: whom to talk to, what to close and decide, which wave closes first."""

    talks: int
    gaps: int
    suggestions: int = 0
    open_waves: int = 0
    closes_on: date | None = None
    days_to_close: int | None = None


def day_ahead(
    actions: Sequence[Action], *, suggestions: int, closing: Sequence[date], today: date
) -> DayAhead:
    """Return a day in numbers.

    `actions` are those on today's list, `suggestions` counts all that wait, `closing` are the last days of
    the open waves.
    """
    first = min(closing, default=None)
    return DayAhead(
        talks=sum(action.kind in TALKS for action in actions),
        gaps=sum(action.kind in GAPS for action in actions),
        suggestions=suggestions,
        open_waves=len(closing),
        closes_on=first,
        days_to_close=None if first is None else (first - today).days,
    )


def needs_wave(last_launch: date | None, *, today: date, has_people: bool) -> bool:
    """Whether it is time to start a conversation: people are known and none was asked for eleven weeks."""
    return has_people and (last_launch is None or (today - last_launch).days >= DAYS_WITHOUT_WAVE)


def thinned(values: Sequence[float], *, most: int = 60) -> Sequence[float]:
    """Return at most `most` of some sorted values, evenly spaced by rank, both ends among them."""
    if len(values) <= most:
        return values
    return [values[round(place * (len(values) - 1) / (most - 1))] for place in range(most)]


def drawn_series(
    scores: Sequence[tuple[date, float | None]],
    *,
    today: date,
    points: int = 9,
    span: timedelta = timedelta(365),
) -> list[float | None]:
    """Return the values in force on `points` evenly spaced days up to today, oldest first.

    `scores` are (day of change, value), oldest first; None before the first and where nothing was measured.
    """
    found: list[float | None] = []
    place, value = 0, None
    for step in range(points):
        day = today - span + span * step / (points - 1)
        while place < len(scores) and scores[place][0] <= day:
            value = scores[place][1]
            place += 1
        found.append(value)
    return found


_QUARTER = re.compile(r"(\d{4})-Q([1-4])", re.ASCII)
QUARTERS_SHOWN = 8


def quarter_of(day: date) -> str:
    """Return the calendar quarter a day lies in, such as "2026-Q1"."""
    return f"{day.year:04}-Q{(day.month + 2) // 3}"


def days_of(quarter: str) -> tuple[date, date] | None:
    """Return the first and last day of a quarter such as "2026-Q1", None for what is no quarter."""
    found = _QUARTER.fullmatch(quarter)
    if found is None or not 1 <= int(found[1]) < date.max.year:
        return None
    year, number = int(found[1]), int(found[2])
    ends = date(year + number // 4, number * 3 % 12 + 1, 1)
    return date(year, number * 3 - 2, 1), ends - timedelta(days=1)


def quarters_to_choose(today: date, chosen: str = "") -> list[str]:
    """Return the quarters a filter offers: the last one, this one, the next six, and the chosen one."""
    first, _last = days_of(quarter_of(today)) or (today, today)
    quarters = [quarter_of(first - timedelta(days=1))]
    while len(quarters) < QUARTERS_SHOWN:
        _first, last = days_of(quarters[-1]) or (today, today)
        quarters.append(quarter_of(last + timedelta(days=1)))
    return sorted({*quarters, chosen} if days_of(chosen) else quarters)
