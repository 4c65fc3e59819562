"""What a CSM's book shows first, as pure judgements."""

from collections.abc import Iterable, Mapping
from typing import Any

GAPS_SHOWN = 15
WINS_SHOWN = 8
# A quarter, as coverage is compared.
QUARTER_DAYS = 90

_WORST_FIRST = ("red", "amber", "grey", "green")


def worst_gaps(rows: Iterable[Mapping[str, Any]], *, most: int = GAPS_SHOWN) -> list[Mapping[str, Any]]:
    """Return the gaps of the worst accounts first; between equals their order, the pressing first, stands."""
    return sorted(rows, key=lambda row: _WORST_FIRST.index(row["status"]))[:most]


def points_moved(before: tuple[int, int], now: tuple[int, int]) -> float | None:
    """Return by how many points a share of (held, asked for) moved; None without two values."""
    if not before[1] or not now[1]:
        return None
    return 100 * (now[0] / now[1] - before[0] / before[1])


def has_wins(wins: Mapping[str, Any]) -> bool:
    """Whether there is anything to report as won."""
    return any(wins[kind] for kind in ("risen", "better", "heard"))
