"""Sending over SMTP: one recipient per message, connections kept open between messages."""

import smtplib
import socket
import ssl
from collections import deque
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass
from threading import BoundedSemaphore
from time import monotonic
from types import TracebackType
from typing import Self

from integrations.errors import Uncertain
from integrations.mail.headers import wire_address
from integrations.mail.replies import Accepted, MailDeferred, MailRefused, Phase, Reply, read_reply
from integrations.mail.server import MailServer, parse_mail_url

# Everything a connection can die of; smtplib's own exceptions are OSErrors.
_CONNECTION_ERRORS = (OSError, smtplib.SMTPException)


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait: to connect, for a reply, and after the final dot (RFC 5321 §4.5.3.2: ten minutes)."""

    connect: float = 15.0
    reply: float = 60.0
    final: float = 600.0


class _ConnectionLostError(Exception):
    """The connection died before any content was sent, so the message is certainly not with the receiver."""


class SmtpTransport:
    """Sends through one server. Safe to share between threads; each message has a connection to itself.

    Use it as a context manager, or call `close`. Connections are opened when first needed.
    """

    def __init__(self, url: str, *, timeouts: Timeouts | None = None, max_connections: int = 2) -> None:
        """Raises ValueError with one plain sentence when the URL is not a mail URL."""
        self.server: MailServer = parse_mail_url(url)
        self._timeouts = timeouts or Timeouts()
        self._tls = self.server.tls_context() if self.server.is_tls or self.server.is_starttls else None
        self._idle: deque[tuple[smtplib.SMTP, float]] = deque()
        self._slots = BoundedSemaphore(max_connections)
        self._longest_idle = 30.0

    def __repr__(self) -> str:
        return f"SmtpTransport({self.server.host}:{self.server.port})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye on every idle connection. Sending afterwards opens new ones."""
        while self._idle:
            connection, _ = self._idle.pop()
            with suppress(*_CONNECTION_ERRORS):
                _limit(connection, 2.0)
                connection.quit()
            connection.close()

    def send(self, envelope_from: str, recipient: str, raw: bytes) -> Accepted:
        """Hand one message to the server for one recipient; an empty `envelope_from` is the null return path.

        Raises MailDeferred (Retryable: certainly not delivered), MailRefused (Rejected) or Uncertain (the
        content was on its way and no reply came: the receiver may have it).
        """
        sender = wire_address(envelope_from) if envelope_from else ""
        recipient = wire_address(recipient)
        with self._slots:
            connection = self._reusable()
            if connection is not None:
                # A server may hang up on an idle connection at any time; a new one tells the truth.
                with suppress(_ConnectionLostError):
                    return self._deliver(connection, sender, recipient, raw, is_reused=True)
            try:
                return self._deliver(self._connect(), sender, recipient, raw, is_reused=False)
            except _ConnectionLostError as lost:
                raise _unreachable("hung up") from lost

    def _reusable(self) -> smtplib.SMTP | None:
        while True:
            try:
                connection, since = self._idle.pop()
            except IndexError:
                return None
            if monotonic() - since <= self._longest_idle:
                return connection
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        """Return a new connection, ready for mail.

        Refusals up to that point are about us or the server, never about a message: all raise MailDeferred.
        """
        try:
            connection = self._open()
        except smtplib.SMTPResponseException as error:
            raise _deferred("The mail server does not want to talk", Phase.CONNECT, _said(error)) from None
        except ssl.SSLCertVerificationError as error:
            raise _unreachable(f"has no valid certificate: {error.verify_message}") from error
        except _CONNECTION_ERRORS as error:
            raise _unreachable("cannot be reached") from error
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _open(self) -> smtplib.SMTP:
        server, seconds = self.server, self._timeouts.connect
        # Given a name of ours, smtplib does not ask the DNS for it, which can take seconds.
        if server.is_tls:
            return smtplib.SMTP_SSL(server.host, server.port, "localhost", timeout=seconds, context=self._tls)
        return smtplib.SMTP(server.host, server.port, "localhost", timeout=seconds)

    def _prepare(self, connection: smtplib.SMTP) -> None:
        server = self.server
        _limit(connection, self._timeouts.reply)
        if connection.sock is not None:
            # Or the end of a long mail waits for the receiver to acknowledge its beginning.
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.local_hostname = _own_name(connection.sock)
        try:
            connection.ehlo_or_helo_if_needed()
            if server.is_starttls:
                if not connection.has_extn("starttls"):
                    raise _unreachable("offers no encryption")
                connection.starttls(context=self._tls)
                connection.ehlo_or_helo_if_needed()
            if server.user and server.password:
                connection.login(server.user, server.password)
        except smtplib.SMTPAuthenticationError as error:
            raise _deferred("The mail server refused our sign-in", Phase.CONNECT, _said(error)) from None
        except smtplib.SMTPResponseException as error:
            raise _deferred("The mail server does not want to talk", Phase.CONNECT, _said(error)) from None
        except ssl.SSLCertVerificationError as error:
            raise _unreachable(f"has no valid certificate: {error.verify_message}") from error
        except smtplib.SMTPServerDisconnected as error:
            raise _unreachable("hung up") from error
        except smtplib.SMTPException as error:
            raise _unreachable("offers no way to sign in that we know") from error
        except OSError as error:
            raise _unreachable("stopped answering") from error

    def _deliver(
        self, connection: smtplib.SMTP, sender: str, recipient: str, raw: bytes, *, is_reused: bool
    ) -> Accepted:
        is_usable = False
        try:
            accepted = self._transact(connection, sender, recipient, raw)
            is_usable = True
            return accepted
        except (MailDeferred, MailRefused) as error:
            reply = error.reply
            if reply is not None and reply.code == 421:
                if is_reused and error.phase is Phase.SENDER:
                    # "Too many messages on this connection" and idle time-outs both look like this.
                    raise _ConnectionLostError from error
            elif reply is not None and 400 <= reply.code < 600:
                # A refused DATA leaves sender and recipient behind; the next mail must not meet them.
                is_usable = self._is_reset(connection)
            raise
        finally:
            if is_usable:
                self._idle.append((connection, monotonic()))
            else:
                connection.close()

    def _is_reset(self, connection: smtplib.SMTP) -> bool:
        try:
            return connection.rset()[0] == 250
        except _CONNECTION_ERRORS:
            return False

    def _transact(self, connection: smtplib.SMTP, sender: str, recipient: str, raw: bytes) -> Accepted:
        try:
            size = f" SIZE={len(raw)}" if connection.has_extn("size") else ""
            _expect(connection.docmd("MAIL", f"FROM:<{sender}>{size}"), (250,), Phase.SENDER)
            _expect(connection.docmd("RCPT", f"TO:<{recipient}>"), (250, 251), Phase.RECIPIENT)
            _expect(connection.docmd("DATA"), (354,), Phase.CONTENT)
        except _CONNECTION_ERRORS as error:
            raise _ConnectionLostError from error
        _limit(connection, self._timeouts.final)
        try:
            connection.send(_with_final_dot(raw))
        except _CONNECTION_ERRORS as error:
            raise Uncertain("The connection broke while the mail was on its way.") from error
        try:
            code, text = connection.getreply()
            _limit(connection, self._timeouts.reply)
        except _CONNECTION_ERRORS as error:
            raise Uncertain("The mail server did not say whether it took the mail.") from error
        if not (200 <= code < 300 or 400 <= code < 600):
            raise Uncertain("The mail server answered with something that is no reply.")
        reply = _expect((code, text), range(200, 300), Phase.CONTENT)
        return Accepted(reply.code, reply.text)


