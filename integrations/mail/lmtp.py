"""Taking mail in over LMTP (RFC 2033): a mail server hands it over, and hears of each recipient by itself."""

import asyncio
import logging
import os
import re
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISSOCK
from typing import Any

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session, syntax

log = structlog.get_logger()

KEPT = "250 2.6.0 Kept"
NOT_NOW = "451 4.3.0 This mail cannot be kept now; deliver it again later"
TOO_LARGE = "552 5.3.4 This mail is too large"
NOT_OURS = "550 5.1.1 No mail is taken in for this address"
TOO_MANY = "452 4.5.3 Too many recipients at once"
BUSY = "421 4.3.2 Too many connections; come back soon"
STOPPING = "421 4.3.2 This server stops; come back soon"

THREADS = 4
SOCKET_MODE = 0o660
_ADDRESS = re.compile(r"\s*<([^<>]*)>(.*)")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one mail server may take of us: bytes of a mail, and how many of them are kept; seconds; counts.

    Of a mail that is larger than `kept_bytes` one byte more is handed on, which shows that there was more.
    `seconds` is how long a client may be silent, and how long one mail may take; `stop_seconds` how long mail
    that is on its way is waited for at the end.
    """

    kept_bytes: int
    mail_bytes: int
    seconds: float = 300.0
    connections: int = 20
    recipients: int = 100
    stop_seconds: float = 30.0


@dataclass(frozen=True)
class Door:
    """What a server asks for each mail.

    `accepts` says whether mail for an address is taken in at all. `keep` is called in a thread with the mail,
    its sender ("" for none) and one recipient, and returns once it is certainly kept; whatever it raises
    leaves the mail with the mail server.
    """

    accepts: Callable[[str], bool]
    keep: Callable[[bytes, str, str], None]


class LmtpServer:
    """One server in a running event loop: `listen_at_socket` or `listen_at_port`, later `stop`."""

    def __init__(self, door: Door, limits: Limits) -> None:
        self.door = door
        self.limits = limits
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="lmtp")
        self.conversations: set[_Conversation] = set()
        self.is_stopping = False
        self._listening: asyncio.Server | None = None
        self._socket: Path | None = None
        # It would log every address, and every line of every mail.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)

    async def listen_at_socket(self, path: Path) -> None:
        """Listen at a Unix socket for the user and the group that run us.

        Raises OSError when somebody listens there already or it cannot be made.
        """
        if _is_answered(path):
            raise OSError(f"somebody listens at {path} already")
        with suppress(FileNotFoundError):
            if S_ISSOCK(path.stat().st_mode):
                path.unlink()
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_unix_server(self._welcome, path)
        self._socket = path
        path.chmod(SOCKET_MODE)

    async def listen_at_port(self, host: str, port: int) -> int:
        """Listen at a port of an address of this machine (0: any free one); return which. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._welcome, host, port)
        return int(self._listening.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Listen no more, wait for mail that is on its way, then hang up on everybody."""
        self.is_stopping = True
        if self._listening is not None:
            self._listening.close()
            # Whoever was let in at the last moment is counted first, so that they are hung up on as well.
            await asyncio.sleep(0.05)
        ends = asyncio.get_running_loop().time() + self.limits.stop_seconds
        while any(each.is_receiving for each in self.conversations):
            if asyncio.get_running_loop().time() > ends:
                break
            await asyncio.sleep(0.05)
        for conversation in tuple(self.conversations):
            conversation.hang_up()
        # Whoever is being kept is kept; nobody hears of it, and delivers it once more.
        await asyncio.to_thread(self.pool.shutdown)
        while self.conversations:
            await asyncio.sleep(0.01)
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)

    def _welcome(self) -> asyncio.BaseProtocol:
        if self.is_stopping or len(self.conversations) >= self.limits.connections:
            return _TurnedAway(STOPPING if self.is_stopping else BUSY)
        return _Conversation(self)


class _TurnedAway(asyncio.Protocol):
    """A client that is told to come back, and nothing else."""

    def __init__(self, words: str) -> None:
        self._words = words

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say so and hang up."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(f"{self._words}\r\n".encode())
        transport.close()


class _Conversation(LMTP):
    """One client's conversation: aiosmtpd's, but for addresses of any shape, lines of any length, and replies
    to the content, which are one for each recipient."""

    def __init__(self, server: LmtpServer) -> None:
        self._server = server
        self.is_receiving = False
        super().__init__(
            _Answers(server),
            data_size_limit=server.limits.mail_bytes,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="vocapp LMTP",
            timeout=server.limits.seconds,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it."""
        self._server.conversations.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Count it no more."""
        self._server.conversations.discard(self)
        super().connection_lost(error)

    def hang_up(self) -> None:
        """End it, whatever is going on."""
        if self.transport is not None:
            self.transport.close()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        # A bounce from whatever calls itself a sender is still a bounce: only the recipient is looked at.
        found = _ADDRESS.fullmatch(arg)
        return (found[1].strip() or "<>", found[2]) if found else (None, None)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        """Take the content in, and say of each recipient whether their mail is kept."""
        if await self.check_helo_needed("LHLO"):
            return
        assert self.envelope is not None
        recipients = list(self.envelope.rcpt_tos)
        if arg or not recipients:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 Name a recipient first")
            return
        self.is_receiving = True
        try:
            await self.push("354 End the mail with a dot on a line of its own")
            content = await self._content()
            replies = await self._replies(content, recipients)
            self.envelope = self._create_envelope()
            await self.push("\r\n".join(replies))
        finally:
            self.is_receiving = False

    async def _content(self) -> bytes | None:
        """Return what was sent up to the final dot, cut behind what is kept; None when it was too large."""
        limits = self._server.limits
        content = bytearray()
        size, is_line_start = 0, True
        while True:
            try:
                piece = await self._reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as overrun:
                piece = await self._reader.readexactly(overrun.consumed)
            if is_line_start and piece == b".\r\n":
                return None if size > limits.mail_bytes else bytes(content)
            text = piece[1:] if is_line_start and piece.startswith(b".") else piece
            size += len(text)
            content += text[: max(0, limits.kept_bytes + 1 - len(content))]
            is_line_start = piece.endswith(b"\r\n")

    async def _replies(self, content: bytes | None, recipients: Sequence[str]) -> list[str]:
        if content is None:
            return [TOO_LARGE] * len(recipients)
        assert self.envelope is not None
        sender = (self.envelope.mail_from or "").removeprefix("<>")
        keep = self._server.door.keep
        begun = (
            self.loop.run_in_executor(self._server.pool, keep, content, _plain(sender), _plain(recipient))
            for recipient in recipients
        )
        came = await asyncio.gather(*begun, return_exceptions=True)
        for trouble in came:
            if trouble is not None:
                log.warning("mail_not_kept", error=type(trouble).__name__)
        return [KEPT if trouble is None else NOT_NOW for trouble in came]


class _Answers:
    """What is said to each command but DATA."""

    def __init__(self, server: LmtpServer) -> None:
        self._server = server

    async def handle_EHLO(
        self,
        _server: Any,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Offer what RFC 2033 wants beside what aiosmtpd offers."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_RCPT(
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient of ours."""
        if self._server.is_stopping:
            return STOPPING
        if not self._server.door.accepts(_plain(address)):
            return NOT_OURS
        if len(envelope.rcpt_tos) >= self._server.limits.recipients:
            return TOO_MANY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_exception(self, error: Exception) -> str:
        """Leave a mail with its server when anything of ours fails."""
        log.error("lmtp_failed", error=type(error).__name__)
        return NOT_NOW


def _plain(address: str) -> str:
    """Return an address that may hold undecodable bytes as text that can be kept."""
    return address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2)
        return probe.connect_ex(os.fspath(path)) == 0
