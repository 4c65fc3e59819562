"""Taking mail in: kept as it came, before anybody looks into it, and handed on to be judged."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from integrations.mail.classify.verdict import Verdict
from vocapp.campaigns.models import Invitation
from vocapp.core.db import db, insert_new
from vocapp.core.jobs import Job, JobState, attempts_of, enqueue
from vocapp.core.typed_text import storable
from vocapp.inbound.correlating import Correlation
from vocapp.inbound.incoming_rules import may_judge_again
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import Followed, InboundState, Way, kept_part, mail_key
from vocapp.outbox.events import LONGEST_STATUS

JUDGE = "inbound_received"
LONGEST_ADDRESS = 320
LONGEST_SUBJECT = 300
LONGEST_NOTE = 500
LONGEST_WORDS = 20_000
# A mail that waits longer has lost its job.
PATIENCE = timedelta(minutes=5)
AT_ONCE = 200


def receive_mail(
    raw: bytes, *, via: Way, envelope_from: str = "", envelope_to: str = "", now: datetime
) -> bool:
    """Keep a mail as it arrived, any bytes at all; False when the same was delivered before.

    Nothing is read out of it here, so nothing in it can hinder that: a job judges it. One that is too large
    is cut and put aside. Safe to repeat: whoever delivers may do so again until we say that we have it.
    """
    kept, note = kept_part(raw)
    values = {
        "key": mail_key(raw, envelope_from=envelope_from, envelope_to=envelope_to),
        "raw": kept,
        "received_at": now,
        "via": via,
        "envelope_from": storable(envelope_from)[:LONGEST_ADDRESS],
        "envelope_to": storable(envelope_to)[:LONGEST_ADDRESS],
        "state": InboundState.QUARANTINED if note else InboundState.RECEIVED,
        "note": note,
    }
    added = insert_new(InboundMail).values(values).on_conflict_do_nothing(index_elements=["key"])
    mail_id = db.session.scalar(added.returning(InboundMail.id))
    if mail_id is not None and not note:
        _hand_on(mail_id)
    return mail_id is not None


def judge_again(mail_id: int) -> bool:
    """Have a mail judged once more, whatever it was taken for; False for one that waits or is not whole.

    What followed from it so far stays; nothing follows twice.
    """
    wanted = select(InboundMail, func.length(InboundMail.raw)).where(InboundMail.id == mail_id)
    found = db.session.execute(wanted.with_for_update().execution_options(populate_existing=True))
    mail, size = found.one()
    if not may_judge_again(mail.state, size):
        return False
    mail.state, mail.note, mail.handled_at = InboundState.RECEIVED, "", None
    mail.account_id = mail.contact_id = mail.invitation_id = mail.message_id = None
    db.session.flush()
    _hand_on(mail.id)
    return True


def tries_at(mail_id: int) -> int:
    """Return how often a mail's job was begun, this time included; 0 when it has none."""
    return attempts_of(_key(mail_id))


def hold_received(mail_id: int) -> InboundMail | None:
    """Return a mail that nobody judged yet, held until the end of the transaction; None for any other.

    It may be held before people, against the order of `accounts.holding`: until it is judged it points at
    nobody, so whoever changes people never waits for it.
    """
    wanted = select(InboundMail).where(InboundMail.id == mail_id, InboundMail.state == InboundState.RECEIVED)
    return db.session.scalar(wanted.with_for_update().execution_options(populate_existing=True))


def event_key_of(mail: InboundMail, kind: str, status: str) -> str:
    """Return what the event is known by that a mail was taken for: taken for another, it is another event."""
    return f"{event_keys_of(mail)}:{kind}:{status[:LONGEST_STATUS]}"


def event_keys_of(mail: InboundMail) -> str:
    """Return what the keys of all events begin with that a mail was ever taken for."""
    return f"inbound:{mail.key}"


def keep_verdict(
    mail: InboundMail, verdict: Verdict, found: Correlation, followed: Followed, *, now: datetime
) -> None:
    """Write down what a mail is, whom it concerns and what was done about it."""
    message, contact, account = found.message or found.opting_out, found.contact, found.account
    mail.kind, mail.reason = verdict.kind, verdict.reason
    mail.sender = storable(verdict.sender or "")[:LONGEST_ADDRESS]
    mail.subject = storable(" ".join(verdict.subject.split()))[:LONGEST_SUBJECT]
    mail.recipient = storable(verdict.recipient or "")[:LONGEST_ADDRESS]
    mail.replacement = storable(verdict.replacement or "")[:LONGEST_ADDRESS]
    mail.words, mail.score = storable(verdict.words)[:LONGEST_WORDS], verdict.score
    # Whoever answers a mail writes as they were written to.
    mail.language = message.language if message is not None and verdict.words else ""
    mail.return_date = verdict.return_date
    mail.message_id = message.id if message else None
    mail.invitation_id = found.asked.id if isinstance(found.asked, Invitation) else None
    mail.contact_id = contact.id if contact else None
    mail.account_id = account.id if account else None
    mail.state, mail.note, mail.handled_at = followed.state, followed.note[:LONGEST_NOTE], now
    db.session.flush()


def look_after_waiting(*, now: datetime) -> int:
    """Ask anew for mails whose job was lost, and put aside those whose job was given up; return how many."""
    long_ago = InboundMail.received_at <= now - PATIENCE
    waiting = select(InboundMail).where(InboundMail.state == InboundState.RECEIVED, long_ago)
    mails = db.session.scalars(waiting.order_by(InboundMail.received_at, InboundMail.id).limit(AT_ONCE)).all()
    keys = {_key(mail.id): mail for mail in mails}
    known = select(Job.key, Job.state).where(Job.key.in_(keys), Job.state != JobState.DONE)
    jobs = {(key, state) for key, state in db.session.execute(known)}
    for key, mail in keys.items():
        if {(key, JobState.QUEUED), (key, JobState.LEASED)} & jobs:
            continue
        if (key, JobState.DEAD) in jobs:
            held = hold_received(mail.id)
            if held is None:
                continue
            held.state, held.handled_at = InboundState.QUARANTINED, now
            held.note = "What follows from it could not be done; look at it and have it judged again."
        else:
            _hand_on(mail.id)
    db.session.flush()
    return len(mails)


def _hand_on(mail_id: int) -> None:
    enqueue(JUDGE, {"mail_id": mail_id}, key=_key(mail_id))


def _key(mail_id: int) -> str:
    return f"{JUDGE}:{mail_id}"
