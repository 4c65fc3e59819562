"""Looking mails up in the log of a Postfix relay.

Postfix names a mail by its queue id: `cleanup` says which Message-ID that is, `qmgr` that the mail was taken
for good, the delivery agents what became of it. A mail that `cleanup` saw and `qmgr` did not was broken off
before the final dot. Lines may be cut, and the log may have been rotated meanwhile.
"""

import gzip
import os
import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, NamedTuple, cast

from integrations.errors import Retryable
from integrations.mail.lookup import Fate, Found

# How much is read for one look-up, over all files; what does not fit is as if it had been deleted.
LONGEST_READ = 256 * 1024 * 1024
LONGEST_LINE = 8192
MOST_FILES = 10
# The size of a packed file says little about what is in it; logs pack to a tenth and less.
PACKED_TO = 20

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)(?= )")
_OLD_TIME = re.compile(r"([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(?= )")
_PROGRAM = re.compile(r" [^ ]{1,255} [\w./-]{1,80}(?:\[\d{1,10}\])?: ")
_CLEANUP = re.compile(r"/cleanup\[\d{1,10}\]: ")
_MESSAGE_ID = re.compile(r"(\w{6,20}): (?:resent-)?message-id=(?:<([^<>\s]+)>|([^<>\s]*))(?=\s|$)")
# What else `cleanup` writes about a mail; anything but these and a Message-ID is a line cut short.
_OTHER_CLEANUP = re.compile(r"(?:\w{6,20}: )?[a-z][a-z-]{1,30}: ")
_TAKEN = re.compile(r"/qmgr\[\d{1,10}\]: (\w{6,20}): (?:from=<|removed)")
_STATUS = re.compile(
    r"/\w{1,20}\[\d{1,10}\]: (\w{6,20}): .{0,2000}?\bdsn=(\d\.\d{1,3}\.\d{1,3}), "
    r"status=(sent|deferred|bounced|expired)\b ?(.{0,300})"
)


@dataclass
class _Mail:
    """What the log says of a mail: when it was taken, and how it bounced, if so."""

    taken_at: datetime | None = None
    bounced_at: datetime | None = None
    status: str = ""
    detail: str = ""


@dataclass
class _Reading:
    """What was read so far about the wanted mails.

    `queued` are those whose queue id is in use now, `seen` all, by Message-ID. `is_whole` ends when a line
    from after `since` may have been damaged or left out; `is_doubtful` is between a damaged line and the next
    one that has a time.
    """

    wanted: frozenset[str]
    since: datetime
    queued: dict[str, _Mail] = field(default_factory=dict)
    seen: dict[str, list[_Mail]] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    is_whole: bool = True
    is_doubtful: bool = False


class _Piece(NamedTuple):
    """A part of the log to read: an open file, from where, how many bytes, and when it was last written."""

    lines: IO[bytes]
    start: int
    length: int
    written: datetime
    is_packed: bool


class RelayLog:
    """Looks mails up in a log file and those it was rotated to (`mail.log.1`, `mail.log.2.gz`, …)."""

    def __init__(self, path: Path, *, longest_read: int = LONGEST_READ) -> None:
        self._path = path
        self._longest_read = longest_read

    def __repr__(self) -> str:
        return f"RelayLog({self._path})"

    def find(self, message_ids: Collection[str], *, since: datetime, until: datetime) -> Mapping[str, Found]:
        """Return what the log says of each Message-ID it can decide (see `MailLookup.find`).

        The log counts as complete when it has lines from before `since` and from after `until`, whatever they
        say, and none in between is damaged. Raises Retryable when it cannot be read.
        """
        reading = _Reading(frozenset(_bare(message_id) for message_id in message_ids), since)
        try:
            with ExitStack() as stack:
                for piece in self._pieces(since, stack):
                    _read(piece, reading)
        except (OSError, EOFError, zlib.error) as problem:
            raise Retryable("The log of the mail relay cannot be read.") from problem
        is_complete = (
            reading.is_whole
            and not reading.is_doubtful
            and reading.first is not None
            and reading.last is not None
            and reading.first <= since
            and reading.last >= until
        )
        found = {}
        for message_id in message_ids:
            known = _judge(reading.seen.get(_bare(message_id), []))
            if known is None and is_complete:
                known = Found(Fate.NEVER)
            if known is not None:
                found[message_id] = known
        return found

    def _pieces(self, since: datetime, stack: ExitStack) -> list[_Piece]:
        """Return what is to be read, oldest first: back to `since`, within what may be read at once."""
        pieces: list[_Piece] = []
        known: set[tuple[int, int]] = set()
        left = self._longest_read
        for path in self._files():
            if left <= 0 or (pieces and not path.exists()):
                break
            opened = stack.enter_context(path.open("rb"))
            facts = os.fstat(opened.fileno())
            # Rotated while we look: the file read last has this name now.
            if (facts.st_dev, facts.st_ino) in known:
                continue
            known.add((facts.st_dev, facts.st_ino))
            is_packed = path.suffix == ".gz"
            size = facts.st_size * PACKED_TO if is_packed else facts.st_size
            length = min(size, left)
            left -= length
            lines: IO[bytes] = opened
            if is_packed:
                lines = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=opened)))
            written = datetime.fromtimestamp(facts.st_mtime, UTC)
            pieces.append(_Piece(lines, 0 if is_packed else size - length, length, written, is_packed))
            first = _first_time(lines, written)
            if first is not None and first <= since:
                break
        return pieces[::-1]

    def _files(self) -> Iterator[Path]:
        yield self._path
        for number in range(1, MOST_FILES):
            plain = self._path.with_name(f"{self._path.name}.{number}")
            packed = plain.with_name(f"{plain.name}.gz")
            yield packed if packed.exists() and not plain.exists() else plain


