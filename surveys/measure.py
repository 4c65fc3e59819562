"""The one shape in which every measured number travels: value, sample, interval, state, reason."""

import math
from dataclasses import dataclass
from enum import StrEnum


class MeasureState(StrEnum):
    """How far a value can be relied on; only the first two carry a value."""

    MEASURED = "measured"
    PROVISIONAL = "provisional"
    NOT_MEASURED = "not_measured"
    SUPPRESSED = "suppressed"


STATES_WITHOUT_VALUE = frozenset({MeasureState.NOT_MEASURED, MeasureState.SUPPRESSED})


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its evidence (docs/method.md §0).

    `value` is None exactly when `state` is not_measured or suppressed: nothing measured is never a zero.
    `n` counts the observations, `n_eff` their effective number after weighting (None where unweighted),
    `ci` is (lower, upper) in the unit of the value, `reason` says in plain words why the state is what it is.
    Raises ValueError when value, state and interval contradict each other.
    """

    value: float | None
    n: int
    n_eff: float | None
    ci: tuple[float, float] | None
    state: MeasureState
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) != (self.state in STATES_WITHOUT_VALUE):
            raise ValueError(f"a measure in state {self.state} cannot have the value {self.value}")
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError("a measured value must be a finite number")
        if self.n < 0:
            raise ValueError("a measure cannot rest on a negative number of observations")
        if self.ci is not None:
            self._check_interval(self.ci)

    def _check_interval(self, ci: tuple[float, float]) -> None:
        if math.isnan(ci[0]) or math.isnan(ci[1]) or ci[0] > ci[1]:
            raise ValueError(f"an interval runs from its lower to its upper limit, not {ci}")
        if self.state is MeasureState.SUPPRESSED:
            raise ValueError("a suppressed measure must not disclose an interval")

    @property
    def is_known(self) -> bool:
        """True when there is a value to show."""
        return self.value is not None

    def as_dict(self) -> dict[str, object]:
        """Return the JSON object of the public interface: value, n, n_eff, ci, state, reason."""
        return {
            "value": self.value,
            "n": self.n,
            "n_eff": self.n_eff,
            "ci": None if self.ci is None else list(self.ci),
            "state": self.state.value,
            "reason": self.reason,
        }


def not_measured(reason: str, n: int = 0) -> Measure:
    """Return a measure without a value; `reason` says why, `n` how many observations were not enough."""
    return Measure(value=None, n=n, n_eff=None, ci=None, state=MeasureState.NOT_MEASURED, reason=reason)


def suppressed(reason: str, n: int = 0) -> Measure:
    """Return a measure withheld for privacy; pass n=0 where even the count would disclose somebody."""
    return Measure(value=None, n=n, n_eff=None, ci=None, state=MeasureState.SUPPRESSED, reason=reason)
