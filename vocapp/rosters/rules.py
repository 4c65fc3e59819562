"""Who belongs on a roster, and when a champion may be asked, as pure judgements."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class RosterDecision(StrEnum):
    """What the CSM decided about one person of an account."""

    KEEP = "keep"
    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"


class RemovalReason(StrEnum):
    """Why somebody is not to be asked; counted, so that picking only friends shows."""

    LEFT = "left"
    WRONG_PERSON = "wrong_person"
    DUPLICATE = "duplicate"
    ASKED_ELSEWHERE = "asked_elsewhere"
    BAD_MOMENT = "bad_moment"
    UNHAPPY = "unhappy"
    OTHER = "other"


class RequestState(StrEnum):
    """The life of a champion's request: planned → sent → answered, or it ends without."""

    PLANNED = "planned"
    SENT = "sent"
    ANSWERED = "answered"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


OFF_THE_ROSTER = frozenset({RosterDecision.REMOVE, RosterDecision.REPLACE})
LONGEST_NOTE = 250
# A share of fewer people than this swings with every single one of them.
FEW_PEOPLE = 20


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody named by the CSM; `place` is where in the form, `persona_id` None for no persona."""

    place: str
    first_name: str
    last_name: str
    email: str
    persona_id: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What the CSM says about one person; a replacement is a known contact or a newcomer."""

    contact_id: int
    decision: RosterDecision | None
    reason: RemovalReason | None = None
    note: str = ""
    successor_id: int | None = None
    newcomer: Newcomer | None = None


@dataclass(frozen=True, slots=True)
class RosterPlan:
    """A whole form: `seen_id` is the confirmation it was shown beside (0: none), `may_be_empty` that it is
    right to have nobody left to ask."""

    choices: tuple[Choice, ...]
    additions: tuple[Newcomer, ...] = ()
    seen_id: int = 0
    may_be_empty: bool = False


def judge_plan(plan: RosterPlan, names: Mapping[int, str], *, successors: Collection[int]) -> dict[str, str]:
    """Return place in the form → what is wrong there, one plain sentence each; empty when all is well.

    `names` maps the people to decide about to their names, `successors` are contacts of the account who may
    follow somebody. Addresses are another question: they need the database.
    """
    problems: dict[str, str] = {}
    chosen = {choice.contact_id: choice for choice in plan.choices}
    for contact_id, name in names.items():
        choice = chosen.get(contact_id)
        if choice is None or choice.decision is None:
            problems[f"decision-{contact_id}"] = f"Say whether {name} stays."
        elif choice.decision in OFF_THE_ROSTER:
            problems |= _judge_departure(choice, name, chosen, names, successors)
    if not names and not plan.additions:
        problems["nobody"] = "Nobody is known at this account yet; name at least one person."
    elif not problems and not plan.may_be_empty and _is_empty(plan, names):
        problems["nobody"] = (
            "Nobody would be left to ask here. If that is right, tick the box and confirm again."
        )
    return problems


def _judge_departure(
    choice: Choice,
    name: str,
    chosen: Mapping[int, Choice],
    names: Mapping[int, str],
    successors: Collection[int],
) -> dict[str, str]:
    problems: dict[str, str] = {}
    if choice.reason is None:
        problems[f"reason-{choice.contact_id}"] = f"Say why {name} is not to be asked."
    elif choice.reason is RemovalReason.OTHER and not choice.note:
        problems[f"note-{choice.contact_id}"] = f"Say in a few words why {name} is not to be asked."
    if len(choice.note) > LONGEST_NOTE:
        problems[f"note-{choice.contact_id}"] = f"Shorten the note to {LONGEST_NOTE} characters."
    if choice.decision is RosterDecision.REPLACE:
        problem = _judge_successor(choice, name, chosen, names, successors)
        if problem:
            problems[f"successor-{choice.contact_id}"] = problem
    return problems


def _judge_successor(
    choice: Choice,
    name: str,
    chosen: Mapping[int, Choice],
    names: Mapping[int, str],
    successors: Collection[int],
) -> str | None:
    successor = choice.successor_id
    if successor is None:
        return None if choice.newcomer else f"Say who follows {name}: choose somebody, or write an address."
    if successor == choice.contact_id:
        return f"{name} cannot follow themselves; choose somebody else, or keep them."
    if successor not in successors:
        return "This person is not somebody we can ask at this account; choose another."
    other = chosen.get(successor)
    if other is not None and other.decision in OFF_THE_ROSTER:
        return f"{names[successor]} goes as well; choose somebody who stays."
    return None


def _is_empty(plan: RosterPlan, names: Mapping[int, str]) -> bool:
    decisions = {choice.decision for choice in plan.choices if choice.contact_id in names}
    return not plan.additions and decisions <= {RosterDecision.REMOVE}


def roster_note(reason: str, note: str) -> str:
    """Return reason and note in one text, as a wave keeps them beside somebody it does not ask."""
    return f"{reason}: {note}" if note else reason
