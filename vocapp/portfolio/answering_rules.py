"""Who answers: rates and engagement by kind of account and person, as pure sums."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from surveys.intervals import Interval, wilson_interval


class Dimension(StrEnum):
    """What people and accounts are grouped by."""

    PERSONA = "persona"
    OWNER = "owner"
    TIER = "tier"
    SEGMENT = "segment"
    REGION = "region"


class Taken(NamedTuple):
    """What came of the invitations of an account, or of people of one persona; `engagement` 0-1 or None."""

    names: tuple[str, ...]
    answered: int
    asked: int
    engagement: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """One group: the share that answered with its interval, and the mean engagement of its accounts.

    `rate` is None where nobody was asked, `engagement` where it is not about accounts or none has any.
    """

    name: str
    answered: int
    asked: int
    rate: float | None
    ci: Interval | None
    engagement: float | None
    accounts: int


def lines_of(rows: Sequence[Taken], place: int) -> list[Line]:
    """Return groups by the name at a place, the most asked first."""
    groups: defaultdict[str, list[Taken]] = defaultdict(list)
    for row in rows:
        groups[row.names[place]].append(row)
    lines = [_line(name, those) for name, those in groups.items()]
    return sorted(lines, key=lambda line: (-line.asked, line.name))


def _line(name: str, rows: Sequence[Taken]) -> Line:
    answered, asked = sum(row.answered for row in rows), sum(row.asked for row in rows)
    engaged = [row.engagement for row in rows if row.engagement is not None]
    return Line(
        name=name,
        answered=answered,
        asked=asked,
        rate=answered / asked if asked else None,
        ci=wilson_interval(answered, asked) if asked else None,
        engagement=sum(engaged) / len(engaged) if engaged else None,
        accounts=len(engaged),
    )
