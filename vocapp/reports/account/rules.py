"""What a paper says about an account, as pure judgements: verdict, quotes, next steps, and where dots lie."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from surveys.trend import Direction, WaveChange, trend, wave_change

QUOTES = 3
NAME_LENGTH = 30
PERSONA_LENGTH = 24
STEPS = 5
# Personas beyond these share a line.
PERSONAS = 6
# More dots than this are a cloud: then each stands for several accounts.
DOTS = 60
# A trend is judged over so many waves, of which the last ones are drawn.
WAVES = 12
WAVES_DRAWN = 6
SILENT_WAVES_TO_ACT_ON = 2
Z95 = 1.959963984540054


class Place(StrEnum):
    """Where an account stands among others, once the chance in it is allowed for."""

    ABOVE = "above"
    LEVEL = "level"
    BELOW = "below"
    UNKNOWN = "unknown"


def judge_place(ci: Sequence[float] | None) -> Place:
    """Return where a percentile's interval (0-100) lies against the middle; None is unknown."""
    if ci is None:
        return Place.UNKNOWN
    low, high = ci
    return Place.ABOVE if low > 50 else Place.BELOW if high < 50 else Place.LEVEL


def costliest(lost: Mapping[str, float] | None, *, at_least: float = 3.0) -> str | None:
    """Return what cost most points of strength ("footprint", "engagement", "sentiment"), or None.

    Less than `at_least` points are not worth a word.
    """
    if not lost:
        return None
    cause = max(lost, key=lambda name: lost[name])
    return cause if lost[cause] >= at_least else None


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote beside a rating; `written` orders by time, `persona` is the part they play.

    `person` tells people apart and goes no further.
    """

    person: int
    text: str
    rating: int
    persona: str
    language: str
    written: str
    is_decision_maker: bool = False


def choose_quotes(comments: Iterable[Comment], *, most: int = QUOTES) -> list[Comment]:
    """Return at most `most` comments that show the range: one per class first, lowest rating first.

    `comments` hold all answers of the people, with and without words: nobody is quoted with what they no
    longer think, that is, with words beside a rating of another class than their newest. Everybody is quoted
    once. Within a class the decision maker speaks before others, then the newest comment.
    """
    said = sorted(comments, key=lambda comment: comment.written)
    stands = {comment.person: rating_class(comment.rating) for comment in said}
    ranked = sorted(
        (one for one in said if one.text.strip() and rating_class(one.rating) == stands[one.person]),
        key=lambda comment: (comment.is_decision_maker, comment.written),
        reverse=True,
    )
    chosen: list[Comment] = []
    # First somebody of every class, then whoever is left.
    for is_spread in (True, False):
        for comment in ranked:
            is_heard = any(comment.person == other.person or comment.text == other.text for other in chosen)
            is_repeated = rating_class(comment.rating) in {rating_class(other.rating) for other in chosen}
            if len(chosen) < most and not is_heard and not (is_spread and is_repeated):
                chosen.append(comment)
    return sorted(chosen, key=lambda comment: (comment.rating, comment.written))


def rating_class(rating: int) -> str:
    """Return promoter, passive or detractor for a rating of 0-10."""
    return "promoter" if rating >= 9 else "passive" if rating >= 7 else "detractor"


class StepKind(StrEnum):
    """What is to be done next."""

    TALK = "talk"
    REACH = "reach"
    ASK_CHAMPION = "ask_champion"
    ASK_SOMEBODY = "ask_somebody"
    FIND_FIRST = "find_first"
    CONFIRM = "confirm"
    ASK_ALL = "ask_all"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: with `person` (or `count` people of a persona), and why."""

    kind: StepKind
    persona: str = ""
    person: str = ""
    count: int = 1
    rating: int | None = None
    silent_waves: int = 0
    weight: float = 1.0
    is_decision_maker: bool = False


