"""A snapshot laid out: what each drawing of a paper shows and where, in millimetres."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from surveys.measure import MeasureState
from surveys.parameters import DEFAULT_METHOD
from vocapp.reports.account.rules import (
    DOTS,
    PERSONA_LENGTH,
    PERSONAS,
    WAVES_DRAWN,
    Movement,
    judge_movement,
    swarm,
)
from vocapp.reports.rules import (
    snapshot_id,
)
from vocapp.reports.texts import (
    shortened,
    text_width,
)

# Room beside a line for the dots at its ends.
EDGE = 2.6
STRENGTH_LINE = 118.0
MEASURE_LINE = 80.0
DOT = 2.1
MEASURES = ("footprint", "engagement", "sentiment")
CAUSES = ("footprint", "engagement", "sentiment")
OUTCOMES = ("answered", "declined", "silent", "waiting", "not_reached", "never_asked")
# More people than this are drawn as a bar: nobody counts so many marks.
MARKS = 11
TREND_WIDTH = 90.0
# The trend takes the room that quotes and personas leave.
TREND_HEIGHT, LINE_HEIGHT = 38.0, 5.5
# (letters of the longest quote, room left): short quotes take fewer lines.
QUOTE_ROOM = ((0, 24.0), (60, 20.0), (120, 12.0))
ONE_LINE = 34
# Left of the points stand the numbers of the scale.
TREND_SCALE = 7.0


@dataclass(frozen=True)
class Line:
    """An account among others on a line from 0 to 100: places in millimetres, `None` where nothing is known.

    `dots` are (x, y off the line) of the others, `interval` what the account's own value may be.
    """

    width: float
    low: float
    high: float
    own: float | None
    interval: tuple[float, float] | None
    median: float | None
    dots: Sequence[tuple[float, float]]
    stand_for_several: bool


@dataclass(frozen=True)
class Measure:
    """One measure among others: its document, its standing, its line. Values are 0-100."""

    key: str
    value: float | None
    document: Mapping[str, Any]
    standing: Mapping[str, Any]
    line: Line


@dataclass(frozen=True)
class WavePoint:
    """One wave on the trend chart; `y`, `top` and `bottom` are None where nothing was measured."""

    x: float
    y: float | None
    top: float | None
    bottom: float | None
    value: float | None
    asked: int
    answered: int
    day: date
    is_open: bool


@dataclass(frozen=True)
class Seats:
    """The seats of one persona; `others` counts the personas that share this line, 0 for a single one."""

    name: str
    filled: int
    doubtful: int
    empty: int
    others: int = 0

    @property
    def required(self) -> int:
        """How many seats there are."""
        return self.filled + self.doubtful + self.empty


@dataclass(frozen=True)
class PersonaRow:
    """How the people of one persona take part: counts by outcome, and one mark each if they are few.

    `others` counts the personas that share this line, 0 for a single one.
    """

    persona: str
    others: int
    counts: Mapping[str, int]
    total: int
    marks: Sequence[str]
    bars: Sequence[tuple[str, float, float]]


@dataclass(frozen=True)
class Paper:
    """Everything the template of an account paper shows."""

    snapshot: Mapping[str, Any]
    id: str
    as_of: date
    taken_at: datetime
    renewal: date | None
    has_long_name: bool
    strength: Measure
    measures: Sequence[Measure]
    lost: Sequence[tuple[str, float]]
    lost_bar: Sequence[tuple[str, float, float]]
    seats: Sequence[Seats]
    rows: Sequence[PersonaRow]
    trend: Sequence[WavePoint]
    trend_size: tuple[float, float]
    movement: Movement
    marks: tuple[float, float]


def lay_out(snapshot: Mapping[str, Any]) -> Paper:
    """Return the paper of a snapshot; the same snapshot gives the same paper."""
    documents = snapshot["score"]["measures"] if snapshot["score"] else {}
    renewal = snapshot["account"]["renewal_date"]
    waves, rows = snapshot["waves"], _rows(snapshot["people"])
    height = TREND_HEIGHT + LINE_HEIGHT * (PERSONAS - len(rows))
    height += _room_beside(snapshot["quotes"])
    return Paper(
        snapshot=snapshot,
        id=snapshot_id(snapshot),
        as_of=date.fromisoformat(snapshot["as_of"]),
        taken_at=datetime.fromisoformat(snapshot["taken_at"]),
        renewal=date.fromisoformat(renewal) if renewal else None,
        has_long_name=has_long_name(snapshot),
        strength=_measure("strength", documents, snapshot, width=STRENGTH_LINE),
        measures=[_measure(key, documents, snapshot, width=MEASURE_LINE) for key in MEASURES],
        lost=_lost(documents),
        lost_bar=_lost_bar(documents),
        seats=_seats(snapshot["footprint"]["personas"]),
        rows=rows,
        trend=_trend(waves, documents, today=date.fromisoformat(snapshot["as_of"]), height=height),
        trend_size=(TREND_WIDTH, height),
        movement=judge_movement([_pair(wave["strength"]) for wave in waves if wave["closed_on"]]),
        marks=_marks(snapshot),
    )


def _marks(snapshot: Mapping[str, Any]) -> tuple[float, float]:
    """Return where red ends and green begins; snapshots of before these could be chosen do not say it."""
    red_below, green_from = snapshot.get("marks", (DEFAULT_METHOD.red_below, DEFAULT_METHOD.green_from))
    return red_below, green_from


def has_long_name(snapshot: Mapping[str, Any]) -> bool:
    """Whether the account's name takes more than one line."""
    return len(snapshot["account"]["name"]) > ONE_LINE


