"""One outgoing mail: from plain fields to the bytes that go over the wire."""

import binascii
import re
from base64 import encodebytes
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from types import MappingProxyType

from integrations.mail.headers import mailbox, unstructured, wire_message_id

_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,70}")
_HEADER_VALUE = re.compile(r"[ -~]+")
_LONGEST_LINE = 990

# What keeps most robots from answering. Then nobody says either that they are away or have left (trust E6).
BULK_MARKS = {"Precedence": "bulk", "X-Auto-Response-Suppress": "OOF, AutoReply"}
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
    headers = {
        "Message-ID": message_id,
        "Date": format_datetime(mail.date),
        "From": mailbox(mail.from_name, mail.from_address),
        "To": mailbox(mail.to_name, mail.to_address),
    }
    if mail.reply_to:
        headers["Reply-To"] = mailbox("", mail.reply_to)
    headers["Subject"] = unstructured(mail.subject)
    headers["Auto-Submitted"] = _further_value("Auto-Submitted", mail.auto_submitted)
    known = set()
    for name, value in mail.headers.items():
        if _OWN_HEADERS.fullmatch(name) or name.lower() in known:
            raise ValueError(f"The header {name!r} is already written.")
        known.add(name.lower())
        headers[name] = _further_value(name, value)
    headers["MIME-Version"] = "1.0"
    if mail.html is None:
        return (_head(headers) + _part("plain", mail.text)).encode("ascii")
    # "=_" cannot occur in quoted-printable or base64, so this never meets a line of a part.
    boundary = f"=_{sha256(message_id.encode()).hexdigest()[:32]}"
    headers["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    parts = [_part("plain", mail.text), _part("html", mail.html)]
    body = "".join(f"\r\n--{boundary}\r\n{part}" for part in parts)
    return f"{_head(headers)}{body}\r\n--{boundary}--\r\n".encode("ascii")


def _head(headers: Mapping[str, str]) -> str:
    """Return headers as lines. Their values are in wire form already.

    The stdlib's own headers write encoded words of any length and, at the usual line length, turn URLs into
    encoded words (CPython #85725).
    """
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


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


def _part(subtype: str, content: str) -> str:
    """Return a text part with its headers, its lines ending in CRLF."""
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    if not content.endswith("\n"):
        content += "\n"
    octets = content.replace("\n", "\r\n").encode("utf-8", "replace")
    is_mostly_other = len(octets) - len(content) > len(octets) // 4
    wire = encodebytes(octets) if is_mostly_other else binascii.b2a_qp(octets, istext=True)
    headers = {
        "Content-Type": f'text/{subtype}; charset="utf-8"',
        "Content-Transfer-Encoding": "base64" if is_mostly_other else "quoted-printable",
    }
    lines = wire.decode("ascii").replace("\r\n", "\n").replace("\n", "\r\n")
    return f"{_head(headers)}\r\n{lines}"
