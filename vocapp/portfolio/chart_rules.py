"""What the portfolio says as a whole: corners, bubbles, cells, movements, as pure judgements."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import nsmallest
from math import ceil, floor
from statistics import median
from typing import Any, NamedTuple

MOST_BUBBLES = 200
MOST_NAMED = 12
SMALLEST_AREA = 40.0
# (up to so many bubbles, square pixels of the largest)
_LARGEST_AREAS = ((20, 2400.0), (80, 1500.0), (160, 800.0))


class AxisKey(StrEnum):
    """What an axis can show."""

    ENGAGEMENT = "engagement"
    SENTIMENT = "sentiment"
    FOOTPRINT = "footprint"
    STRENGTH = "strength"
    NPS = "nps"


RANGES: Mapping[AxisKey, tuple[float, float]] = {
    AxisKey.ENGAGEMENT: (0.0, 1.0),
    AxisKey.SENTIMENT: (0.0, 1.0),
    AxisKey.FOOTPRINT: (0.0, 1.0),
    AxisKey.STRENGTH: (0.0, 100.0),
    AxisKey.NPS: (-1.0, 1.0),
}


class Corner(StrEnum):
    """Where an account lies when engagement runs to the right and sentiment upwards."""

    STRONG = "strong"
    QUIET_FRIENDS = "quiet_friends"
    VOCAL_CRITICS = "vocal_critics"
    SILENT_RISK = "silent_risk"


class Row(NamedTuple):
    """One account: what it is, and its values, None where nothing was measured. ARR in its own currency.

    A tuple of plain values, because a page makes one of every account.
    """

    id: int
    name: str
    arr: float | None
    currency: str
    tier: str
    tier_rank: int
    region: str
    days_to_renewal: int | None
    owner: str
    status: str
    confidence: str
    answers: int
    engagement: float | None
    sentiment: float | None
    footprint: float | None
    strength: float | None
    nps: float | None


Placed = tuple[Row, tuple[float, float]]

# What was in force on an earlier day, in the order of AxisKey.
Before = tuple[float | None, float | None, float | None, float | None, float | None]

_PLACES = {key: place for place, key in enumerate(AxisKey)}


_COLUMNS = {key: Row._fields.index(key.value) for key in AxisKey}


def value_of(row: Row, key: AxisKey) -> float | None:
    """Return an account's value on an axis."""
    values: tuple[Any, ...] = row
    value: float | None = values[_COLUMNS[key]]
    return value


def value_before(before: Before, key: AxisKey) -> float | None:
    """Return an account's earlier value on an axis."""
    return before[_PLACES[key]]


def has_corners(x: AxisKey, y: AxisKey) -> bool:
    """Whether the corners of a chart have names: with engagement across and feelings upwards."""
    return x is AxisKey.ENGAGEMENT and y in (AxisKey.SENTIMENT, AxisKey.NPS)


def split_of(key: AxisKey) -> float:
    """Return the middle of an axis: half of everybody takes part, as many promoters as detractors."""
    low, high = RANGES[key]
    return (low + high) / 2


def shown_range(key: AxisKey, values: Sequence[float]) -> tuple[float, float]:
    """Return the part of an axis that is drawn: in tenths, the middle and all values well inside."""
    low, high = RANGES[key]
    whole, middle = high - low, (low + high) / 2
    least, most = min([middle - whole * 0.2, *values]), max([middle + whole * 0.2, *values])
    start, end = floor((least - low) / whole * 10 - 0.3), ceil((most - low) / whole * 10 + 0.3)
    # Beyond the ends of the scale only a little air, so that no bubble is cut off.
    return low + whole * max(start / 10, -0.03), low + whole * min(end / 10, 1.03)


def corner_of(engagement: float, feeling: float, *, y: AxisKey) -> Corner:
    """Return the corner an account lies in; on a line it gets the better one."""
    is_engaged, is_happy = engagement >= split_of(AxisKey.ENGAGEMENT), feeling >= split_of(y)
    if is_engaged:
        return Corner.STRONG if is_happy else Corner.VOCAL_CRITICS
    return Corner.QUIET_FRIENDS if is_happy else Corner.SILENT_RISK


def place_of(row: Row, x: AxisKey, y: AxisKey) -> tuple[float, float] | None:
    """Return where an account lies, or None when one of the two was not measured: never at zero."""
    across, up = value_of(row, x), value_of(row, y)
    return None if across is None or up is None else (across, up)


def by_place(rows: Sequence[Row], x: AxisKey, y: AxisKey) -> tuple[list[Placed], list[Row]]:
    """Return the accounts that have a place, with it, and those that have none."""
    across, up = _COLUMNS[x], _COLUMNS[y]
    placed: list[Placed] = []
    unplaced: list[Row] = []
    for row in rows:
        values: tuple[Any, ...] = row
        place = values[across], values[up]
        if None in place:
            unplaced.append(row)
        else:
            placed.append((row, place))
    return placed, unplaced