def _room_beside(quotes: Sequence[Mapping[str, Any]]) -> float:
    longest = max((text_width(quote["text"]) for quote in quotes), default=0)
    return next((room for letters, room in QUOTE_ROOM if longest <= letters), 0.0)


NOTHING: Mapping[str, Any] = {
    "value": None, "n": 0, "n_eff": None, "ci": None, "state": "not_measured", "reason": "",
}  # fmt: skip


def _measure(key: str, documents: Mapping[str, Any], snapshot: Mapping[str, Any], *, width: float) -> Measure:
    document, standing = documents.get(key, NOTHING), snapshot["standings"][key]
    scale = 1.0 if key == "strength" else 100.0
    value = None if document["value"] is None else document["value"] * scale
    return Measure(key, value, document, standing, _line(document, standing, scale=scale, width=width))


def _line(document: Mapping[str, Any], standing: Mapping[str, Any], *, scale: float, width: float) -> Line:
    def place(value: float) -> float:
        return round(EDGE + (width - 2 * EDGE) * min(max(value * scale, 0.0), 100.0) / 100, 2)

    ci, median = document["ci"], standing["median"]
    return Line(
        width=width,
        low=EDGE,
        high=width - EDGE,
        own=None if document["value"] is None else place(document["value"]),
        interval=None if ci is None or document["value"] is None else (place(ci[0]), place(ci[1])),
        median=None if median is None or standing["rung"] is None else place(median),
        dots=swarm([place(value) for value in standing["values"]], size=DOT) if standing["rung"] else [],
        stand_for_several=standing["n"] > DOTS,
    )


def _lost(documents: Mapping[str, Any]) -> list[tuple[str, float]]:
    lost = documents.get("points_lost") or {}
    # What was not measured lost nothing that is known, which is not the same as nothing.
    return [
        (cause, lost[cause]) for cause in CAUSES if cause in lost and documents[cause]["value"] is not None
    ]


