"""Waves and invitations: their states, who is asked and who is not, as pure judgements."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.campaigns.fatigue import Rest

# Whoever has not answered is reminded on these working days after the invitation.
REMINDER_DAYS = (3, 8)
LATEST_REMINDER = 60
# Nobody gets more mails about one invitation than these: the question, its reminders, and copies of it.
MOST_CONTACTS = 3
# The announcement comes so many working days before the question.
PRENOTICE_DAYS = 2

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


# Launched, and not over: what is still to come of these can be changed.
CHANGEABLE = frozenset({WaveState.SCHEDULED, WaveState.OPEN})


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
    # The mail that asks could never be written, was not sent in time, or the person was gone before it left:
    # nobody was asked.
    UNWRITTEN = "unwritten"
    TOO_LATE = "too_late"
    GONE = "gone"


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
# No mail that asks ever left.
UNSENT = frozenset({InvitationState.UNWRITTEN, InvitationState.TOO_LATE, InvitationState.GONE})
# A later event never undoes an earlier, stronger one: an answer outlives a refusal, an opt-out a bounce.
_STRENGTH_OF_OUTCOME = {
    InvitationState.SILENT: 1,
    InvitationState.UNWRITTEN: 1,
    InvitationState.TOO_LATE: 1,
    InvitationState.GONE: 1,
    InvitationState.BOUNCED: 2,
    InvitationState.OPTED_OUT: 3,
    InvitationState.DECLINED: 3,
    InvitationState.REFERRED: 3,
    InvitationState.COMPLETED: 4,
}


class Letter(StrEnum):
    """What a wave writes to a person, in this order; the last two to whoever answered.

    A heads-up goes to champions in the place of the announcement: it says that colleagues are asked, too.
    """

    HEADS_UP = "heads_up"
    PRENOTICE = "prenotice"
    INVITATION = "invitation"
    REMINDER = "reminder"
    LAST_REMINDER = "last_reminder"
    THANKS = "thanks"
    YOU_SAID = "you_said"


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
    NOT_VERIFIED = "not_verified"
    NO_LANGUAGE = "no_language"
    ASKED_RECENTLY = "asked_recently"
    SURVEY_REST = "survey_rest"
    MAIL_BUDGET = "mail_budget"
    ACCOUNT_BUDGET = "account_budget"
    WAVE_SOON = "wave_soon"
    ABSENT = "absent"
    TOO_LATE = "too_late"
    SAME_ADDRESS = "same_address"
    STOPPED = "stopped"


# Reasons that end by themselves: whoever is left out for one may be asked later in the same wave.
PASSING = frozenset(
    {
        ExclusionReason.ASKED_RECENTLY,
        ExclusionReason.SURVEY_REST,
        ExclusionReason.MAIL_BUDGET,
        ExclusionReason.WAVE_SOON,
        ExclusionReason.ABSENT,
    }
)


class Candidate(NamedTuple):
    """A contact of a chosen account, as far as it matters for being asked.

    `address` is in comparable form; `rest` is why they have to wait (`fatigue.rest_of`, or away), None when
    they need not; `weight` is that of the heaviest persona, 1 for a contact without one.
    """

    contact_id: int
    address: str
    account_id: int = 0
    status: str = ContactStatus.ACTIVE
    account_status: str = AccountStatus.ACTIVE
    is_role_address: bool = False
    is_suppressed: bool = False
    is_off_roster: bool = False
    is_chosen_out: bool = False
    is_left_unverified: bool = False
    is_without_language: bool = False
    rest: Rest | None = None
    weight: float = 1.0


def judge_contact(candidate: Candidate) -> ExclusionReason | None:
    """Return why this contact must not be asked, or None; the strongest reason wins.

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
    if candidate.is_left_unverified:
        return ExclusionReason.NOT_VERIFIED
    if candidate.is_without_language:
        return ExclusionReason.NO_LANGUAGE
    return ExclusionReason(candidate.rest.reason) if candidate.rest else None


def judge_roster(
    candidates: Iterable[Candidate],
    *,
    taken: Iterable[str] = (),
    places_left: Mapping[int, int] | None = None,
) -> dict[int, ExclusionReason | None]:
    """Return contact id → why not, or None for those who are asked; each address is asked once.

    Of several contacts with one address the one with the heaviest persona is asked, then the oldest record.
    `taken` are addresses already asked in this wave; `places_left` says how many people more may be asked at
    an account (None: all), the heaviest personas first.
    """
    judged: dict[int, ExclusionReason | None] = {}
    addresses = set(taken)
    left = Counter(places_left or {})
    for candidate in sorted(candidates, key=lambda candidate: (-candidate.weight, candidate.contact_id)):
        reason = judge_contact(candidate)
        if reason is None and candidate.address in addresses:
            reason = ExclusionReason.SAME_ADDRESS
        elif reason is None and places_left is not None and not left[candidate.account_id]:
            reason = ExclusionReason.ACCOUNT_BUDGET
        elif reason is None:
            addresses.add(candidate.address)
            left[candidate.account_id] -= 1
        judged[candidate.contact_id] = reason
    return judged


def reminder_steps(days: Sequence[int], *, has_prenotice: bool) -> tuple[int, ...]:
    """Return after how many working days the reminders of a wave go out, each at most once.

    With the invitation and an announcement nobody gets more than `MOST_CONTACTS` mails, so what is too many
    is left out, the latest first.
    """
    return tuple(sorted(set(days)))[: MOST_CONTACTS - 1 - has_prenotice]


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
    NOT_VERIFIED = "not_verified"
    NO_LANGUAGE = "no_language"
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
