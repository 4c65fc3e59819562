"""What evidence does to a contact, as pure judgements."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from vocapp.accounts.rules import ContactStatus


class EvidenceKind(StrEnum):
    """What was seen or said about a contact; the source is another matter."""

    CONFIRMED = "confirmed"
    ANSWERED = "answered"
    BOUNCED = "bounced"
    SAID_LEFT = "said_left"
    SAID_MOVED = "said_moved"
    NOT_ME = "not_me"
    REFERRED = "referred"
    CHANGED_ELSEWHERE = "changed_elsewhere"
    SILENT = "silent"
    ABSENT = "absent"


class EvidenceSource(StrEnum):
    """Where evidence came from, and whose number tells it apart: the same thing is told once.

    csm: the number of the entry in the record of acts; roster: of the CSM's confirmed roster; decision: of
    the suggestion decided on; import: of the import run, or of the imported response; answer page: of the
    response or the referral; champion page: of the request; mail: of the message, and of an absence the mail
    that told of it; crm: of the change; wave: of the wave.
    """

    CSM = "csm"
    ROSTER = "roster"
    DECISION = "decision"
    IMPORT = "import"
    ANSWER_PAGE = "answer_page"
    CHAMPION_PAGE = "champion_page"
    MAIL = "mail"
    CRM = "crm"
    WAVE = "wave"


class SuggestionKind(StrEnum):
    """What somebody proposes; nothing changes until the CSM decides."""

    NEW_PERSON = "new_person"
    CORRECTION = "correction"
    LEFT = "left"


class SuggestionDecision(StrEnum):
    """What the CSM decided."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


VOUCHING = frozenset({EvidenceKind.CONFIRMED, EvidenceKind.ANSWERED})
# Whose word about somebody leaving settles it: their own mailbox, and the CSM.
KNOWS_WHO_LEFT = frozenset(
    {EvidenceSource.MAIL, EvidenceSource.CSM, EvidenceSource.DECISION, EvidenceSource.ROSTER}
)
# Whose word brings somebody back who was noted as left: their own, and the CSM's.
KNOWS_WHO_IS_THERE = frozenset(
    {EvidenceSource.ANSWER_PAGE, EvidenceSource.CSM, EvidenceSource.DECISION, EvidenceSource.ROSTER}
)
# What people here do may be done again after it was undone; an event that repeats itself stays undone.
OURS = frozenset({EvidenceSource.CSM, EvidenceSource.DECISION, EvidenceSource.ROSTER})


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A contact at the moment evidence arrives.

    `occurred_at` is when the thing happened; `confirmed_at` when somebody last vouched for the contact, and
    `doubted_at` when something last spoke against them, as far as neither was undone.
    `is_about_address_in_use` is false for news about an address the contact no longer has;
    `status_at_address` is what somebody is of whom only their address is known.
    """

    status: str
    verified_on: date | None
    occurred_at: datetime
    confirmed_at: datetime | None = None
    doubted_at: datetime | None = None
    is_about_address_in_use: bool = True
    status_at_address: str = ContactStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class Effect:
    """What a contact's status and day of confirmation are after evidence was heard."""

    status: str
    verified_on: date | None


def judge(kind: EvidenceKind, source: EvidenceSource, facts: ContactFacts) -> Effect:
    """Return what evidence makes of a contact.

    The later word counts: what happened before the last confirmation speaks against nobody, and what
    confirmed before the last doubt vouches for nobody. An opt-out is never lifted or hidden.
    """
    if kind in VOUCHING:
        return _vouched_for(source, facts)
    if kind is EvidenceKind.ABSENT:
        # Their mailbox is there and so are they; whether they still play their part it does not say.
        return Effect(facts.status, facts.verified_on)
    if is_outdated(facts):
        return Effect(facts.status, facts.verified_on)
    if kind is EvidenceKind.BOUNCED:
        return _bounced(facts)
    if kind is EvidenceKind.SAID_LEFT and source in KNOWS_WHO_LEFT:
        return Effect(_unless_opted_out(facts.status, ContactStatus.LEFT), None)
    # Anybody else's word, and silence, cast doubt: somebody has to look.
    return Effect(facts.status, None)


def is_outdated(facts: ContactFacts) -> bool:
    """Whether what speaks against a contact happened before somebody vouched for them."""
    return facts.confirmed_at is not None and facts.occurred_at < facts.confirmed_at


def _vouched_for(source: EvidenceSource, facts: ContactFacts) -> Effect:
    if facts.doubted_at is not None and facts.occurred_at < facts.doubted_at:
        return Effect(facts.status, facts.verified_on)
    day = facts.occurred_at.date()
    status = facts.status
    # An address that bounced gets no better because its owner is there.
    if status == ContactStatus.LEFT and source in KNOWS_WHO_IS_THERE:
        status = facts.status_at_address
    return Effect(status, max(facts.verified_on or day, day))


def _bounced(facts: ContactFacts) -> Effect:
    if not facts.is_about_address_in_use:
        return Effect(facts.status, facts.verified_on)
    # Somebody who left or opted out does not come back as somebody whose mail is refused.
    status = ContactStatus.BOUNCED if facts.status == ContactStatus.ACTIVE else facts.status
    return Effect(status, None)


def _unless_opted_out(status: str, wanted: ContactStatus) -> str:
    return status if status == ContactStatus.OPTED_OUT else wanted


@dataclass(frozen=True, slots=True)
class AbsenceTold:
    """That somebody is away, said at a time: until a day, or nobody knows until when."""

    said_at: datetime
    until: date | None
    is_long: bool


@dataclass(frozen=True, slots=True)
class Absence:
    """Until when somebody is away, as far as that was said; a long leave may have no end yet."""

    until: date | None = None
    is_on_leave: bool = False


def absence_of(told: Iterable[AbsenceTold], *, vouched_at: datetime | None) -> Absence:
    """Return what is known of somebody's absences.

    The latest day wins, in whatever order it was said. A long leave without a day lasts until they are heard
    of again, or say another absence; being away without a day says no more than that they are there.
    """
    said = sorted(told, key=lambda each: each.said_at)
    until = max((each.until for each in said if each.until is not None), default=None)
    meaning = [each for each in said if each.until is not None or each.is_long]
    last = meaning[-1] if meaning else None
    is_open = (
        last is not None
        and last.is_long
        and last.until is None
        and (vouched_at is None or vouched_at < last.said_at)
    )
    is_long = any(each.is_long for each in said if each.until is not None and each.until == until)
    return Absence(None, is_on_leave=True) if is_open else Absence(until, is_on_leave=is_long)


def is_silence_told(waves_in_a_row: int, waves_since_told: int | None, *, needed: int) -> bool:
    """Whether a silence is worth telling: it is long enough, and as long again since it was last told.

    `waves_since_told` is None when it never was; otherwise somebody who is confirmed in spite of it would be
    doubted anew after every single wave.
    """
    return waves_in_a_row >= needed and (waves_since_told is None or waves_since_told >= needed)
