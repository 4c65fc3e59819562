"""A mail came in: it is judged, found to be about one of ours, and what follows is done once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from integrations.errors import Retryable
from integrations.mail.classify.safely import classify_safely
from integrations.mail.classify.verdict import MailKind, Reason, Verdict
from vocapp.accounts.rules import ContactStatus
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.core.typed_text import storable
from vocapp.inbound.automatic import follow_automatic
from vocapp.inbound.correlating import ASKING, Correlation, correlate, hold_concerned
from vocapp.inbound.human import follow_reply
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import UNREADABLE, Followed, InboundState
from vocapp.inbound.service import event_key_of, hold_received, keep_verdict, look_after_waiting, tries_at
from vocapp.outbox.models import Message
from vocapp.outbox.rules import DEAD_STATUSES, MailEventKind
from vocapp.outbox.service import suppress_address
from vocapp.workflows.mail_news import MailNews, hear_of_mail, opt_out_reader

SOURCE = "mail received"
# At which try a mail that takes too long is put aside; before, it may be the machine's doing.
MOST_SLOW = 3
# What a delivery report says happened, where that is not that the mail came back.
ON_THE_WAY = {
    Reason.DELAYED: MailEventKind.DEFERRED,
    Reason.DELIVERED_NOTICE: MailEventKind.DELIVERED,
}
MACHINES = (MailKind.BOUNCE, MailKind.COMPLAINT, MailKind.AUTOMATIC)


def inbound_received(payload: Mapping[str, Any]) -> None:
    """Judge a mail and do what follows; nothing when that was done before, so it may run twice or at once.

    Raises `Retryable` when this machine may be too busy for it now.
    """
    mail_id = payload["mail_id"]
    with reading():
        wanted = select(InboundMail.raw, InboundMail.received_at).where(
            InboundMail.id == mail_id, InboundMail.state == InboundState.RECEIVED
        )
        waiting = db.session.execute(wanted).one_or_none()
    if waiting is None:
        return
    # In no transaction: a stranger's mail may take its time.
    verdict = classify_safely(waiting.raw or b"", received_on=waiting.received_at.date())
    with reading():
        may_wait = verdict.reason == Reason.TOO_SLOW and tries_at(mail_id) < MOST_SLOW
    if may_wait:
        raise Retryable("It took too long to judge a mail; it is tried again.")
    follow_verdict(mail_id, verdict)


def follow_verdict(mail_id: int, verdict: Verdict) -> None:
    """Do what follows from a mail that was judged, and write it down; nothing when that was done before."""
    with transaction():
        mail = hold_received(mail_id)
        if mail is not None:
            found, now = correlate(mail, verdict), utcnow()
            hold_concerned(found)
            followed = _follow(mail, verdict, found, now=now)
            keep_verdict(mail, verdict, found, followed, now=now)


def sweep_inbound(_payload: Mapping[str, Any]) -> None:
    """See that no mail waits for a job that was lost; every few minutes."""
    with transaction():
        look_after_waiting(now=utcnow())


def _follow(mail: InboundMail, verdict: Verdict, found: Correlation, *, now: datetime) -> Followed:
    is_report = verdict.kind in (MailKind.BOUNCE, MailKind.COMPLAINT)
    if found.is_own:
        return Followed(InboundState.IGNORED, "It is a mail of ours that came back as it left.")
    if found.opting_out is not None and not is_report:
        return _opt_out(found.opting_out, source="mail", now=now)
    if found.is_forged and verdict.kind in MACHINES:
        return Followed(InboundState.QUARANTINED, "It came to an address that pretends to be one of ours.")
    if is_report and found.message is None:
        return Followed(InboundState.IGNORED, "It is about no mail of ours that we know.")
    match verdict.kind:
        case MailKind.BOUNCE:
            return _hear_of_bounce(mail, verdict, found, now=now)
        case MailKind.COMPLAINT:
            return _hear_of_complaint(mail, verdict, found, now=now)
        case MailKind.AUTOMATIC:
            return follow_automatic(mail, verdict, found, now=now)
        case MailKind.HUMAN:
            return follow_reply(mail, verdict, found, now=now)
        case MailKind.UNREADABLE:
            return Followed(InboundState.QUARANTINED, UNREADABLE[verdict.reason])


def _hear_of_bounce(mail: InboundMail, verdict: Verdict, found: Correlation, *, now: datetime) -> Followed:
    """Note what became of our mail; an address is dead only by a report on our mail to that very address."""
    is_about_it = found.is_about(verdict.recipient)
    status = verdict.status or ""
    kind = ON_THE_WAY.get(Reason(verdict.reason), MailEventKind.BOUNCED)
    if status in DEAD_STATUSES and not (verdict.suppress and is_about_it):
        status = ""
    _hear(mail, verdict, found, kind, status=status, now=now)
    note = "" if is_about_it else "It names another address than our mail went to, so that address stays."
    return Followed(InboundState.HANDLED, note)


def _hear_of_complaint(mail: InboundMail, verdict: Verdict, found: Correlation, *, now: datetime) -> Followed:
    if verdict.reason == Reason.NOT_SPAM_REPORT:
        return Followed(InboundState.IGNORED)
    if verdict.reason == Reason.OPT_OUT_REPORT and found.message is not None:
        return _opt_out(found.message, source="provider", now=now)
    _hear(mail, verdict, found, MailEventKind.COMPLAINED, now=now)
    return Followed(InboundState.HANDLED)


def _hear(
    mail: InboundMail,
    verdict: Verdict,
    found: Correlation,
    kind: MailEventKind,
    *,
    status: str = "",
    now: datetime,
) -> None:
    news = MailNews(
        message=found.message,
        kind=kind,
        source=SOURCE,
        event_key=event_key_of(mail, kind, status),
        occurred_at=mail.received_at,
        status=status,
        detail=storable(verdict.detail),
    )
    hear_of_mail(news, now=now)


def _opt_out(message: Message, *, source: str, now: datetime) -> Followed:
    """Opt out whoever a message of ours was written to, at the address it went to as well.

    A test of a mail to one of us asked nobody anything.
    """
    if message.subject_kind not in ASKING:
        return Followed(InboundState.IGNORED, "It is about a mail that asked nobody anything.")
    opt_out_reader(message, source=source, now=now)
    suppress_address(message.to_address, reason=ContactStatus.OPTED_OUT, source=source)
    return Followed(InboundState.HANDLED, "Whoever it went to was opted out.")
