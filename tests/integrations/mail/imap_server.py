"""A small IMAP server on this machine: one user, some folders, the commands that taking mail out needs."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

USER, PASSWORD = "voice@vendor.example", 'a pass"word\\ of ours'
_LITTLE = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\([^)]*\))|(\S+)')


@dataclass
class Mail:
    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)


class Box:
    """The mailbox behind the server; a test looks into it and changes it while the server runs."""

    def __init__(self, *raws: bytes) -> None:
        self.folders: dict[str, list[Mail]] = {"INBOX": []}
        self.uid_validity = 7
        self.next_uid = 1
        self.capabilities = "IMAP4rev1 UIDPLUS MOVE"
        self.asked: list[str] = []
        # Commands after which the server hangs up instead of answering.
        self.dies_at: str | tuple[str, ...] = ""
        # Commands that the server says no to, and how.
        self.refuses: tuple[str, ...] = ()
        self.refusal = "NO not now"
        for raw in raws:
            self.add(raw)

    def add(self, raw: bytes, *, folder: str = "INBOX") -> int:
        self.folders.setdefault(folder, []).append(Mail(self.next_uid, raw))
        self.next_uid += 1
        return self.next_uid - 1

    def renumber(self) -> None:
        self.uid_validity += 1
        for number, mail in enumerate(self.folders["INBOX"], start=1):
            mail.uid = number

    def flags(self, folder: str = "INBOX") -> list[set[str]]:
        return [mail.flags for mail in self.folders[folder]]


class _Talk(socketserver.StreamRequestHandler):
    server: "_Server"

    def setup(self) -> None:
        if self.server.context is not None:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def handle(self) -> None:
        self.folder: list[Mail] = []
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline():
            tag, command, words = self._read(line)
            self.server.box.asked.append(" ".join([command, *words]))
            box = self.server.box
            if box.dies_at and box.asked[-1].startswith(box.dies_at):
                return
            refused = box.refusal if box.asked[-1].startswith(box.refuses) else ""
            answer = refused or getattr(self, f"do_{command.replace(' ', '_').lower()}", self.unknown)(*words)
            self.wfile.write(f"{tag} {answer}\r\n".encode())
            if command == "LOGOUT":
                return

    def _read(self, line: bytes) -> tuple[str, str, list[str]]:
        words = [
            (quoted.replace(rb"\"", b'"').replace(rb"\\", b"\\") if quoted or not rest else rest).decode()
            for quoted, listed, plain in _LITTLE.findall(line.rstrip(b"\r\n"))
            for rest in (listed or plain,)
        ]
        tag, command, *words = words
        if command.upper() == "UID":
            command, words = f"UID {words[0]}", words[1:]
        return tag, command.upper(), words

    def say(self, text: str | bytes) -> None:
        self.wfile.write((text if isinstance(text, bytes) else text.encode()) + b"\r\n")

    def unknown(self, *_: str) -> str:
        return "BAD what"

    def do_capability(self) -> str:
        self.say(f"* CAPABILITY {self.server.box.capabilities}")
        return "OK done"

    def do_login(self, user: str, password: str) -> str:
        is_right = (user, password) == (USER, PASSWORD)
        return "OK in" if is_right else "NO [AUTHENTICATIONFAILED] who are you"

    def do_logout(self) -> str:
        self.say("* BYE")
        return "OK bye"

    def do_select(self, name: str) -> str:
        if name not in self.server.box.folders:
            return "NO no such folder"
        self.folder = self.server.box.folders[name]
        self.say(f"* {len(self.folder)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.server.box.uid_validity}] valid")
        return "OK [READ-WRITE] selected"

    def do_create(self, name: str) -> str:
        self.server.box.folders.setdefault(name, [])
        return "OK made"

    def do_uid_search(self, *wanted: str) -> str:
        found = self._among(wanted[1])
        if "UNSEEN" in wanted:
            found = [mail for mail in found if r"\Seen" not in mail.flags]
        if "UNDELETED" in wanted:
            found = [mail for mail in found if r"\Deleted" not in mail.flags]
        self.say("* SEARCH " + " ".join(str(mail.uid) for mail in found))
        return "OK found"

    def do_uid_fetch(self, uids: str, what: str) -> str:
        for mail in self._among(uids):
            number = self.folder.index(mail) + 1
            if "SIZE" in what:
                self.say(f"* {number} FETCH (UID {mail.uid} RFC822.SIZE {len(mail.raw)})")
            else:
                part = re.search(r"<0\.([0-9]+)>", what)
                raw = mail.raw[: int(part[1])] if part else mail.raw
                self.say(
                    f"* {number} FETCH (UID {mail.uid} BODY[] {{{len(raw)}}}".encode() + b"\r\n" + raw + b")"
                )
        return "OK fetched"

    def do_uid_store(self, uids: str, _how: str, flags: str) -> str:
        for mail in self._among(uids):
            mail.flags.add(flags.strip("()"))
        return "OK stored"

    def do_uid_move(self, uids: str, name: str) -> str:
        if "MOVE" not in self.server.box.capabilities.split():
            return "BAD what"
        answer = self.do_uid_copy(uids, name)
        if answer.startswith("OK"):
            self._remove(self._among(uids))
        return answer

    def do_uid_copy(self, uids: str, name: str) -> str:
        if name not in self.server.box.folders:
            return "NO [TRYCREATE] no such folder"
        for mail in self._among(uids):
            self.server.box.add(mail.raw, folder=name)
        return "OK copied"

    def do_uid_expunge(self, uids: str) -> str:
        self._remove([mail for mail in self._among(uids) if r"\Deleted" in mail.flags])
        return "OK gone"

    def _remove(self, mails: list[Mail]) -> None:
        for mail in mails:
            self.folder.remove(mail)

    def _among(self, uids: str) -> list[Mail]:
        last = max((mail.uid for mail in self.folder), default=0)
        wanted: set[int] = set()
        for part in uids.split(","):
            ends = [last if end == "*" else int(end) for end in part.split(":")]
            wanted.update(range(min(ends), max(ends) + 1))
        return [mail for mail in self.folder if mail.uid in wanted]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, box: Box, context: ssl.SSLContext | None) -> None:
        self.box = box
        self.context = context
        super().__init__(("127.0.0.1", 0), _Talk)

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up, or trusts nobody, is none of the test's errors."""


@contextmanager
def imap_server(box: Box, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve a mailbox, over TLS with a context; the port it listens at."""
    with _Server(box, context) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join(10)
