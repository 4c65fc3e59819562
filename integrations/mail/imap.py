"""Taking mail out of a mailbox over IMAP (RFC 3501): what is new, one by one, and marked once it is kept."""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from integrations.errors import Rejected, Retryable
from integrations.mail.server import is_loopback

_FORM = "imaps://user:password@host/folder or imap://user:password@host/folder?starttls=1"
_SIZE = re.compile(rb"RFC822\.SIZE ([0-9]{1,12})")
_FOLDER = re.compile(r"[ -~]{1,200}")
SECONDS = 30.0
# How many mails one command speaks of.
AT_ONCE = 200


class RefusedError(Retryable):
    """The mailbox was reached and answers NO or BAD to one command; others may work."""


@dataclass(frozen=True, kw_only=True)
class ImapAccount:
    """One mailbox and how to reach it. With `move_to`, mail that was taken goes to that folder."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    move_to: str = ""
    is_tls: bool = True
    is_starttls: bool = False
    ca_file: str | None = None


def parse_imap_url(url: str) -> ImapAccount:
    """Return the mailbox a URL names; options: `move=FOLDER`, `starttls=1`, `ca=PATH` (certificates).

    Raises ValueError with one plain sentence that never repeats the URL, because that holds the password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise ValueError(f"cannot be read; write it as {_FORM}") from None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme not in ("imap", "imaps") or not host or not user or not password or parts.fragment:
        raise ValueError(f"cannot be read; write it as {_FORM}")
    unknown = sorted(options.keys() - {"move", "starttls", "ca"})
    if unknown:
        raise ValueError(f"has an unknown option {unknown[0]!r}; known are move, starttls and ca")
    folder, move_to = unquote(parts.path.strip("/")) or "INBOX", options.get("move", "")
    names = (user, password, folder, *([move_to] if move_to else []))
    if not all(_FOLDER.fullmatch(name) for name in names) or folder == move_to:
        raise ValueError("needs user, password and two different folders in plain letters")
    if "ca" in options and not Path(options["ca"]).is_file():
        raise ValueError("names a file of certificates (ca) that is not there")
    is_tls, is_starttls = parts.scheme == "imaps", options.get("starttls") == "1"
    if not (is_tls or is_starttls or is_loopback(host)):
        raise ValueError("would send the password in the clear; use imaps:// or add starttls=1")
    return ImapAccount(
        host=host,
        port=port or (993 if is_tls else 143),
        user=user,
        password=password,
        folder=folder,
        move_to=move_to,
        is_tls=is_tls,
        is_starttls=is_starttls and not is_tls,
        ca_file=options.get("ca"),
    )