_URGENCY = {
    StepKind.ASK_ALL: 100,
    StepKind.TALK: 60,
    StepKind.REACH: 50,
    StepKind.FIND_FIRST: 46,
    StepKind.ASK_CHAMPION: 45,
    StepKind.ASK_SOMEBODY: 45,
    StepKind.CONFIRM: 20,
}
_GROUPED = {StepKind.REACH, StepKind.CONFIRM}


def order_steps(steps: Iterable[Step]) -> list[Step]:
    """Return steps, what presses most first; several silent or unconfirmed people of a persona become one.

    Whoever is to be talked to anyway need not be confirmed apart.
    """
    steps = list(steps)
    talked_to = {step.person for step in steps if step.kind in (StepKind.TALK, StepKind.REACH)}
    single, groups = [], defaultdict(list)
    for step in steps:
        if step.kind is StepKind.CONFIRM and step.person in talked_to:
            continue
        if step.kind in _GROUPED and not step.is_decision_maker:
            groups[step.kind, step.persona].append(step)
        else:
            single.append(step)
    merged = [_merged(group) for group in groups.values()]
    return sorted(
        [*single, *merged],
        key=lambda step: (-(_URGENCY[step.kind] + 10 * step.weight), step.persona, step.person),
    )


def _merged(group: Sequence[Step]) -> Step:
    first = group[0]
    if len(group) == 1:
        return first
    return Step(
        kind=first.kind,
        persona=first.persona,
        count=len(group),
        silent_waves=max(step.silent_waves for step in group),
        weight=first.weight,
    )


@dataclass(frozen=True, slots=True)
class Movement:
    """A series over waves: is there a trend, and is the latest change more than chance makes?

    `slope` is in points a wave; `change` is None with fewer than two measured waves.
    """

    direction: Direction
    waves: int
    slope: float | None
    slope_ci: tuple[float, float] | None
    change: WaveChange | None


def judge_movement(values: Sequence[tuple[float, Sequence[float] | None] | None]) -> Movement:
    """Return what one strength per wave says, oldest first; each is (value, 95 % interval) or None.

    The interval is None where there is only a bound: such a change cannot be judged.
    """
    found = trend([None if pair is None else pair[0] for pair in values])
    known = [pair for pair in values if pair is not None]
    change = None
    if len(known) >= 2:
        (before, before_ci), (after, after_ci) = known[-2:]
        errors = [(ci[1] - ci[0]) / (2 * Z95) for ci in (before_ci, after_ci) if ci is not None]
        if len(errors) == 2 and any(errors):
            change = wave_change(before, errors[0], after, errors[1])
    return Movement(found.direction, found.waves, found.slope, found.slope_ci, change)


def drawn_values(values: Sequence[float], *, most: int = DOTS) -> list[float]:
    """Return the values to draw, smallest first: all, or as many evenly spaced quantiles."""
    ordered = sorted(values)
    if len(ordered) <= most:
        return ordered
    last = len(ordered) - 1
    return [ordered[round(step * last / (most - 1))] for step in range(most)]


def swarm(places: Sequence[float], *, size: float, rows: int = 5) -> list[tuple[float, float]]:
    """Return (x, y) per dot of a diameter: y is 0 on the line, dots that would touch step aside.

    `places` come in order of x. With more dots than `rows` levels hold, they overlap.
    """
    levels = [(row + 1) // 2 * (1 if row % 2 else -1) * size for row in range(rows)]
    last: dict[float, float] = {}
    drawn = []
    for x in places:
        free = [y for y in levels if x - last.get(y, -size * 2) >= size]
        y = free[0] if free else min(levels, key=lambda level: last[level])
        last[y] = x
        drawn.append((round(x, 2), round(y + 0.0, 2)))
    return drawn


def tally(outcomes: Iterable[tuple[str, str]]) -> dict[str, Counter[str]]:
    """Return persona → outcome → people, in the order personas first appear."""
    found: dict[str, Counter[str]] = {}
    for persona, outcome in outcomes:
        found.setdefault(persona, Counter())[outcome] += 1
    return found
