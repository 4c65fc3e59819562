"""When a champion may be asked, whether their page is open, and what they said, as pure judgements."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from vocapp.rosters.rules import RequestState

# A configurable choice: a working week is long enough to find one minute, and short enough to remember.
REMIND_AFTER_WORKING_DAYS = 5
# A customer's whole team fits; more comes from a program, or belongs in an import.
MOST_NAMED = 20

OPEN_STATES = frozenset({RequestState.PLANNED, RequestState.SENT, RequestState.ANSWERED})
UNANSWERED = frozenset({RequestState.PLANNED, RequestState.SENT})
_MAY_FOLLOW: Mapping[RequestState, frozenset[RequestState]] = {
    RequestState.PLANNED: frozenset(RequestState) - {RequestState.PLANNED},
    RequestState.SENT: frozenset(RequestState) - {RequestState.PLANNED, RequestState.SENT},
}


class Said(StrEnum):
    """What a champion says about somebody we know."""

    RIGHT = "right"
    CHANGED = "changed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class PersonSaid:
    """What a champion said about one contact: the new title or address, or who follows."""

    contact_id: int
    said: Said
    title: str = ""
    email: str = ""
    next_name: str = ""
    next_email: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody new, for the seat of a persona or ("") for none."""

    persona_key: str
    name: str
    email: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class ChampionAnswer:
    """A whole form, as it was understood."""

    people: tuple[PersonSaid, ...] = ()
    named: tuple[Named, ...] = ()
    comment: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the answer as the database keeps it."""
        return {
            "people": [asdict(person) for person in self.people],
            "named": [asdict(one) for one in self.named],
            "comment": self.comment,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> "ChampionAnswer":
        """Return a kept answer; an empty one for None."""
        if kept is None:
            return cls()
        return cls(
            people=tuple(PersonSaid(**{**one, "said": Said(one["said"])}) for one in kept["people"]),
            named=tuple(Named(**one) for one in kept["named"]),
            comment=kept["comment"],
        )


def may_follow(current: str, wanted: RequestState) -> bool:
    """Whether a request may take a state; an outcome that comes again, or too late, changes nothing."""
    return wanted in _MAY_FOLLOW.get(RequestState(current), frozenset())


def is_page_open(state: str, expires_at: datetime, *, now: datetime) -> bool:
    """Whether the page of a request takes answers; its end counts to the moment."""
    return state in OPEN_STATES and now < expires_at


def may_ask_from(last_asked: date | None, *, every_days: int) -> date | None:
    """Return the first day on which an account may be asked again; None when nobody was asked yet."""
    return None if last_asked is None else last_asked + timedelta(days=every_days)


def counts_as_asked(state: str, *, was_sent: bool) -> bool:
    """Whether a request used up the account's turn: unless its mail never left, it did."""
    return was_sent or state in OPEN_STATES | {RequestState.EXPIRED}
