"""The part of a chart that somebody looks at, in the units its axes are written in: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from vocapp.portfolio.chart_rules import RANGES, AxisKey, Corner, split_of

# Axes of shares and NPS are written in hundredths.
SCALES: Mapping[AxisKey, float] = {
    AxisKey.ENGAGEMENT: 100.0,
    AxisKey.SENTIMENT: 100.0,
    AxisKey.FOOTPRINT: 100.0,
    AxisKey.STRENGTH: 1.0,
    AxisKey.NPS: 100.0,
}
NAMES = ("from_x", "to_x", "from_y", "to_y")
# A narrower part would be drawn on an axis without room for a second mark.
NARROWEST = 0.01

Limits = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a chart in the values of its axes; None is no limit on that side, both ends belong to it."""

    x: Limits = (None, None)
    y: Limits = (None, None)

    @property
    def is_set(self) -> bool:
        """Whether it is less than the whole chart."""
        return self != Window()

    def holds(self, across: float, up: float) -> bool:
        """Whether a place lies within."""
        return _within(across, self.x) and _within(up, self.y)


WHOLE = Window()


def read_window(asked: Mapping[str, str], x: AxisKey, y: AxisKey) -> Window:
    """Return the part that an address asks for (from_x, to_x, from_y, to_y); nonsense limits nothing."""
    return Window(
        _limits(asked.get("from_x", ""), asked.get("to_x", ""), x),
        _limits(asked.get("from_y", ""), asked.get("to_y", ""), y),
    )


def address_of(window: Window, x: AxisKey, y: AxisKey) -> dict[str, str]:
    """Return what an address says to ask for a part."""
    ends = zip(NAMES, (*window.x, *window.y), (x, x, y, y), strict=True)
    return {name: f"{end * SCALES[key]:.6g}" for name, end, key in ends if end is not None}


def corner_window(corner: Corner, x: AxisKey, y: AxisKey) -> Window:
    """Return the part of a chart with named corners that one of them fills."""
    right = corner in (Corner.STRONG, Corner.VOCAL_CRITICS)
    upper = corner in (Corner.STRONG, Corner.QUIET_FRIENDS)
    across, up = split_of(x), split_of(y)
    return Window((across, None) if right else (None, across), (up, None) if upper else (None, up))


def window_range(limits: Limits, key: AxisKey) -> tuple[float, float]:
    """Return the ends of an axis that shows only a part, with a little air; never an empty one."""
    low, high = RANGES[key]
    start = low if limits[0] is None else limits[0]
    end = high if limits[1] is None else limits[1]
    air = max(end - start, NARROWEST * (high - low)) * 0.04
    return start - air, end + air


def _limits(low: str, high: str, key: AxisKey) -> Limits:
    start, end = _number(low, key), _number(high, key)
    # Somebody who swaps the two means the same part.
    return (end, start) if start is not None and end is not None and start > end else (start, end)


def _number(text: str, key: AxisKey) -> float | None:
    try:
        number = float(text.strip().replace(",", ".")) / SCALES[key]
    except ValueError:
        return None
    low, high = RANGES[key]
    return min(max(number, low), high) if isfinite(number) else None


def _within(value: float, limits: Limits) -> bool:
    low, high = limits
    # Addresses round to six digits: what lies on a line belongs to it.
    return (low is None or value >= low - 1e-6) and (high is None or value <= high + 1e-6)
