"""Taking mail out of a mailbox, where one is set."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from time import monotonic
from typing import Any

import structlog

from integrations.errors import Rejected, Retryable
from integrations.mail.imap import ImapAccount, ImapMailbox, RefusedError
from vocapp.core.clock import utcnow
from vocapp.core.db import reading, transaction
from vocapp.core.gateways import gateways
from vocapp.core.stopping import is_stopping
from vocapp.inbound.addresses import envelope_in_head
from vocapp.inbound.rules import MOST_BYTES, Way
from vocapp.inbound.service import receive_mail
from vocapp.inbound.ways import (
    IMAP,
    in_trouble_since,
    last_taken,
    note_stepped_over,
    note_taken,
    note_trouble,
    note_worked,
    stepped_over,
)

log = structlog.get_logger()

# Within the lease of the job; the rest is taken a minute later.
SLICE_SECONDS = 45.0
# How long a mail that is not handed over keeps its place, while those behind it are kept.
PATIENCE = timedelta(minutes=15)


def poll_mail(_payload: Mapping[str, Any]) -> None:
    """Take out what is new; what is wrong with the mailbox is written down for the administrators."""
    account = gateways().settings.inbound.imap
    if account is None:
        return
    try:
        take_mail_out(account)
    except (Retryable, Rejected) as trouble:
        log.warning("mailbox_not_polled", reason=trouble.reason)
        with transaction():
            note_trouble(IMAP, trouble.reason)


def take_mail_out(account: ImapAccount) -> int:
    """Keep every mail of a mailbox that is new, then mark what is kept; return how many were gone through.

    Killed at any moment, the next time goes on from there: what was kept is marked, and no mail is kept
    twice. A mail that is not handed over is asked for again each time while those behind it are kept; after
    `PATIENCE` it is stepped over, noted and left unmarked, unless no other is handed over either. Raises
    `Retryable` and `Rejected`, all having been kept that could be.
    """
    ends = monotonic() + SLICE_SECONDS
    with ImapMailbox(account) as mailbox:
        folder = (_place_of(account), mailbox.uid_validity)
        with reading():
            last = last_taken(*folder)
        refused: list[int] = []
        kept: list[int] = []
        for uid in mailbox.waiting(after=last):
            if is_stopping() or monotonic() >= ends:
                break
            try:
                raw = mailbox.fetch(uid, most_bytes=MOST_BYTES)
            except RefusedError:
                refused.append(uid)
                continue
            with transaction():
                if raw is not None:
                    _keep(raw)
                _go_on(folder, uid, refused)
            kept.append(uid)
        trouble = _mark(mailbox, folder, up_to=max([last, *kept]), but=refused)
    _settle(_not_handed_over(refused[0]) if refused else "", trouble)
    return len(kept)


def _go_on(folder: tuple[str, int], uid: int, refused: list[int]) -> None:
    """Note that a mail was taken, unless one before it is hoped for; step over one that took too long."""
    now = utcnow()
    if refused:
        since = in_trouble_since(IMAP, _not_handed_over(refused[0]))
        if since is not None and since <= now - PATIENCE:
            note_stepped_over(*folder, refused[0], now=now)
            note_taken(*folder, refused.pop(0))
    if not refused:
        note_taken(*folder, uid)


def _mark(mailbox: ImapMailbox, folder: tuple[str, int], *, up_to: int, but: Sequence[int]) -> str:
    """Mark what was kept, now or before; return in one sentence why the mailbox will not, or ""."""
    with reading():
        unkept = stepped_over(*folder).union(but)
    try:
        mailbox.finish([uid for uid in mailbox.unmarked(up_to=up_to) if uid not in unkept])
    except RefusedError as trouble:
        return trouble.reason
    return ""


def _settle(missing: str, unmarked: str) -> None:
    """Note that the mailbox works; raise `Retryable` when a mail is missing or marks are refused."""
    with transaction():
        # The time of a mail that is not handed over runs from the first time on.
        is_new = missing != "" and in_trouble_since(IMAP, missing) is None
        if is_new or not (missing or unmarked):
            note_worked(IMAP, now=utcnow())
    if missing or unmarked:
        raise Retryable(missing or unmarked)


def _not_handed_over(uid: int) -> str:
    return f"The mailbox does not hand over its mail number {uid}."


def _keep(raw: bytes) -> None:
    settings = gateways().settings
    sender, recipient = envelope_in_head(
        raw, bounce_domain=settings.mail.bounce_domain, mail_from=settings.mail_from
    )
    receive_mail(raw, via=Way.IMAP, envelope_from=sender, envelope_to=recipient, now=utcnow())


def _place_of(account: ImapAccount) -> str:
    """Return a name for a mailbox's folder that says nothing about it."""
    named = "\n".join((account.host, str(account.port), account.user, account.folder))
    return hashlib.sha256(named.encode()).hexdigest()
