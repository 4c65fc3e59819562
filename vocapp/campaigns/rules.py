"""Waves and invitations: their states, who is asked and who is not, as pure judgements."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from vocapp.accounts.rules import AccountStatus, ContactStatus

# A person rests 90 days between two surveys. Quarterly waves start 84 to 98 days after each other, depending
# on which Monday people choose, so ten days are forgiven: otherwise every second wave of a quarterly
# programme would find everybody resting.
REST = timedelta(days=90)
REST_TOLERANCE = timedelta(days=10)

DEFAULT_LENGTH = timedelta(days=21)
LONGEST_LENGTH = timedelta(days=365)
# A mail server that has not sent a mail back within a day will not: it counts as delivered.
BOUNCE_PATIENCE = timedelta(hours=24)


class WaveState(StrEnum):
    """Where a wave stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class InvitationState(StrEnum):
    """Where one contact's part in a wave stands."""

    PLANNED = "planned"
    SENT = "sent"
    DELIVERED = "delivered"
    STARTED = "started"
    COMPLETED = "completed"
    DECLINED = "declined"
    REFERRED = "referred"
    BOUNCED = "bounced"
    OPTED_OUT = "opted_out"
    SILENT = "silent"


# The mail is out and the person can still answer.
WAITING = frozenset({InvitationState.SENT, InvitationState.DELIVERED, InvitationState.STARTED})
# Nobody waits for these any more; a completed one may still be corrected until the wave closes.
SETTLED = frozenset(
    {
        InvitationState.COMPLETED,
        InvitationState.DECLINED,
        InvitationState.REFERRED,
        InvitationState.BOUNCED,
        InvitationState.OPTED_OUT,
        InvitationState.SILENT,
    }
)
# A later event never undoes an earlier, stronger one: an answer outlives a refusal, an opt-out a bounce.
_STRENGTH_OF_OUTCOME = {
    InvitationState.SILENT: 1,
    InvitationState.BOUNCED: 2,
    InvitationState.OPTED_OUT: 3,
    InvitationState.DECLINED: 3,
    InvitationState.REFERRED: 3,
    InvitationState.COMPLETED: 4,
}


class ExclusionReason(StrEnum):
    """Why a contact of a chosen account is not asked."""

    ACCOUNT_CHURNED = "account_churned"
    LEFT = "left"
    BOUNCED = "bounced"
    OPTED_OUT = "opted_out"
    SUPPRESSED = "suppressed"
    ROLE_ADDRESS = "role_address"
    OFF_ROSTER = "off_roster"
    CHOSEN = "chosen"
    ASKED_RECENTLY = "asked_recently"
    SAME_ADDRESS = "same_address"


class Candidate(NamedTuple):
    """A contact of a chosen account, as far as it matters for being asked.

    `address` is in comparable form; `last_asked_at` is when anybody at that address was last asked in another
    wave; `weight` is that of the heaviest persona, 1 for a contact without one.
    """

    contact_id: int
    address: str
    status: str = ContactStatus.ACTIVE
    account_status: str = AccountStatus.ACTIVE
    is_role_address: bool = False
    is_suppressed: bool = False
    is_off_roster: bool = False
    is_chosen_out: bool = False
    last_asked_at: datetime | None = None
    weight: float = 1.0


def judge_contact(candidate: Candidate, *, now: datetime) -> ExclusionReason | None:
    """Return why this contact must not be asked now, or None; the strongest reason wins.

    Whether somebody else with the same address is asked in the wave is `judge_roster`'s question.
    """
    if candidate.account_status != AccountStatus.ACTIVE:
        return ExclusionReason.ACCOUNT_CHURNED
    if candidate.status != ContactStatus.ACTIVE:
        return ExclusionReason(candidate.status)
    if candidate.is_suppressed:
        return ExclusionReason.SUPPRESSED
    if candidate.is_role_address:
        return ExclusionReason.ROLE_ADDRESS
    if candidate.is_off_roster:
        return ExclusionReason.OFF_ROSTER
    if candidate.is_chosen_out:
        return ExclusionReason.CHOSEN
    if not is_rested(candidate.last_asked_at, now=now):
        return ExclusionReason.ASKED_RECENTLY
    return None


def judge_roster(
    candidates: Iterable[Candidate], *, now: datetime, taken: Iterable[str] = ()
) -> dict[int, ExclusionReason | None]:
    """Return contact id → why not, or None for those who are asked; each address is asked once.

    Of several contacts with one address the one with the heaviest persona is asked, then the oldest record.
    `taken` are addresses already asked in this wave.
    """
    judged: dict[int, ExclusionReason | None] = {}
    addresses = set(taken)
    for candidate in sorted(candidates, key=lambda candidate: (-candidate.weight, candidate.contact_id)):
        reason = judge_contact(candidate, now=now)
        if reason is None:
            if candidate.address in addresses:
                reason = ExclusionReason.SAME_ADDRESS
            addresses.add(candidate.address)
        judged[candidate.contact_id] = reason
    return judged


def is_rested(last_asked_at: datetime | None, *, now: datetime) -> bool:
    """Whether a person may be asked again."""
    return last_asked_at is None or now >= rested_from(last_asked_at)


def rested_from(last_asked_at: datetime) -> datetime:
    """Return when a person may be asked again."""
    return last_asked_at + REST - REST_TOLERANCE


def may_settle(current: InvitationState, wanted: InvitationState) -> bool:
    """Whether an invitation may go from one state to an outcome; the same event twice changes nothing."""
    return _STRENGTH_OF_OUTCOME[wanted] > _STRENGTH_OF_OUTCOME.get(current, 0)


@dataclass(frozen=True)
class ExpectedAnswers:
    """How many answers to hope for: a middle, a range, and how many closed invitations say so."""

    likely: int
    low: int
    high: int
    n: int


# Below this many closed invitations a rate says nothing worth planning on.
MINIMUM_HISTORY = 10


def expected_answers(
    asked: int, *, answered: int, closed: int, rates: tuple[float, float]
) -> ExpectedAnswers | None:
    """Return what to expect of `asked` people when `answered` of `closed` earlier invitations were answered.

    `rates` is the interval of the earlier answer rate (0 to 1). None when too few are known.
    """
    if closed < MINIMUM_HISTORY:
        return None
    low, high = rates
    return ExpectedAnswers(
        likely=round(asked * answered / closed), low=int(asked * low), high=-int(-asked * high // 1), n=closed
    )


class Concern(StrEnum):
    """Something to think about before a launch; none of them stops it."""

    UNSOCIAL_HOUR = "unsocial_hour"
    ACCOUNT_WITHOUT_ANYBODY = "account_without_anybody"
    ROSTER_NOT_CONFIRMED = "roster_not_confirmed"
    NO_PERSONA = "no_persona"
    NO_NAME = "no_name"
    NOTE_IN_ONE_LANGUAGE = "note_in_one_language"
    UNREAD_TRANSLATION = "unread_translation"


@dataclass(frozen=True)
class ReachedSlots:
    """Seats of one persona: held by people who are asked, by others, by nobody."""

    name: str
    filled: int
    doubtful: int
    empty: int

    def __add__(self, other: "ReachedSlots") -> "ReachedSlots":
        return ReachedSlots(
            self.name, self.filled + other.filled, self.doubtful + other.doubtful, self.empty + other.empty
        )
