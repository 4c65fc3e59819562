"""What a version of the method is, where it stands, and who may decide about it, as pure judgements."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from surveys.parameters import DEFAULT_METHOD, MethodParameters

# The first version holds for every day before the second one.
ALWAYS = date(2000, 1, 1)
LONGEST_NOTE = 300


class VersionState(StrEnum):
    """Where a version stands; a retired one was in force once.

    A discarded draft stays for its number alone: whoever still has its page open must not meet another draft.
    """

    DRAFT = "draft"
    WAITING = "waiting"
    IN_FORCE = "in_force"
    RETIRED = "retired"
    REFUSED = "refused"
    DISCARDED = "discarded"


OPEN = (VersionState.DRAFT, VersionState.WAITING)
HELD = (VersionState.IN_FORCE, VersionState.RETIRED)


@dataclass(frozen=True, slots=True)
class Method:
    """A definition that is or was in force: its number, its values, and the day since which it holds."""

    number: int
    parameters: MethodParameters
    since: date


AS_DELIVERED = Method(1, DEFAULT_METHOD, ALWAYS)


@dataclass(frozen=True, slots=True)
class Move:
    """An account that would change colour."""

    account_id: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would change colour under a draft as saved for the `saves`-th time; moves None: in the works."""

    saves: int
    as_of: date
    moves: tuple[Move, ...] | None
    made_at: datetime | None = None

    def as_document(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        moves = (
            None if self.moves is None else [[one.account_id, one.before, one.after] for one in self.moves]
        )
        made_at = self.made_at.isoformat() if self.made_at else None
        return {"saves": self.saves, "as_of": self.as_of.isoformat(), "moves": moves, "made_at": made_at}


def preview_from(document: Mapping[str, Any] | None) -> Preview | None:
    """Return a stored preview."""
    if document is None:
        return None
    moves = document["moves"]
    return Preview(
        saves=document["saves"],
        as_of=date.fromisoformat(document["as_of"]),
        moves=None if moves is None else tuple(Move(*row) for row in moves),
        made_at=datetime.fromisoformat(document["made_at"]) if document["made_at"] else None,
    )


def needs_second_person(regions: Collection[str]) -> bool:
    """Whether somebody else must approve, given the region of every account that would change colour.

    Accounts without a region count as those of one more.
    """
    return len({region.strip().casefold() for region in regions}) > 1


def may_decide(person_id: int, editors: Sequence[int]) -> bool:
    """Whether a person may approve or refuse a version: nobody who wrote any of it."""
    return person_id not in editors


def a_year_after(day: date) -> date:
    """Return the same day of the next year; the last of February for a leap day."""
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 2, 28)
    return day.replace(year=day.year + 1)
