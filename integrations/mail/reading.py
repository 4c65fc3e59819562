"""Reading mail that may be broken in any way: it is shown as well as it can be, and never raises."""

import re
from binascii import Error as BadBase64
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime

_FOLD = re.compile(r"\r?\n[ \t]+")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_MAIL = 10_000_000
_LONGEST_HEAD = 256_000
# The stdlib takes time with the square of the length to find encoded words.
_LONGEST_DECODED = 4_000


@dataclass(frozen=True)
class ReadMail:
    """A mail's headers in order and decoded, its first text and HTML parts, and the usual headers by name.

    `text` and `html` are None when the mail has no such part; `date` is aware UTC or None.
    """

    headers: list[tuple[str, str]]
    sender: str
    recipient: str
    subject: str
    date: datetime | None
    text: str | None
    html: str | None


def read_message(raw: bytes) -> ReadMail:
    """Return what can be read of a raw message; what cannot be decoded becomes U+FFFD."""
    headers = read_headers(raw)
    text, html = _bodies(raw[:_LONGEST_MAIL])
    return ReadMail(
        headers=headers,
        sender=_first(headers, "from"),
        recipient=_first(headers, "to"),
        subject=_first(headers, "subject"),
        date=_date(_first(headers, "date")),
        text=text,
        html=html,
    )


def read_summary(start: bytes) -> tuple[str, str, str, str]:
    """Return sender, recipient, subject and Reply-To from the first bytes of a message."""
    headers = read_headers(start)
    sender, recipient, subject, reply_to = (
        _first(headers, name) for name in ("from", "to", "subject", "reply-to")
    )
    return sender, recipient, subject, reply_to


def read_headers(raw: bytes) -> list[tuple[str, str]]:
    """Return a raw message's headers in order, unfolded and decoded as well as they can be."""
    head = raw[:_LONGEST_HEAD]
    end = _HEADER_END.search(head)
    block = _FOLD.sub(" ", (head[: end.start()] if end else head).decode("utf-8", "replace"))
    pairs = (line.partition(":") for line in block.splitlines())
    return [(name.strip(), _decoded(value.strip())) for name, colon, value in pairs if colon]


def _first(headers: list[tuple[str, str]], wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _decoded(value: str) -> str:
    if "=?" not in value or len(value) > _LONGEST_DECODED:
        return value
    try:
        parts = decode_header(value)
    except (HeaderParseError, BadBase64, ValueError):
        return value
    return "".join(part if isinstance(part, str) else _text(part, charset) for part, charset in parts)


def _text(octets: bytes, charset: str | None) -> str:
    try:
        return octets.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return octets.decode("utf-8", "replace")


def _bodies(raw: bytes) -> tuple[str | None, str | None]:
    bodies: dict[str, str] = {}
    try:
        # compat32: the newer policies raise on some real mail (trust E11).
        for part in message_from_bytes(raw, policy=policy.compat32).walk():
            kind = part.get_content_type()
            if kind in ("text/plain", "text/html") and kind not in bodies and not part.is_multipart():
                bodies[kind] = readable_text(part)
    except RecursionError:
        # Thousands of parts inside each other: nobody writes that to be read.
        bodies.setdefault("text/plain", raw.decode("utf-8", "replace"))
    return bodies.get("text/plain"), bodies.get("text/html")


def readable_text(part: Message) -> str:
    """Return the text of one part, whatever charset it claims; empty when there is nothing to decode."""
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        return ""
    charset = part.get_param("charset")
    return _text(octets, charset if isinstance(charset, str) else None).replace("\r\n", "\n")


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
