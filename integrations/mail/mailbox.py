"""The built-in mailbox: mail goes into a directory and can be read there."""

import os
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from integrations.mail.headers import wire_address
from integrations.mail.reading import ReadMail, read_message, read_summary
from integrations.mail.replies import Accepted

_KEY = re.compile(r"(?P<nanoseconds>\d{20})-[0-9a-f]{16}", re.ASCII)
_SUMMARY_BYTES = 16_384


@dataclass(frozen=True)
class MailSummary:
    """One line of the mailbox's list; `received_at` is aware UTC."""

    key: str
    received_at: datetime
    sender: str
    recipient: str
    subject: str
    reply_to: str


@dataclass(frozen=True)
class MailPage:
    """One page of summaries, newest first; `total` counts all that match."""

    mails: list[MailSummary]
    page: int
    per_page: int
    total: int


@dataclass(frozen=True)
class StoredMail:
    """One mail with its parts decoded; `raw` is the file as stored, envelope lines included."""

    key: str
    received_at: datetime
    content: ReadMail
    raw: bytes


class Mailbox:
    """Mail in a directory, one file each, laid out like a Maildir: written in `tmp`, then moved to `new`.

    Any number of processes may write, read and clear at once.
    """

    def __init__(self, directory: Path) -> None:
        self._new = directory / "new"
        self._tmp = directory / "tmp"
        # Files never change, so what was read once for the search stays true.
        self._summaries: dict[str, MailSummary] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is held open between messages."""

    def send(self, envelope_from: str, recipient: str, raw: bytes) -> Accepted:
        """Store one message, with its envelope in front as Return-Path and Delivered-To.

        Raises Rejected for an address mail cannot carry.
        """
        sender = wire_address(envelope_from) if envelope_from else ""
        envelope = f"Return-Path: <{sender}>\r\nDelivered-To: {wire_address(recipient)}\r\n".encode("ascii")
        self._new.mkdir(parents=True, exist_ok=True)
        self._tmp.mkdir(parents=True, exist_ok=True)
        key = f"{time.time_ns():020d}-{secrets.token_hex(8)}"
        unfinished = self._tmp / key
        unfinished.write_bytes(envelope + raw)
        unfinished.rename(self._new / key)
        return Accepted(250, f"2.0.0 stored as {key}")

    def list_mail(
        self,
        page: int = 1,
        per_page: int = 25,
        search: str = "",
        *,
        is_shown: Callable[[MailSummary], bool] | None = None,
    ) -> MailPage:
        """Return one page, newest first; `search` looks in sender, recipient and subject, in any case.

        Reads the headers of the page's mails only; with a search or `is_shown`, which chooses among mails,
        each mail's headers once per process.
        """
        keys = self._keys()
        page = max(page, 1)
        wanted = search.strip().casefold()
        if wanted or is_shown:
            mails = [mail for mail in map(self._summary, keys) if mail is not None]
            self._summaries = {mail.key: mail for mail in mails}
            found = [mail for mail in mails if _has(mail, wanted) and (is_shown is None or is_shown(mail))]
            return MailPage(found[(page - 1) * per_page : page * per_page], page, per_page, len(found))
        chosen = keys[(page - 1) * per_page : page * per_page]
        mails = [mail for mail in map(self._summary, chosen) if mail is not None]
        return MailPage(mails, page, per_page, len(keys))

    def read_mail(self, key: str) -> StoredMail | None:
        """Return the mail, or None when there is none of that key."""
        if not _KEY.fullmatch(key):
            return None
        try:
            raw = (self._new / key).read_bytes()
        except FileNotFoundError:
            return None
        return StoredMail(key, _received_at(key), read_message(raw), raw)

    def clear(self) -> int:
        """Remove every mail and return how many there were."""
        removed = 0
        for key in self._keys():
            try:
                (self._new / key).unlink()
            except FileNotFoundError:
                continue
            removed += 1
        self._summaries.clear()
        return removed

    def _keys(self) -> list[str]:
        try:
            names = os.listdir(self._new)
        except FileNotFoundError:
            return []
        return sorted(filter(_KEY.fullmatch, names), reverse=True)

    def _summary(self, key: str) -> MailSummary | None:
        known = self._summaries.get(key)
        if known is not None:
            return known
        try:
            with (self._new / key).open("rb") as file:
                start = file.read(_SUMMARY_BYTES)
        except FileNotFoundError:
            return None
        summary = MailSummary(key, _received_at(key), *read_summary(start))
        self._summaries[key] = summary
        return summary


def _has(mail: MailSummary, wanted: str) -> bool:
    return wanted in f"{mail.sender}\n{mail.recipient}\n{mail.subject}".casefold()


def _received_at(key: str) -> datetime:
    return datetime.fromtimestamp(int(key[:20]) // 1000 / 1_000_000, UTC)
