"""What should be done next, in which order, and how a series of strengths is drawn, as pure judgements."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MOST_ACTIONS = 7
# A list of seven calls to one customer, or of seven empty seats, is not a morning's plan.
MOST_OF_AN_ACCOUNT = 2
MOST_OF_A_KIND = 3

NEAR_RENEWAL_DAYS = 90
SILENT_WAVES_TO_ACT_ON = 2
# An unhappy answer that nobody reacted to for a month needs more than a place on today's list.
DETRACTOR_DAYS = 30
SOON_CLOSING_DAYS = 7
# Quarterly conversations: after eleven weeks the next one should be in preparation.
DAYS_WITHOUT_WAVE = 77


class ActionKind(StrEnum):
    """What somebody can do today."""

    CALL_DETRACTOR = "call_detractor"
    REACH_SILENT = "reach_silent"
    DECIDE_SUGGESTION = "decide_suggestion"
    FILL_SEAT = "fill_seat"
    FIND_FIRST = "find_first"
    CONFIRM_PERSON = "confirm_person"
    LAUNCH_WAVE = "launch_wave"
    START_WAVE = "start_wave"
    ASSESS = "assess"


TALKS = frozenset({ActionKind.CALL_DETRACTOR, ActionKind.REACH_SILENT})
GAPS = frozenset({ActionKind.FILL_SEAT, ActionKind.FIND_FIRST, ActionKind.CONFIRM_PERSON})


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do, with the facts that make it matter.

    `person` is whom to talk to or ask, `persona` the part they play or the seat that is empty, `missing` how
    many of those seats; `days_to_renewal` is negative once the date has passed; `tier_rank` 1 matters most;
    `days` counts since the answer, the last confirmation or the last wave. `subject_id` is the response,
    suggestion or wave it is about; `named` the new person it proposes, `has_left` whether it says that
    `person` is gone.
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
    comment: str = ""
    silent_waves: int = 0
    missing: int = 0
    days: int | None = None
    subject_id: int | None = None
    named: str = ""
    has_left: bool = False

    @property
    def is_renewal_near(self) -> bool:
        """Whether the renewal lies within the next ninety days."""
        return self.days_to_renewal is not None and 0 <= self.days_to_renewal <= NEAR_RENEWAL_DAYS


_URGENCY = {
    ActionKind.CALL_DETRACTOR: 60,
    ActionKind.REACH_SILENT: 50,
    ActionKind.DECIDE_SUGGESTION: 48,
    ActionKind.FIND_FIRST: 44,
    ActionKind.FILL_SEAT: 40,
    ActionKind.LAUNCH_WAVE: 45,
    ActionKind.START_WAVE: 38,
    ActionKind.CONFIRM_PERSON: 24,
    ActionKind.ASSESS: 12,
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

    No more than two for one account; no more than three of a kind while there is something else to do.
    """
    ranked = sorted(candidates, key=_order)
    accounts: Counter[int] = Counter()
    kinds: Counter[ActionKind] = Counter()
    chosen: list[Action] = []
    spare: list[Action] = []
    for action in ranked:
        if action.account_id is not None and accounts[action.account_id] >= MOST_OF_AN_ACCOUNT:
            continue
        if kinds[action.kind] >= MOST_OF_A_KIND:
            spare.append(action)
            continue
        chosen.append(action)
        kinds[action.kind] += 1
        if action.account_id is not None:
            accounts[action.account_id] += 1
    for action in spare:
        if len(chosen) >= limit:
            break
        if action.account_id is None or accounts[action.account_id] < MOST_OF_AN_ACCOUNT:
            chosen.append(action)
            if action.account_id is not None:
                accounts[action.account_id] += 1
    return sorted(chosen, key=_order)[:limit]


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
    """What a day holds in numbers: people to talk to, gaps to close, and the wave that closes first."""

    talks: int
    gaps: int
    open_waves: int = 0
    closes_on: date | None = None
    days_to_close: int | None = None


def day_ahead(actions: Sequence[Action], *, closing: Sequence[date], today: date) -> DayAhead:
    """Return a day in numbers; `closing` are the last days of the open waves."""
    first = min(closing, default=None)
    return DayAhead(
        talks=sum(action.kind in TALKS for action in actions),
        gaps=sum(action.kind in GAPS for action in actions),
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
