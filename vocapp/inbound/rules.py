"""What a mail that came in is kept as, as pure judgements."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

MOST_BYTES = 10 * 1024 * 1024


class InboundState(StrEnum):
    """Where a mail that came in stands: received, handled, put aside for somebody to look at, or ignored."""

    RECEIVED = "received"
    HANDLED = "handled"
    QUARANTINED = "quarantined"
    IGNORED = "ignored"


class Way(StrEnum):
    """How a mail came in."""

    PIPE = "pipe"
    LMTP = "lmtp"
    IMAP = "imap"


@dataclass(frozen=True)
class Followed:
    """What became of a mail that was judged, and in one sentence why, where that needs saying."""

    state: InboundState
    note: str = ""


# Why a mail cannot be read, by the reason of its verdict.
UNREADABLE = {
    "too_big": "It is too large to be read.",
    "too_slow": "Reading it took too long.",
    "broken": "It is no mail that can be read.",
    "empty": "There is nothing in it.",
}


def mail_key(raw: bytes, *, envelope_from: str, envelope_to: str) -> str:
    """Return the name (64 hex digits) of one mail to one recipient; the same delivered twice has the same."""
    digest = hashlib.sha256()
    for part in (envelope_from.encode("utf-8", "replace"), envelope_to.encode("utf-8", "replace"), raw):
        # Lengths keep one address from running into the next part.
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()


def kept_part(raw: bytes) -> tuple[bytes, str]:
    """Return what is kept of a mail, and why not all of it ("" when it is all): at most `MOST_BYTES`."""
    if len(raw) <= MOST_BYTES:
        return raw, ""
    return raw[:MOST_BYTES], f"It is too large: only its first {MOST_BYTES} bytes were kept."