def _lost_bar(documents: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    """Return (part, start, length) of 100 for what was reached and what each cause took."""
    lost = _lost(documents)
    if not lost:
        return []
    return _pieces([("reached", documents["strength"]["value"]), *lost], whole=100.0)


def _pieces(parts: Sequence[tuple[str, float]], *, whole: float) -> list[tuple[str, float, float]]:
    """Return (name, start, length) of parts laid end to end on a line of 100; empty parts are left out."""
    drawn, before = [], 0.0
    for name, size in parts:
        if size > 0:
            drawn.append((name, round(100 * before / whole, 2), round(100 * size / whole, 2)))
        before += size
    return drawn


def _seats(groups: Sequence[Mapping[str, Any]]) -> list[Seats]:
    own, rest = _first(groups)
    lines = [
        _line_of_seats(shortened(group["name"], PERSONA_LENGTH), [group], others=group.get("pooled", 0))
        for group in own
    ]
    return [*lines, _line_of_seats("", rest, others=len(rest))] if rest else lines


def _line_of_seats(name: str, groups: Sequence[Mapping[str, Any]], *, others: int = 0) -> Seats:
    filled, doubtful, empty = (
        sum(group[kind] for group in groups) for kind in ("filled", "doubtful", "empty")
    )
    return Seats(name, filled, doubtful, empty, others)


def _rows(groups: Sequence[Mapping[str, Any]]) -> list[PersonaRow]:
    own, rest = _first(groups)
    rows = [
        _row(shortened(group["persona"], PERSONA_LENGTH), [group], others=group.get("pooled", 0))
        for group in own
    ]
    return [*rows, _row("", rest, others=len(rest))] if rest else rows


def _first(groups: Sequence[Mapping[str, Any]]) -> tuple[Sequence[Any], Sequence[Any]]:
    """Return the groups that have a line of their own, and those that share one."""
    if len(groups) <= PERSONAS:
        return groups, []
    return groups[: PERSONAS - 1], groups[PERSONAS - 1 :]


def _row(persona: str, groups: Sequence[Mapping[str, Any]], *, others: int = 0) -> PersonaRow:
    counts = {outcome: sum(group["outcomes"].get(outcome, 0) for group in groups) for outcome in OUTCOMES}
    total = sum(counts.values())
    marks = [outcome for outcome in OUTCOMES for _person in range(counts[outcome])]
    return PersonaRow(
        persona=persona,
        others=others,
        counts=counts,
        total=total,
        marks=marks if total <= MARKS else (),
        bars=() if total <= MARKS else _pieces(list(counts.items()), whole=total),
    )


def _trend(
    waves: Sequence[Mapping[str, Any]], documents: Mapping[str, Any], *, today: date, height: float
) -> list[WavePoint]:
    """Return one point per closed wave, and today's when a wave is open."""
    shown = [dict(wave) for wave in waves[-WAVES_DRAWN:]]
    for wave in shown:
        if wave["closed_on"] is None:
            wave["strength"] = _today(documents)
    step = (TREND_WIDTH - TREND_SCALE) / max(1, len(shown))
    return [
        _point(wave, TREND_SCALE + step * (number + 0.5), height, today=today)
        for number, wave in enumerate(shown)
    ]


def _today(documents: Mapping[str, Any]) -> dict[str, Any] | None:
    strength = documents.get("strength", NOTHING)
    return None if strength["value"] is None else {"value": strength["value"], "ci": strength["ci"]}


def _point(wave: Mapping[str, Any], x: float, height: float, *, today: date) -> WavePoint:
    def place(value: float) -> float:
        return round(height * (1 - value / 100), 2)

    strength = wave["strength"]
    ci = strength["ci"] if strength else None
    return WavePoint(
        x=round(x, 2),
        y=place(strength["value"]) if strength else None,
        top=place(ci[1]) if ci else None,
        bottom=place(ci[0]) if ci else None,
        value=strength["value"] if strength else None,
        asked=wave["asked"],
        answered=wave["answered"],
        day=date.fromisoformat(wave["closed_on"]) if wave["closed_on"] else today,
        is_open=wave["closed_on"] is None,
    )


def _pair(strength: Mapping[str, Any] | None) -> tuple[float, Sequence[float] | None] | None:
    if strength is None:
        return None
    # What a provisional strength carries are bounds, or the cohort's certainty: no standard error.
    return strength["value"], strength["ci"] if strength["state"] == MeasureState.MEASURED else None