def _expect(answer: tuple[int, bytes], wanted: Container[int], phase: Phase) -> Reply:
    reply = read_reply(*answer)
    if reply.code in wanted:
        return reply
    if 500 <= reply.code < 600:
        raise MailRefused(f"The mail server refused the mail: {reply}", phase=phase, reply=reply)
    raise _deferred("The mail server put the mail off", phase, reply)


def _deferred(what: str, phase: Phase, reply: Reply) -> MailDeferred:
    return MailDeferred(f"{what}: {reply}", phase=phase, reply=reply)


def _unreachable(what: str) -> MailDeferred:
    return MailDeferred(f"The mail server {what}.", phase=Phase.CONNECT)


def _said(error: smtplib.SMTPResponseException) -> Reply:
    said = error.smtp_error
    return read_reply(error.smtp_code, said if isinstance(said, bytes) else said.encode())


def _with_final_dot(raw: bytes) -> bytes:
    """Return the content as DATA carries it: leading dots doubled, a dot on a line of its own at the end."""
    stuffed = raw.replace(b"\n.", b"\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")


def _limit(connection: smtplib.SMTP, seconds: float) -> None:
    if connection.sock is not None:
        connection.sock.settimeout(seconds)


def _own_name(sock: socket.socket | None) -> str:
    """Return the name for EHLO: the machine's full name, or else its address (RFC 5321 §4.1.3)."""
    name = socket.gethostname()
    if "." in name or sock is None:
        return name
    address = str(sock.getsockname()[0])
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
