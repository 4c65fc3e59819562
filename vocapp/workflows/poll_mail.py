"""Taking mail out of a mailbox, where one is set."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

import structlog

from integrations.errors import Rejected, Retryable
from integrations.mail.imap import ImapAccount, ImapMailbox, RefusedError
from vocapp.core.clock import utcnow
from vocapp.core.db import reading, transaction
from vocapp.core.gateways import gateways
from vocapp.core.jobs import MAX_ATTEMPTS, attempts_of, enqueue
from vocapp.core.stopping import is_stopping
from vocapp.inbound.addresses import envelope_in_head
from vocapp.inbound.rules import MOST_BYTES, Way
from vocapp.inbound.service import receive_mail
from vocapp.inbound.ways import (
    IMAP,
    forget_missing,
    give_up_missing,
    last_taken,
    missing,
    missing_key,
    note_missing,
    note_taken,
    note_trouble,
    note_worked,
)

log = structlog.get_logger()

# Within the lease of the job; the rest is taken a minute later.
SLICE_SECONDS = 45.0
FETCH = "fetch_mail"
# How often a mail is asked for that is not handed over; with the pauses between, a quarter of an hour.
MOST_TRIES = 10
# How many others are asked for before a mailbox is said to hand over none.
MOST_OTHERS = 8


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
    twice. A mail that is not handed over while others are is put aside and left to `fetch_mail`; a mailbox
    that hands over none is waited for. Raises `Retryable` and `Rejected`, all having been kept that could be.
    """
    ends = monotonic() + SLICE_SECONDS
    with ImapMailbox(account) as mailbox:
        folder = (_place_of(account), mailbox.uid_validity)
        with reading():
            last = last_taken(*folder)
        waiting, gone_through, had, trouble = mailbox.waiting(after=last), [last], last, ""
        for uid in waiting:
            if is_stopping() or monotonic() >= ends:
                break
            raw, is_refused = _fetched(mailbox, uid)
            if is_refused and not _is_whole(mailbox, uid, waiting, had, ends=ends):
                trouble = f"The mailbox does not hand over its mail number {uid}, nor others."
                break
            with transaction():
                _take(folder, uid, raw, is_refused=is_refused)
            gone_through.append(uid)
            had = had if is_refused else uid
        unmarked = _mark(mailbox, folder, up_to=gone_through[-1])
    if trouble or unmarked:
        raise Retryable(trouble or unmarked)
    with transaction():
        note_worked(IMAP, now=utcnow())
    return len(gone_through) - 1


def fetch_mail(payload: Mapping[str, Any]) -> None:
    """Ask once more for a mail that a mailbox did not hand over; after `MOST_TRIES` it stays put aside.

    Raises `Retryable` while it may still come.
    """
    account, uid = gateways().settings.inbound.imap, payload["uid"]
    place, uid_validity = payload["place"], payload["uid_validity"]
    key = missing_key(place, uid_validity, uid)
    with reading():
        tries = attempts_of(_job_key(key))
    if account is None or _place_of(account) != place:
        _give_up(key, "It could not be fetched before another mailbox was set; look at it in the old one.")
        return
    try:
        _fetch_missing(account, uid_validity, uid, key)
    except (Retryable, Rejected) as trouble:
        if tries < (MOST_TRIES if isinstance(trouble, RefusedError) else MAX_ATTEMPTS):
            raise Retryable(trouble.reason) from None
        said = f"asked {tries} times, the mailbox does not hand over its mail number {uid}"
        _give_up(key, f"It could not be fetched: {said}. Look at it in the mailbox.")


def _fetch_missing(account: ImapAccount, uid_validity: int, uid: int, key: str) -> None:
    with ImapMailbox(account) as mailbox:
        if mailbox.uid_validity != uid_validity:
            # Numbered anew, all of it is gone through again.
            with transaction():
                forget_missing(key)
            return
        raw, is_refused = _fetched(mailbox, uid)
        if is_refused:
            raise RefusedError("The mailbox does not hand over the mail.")
        if raw is None:
            _give_up(key, "It was gone from the mailbox before it could be fetched.")
            return
        with transaction():
            _keep(raw)
            forget_missing(key)
        # One that cannot be marked now is the next time the mailbox is gone through.
        with suppress(RefusedError):
            mailbox.finish([uid])


def _fetched(mailbox: ImapMailbox, uid: int, *, most_bytes: int = MOST_BYTES) -> tuple[bytes | None, bool]:
    """Return a mail, None for one that is gone, and whether the mailbox did not hand it over."""
    try:
        return mailbox.fetch(uid, most_bytes=most_bytes), False
    except RefusedError:
        return None, True
    except Retryable:
        # Some servers hang up at a mail they cannot read.
        mailbox.begin_anew()
        return None, True


def _is_whole(mailbox: ImapMailbox, uid: int, waiting: Sequence[int], last: int, *, ends: float) -> bool:
    """Whether a mailbox that did not hand over one mail hands over another: so it is that mail's doing.

    Asked for are the last that was taken, the newest, and some others, each minute beginning elsewhere.
    """
    turn = int(utcnow().timestamp() // 60) % len(waiting)
    by_turns = [*waiting[turn:], *waiting[:turn]][:MOST_OTHERS]
    others = dict.fromkeys([*mailbox.some_taken(up_to=last), waiting[-1], *by_turns])
    return any(
        not _fetched(mailbox, other, most_bytes=1)[1]
        for other in others
        if other != uid and monotonic() < ends
    )


def _take(folder: tuple[str, int], uid: int, raw: bytes | None, *, is_refused: bool) -> None:
    """Keep a mail, or put aside that it was not handed over, and note that it was gone through."""
    place, uid_validity = folder
    if is_refused:
        note_missing(*folder, uid, now=utcnow())
        wanted = {"place": place, "uid_validity": uid_validity, "uid": uid}
        enqueue(FETCH, wanted, key=_job_key(missing_key(*folder, uid)))
    elif raw is not None:
        _keep(raw)
    note_taken(*folder, uid)


def _mark(mailbox: ImapMailbox, folder: tuple[str, int], *, up_to: int) -> str:
    """Mark what was kept, now or before; return in one sentence why the mailbox will not, or ""."""
    with reading():
        unkept = missing(*folder)
    try:
        mailbox.finish([uid for uid in mailbox.unmarked(up_to=up_to) if uid not in unkept])
    except RefusedError as trouble:
        return trouble.reason
    return ""


def _give_up(key: str, note: str) -> None:
    with transaction():
        give_up_missing(key, note, now=utcnow())


def _job_key(key: str) -> str:
    return f"{FETCH}:{key}"


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
