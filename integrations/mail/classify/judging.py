"""Judging one mail: bounce, complaint, automatic, human, in this order."""

from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import Message
from email.utils import parsedate_to_datetime

from integrations.mail.classify.arf import judge_complaint
from integrations.mail.classify.dsn import judge_bounce
from integrations.mail.classify.incoming import (
    PROVOKED,
    Incoming,
    addresses_in,
    all_text,
    message_ids_in,
    read,
)
from integrations.mail.classify.replies import judge_reply
from integrations.mail.classify.verdict import MailKind, Reason, Verdict

_ADDRESSED = ("return-path", "delivered-to", "x-original-to", "envelope-to", "to", "cc")
_LONGEST_LINE = 1_000
_LONGEST_START = 200_000
_LONGEST_HEAD = 300_000
_MOST_HEAD_LINES = 10_000
# A mailbox may be gone through for the first time.
_LONGEST_WAY = timedelta(days=366)


def classify(raw: bytes, *, received_on: date) -> Verdict:
    """Return what a raw mail is. Never raises.

    Days are counted from its own date, or from `received_on` when it has none that can be.
    """
    if not raw.strip():
        return Verdict(kind=MailKind.UNREADABLE, reason=Reason.EMPTY)
    if _has_endless_head(raw):
        return Verdict(kind=MailKind.UNREADABLE, reason=Reason.TOO_BIG)
    try:
        mail = read(raw)
        if not mail.headers:
            return Verdict(kind=MailKind.UNREADABLE, reason=Reason.BROKEN)
        found = judge_bounce(mail, _start(raw)) or judge_complaint(mail)
        return _with_envelope(found or judge_reply(mail, _written_on(mail, received_on)), mail)
    except PROVOKED as failure:
        return Verdict(kind=MailKind.UNREADABLE, reason=Reason.BROKEN, detail=type(failure).__name__)


def _has_endless_head(raw: bytes) -> bool:
    """Whether the headers are more than any honest mail has."""
    ends = [at for mark in (b"\n\n", b"\r\n\r\n") if (at := raw.find(mark)) >= 0]
    head = raw[: min(ends, default=len(raw))]
    return len(head) > _LONGEST_HEAD or head.count(b"\n") > _MOST_HEAD_LINES


def _written_on(mail: Incoming, received_on: date) -> date:
    """Return the day a mail says it was written, where it may: not after it came, nor long before."""
    try:
        said = parsedate_to_datetime(mail.header("date")[:_LONGEST_LINE]).date()
    except (ValueError, TypeError, OverflowError, IndexError):
        return received_on
    is_likely = received_on - _LONGEST_WAY <= said <= received_on + timedelta(days=1)
    return said if is_likely else received_on


def _start(raw: bytes) -> Message:
    """Return the start of a mail with short lines: detectors of bounces take their time over long ones."""
    lines = (line[:_LONGEST_LINE] for line in raw[:_LONGEST_START].split(b"\n"))
    return message_from_bytes(b"\n".join(lines), policy=policy.compat32)


def _with_envelope(verdict: Verdict, mail: Incoming) -> Verdict:
    enclosed = [original.get("message-id", "") for original in mail.enclosed]
    returned = [original.get("return-path", "") for original in mail.enclosed]
    ids = message_ids_in([*enclosed, *mail.values("in-reply-to", "references")])
    if verdict.kind is MailKind.BOUNCE and not ids:
        ids = message_ids_in([all_text(mail)[:20_000]])
    paths = [address for value in [*mail.values(*_ADDRESSED), *returned] for address in addresses_in(value)]
    return replace(
        verdict,
        return_paths=tuple(dict.fromkeys(paths)),
        message_ids=tuple(ids),
        message_id=next(iter(message_ids_in([mail.header("message-id")])), None),
        sender=next(iter(addresses_in(mail.header("from"))), None),
        subject=mail.header("subject")[:500],
    )
