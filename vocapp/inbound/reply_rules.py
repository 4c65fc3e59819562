"""What is offered for a reply, as pure judgements."""

import re
from dataclasses import dataclass
from enum import StrEnum

from vocapp.responses.phone_rules import WRITTEN_DOWN, PhoneRefusal
from vocapp.responses.rules import ResponseSource

# Beyond this a comment of an answer is not taken.
LONGEST_COMMENT = 10_000
_LETTER = re.compile(r"[^\W\d_]")


class ScoreState(StrEnum):
    """What can be done with a number in a reply, or what became of it.

    offered: somebody may enter it; entered: it stands as an answer written down here; answered: they have
    answered themselves; foreign: it came from an address that is not theirs, so it need not be theirs;
    closed: the wave takes no answers any more; nowhere: it belongs to no question, or they are asked nothing
    any more.
    """

    OFFERED = "offered"
    ENTERED = "entered"
    ANSWERED = "answered"
    FOREIGN = "foreign"
    CLOSED = "closed"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of the question a reply answers: why nothing may be entered, and how an answer came."""

    is_confidential: bool
    refusal: PhoneRefusal | None
    source: ResponseSource | None


def is_withheld(score: int | None, asked: Asked | None) -> bool:
    """Whether a reply stays unread: a number sent in reply to a survey that is answered in confidence."""
    return score is not None and asked is not None and asked.is_confidential


def judge_score(score: int | None, asked: Asked | None, *, is_foreign: bool = False) -> ScoreState | None:
    """Return what can be done with the number of a reply; None without one, and for one that is withheld.

    `is_foreign`: it came from an address that is not known to be the person's.
    """
    if score is None or is_withheld(score, asked):
        return None
    if asked is None:
        return ScoreState.NOWHERE
    if asked.source in WRITTEN_DOWN:
        return ScoreState.ENTERED
    if asked.source is not None:
        return ScoreState.ANSWERED
    if is_foreign:
        return ScoreState.FOREIGN
    if asked.refusal is PhoneRefusal.CLOSED:
        return ScoreState.CLOSED
    return ScoreState.OFFERED if asked.refusal is None else ScoreState.NOWHERE


def comment_in_reply(words: str) -> str:
    """Return what a reply says besides its number, "" when it says nothing else."""
    return words.strip()[:LONGEST_COMMENT] if _LETTER.search(words) else ""
