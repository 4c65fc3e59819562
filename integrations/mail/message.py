"""One outgoing mail: from plain fields to the bytes that go over the wire."""

import binascii
import re
from base64 import encodebytes
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from types import MappingProxyType

from integrations.mail.headers import mailbox, unstructured, wire_message_id

_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,70}")
_HEADER_VALUE = re.compile(r"[ -~]+")
_LONGEST_LINE = 990
_OWN_HEADERS = re.compile(
    r"auto-submitted|b?cc|content-.*|date|from|message-id|mime-version|reply-to|sender|subject|to",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class OutgoingMail:
    """One recipient's mail. `date` is aware; `headers` are more headers in ASCII, sent exactly as given."""

    message_id: str
    from_address: str
    from_name: str
    to_address: str
    to_name: str
    reply_to: str | None
    subject: str
    text: str
    html: str | None
    date: datetime
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    # "auto-replied" is for answers to somebody's mail (RFC 3834, trust E6).
    auto_submitted: str = "auto-generated"


class _ReadyHeader(str):
    """A header whose value is already in wire form, written exactly as given.

    The stdlib's own headers write encoded words of any length and, at the usual line length, turn URLs into
    encoded words (CPython #85725).
    """

    name: str
    max_count = 1

    def fold(self, **_policy: object) -> str:
        return f"{self.name}: {self}\r\n"


class _ReadyHeaders:
    """The policy's header registry: every header is ready, and none may stand twice."""

    def __getitem__(self, name: str) -> type[_ReadyHeader]:
        return _ReadyHeader

    def __call__(self, name: str, value: str) -> _ReadyHeader:
        header = _ReadyHeader(value)
        header.name = name
        return header


_ready = _ReadyHeaders()
_POLICY = policy.SMTP.clone(max_line_length=_LONGEST_LINE, header_factory=_ready)


def unsubscribe_headers(url: str, *, mailto: str | None = None) -> dict[str, str]:
    """Return the two headers of one-click opt-out (RFC 2369, RFC 8058); `url` should be https."""
    targets = [f"<{url}>"] + ([f"<mailto:{mailto}>"] if mailto else [])
    return {"List-Unsubscribe": ", ".join(targets), "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def build(mail: OutgoingMail) -> bytes:
    """Return the mail as RFC 5322 bytes with CRLF lines of at most 998 characters, all in 7 bits.

    The same mail always gives the same bytes. Raises Rejected for an address mail cannot carry and ValueError
    for a further header that is not plain ASCII, too long, or written by this function itself.
    """
    if mail.date.tzinfo is None:
        raise ValueError("The date of a mail needs a time zone.")
    message_id = wire_message_id(mail.message_id)
    message = EmailMessage(policy=_POLICY)
    _add(message, "Message-ID", message_id)
    _add(message, "Date", format_datetime(mail.date))
    _add(message, "From", mailbox(mail.from_name, mail.from_address))
    _add(message, "To", mailbox(mail.to_name, mail.to_address))
    if mail.reply_to:
        _add(message, "Reply-To", mailbox("", mail.reply_to))
    _add(message, "Subject", unstructured(mail.subject))
    _add(message, "Auto-Submitted", _further_value("Auto-Submitted", mail.auto_submitted))
    for name, value in mail.headers.items():
        if _OWN_HEADERS.fullmatch(name) or name in message:
            raise ValueError(f"The header {name!r} is already written.")
        _add(message, name, _further_value(name, value))
    _add(message, "MIME-Version", "1.0")
    if mail.html is None:
        _fill(message, "plain", mail.text)
        return message.as_bytes()
    # "=_" cannot occur in quoted-printable or base64, so this never meets a line of a part.
    boundary = f"=_{sha256(message_id.encode()).hexdigest()[:32]}"
    _add(message, "Content-Type", f'multipart/alternative; boundary="{boundary}"')
    for subtype, content in (("plain", mail.text), ("html", mail.html)):
        part = EmailMessage(policy=_POLICY)
        _fill(part, subtype, content)
        message.attach(part)
    return message.as_bytes()


def _add(message: EmailMessage, name: str, value: str) -> None:
    message[name] = _ready(name, value)


def _further_value(name: str, value: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a header name.")
    if not _HEADER_VALUE.fullmatch(value):
        raise ValueError(f"The header {name} may hold printable ASCII characters only.")
    lines = [value]
    if len(name) + len(value) + 2 > _LONGEST_LINE:
        # Only the gap after a comma is a safe place to break a list of addresses.
        lines = value.replace(", ", ",\n").split("\n")
    if any(len(name) + len(line) + 2 > _LONGEST_LINE for line in lines):
        raise ValueError(f"The header {name} is longer than a line of mail may be.")
    return "\r\n ".join(lines)


def _fill(part: EmailMessage, subtype: str, content: str) -> None:
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    if not content.endswith("\n"):
        content += "\n"
    octets = content.replace("\n", "\r\n").encode("utf-8", "replace")
    _add(part, "Content-Type", f'text/{subtype}; charset="utf-8"')
    if len(octets) - len(content) > len(octets) // 4:
        _add(part, "Content-Transfer-Encoding", "base64")
        part.set_payload(encodebytes(octets).decode("ascii"))
    else:
        _add(part, "Content-Transfer-Encoding", "quoted-printable")
        part.set_payload(binascii.b2a_qp(octets, istext=True).decode("ascii"))