def _first_time(lines: IO[bytes], written: datetime) -> datetime | None:
    first = next(
        (time for _ in range(20) if (time := _time_of(_text(lines.readline(LONGEST_LINE)), written))), None
    )
    lines.seek(0)
    return first


def _read(piece: _Piece, reading: _Reading) -> None:
    """Read whole lines of a piece; the end of a last line that is being written just now is left alone."""
    piece.lines.seek(piece.start)
    left = piece.length
    if piece.start:
        left -= len(piece.lines.readline(LONGEST_LINE))
    while left > 0:
        line = piece.lines.readline(LONGEST_LINE)
        left -= len(line)
        if not line:
            return
        if not line.endswith(b"\n") and len(line) < LONGEST_LINE:
            return
        _note(_text(line), piece.written, reading)
    if piece.is_packed and piece.lines.readline(LONGEST_LINE):
        reading.is_whole = False


def _note(line: str, written: datetime, reading: _Reading) -> None:
    """Keep what one line says about the mails that are wanted."""
    if not line:
        return
    time = _time_of(line, written)
    if time is not None:
        reading.is_whole = reading.is_whole and not (reading.is_doubtful and time >= reading.since)
        reading.is_doubtful = False
        reading.first = reading.first or time
        reading.last = time if reading.last is None else max(reading.last, time)
    is_damaged = time is None or not _PROGRAM.search(line)
    # Anywhere in the line: one that was cut has the next behind it.
    for cleanup in _CLEANUP.finditer(line):
        named = _MESSAGE_ID.match(line, cleanup.end())
        if named is not None:
            _name(named.group(1), named.group(2) or named.group(3), reading)
        elif not _OTHER_CLEANUP.match(line, cleanup.end()):
            is_damaged = True
    reading.is_doubtful = reading.is_doubtful or is_damaged
    at = time or reading.last or written
    for taken in _TAKEN.finditer(line):
        if (mail := reading.queued.get(taken.group(1))) is not None:
            mail.taken_at = mail.taken_at or at
    for status in _STATUS.finditer(line):
        if (mail := reading.queued.get(status.group(1))) is not None:
            mail.taken_at = mail.taken_at or at
            if status.group(3) in {"bounced", "expired"}:
                mail.bounced_at, mail.status, mail.detail = at, status.group(2), status.group(4)


def _name(queue_id: str, message_id: str, reading: _Reading) -> None:
    """Let a queue id stand for a mail from here on: they are used again and again."""
    reading.queued.pop(queue_id, None)
    if message_id in reading.wanted:
        mail = reading.queued[queue_id] = _Mail()
        reading.seen.setdefault(message_id, []).append(mail)


def _judge(mails: list[_Mail]) -> Found | None:
    """Return what a mail's entries say together: several, where a content filter handed it on."""
    taken = [mail for mail in mails if mail.taken_at is not None]
    for mail in taken:
        if mail.bounced_at is not None:
            return Found(Fate.BOUNCED, mail.bounced_at, mail.status, mail.detail)
    return Found(Fate.ACCEPTED, taken[0].taken_at) if taken else None


def _time_of(line: str, written: datetime) -> datetime | None:
    """Return the time a line begins with; the older format has no year and is in this machine's zone."""
    try:
        if found := _ISO_TIME.match(line):
            return datetime.fromisoformat(found.group()).astimezone(UTC)
        if found := _OLD_TIME.match(line):
            month = _MONTHS.index(found.group(1)) + 1
            day, hour, minute, second = (int(found.group(number)) for number in range(2, 6))
            local = datetime(written.year, month, day, hour, minute, second).astimezone()
            if local > written + timedelta(days=1):
                local = local.replace(tzinfo=None, year=written.year - 1).astimezone()
            return local.astimezone(UTC)
    except ValueError:
        return None
    return None


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r\n")


def _bare(message_id: str) -> str:
    return message_id.strip().removeprefix("<").removesuffix(">")