class ImapMailbox:
    """One conversation with a mailbox; use it as a context manager.

    Every call raises `Retryable` when the server cannot be reached or is in trouble (`RefusedError` when it
    only says no to this), and `Rejected` when it will not have us or has no such folder.
    """

    def __init__(self, account: ImapAccount, *, seconds: float = SECONDS) -> None:
        self._account = account
        self._seconds = seconds
        self._line: imaplib.IMAP4 | None = None
        # UIDs mean something only together with this number.
        self.uid_validity = 0

    def __enter__(self) -> Self:
        self._begin()
        return self

    def begin_anew(self) -> None:
        """Sign in again after a line that broke; raises `Retryable` when UIDs mean something else now."""
        known = self.uid_validity
        self._hang_up()
        self._begin()
        if self.uid_validity != known:
            raise Retryable("The mailbox was numbered anew while it was read.")

    def _begin(self) -> None:
        with _speaking():
            self._line = line = self._connect()
        try:
            self._sign_in(line)
            self._select(line)
        except BaseException:
            self._hang_up()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def waiting(self, *, after: int) -> Sequence[int]:
        """Return the UIDs of mails behind another UID (0 for all), in their order."""
        found = self._search("UID", f"{after + 1}:*", "UNDELETED")
        # "7:*" names the last mail even when its UID is 3.
        return [uid for uid in found if uid > after]

    def some_taken(self, *, up_to: int) -> Sequence[int]:
        """Return the UID of a mail up to one that is still here, if any is."""
        return self._search("UID", f"1:{up_to}", "UNDELETED")[-1:] if up_to else []

    def unmarked(self, *, up_to: int) -> Sequence[int]:
        """Return the UIDs up to one that `finish` would still change something about."""
        if up_to < 1:
            return []
        wanted = ("UNDELETED",) if self._account.move_to else ("UNDELETED", "UNSEEN")
        return [uid for uid in self._search("UID", f"1:{up_to}", *wanted) if uid <= up_to]

    def fetch(self, uid: int, *, most_bytes: int) -> bytes | None:
        """Return a mail as it is, without marking it; None when it is gone.

        Of one that is larger than `most_bytes` only so much and one byte more is asked for.
        """
        said = self._ask("FETCH", str(uid), "(RFC822.SIZE)")
        sizes = [found for line in said if (found := _SIZE.search(_octets(line)))]
        if not sizes:
            return None
        part = f"<0.{most_bytes + 1}>" if int(sizes[0][1]) > most_bytes else ""
        for line in self._ask("FETCH", str(uid), f"(BODY.PEEK[]{part})"):
            if isinstance(line, tuple):
                return bytes(line[1])
        return None

    def finish(self, uids: Sequence[int]) -> None:
        """Mark mails as seen or, where that was wished, move them away; call it once they are kept."""
        for start in range(0, len(uids), AT_ONCE):
            some = ",".join(str(uid) for uid in uids[start : start + AT_ONCE])
            if self._account.move_to:
                self._move(some)
            else:
                self._ask("STORE", some, "+FLAGS.SILENT", r"(\Seen)")

    def _connect(self) -> imaplib.IMAP4:
        account = self._account
        context = ssl.create_default_context(cafile=account.ca_file)
        if account.is_tls:
            return imaplib.IMAP4_SSL(account.host, account.port, ssl_context=context, timeout=self._seconds)
        line = imaplib.IMAP4(account.host, account.port, timeout=self._seconds)
        if account.is_starttls:
            line.starttls(context)
        return line

    def _sign_in(self, line: imaplib.IMAP4) -> None:
        with _speaking():
            try:
                line.login(self._account.user, self._account.password)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error:
                raise Rejected(
                    "The mailbox refuses the user name or password of VOCAPP_IMAP_URL.", code="login"
                ) from None

    def _select(self, line: imaplib.IMAP4) -> None:
        with _speaking():
            answer, _said = line.select(_quoted(self._account.folder))
            if answer != "OK":
                raise Rejected(f"The mailbox has no folder {self._account.folder}.", code="folder")
            said = line.response("UIDVALIDITY")[1]
        number = _octets(said[0]) if said else b""
        if not number.isdigit():
            raise Rejected("The mailbox does not number its mails for good.", code="uidvalidity")
        self.uid_validity = int(number)

    def _move(self, uids: str) -> None:
        folder = _quoted(self._account.move_to)
        assert self._line is not None, "used as a context manager"
        has_move = "MOVE" in self._line.capabilities
        with _speaking():
            answer, _said = self._line.uid("MOVE" if has_move else "COPY", uids, folder)
            if answer != "OK":
                self._line.create(folder)
        if answer != "OK":
            self._ask("MOVE" if has_move else "COPY", uids, folder)
        if not has_move:
            self._ask("STORE", uids, "+FLAGS.SILENT", r"(\Deleted)")
            # Without it only EXPUNGE is left, which also removes what others marked.
            if "UIDPLUS" in self._line.capabilities:
                self._ask("EXPUNGE", uids)

    def _search(self, *wanted: str) -> Sequence[int]:
        said = b" ".join(_octets(line) for line in self._ask("SEARCH", *wanted))
        return sorted({int(word) for word in said.split() if word.isdigit()})

    def _ask(self, command: str, *arguments: str) -> Sequence[Any]:
        assert self._line is not None, "used as a context manager"
        with _speaking():
            try:
                answer, said = self._line.uid(command, *arguments)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as trouble:
                # How imaplib words that the server answers BAD; the line is whole and goes on.
                if "command error: BAD" not in str(trouble):
                    raise
                answer, said = "BAD", []
        if answer != "OK":
            raise RefusedError(f"The mailbox does not do what it was asked ({command}).")
        return said

    def _hang_up(self) -> None:
        if self._line is not None:
            with suppress(imaplib.IMAP4.error, OSError):
                self._line.logout()
            # A line that broke is left open by saying goodbye on it.
            with suppress(OSError):
                self._line.shutdown()
            self._line = None


@contextmanager
def _speaking() -> Iterator[None]:
    """Say in our words what went wrong between us and the server."""
    try:
        yield
    except ssl.SSLCertVerificationError as problem:
        raise Retryable(f"The mailbox's server has no valid certificate: {problem.verify_message}.") from None
    except imaplib.IMAP4.abort:
        raise Retryable("The mailbox's server hung up.") from None
    except imaplib.IMAP4.error:
        raise Retryable("The mailbox's server says something that is no IMAP.") from None
    except OSError as problem:
        raise Retryable(f"The mailbox's server cannot be reached ({type(problem).__name__}).") from None


def _octets(line: Any) -> bytes:
    found = line[0] if isinstance(line, tuple) else line
    return bytes(found) if isinstance(found, (bytes, bytearray)) else b""


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
