"""Where accounts stand among others as plain JSON, so that it can be kept, and back again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from surveys.cohort_ladder import NO_RUNG
from vocapp.benchmarks.ladder_rules import Ladder
from vocapp.benchmarks.rules import Compared, Rung, Standing


@dataclass(frozen=True)
class FrozenWave:
    """The cohorts of a wave as rows, numbered from 0, and account id → its document per measure."""

    cohorts: Sequence[Mapping[str, Any]]
    places: Mapping[int, Mapping[str, Any]]

    @classmethod
    def of(cls, ladders: Mapping[Compared, Ladder], account_ids: Collection[int]) -> "FrozenWave":
        """Return where those of some accounts stand that are in the field, and the cohorts they stand in."""
        numbers: dict[tuple[int, int], int] = {}
        places: dict[int, dict[str, Any]] = {}
        for measure, ladder in ladders.items():
            known = ladder.field.places
            for account_id in sorted(known.keys() & set(account_ids)):
                at = known[account_id]
                rung = int(ladder.found.rung[at])
                number = None
                if rung != NO_RUNG:
                    cohort = int(ladder.field.cohorts[tuple(Rung)[rung]][at])
                    number = numbers.setdefault((rung, cohort), len(numbers))
                places.setdefault(account_id, {})[measure.value] = _document(ladder, at, number)
        cohorts = [_cohort(ladders, rung, cohort, number) for (rung, cohort), number in numbers.items()]
        return cls(cohorts, places)

    def only(self, account_ids: Collection[int]) -> "FrozenWave":
        """Return the same for some of the accounts, with the cohorts that they stand in."""
        places = {one: self.places[one] for one in account_ids if one in self.places}
        used = {place["cohort"] for measures in places.values() for place in measures.values()}
        return FrozenWave([one for one in self.cohorts if one["number"] in used], places)


def standing_from(
    measure: Compared, document: Mapping[str, Any], cohort: tuple[str, Sequence[str]] | None
) -> Standing:
    """Return a kept standing; `cohort` is (rung, traits) of the one its document names."""
    ci = document["ci"]
    return Standing(
        measure=measure,
        value=document["value"],
        rung=Rung(cohort[0]) if cohort else None,
        cohort=tuple(cohort[1]) if cohort else (),
        n=document["n"],
        without_value=document["without_value"],
        percentile=document["percentile"],
        ci=(ci[0], ci[1]) if ci else None,
        values=(),
        reason=document["reason"],
    )


def _document(ladder: Ladder, at: int, cohort: int | None) -> dict[str, Any]:
    found = ladder.found
    is_placed = bool(np.isfinite(found.percentile[at]))
    return {
        "value": ladder.field.peers[at].values[ladder.measure],
        "cohort": cohort,
        "n": int(found.n[at]),
        "without_value": int(found.without_value[at]),
        "percentile": float(found.percentile[at]) if is_placed else None,
        "ci": [float(found.low[at]), float(found.high[at])] if is_placed else None,
        "reason": ladder.reason_at(at),
    }


def _cohort(ladders: Mapping[Compared, Ladder], rung: int, cohort: int, number: int) -> dict[str, Any]:
    on = tuple(Rung)[rung]
    field = next(iter(ladders.values())).field
    those = field.members(on)[cohort]
    values = {measure: ladder.values[those] for measure, ladder in ladders.items()}
    return {
        "number": number,
        "rung": on.value,
        "traits": list(field.names[on][cohort]),
        "figures": {
            measure.value: np.sort(found[np.isfinite(found)]).tolist() for measure, found in values.items()
        },
        "without_value": {
            measure.value: int((~np.isfinite(found)).sum()) for measure, found in values.items()
        },
    }
