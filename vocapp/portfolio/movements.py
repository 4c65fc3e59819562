"""Who rose and who fell since an earlier day, and whether that is more than noise: pure judgements."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from surveys.intervals import z_quantile
from surveys.measure import MeasureState
from surveys.standing import false_discovery_rejections
from surveys.trend import wave_change
from vocapp.portfolio.chart_rules import AxisKey, Before, Row, value_before

MOVERS_SHOWN = 5
MOVERS_JUDGED = 12


@dataclass(frozen=True, slots=True)
class Moved:
    """How an account's strength moved; `is_real` is None where it cannot be tested."""

    row: Row
    before: float
    after: float
    is_real: bool | None = None

    @property
    def change(self) -> float:
        """Points of strength gained or lost."""
        return self.after - self.before


def movers(rows: Sequence[Row], before: Mapping[int, Before]) -> tuple[list[Moved], list[Moved]]:
    """Return who fell and who rose most in strength, twelve each; `before` maps id → values then."""
    moved = [
        Moved(row, then, row.strength)
        for row in rows
        if row.strength is not None and (then := _strength_before(before.get(row.id))) is not None
    ]
    by_change: Callable[[Moved], tuple[float, str]] = lambda one: (one.change, one.row.name)  # noqa: E731
    ordered = sorted(moved, key=by_change)
    fallen = [one for one in ordered if round(one.change) < 0][:MOVERS_JUDGED]
    risen = [one for one in reversed(ordered) if round(one.change) > 0][:MOVERS_JUDGED]
    return fallen, risen


def _strength_before(before: Before | None) -> float | None:
    return None if before is None else value_before(before, AxisKey.STRENGTH)


@dataclass(frozen=True, slots=True)
class Level:
    """A strength with its interval and state, as stored."""

    value: float
    ci: tuple[float, float] | None
    state: str

    @property
    def error(self) -> float | None:
        """The standard error that the interval means; None where the interval is a bound, not a sample's."""
        if self.ci is None or self.state != MeasureState.MEASURED or self.ci[0] == self.ci[1]:
            return None
        return (self.ci[1] - self.ci[0]) / 2 / z_quantile(0.95)


def judge_movers(moved: Sequence[Moved], levels: Mapping[int, tuple[Level, Level]]) -> list[Moved]:
    """Say of each movement whether it is more than noise (docs/method.md §5), all of one screen together.

    `levels` maps account id → (before, now). Benjamini-Hochberg keeps the biggest of many chance movements
    from looking real.
    """
    p_values = [_p_value(levels.get(one.row.id)) for one in moved]
    real = false_discovery_rejections(p_values)
    return [
        Moved(one.row, one.before, one.after, is_real=None if p is None else kept)
        for one, p, kept in zip(moved, p_values, real, strict=True)
    ]


def _p_value(levels: tuple[Level, Level] | None) -> float | None:
    if levels is None:
        return None
    before, after = levels
    if before.error is None or after.error is None:
        return None
    return wave_change(before.value, before.error, after.value, after.error).p_value
