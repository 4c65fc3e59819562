"""Mails and servers for the mail tests."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations.mail.message import OutgoingMail

MAIL = OutgoingMail(
    message_id="<wave-1.contact-7@vendor.example>",
    from_address="ana@vendor.example",
    from_name="Ana Silva",
    to_address="ken@customer.example",
    to_name="Ken Ito",
    reply_to="ana.silva@vendor.example",
    subject="One question about Vendor",
    text="Hello Ken,\n\nhow likely are you to recommend us?\n",
    html="<p>Hello Ken,</p>\n<p>how likely are you to recommend us?</p>\n",
    date=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
)


def a_mail(**changes: Any) -> OutgoingMail:
    return replace(MAIL, **changes)


class Inbox:
    """An aiosmtpd handler that keeps what it was given, byte for byte."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.sessions: list[Session] = []

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        self.sessions.append(session)
        return "250 2.0.0 taken"


@contextmanager
def smtp_server(**options: Any) -> Iterator[tuple[Inbox, int]]:
    """Run a real SMTP server on loopback and give its inbox and port."""
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield inbox, controller.port
    finally:
        controller.stop()


def sign_in(user: str, password: str) -> Any:
    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        is_right = isinstance(given, LoginPassword) and given == LoginPassword(
            user.encode(), password.encode()
        )
        return AuthResult(success=is_right, handled=False)

    return authenticate


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_certificate(directory: Path, *, name: str = "127.0.0.1") -> tuple[Path, ssl.SSLContext]:
    """Return a self-signed certificate's file and a server context that uses it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = directory / "cert.pem", directory / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate_file, key_file)
    return certificate_file, context


HANG_UP = "hang up"
STAY_SILENT = "stay silent"

POLITE = {
    "greeting": "220 sink.example ready",
    "EHLO": "250-sink.example\r\n250 SIZE 1000000",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    "content": "250 2.0.0 taken",
    "RSET": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}


class ScriptedSink:
    """A server that says exactly what it is told at each phase, and counts connections and mails."""

    def __init__(self, **script: str | list[str]) -> None:
        self.script = {**POLITE, **script}
        self.connections = 0
        self.contents: list[bytes] = []
        self.commands: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads: list[threading.Thread] = []
        self._is_closing = threading.Event()

    def __enter__(self) -> "ScriptedSink":
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closing.set()
        with socket.create_connection(("127.0.0.1", self.port)):
            self._accepting.join()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            conversation, _ = self._listener.accept()
            if self._is_closing.is_set():
                conversation.close()
                return
            self.connections += 1
            thread = threading.Thread(target=self._converse, args=(conversation,))
            self._threads.append(thread)
            thread.start()

    def _answer(self, phase: str, conversation: socket.socket) -> bool:
        said = self.script.get(phase, "502 5.5.1 unknown")
        if isinstance(said, list):
            said = said.pop(0) if len(said) > 1 else said[0]
        if said == STAY_SILENT:
            self._is_closing.wait(20)
            return False
        if said != HANG_UP:
            conversation.sendall(said.encode() + b"\r\n")
        return said != HANG_UP and not said.startswith(("421", "221"))

    def _converse(self, conversation: socket.socket) -> None:
        with conversation, conversation.makefile("rb") as lines:
            try:
                if not self._answer("greeting", conversation):
                    return
                for line in lines:
                    verb = line.split()[0].decode().upper()
                    self.commands.append(line.decode().strip())
                    if not self._answer(verb, conversation):
                        return
                    if verb == "DATA" and self.script["DATA"] == POLITE["DATA"]:
                        content = b""
                        for piece in lines:
                            if piece == b".\r\n":
                                break
                            content += piece
                        self.contents.append(content)
                        if not self._answer("content", conversation):
                            return
            except OSError:
                return
