"""An LMTP server in a thread, and a client that says line by line what a test wants."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from integrations.mail.lmtp import Door, Limits, LmtpServer

LIMITS = Limits(kept_bytes=2_000, mail_bytes=6_000, seconds=20, connections=4, recipients=3, stop_seconds=5)


class Kept:
    """What a server handed on; `failing` are recipients whose mail cannot be kept."""

    def __init__(self, *failing: str) -> None:
        self.mails: list[tuple[bytes, str, str]] = []
        self.failing = set(failing)
        self.begun = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def keep(self, raw: bytes, sender: str, recipient: str) -> None:
        self.begun.set()
        assert self.may_go_on.wait(10)
        if recipient in self.failing:
            raise RuntimeError("it could not be kept")
        self.mails.append((raw, sender, recipient))

    @property
    def door(self) -> Door:
        return Door(lambda address: address.endswith("@bounce.vendor.example"), self.keep)


class Serving:
    """A server with the loop it runs in."""

    def __init__(self, kept: Kept, limits: Limits, path: Path | None) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.path = path
        try:
            self.server = self._do(self._listen(kept, limits, path))
        except OSError:
            self.end()
            raise

    async def _listen(self, kept: Kept, limits: Limits, path: Path | None) -> LmtpServer:
        server = LmtpServer(kept.door, limits)
        self.port = 0
        if path is None:
            self.port = await server.listen_at_port("127.0.0.1", 0)
        else:
            await server.listen_at_socket(path)
        return server

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def stop(self) -> None:
        self._do(self.server.stop())

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def client(self) -> "Client":
        return Client(self.path or ("127.0.0.1", self.port))


@contextmanager
def lmtp_server(kept: Kept, limits: Limits = LIMITS, path: Path | None = None) -> Iterator[Serving]:
    serving = Serving(kept, limits, path)
    try:
        yield serving
    finally:
        kept.may_go_on.set()
        serving.stop()
        serving.end()


class Client:
    """A mail server's side of one conversation."""

    def __init__(self, place: Path | tuple[str, int]) -> None:
        family = socket.AF_UNIX if isinstance(place, Path) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(10)
        self.socket.connect(str(place) if isinstance(place, Path) else place)
        self.lines = self.socket.makefile("rb")
        self.greeting = self.reply()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lines.close()
        self.socket.close()

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def reply(self) -> str:
        """One reply, its last line; "" when the server hung up."""
        while True:
            line = self.lines.readline().decode()
            if line[3:4] != "-":
                return line.rstrip("\r\n")

    def say(self, line: str) -> str:
        self.send(line.encode("utf-8", "surrogateescape") + b"\r\n")
        return self.reply()

    def open(self, *recipients: str, sender: str = "ann@customer.example") -> list[str]:
        """Everything up to the content; the replies to the recipients."""
        assert self.say("LHLO relay.vendor.example").startswith("250")
        assert self.say(f"MAIL FROM:<{sender}>").startswith("250")
        return [self.say(f"RCPT TO:<{recipient}>") for recipient in recipients]

    def content(self, raw: bytes, *, taken: int) -> Sequence[str]:
        """Send a mail's content; one reply for each recipient that was taken."""
        assert self.say("DATA").startswith("354")
        stuffed = raw.replace(b"\r\n.", b"\r\n..")
        self.send((b"." if raw.startswith(b".") else b"") + stuffed + b"\r\n.\r\n")
        return [self.reply() for _ in range(taken)]

    def deliver(self, raw: bytes, *recipients: str, sender: str = "ann@customer.example") -> Sequence[str]:
        taken = [reply for reply in self.open(*recipients, sender=sender) if reply.startswith("250")]
        return self.content(raw, taken=len(taken))
