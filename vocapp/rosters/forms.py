"""The roster form as it was typed: read into a plan, and shown again unchanged when something is wrong."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from vocapp.accounts.cells import clean_text
from vocapp.accounts.models import Contact
from vocapp.core.web import row_id
from vocapp.rosters.models import RosterConfirmation
from vocapp.rosters.rules import (
    OFF_THE_ROSTER,
    Choice,
    Newcomer,
    RemovalReason,
    RosterDecision,
    RosterPlan,
)

# So many lines for new people a form may bring; more would be an import.
MOST_ADDITIONS = 40
_LONGEST_TEXT = 2_000
_LENGTHS = {"first": 120, "last": 120, "email": 320}

Word = TypeVar("Word", bound=StrEnum)


class RosterForm:
    """What stands in every field of a roster, and what is wrong with it, by the name of the field.

    Names: decision-, reason-, note-, successor-, first-, last- and email- with a contact's id, the same three
    and persona- with "new-" and a line's number, `seen`, `nobody`.
    """

    def __init__(self, typed: Mapping[str, str]) -> None:
        self._typed = typed
        self.problems: dict[str, str] = {}

    def text(self, name: str) -> str:
        """Return what stands in a field, in one line."""
        return clean_text(self._typed.get(name, "")[:_LONGEST_TEXT], most=_LONGEST_TEXT)

    def seen_id(self) -> int:
        """Return the confirmation the form was shown beside, 0 for none."""
        return self._number("seen") or 0

    def plan(self, contact_ids: list[int]) -> RosterPlan:
        """Return what the form says about some people, and whom it adds; nonsense counts as left open."""
        lines = (self._newcomer(f"new-{line}") for line in range(MOST_ADDITIONS))
        return RosterPlan(
            choices=tuple(self._choice(contact_id) for contact_id in contact_ids),
            additions=tuple(newcomer for newcomer in lines if newcomer),
            seen_id=self.seen_id(),
            may_be_empty=bool(self.text("nobody")),
        )

    def lines(self) -> int:
        """Return how many lines for new people hold anything, counted up to the last one."""
        used = [line for line in range(MOST_ADDITIONS) if self._newcomer(f"new-{line}")]
        return max(used, default=-1) + 1

    def _choice(self, contact_id: int) -> Choice:
        decision = self._word(RosterDecision, f"decision-{contact_id}")
        replaces = decision is RosterDecision.REPLACE
        return Choice(
            contact_id=contact_id,
            decision=None if decision is RosterDecision.ADD else decision,
            reason=self._word(RemovalReason, f"reason-{contact_id}"),
            note=self.text(f"note-{contact_id}"),
            successor_id=self._number(f"successor-{contact_id}") if replaces else None,
            newcomer=self._newcomer(str(contact_id)) if replaces else None,
        )

    def _newcomer(self, place: str) -> Newcomer | None:
        first, last, email = (self.text(f"{name}-{place}")[:most] for name, most in _LENGTHS.items())
        if not (first or last or email):
            return None
        return Newcomer(place, first, last, email, self._number(f"persona-{place}"))

    def _number(self, name: str) -> int | None:
        try:
            return row_id(self._typed.get(name, ""))
        except ValueError:
            return None

    def _word(self, words: type[Word], name: str) -> Word | None:
        try:
            return words(self._typed.get(name, ""))
        except ValueError:
            return None


def first_roster_form(
    people: Mapping[int, Contact],
    *,
    fresh: set[int],
    latest: RosterConfirmation | None,
    seats: list[int],
) -> RosterForm:
    """Return the form as it is opened: fresh people stay, those left out before stay out, doubtful ones open.

    `seats` are the persona ids of empty seats: each gets a line for somebody new.
    """
    typed = {
        f"decision-{contact_id}": RosterDecision.KEEP.value for contact_id in people if contact_id in fresh
    }
    for line in latest.lines if latest else []:
        if line.contact_id in people and line.decision in OFF_THE_ROSTER:
            # Whoever followed them is on the list by now.
            typed[f"decision-{line.contact_id}"] = RosterDecision.REMOVE.value
            typed[f"reason-{line.contact_id}"] = line.reason
            typed[f"note-{line.contact_id}"] = line.note
    typed |= {f"persona-new-{line}": str(persona_id) for line, persona_id in enumerate(seats)}
    typed["seen"] = str(latest.id if latest else 0)
    return RosterForm(typed)
