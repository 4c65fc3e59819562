"""What follows from what a mailbox says by itself: its owner is away, left, or has another address.

Nothing here changes what a person is on record as: a program's word is a suggestion, and an absence makes
mails wait.
"""

from datetime import datetime
from hashlib import sha256

from integrations.mail.classify.verdict import Reason, Verdict
from vocapp.accounts.models import Contact
from vocapp.freshness.absence import record_absence
from vocapp.freshness.queries import address_key
from vocapp.freshness.rules import EvidenceSource, SuggestionKind
from vocapp.freshness.service import suggest
from vocapp.inbound.correlating import Correlation
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import Followed, InboundState
from vocapp.inbound.senders import is_of_another

ABSENCES = (Reason.OUT_OF_OFFICE, Reason.LONG_LEAVE)


def follow_automatic(mail: InboundMail, verdict: Verdict, found: Correlation, *, now: datetime) -> Followed:
    """Do what follows from an automatic reply; doing it twice changes nothing."""
    contact = found.contact
    if found.asked is None or contact is None:
        return Followed(InboundState.IGNORED, "It answers no mail of ours to anybody we know.")
    if verdict.reason in ABSENCES and is_of_another(verdict.sender, contact, found.sent_to):
        return Followed(InboundState.IGNORED, "It came from the mailbox of somebody else we know.")
    if verdict.reason in ABSENCES:
        is_long = verdict.reason == Reason.LONG_LEAVE
        record_absence(contact, until=verdict.return_date, is_long=is_long, source_key=mail.id, now=now)
    elif verdict.reason == Reason.LEFT:
        suggest_departure(mail, verdict, found, contact, now=now)
    elif verdict.reason == Reason.ADDRESS_CHANGED and verdict.replacement:
        _suggest(mail, found, contact, SuggestionKind.CORRECTION, email=verdict.replacement, now=now)
    else:
        return Followed(InboundState.IGNORED)
    return Followed(InboundState.HANDLED)


def suggest_departure(
    mail: InboundMail, verdict: Verdict, found: Correlation, contact: Contact, *, now: datetime
) -> None:
    """Suggest that a person has left and, where somebody else is named, who follows them."""
    _suggest(mail, found, contact, SuggestionKind.LEFT, now=now)
    suggest_replacement(mail, verdict, found, contact, now=now)


def suggest_replacement(
    mail: InboundMail, verdict: Verdict, found: Correlation, contact: Contact, *, now: datetime
) -> None:
    """Suggest whom a mail names to write to instead of a person; nothing when it names nobody else."""
    named = verdict.replacement
    if named and address_key(named) != contact.email_key:
        _suggest(mail, found, contact, SuggestionKind.NEW_PERSON, email=named, now=now)


def _suggest(
    mail: InboundMail,
    found: Correlation,
    contact: Contact,
    kind: SuggestionKind,
    *,
    email: str = "",
    now: datetime,
) -> None:
    """Make a suggestion once for each question we asked, however many mails say so."""
    message = found.message
    about = f"{message.subject_kind}:{message.subject_id}" if message else f"mail:{mail.id}"
    address = sha256(address_key(email).encode()).hexdigest()[:16] if email else ""
    is_new = kind is SuggestionKind.NEW_PERSON
    suggest(
        contact.account_id,
        kind,
        key=f"reply:{about}:{kind}:{address}",
        source=EvidenceSource.MAIL,
        source_id=mail.id,
        contact_id=None if is_new else contact.id,
        named_by_id=contact.id if is_new else None,
        replaces_id=contact.id if is_new else None,
        values={"email": email} if email else None,
        now=now,
    )