def has_hardly_moved(before: tuple[float, float], now: tuple[float, float], x: AxisKey, y: AxisKey) -> bool:
    """Whether two places lie within a hundredth of both axes."""
    return all(
        abs(then - today) < 0.01 * (RANGES[key][1] - RANGES[key][0])
        for then, today, key in zip(before, now, (x, y), strict=True)
    )


class Lack(StrEnum):
    """Why an account has no place on a chart."""

    NEVER_ASKED = "never_asked"
    NO_ANSWER = "no_answer"
    NO_RULE = "no_rule"
    TOO_LITTLE = "too_little"


def lack_of(row: Row, x: AxisKey, y: AxisKey) -> Lack | None:
    """Return why an account has no place, or None when it has one: never asked is not silent."""
    missing = {key for key in (x, y) if value_of(row, key) is None}
    if not missing:
        return None
    if row.engagement is None and missing != {AxisKey.FOOTPRINT}:
        return Lack.NEVER_ASKED
    if missing & {AxisKey.SENTIMENT, AxisKey.NPS}:
        return Lack.NO_ANSWER
    return Lack.NO_RULE if row.footprint is None else Lack.TOO_LITTLE


def importance(row: Row) -> tuple[int, float, str]:
    """Return the order in which accounts get a place where there is not room for all: tier, ARR, name."""
    return (row.tier_rank, -(row.arr or 0.0), row.name)


def worst_first(row: Row) -> tuple[int, float, str]:
    """Return the order of lists: at risk, watch, not known, strong; within those the weakest first."""
    rank = ("red", "amber", "grey", "green").index(row.status)
    return (rank, row.strength if row.strength is not None else 50.0, row.name)


@dataclass(frozen=True, slots=True)
class Charted:
    """Which accounts the chart shows, which it leaves out for want of room, and which have no place on it."""

    shown: Sequence[Row]
    left_out: int
    unplaced: Sequence[Row]


def choose_charted(rows: Sequence[Row], x: AxisKey, y: AxisKey, *, most: int = MOST_BUBBLES) -> Charted:
    """Return the accounts of a chart: those with a place, at most `most` of them, the important ones."""
    found, unplaced = by_place(rows, x, y)
    placed = [row for row, _place in found]
    shown = nsmallest(most, placed, key=importance)
    return Charted(sorted(shown, key=worst_first), len(placed) - len(shown), sorted(unplaced, key=importance))


def areas(rows: Sequence[Row]) -> dict[int, float]:
    """Return account id → the size of its bubble in square pixels, in proportion to ARR in its own currency.

    The largest account of each currency gets the largest bubble, which shrinks with the number of bubbles;
    an account of unknown ARR gets the smallest.
    """
    top: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        top[row.currency] = max(top[row.currency], row.arr or 0.0)
    most = next((area for limit, area in _LARGEST_AREAS if len(rows) <= limit), 420.0)
    return {
        row.id: max(SMALLEST_AREA, most * (row.arr or 0.0) / top[row.currency] if top[row.currency] else 0.0)
        for row in rows
    }


def currencies(rows: Iterable[Row]) -> list[str]:
    """Return the currencies in which accounts have ARR, the commonest first."""
    return [found for found, _count in Counter(row.currency for row in rows if row.arr).most_common()]


@dataclass(frozen=True, slots=True)
class Reading:
    """A chart in numbers: how many accounts in each corner, medians, and the account to look at first.

    `is_first_silent`: that account has no place on the chart, because nobody there answers.
    """

    total: int
    corners: Mapping[Corner, int]
    medians: tuple[float, float] | None
    first: Row | None
    first_corner: Corner | None = None
    is_first_silent: bool = False


def read_chart(rows: Sequence[Row], x: AxisKey, y: AxisKey) -> Reading:
    """Return what a chart of all these accounts says; accounts without a place are not among them."""
    placed, _unplaced = by_place(rows, x, y)
    if not placed:
        return Reading(0, {}, None, None)
    medians = median(place[0] for _row, place in placed), median(place[1] for _row, place in placed)
    if not has_corners(x, y):
        return Reading(len(placed), {}, medians, None)
    corners: defaultdict[Corner, list[Row]] = defaultdict(list)
    for row, place in placed:
        corners[corner_of(*place, y=y)].append(row)
    silent = [row for row in rows if _is_silent(row)]
    worst = next((found for found in (Corner.SILENT_RISK, Corner.VOCAL_CRITICS) if corners[found]), None)
    return Reading(
        total=len(placed),
        corners={corner: len(corners[corner]) for corner in Corner},
        medians=medians,
        first=min(silent or (corners[worst] if worst else []), key=importance, default=None),
        first_corner=worst,
        is_first_silent=bool(silent),
    )


def _is_silent(row: Row) -> bool:
    """Whether people were asked, few took part, and nobody's opinion is known."""
    engagement = row.engagement
    is_heard = row.sentiment is not None
    return not is_heard and engagement is not None and engagement < split_of(AxisKey.ENGAGEMENT)
