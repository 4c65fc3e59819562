"""Footprint: which of the people an account must have are known."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from surveys.measure import Measure, MeasureState, not_measured
from surveys.weights import DEFAULT_PERSONA_WEIGHTS, OTHER_PERSONA_WEIGHT, persona_weight


@dataclass(frozen=True, slots=True)
class Footprint:
    """Coverage of a tier rule by verified contacts.

    `weighted` and `slots` lie in 0-1; `filled`, `required` and `missing` count slots, per persona in `gaps`.
    """

    weighted: float
    slots: float
    filled: int
    required: int
    gaps: Mapping[str, int]

    def measure(self) -> Measure:
        """Return the weighted coverage as a measure: a census of slots, hence without an interval."""
        return Measure(self.weighted, self.required, None, None, MeasureState.MEASURED, self._reason())

    def _reason(self) -> str:
        # Not "empty": a seat may be held by somebody who does not count.
        missing = self.required - self.filled
        if not missing:
            return "every seat is filled"
        if not self.filled:
            return "the only seat is not filled" if missing == 1 else f"none of {missing} seats is filled"
        return f"{missing} of {self.required} seats {'is' if missing == 1 else 'are'} not filled"


def footprint(
    required: Mapping[str, int],
    have: Mapping[str, int],
    *,
    weights: Mapping[str, float] = DEFAULT_PERSONA_WEIGHTS,
    other_weight: float = OTHER_PERSONA_WEIGHT,
) -> Footprint | None:
    """Return the coverage of `required` contacts per persona by those we `have` (docs/method.md §3).

    A surplus in one persona never counts for another. Each persona weighs the same however many contacts
    it asks for. None without a rule (nothing required); 0 with a rule and nobody known. Raises ValueError
    for a negative count.
    """
    if any(count < 0 for count in (*required.values(), *have.values())):
        raise ValueError("a number of contacts cannot be negative")
    asked = {persona: count for persona, count in required.items() if count > 0}
    if not asked:
        return None
    filled = {persona: min(have.get(persona, 0), count) for persona, count in asked.items()}
    weight = {persona: persona_weight([persona], weights, other=other_weight) for persona in asked}
    covered = math.fsum(weight[persona] * filled[persona] / asked[persona] for persona in asked)
    slots_filled, slots = sum(filled.values()), sum(asked.values())
    is_complete = slots_filled == slots
    gaps = {persona: count - filled[persona] for persona, count in asked.items() if filled[persona] < count}
    return Footprint(
        weighted=1.0 if is_complete else covered / math.fsum(weight.values()),
        slots=slots_filled / slots,
        filled=slots_filled,
        required=slots,
        gaps=gaps,
    )


def footprint_measure(result: Footprint | None) -> Measure:
    """Return the measure of a footprint, not measured for None: without a rule nothing is missing."""
    return not_measured("no tier rule says who should be known") if result is None else result.measure()
