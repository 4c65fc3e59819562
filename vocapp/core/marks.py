"""The geometry of small drawings in tables and cards: bars and sparklines, as numbers for SVG attributes."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spark:
    """A drawn series: `lines` are SVG point lists, `dots` lone values, `last` the newest value's place."""

    lines: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    last: tuple[float, float] | None


def segments(values: Sequence[float | None], width: float = 100) -> list[tuple[float, float]]:
    """Return (x, width) of each value in a stacked bar filling `width`; None and negatives take no room."""
    sizes = [max(0.0, float(value or 0)) for value in values]
    total = sum(sizes) or 1.0
    drawn: list[tuple[float, float]] = []
    before = 0.0
    for size in sizes:
        drawn.append((round(width * before / total, 2), round(width * size / total, 2)))
        before += size
    return drawn


def spark_lines(
    values: Sequence[float | None], width: float = 80, height: float = 20, low: float = 0, high: float = 100
) -> Spark:
    """Return a series from `low` to `high` as polylines that break where a value is None.

    Values outside the range are drawn at its edge; two units of air are kept on every side.
    """
    step = (width - 4) / max(1, len(values) - 1)
    placed = [
        None if value is None else _place(index * step, value, height, low, high)
        for index, value in enumerate(values)
    ]
    runs: list[list[tuple[float, float]]] = [[]]
    for place in placed:
        if place is None:
            runs.append([])
        else:
            runs[-1].append(place)
    return Spark(
        lines=tuple(" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1),
        dots=tuple(run[0] for run in runs if len(run) == 1),
        last=next((place for place in reversed(placed) if place is not None), None),
    )


def _place(offset: float, value: float, height: float, low: float, high: float) -> tuple[float, float]:
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return round(2 + offset, 1), round(height - 2 - share * (height - 4), 1)
