"""What must stay hidden beside what is shown, so that no sum and no difference gives anybody away."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from surveys.confidentiality import is_large_enough

Key = TypeVar("Key", bound=Hashable)


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


def whole_points(value: float, *, point: float = 0.01) -> float:
    """Return a value in whole points: fewer digits leave less to be worked out from two of them.

    `point` is one point in the unit of the value: .01 for a share or an NPS, 1 for strength.
    """
    # Rounded again, because a multiple of .01 is rarely the number that it looks like.
    return round(round(value / point) * point, 9)
