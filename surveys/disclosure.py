"""What must stay hidden beside what is shown, so that no sum and no difference gives anybody away."""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from surveys.confidentiality import MINIMUM_RESPONDENTS, is_large_enough
from surveys.measure import Measure

Key = TypeVar("Key", bound=Hashable)

SMALLEST_DIFFERENCE = "too near to what was shown before: the difference would tell about a few people"
TOO_FEW = "too few people or accounts to show"


@dataclass(frozen=True, slots=True)
class CellSize:
    """How many people and accounts stand behind a cell of a table."""

    respondents: int
    accounts: int

    def __add__(self, other: "CellSize") -> "CellSize":
        return CellSize(self.respondents + other.respondents, self.accounts + other.accounts)

    @property
    def is_enough(self) -> bool:
        """Whether so many may be shown together (docs/method.md §6)."""
        return is_large_enough(respondents=self.respondents, accounts=self.accounts)


def hidden_cells(sizes: Mapping[Key, CellSize], lines: Iterable[Collection[Key]]) -> frozenset[Key]:
    """Return the cells of a table that may not be shown (docs/method.md §6).

    `lines` are the rows, columns or groups whose totals can be known. A cell that is too small is hidden;
    where the hidden cells of a line are too small together, so is the smallest shown beside them, since a
    total would give them away, until nothing more follows. Equal sizes are taken by the text of their key.
    """
    siblings = [[key for key in line if key in sizes] for line in lines]
    hidden = {key for key, size in sizes.items() if not size.is_enough}
    is_settled = False
    while not is_settled:
        is_settled = True
        for line in siblings:
            away = [key for key in line if key in hidden]
            shown = [key for key in line if key not in hidden]
            together = sum((sizes[key] for key in away), CellSize(0, 0))
            if away and shown and not together.is_enough:
                hidden.add(
                    min(shown, key=lambda key: (sizes[key].respondents, sizes[key].accounts, str(key)))
                )
                is_settled = False
    return frozenset(hidden)


@dataclass(frozen=True, slots=True)
class Release:
    """Whether a group may be shown; `reason` says why not."""

    is_allowed: bool
    reason: str = ""


def judge_release(
    people: Collection[int],
    released: Sequence[Collection[int]],
    *,
    minimum: int = MINIMUM_RESPONDENTS,
) -> Release:
    """Judge whether a figure about `people` may follow those already `released` (docs/method.md §6).

    Refused when it is about fewer than `minimum` people, or differs from a released one by 1 to minimum - 1
    of them: ten people with mean 7.2 beside nine of them with 7.0 tell what the tenth said. Cohorts must be
    frozen per wave for this to hold, and every release kept.
    """
    asked = frozenset(people)
    if len(asked) < minimum:
        return Release(is_allowed=False, reason=TOO_FEW)
    if any(0 < len(asked ^ frozenset(before)) < minimum for before in released):
        return Release(is_allowed=False, reason=SMALLEST_DIFFERENCE)
    return Release(is_allowed=True)


def in_whole_points(measure: Measure, *, point: float = 0.01) -> Measure:
    """Return a measure rounded to whole points: fewer digits leave less to be worked out from two of them.

    `point` is one point in the unit of the value: .01 for a share or an NPS, 1 for strength.
    """

    def whole(value: float) -> float:
        return round(value / point) * point

    value = None if measure.value is None else whole(measure.value)
    ci = None if measure.ci is None else (whole(measure.ci[0]), whole(measure.ci[1]))
    return replace(measure, value=value, ci=ci)
