"""Many accounts on the cohort ladder: placed all at once, in cohorts that may be shown."""

from collections.abc import Collection
from dataclasses import dataclass
from statistics import median

import numpy as np

from surveys.cohort_ladder import (
    NO_COHORT,
    NO_RUNG,
    LadderStandings,
    ladder_standings,
    most_others,
)
from surveys.disclosure import whole_points
from surveys.standing import MINIMUM_PEERS, standing_range
from vocapp.benchmarks.field_rules import Field, FloatArray, IntArray
from vocapp.benchmarks.release_rules import Released
from vocapp.benchmarks.rules import (
    CUSTOM_WORDING,
    NO_VALUE,
    TOO_TELLING,
    Cohort,
    Compared,
    Rung,
    Standing,
    quartiles,
    traits,
)


@dataclass(frozen=True)
class Ladder:
    """Where every account of a field stands for one measure.

    `others` counts the others with a value on the fullest rung, whether it may be shown or not.
    """

    field: Field
    measure: Compared
    values: FloatArray
    found: LadderStandings
    others: IntArray

    def standing_of(self, account_id: int, *, draws: FloatArray | None = None) -> Standing:
        """Return an account's standing; KeyError for one that is not in the field.

        `draws` are likely values of the account, if its noise is known.
        """
        place = self.field.places[account_id]
        own, number = self.field.peers[place], int(self.found.rung[place])
        value = own.values[self.measure]
        reason = self.reason_at(place)
        if number == NO_RUNG:
            return Standing(self.measure, value, None, (), int(self.others[place]), 0, None, None, (), reason)
        rung = tuple(Rung)[number]
        others = self._others(place, rung)
        is_placed = bool(np.isfinite(self.found.percentile[place]))
        return Standing(
            measure=self.measure,
            value=value,
            rung=rung,
            cohort=traits(own, rung) or (),
            n=int(self.found.n[place]),
            without_value=int(self.found.without_value[place]),
            percentile=float(self.found.percentile[place]) if is_placed else None,
            ci=(float(self.found.low[place]), float(self.found.high[place])) if is_placed else None,
            values=tuple(whole_points(one, point=self.measure.point) for one in others),
            reason=reason,
            likely=standing_range(draws, others) if draws is not None and is_placed else None,
        )

    def reason_at(self, place: int) -> str:
        """Return why the account at a place has no percentile, or ""."""
        if self.found.rung[place] == NO_RUNG:
            n = int(self.others[place])
            if n >= MINIMUM_PEERS:
                return TOO_TELLING
            return f"no comparison: it takes {MINIMUM_PEERS} other accounts with a value, and there are {n}"
        if np.isfinite(self.found.percentile[place]):
            return ""
        return NO_VALUE if self.field.peers[place].values[self.measure] is None else CUSTOM_WORDING

    def _others(self, place: int, rung: Rung) -> list[float]:
        cohort = self.field.cohorts[rung]
        is_other = (cohort == cohort[place]) & np.isfinite(self.values)
        is_other[place] = False
        others: list[float] = np.sort(self.values[is_other]).tolist()
        return others


def ladder_of(
    field: Field,
    measure: Compared,
    released: Released | None = None,
    *,
    whose: Collection[int] | None = None,
) -> Ladder:
    """Place every account in the first cohort with ten others that may be shown (docs/method.md §6).

    Where only the standings of some accounts are asked for, `whose` names them; KeyError for an unknown one.
    """
    released = released or Released(field, measure)
    rungs = [_shown_on(rung, released) for rung in Rung]
    asked = None if whose is None else np.array([field.places[one] for one in whose], dtype=np.int64)
    found = ladder_standings(released.values, rungs, whose=asked)
    others = most_others(released.values, [field.cohorts[rung] for rung in Rung])
    return Ladder(field, measure, released.values, found, others)


def _shown_on(rung: Rung, released: Released) -> IntArray:
    cohort = released.field.cohorts[rung]
    return np.where(np.isin(cohort, sorted(released.shown[rung])), cohort, NO_COHORT)


def cohorts(released: Released) -> list[Cohort]:
    """Return every cohort whose accounts all find their ten others in it, widest first, then largest."""
    found, point = [], released.measure.point
    for rung in Rung:
        for number in released.shown[rung]:
            those = released.compared(rung, number)
            known = np.sort(released.values[those]).tolist()
            if len(known) > MINIMUM_PEERS:
                missing = len(released.field.members(rung)[number]) - len(known)
                low, high = (whole_points(one, point=point) for one in quartiles(known))
                middle = whole_points(median(known), point=point)
                name = released.field.names[rung][number]
                found.append(Cohort(rung, name, len(known), missing, middle, (low, high)))
    width = list(reversed(Rung))
    return sorted(found, key=lambda cohort: (width.index(cohort.rung), -cohort.n, cohort.traits))
